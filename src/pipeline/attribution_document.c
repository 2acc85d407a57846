#include "pipeline/attribution_document.h"

static const struct {
    const char *name, *label;
} labels[] = {
    {"attention", "Attention model"},
    {"removal", "Removal in the model"},
    {"first_touch", "First touch"},
    {"last_touch", "Last touch"},
    {"linear_touch", "Linear"},
    {"time_decay", "Time decay"},
    {"position_based", "Position 40/20/40"},
    {"markov_1", "Markov, order 1"},
    {"markov_2", "Markov, order 2"},
    {"markov_3", "Markov, order 3"},
    {"shapley", "Shapley"},
    {"incremental", "Incremental"},
};

/* What people call a method; an unknown name as it is. */
static const char *label_of(const char *method)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(labels[i].name, method) == 0)
            return labels[i].label;
    return method;
}

static json_t *numbers(const double *value, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_number(value[i]));
    return list;
}

static json_t *names(const struct credit_table *credits)
{
    json_t *list = json_array();

    for (size_t c = 0; c < credits->channels; c++)
        json_array_append_new(list, json_string(credits->channel[c]));
    return list;
}

static json_t *credits_part(const struct credit_table *credits)
{
    json_t *methods = json_array();

    for (size_t m = 0; m < credits->count; m++) {
        const struct credit_column *column = &credits->column[m];
        if (column->bound)
            continue;
        json_array_append_new(methods, json_pack("{s:s, s:s, s:o}", "name", column->name, "label",
                                                 label_of(column->name), "credits",
                                                 numbers(column->conversions, credits->channels)));
    }
    return json_pack("{s:s, s:o, s:o}", "primary", "attention", "campaigns", names(credits),
                     "methods", methods);
}

static json_t *removal_part(const struct credit_table *credits)
{
    if (credits->removals == 0)
        return NULL;
    return json_pack("{s:o, s:o, s:s}", "campaigns", names(credits), "effects",
                     numbers(credits->removal[0].conversions, credits->channels), "label",
                     "Markov chain of order 1");
}

/* The states of the matrix with the most credit, and the three ends. */
static size_t shown_states(const struct credit_table *credits, int32_t *state)
{
    const size_t most = ATTRIBUTION_STATES_SHOWN - 3;
    const double *credit = credits->column[0].conversions;
    size_t count = 0;

    for (size_t c = 0; c < credits->channels; c++) {
        size_t at = count < most ? count : most;
        while (at > 0 && credit[state[at - 1]] < credit[c]) {
            if (at < most)
                state[at] = state[at - 1];
            at--;
        }
        if (at < most)
            state[at] = (int32_t)c;
        if (count < most)
            count++;
    }
    return count;
}

/* The row of a state among those shown, or `count`. */
static size_t place_of(int32_t wanted, const int32_t *state, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (state[i] == wanted)
            return i;
    return count;
}

static json_t *matrix_part(const struct credit_table *credits)
{
    double probability[ATTRIBUTION_STATES_SHOWN][ATTRIBUTION_STATES_SHOWN] = {{0}};
    int32_t state[ATTRIBUTION_STATES_SHOWN];
    size_t count = shown_states(credits, state);

    if (credits->transitions == 0)
        return NULL;
    state[count++] = MARKOV_START;
    state[count++] = MARKOV_CONVERSION;
    state[count++] = MARKOV_NULL;
    for (size_t t = 0; t < credits->transitions; t++) {
        const size_t from = place_of(credits->transition[t].from, state, count);
        const size_t to = place_of(credits->transition[t].to, state, count);
        if (from < count && to < count)
            probability[from][to] = credits->transition[t].probability;
    }
    json_t *states = json_array(), *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(states, json_string(state[i] < 0 ? markov_end_name(state[i])
                                                               : credits->channel[state[i]]));
        json_array_append_new(rows, numbers(probability[i], count));
    }
    return json_pack("{s:o, s:o}", "states", states, "probabilities", rows);
}

json_t *attribution_document_credits(const struct credit_table *credits)
{
    return json_pack("{s:o, s:o*, s:o*}", "credits", credits_part(credits), "removal_effects",
                     removal_part(credits), "transition_matrix", matrix_part(credits));
}

json_t *attribution_document_truth(const struct truth_scores *scores)
{
    json_t *distances = json_array();

    for (size_t i = 0; i < scores->count; i++)
        json_array_append_new(distances,
                              json_pack("{s:s, s:s, s:o}", "name", scores->score[i].method, "label",
                                        label_of(scores->score[i].method), "total_variation",
                                        json_number(scores->score[i].distance)));
    return json_pack("{s:s, s:o, s:o}", "label", "True credit", "credits",
                     numbers(scores->caused, scores->channels), "distances", distances);
}
