#include "model/journey_attention_internal.h"

const struct config_field journey_attention_fields[] = {
    CONFIG_SIZE(struct journey_attention_config, embedding, 20, 1, JOURNEY_ATTENTION_UNITS_MAX,
                "numbers that stand for a campaign"),
    CONFIG_SIZE(struct journey_attention_config, lstm, 64, 1, JOURNEY_ATTENTION_UNITS_MAX,
                "units of the LSTM"),
    CONFIG_NUMBER(struct journey_attention_config, dropout, 0.1, 0, 0.95,
                  "share of the LSTM's inputs left out while training"),
    CONFIG_NUMBER(struct journey_attention_config, recurrent_dropout, 0.1, 0, 0.95,
                  "share of the LSTM's recurrent inputs left out while training"),
    CONFIG_BOOL(struct journey_attention_config, mask, true,
                "padding takes no part; false: as in the first system it takes attention"),
    CONFIG_END,
};

struct journey_attention_shape
journey_attention_shape_of(const struct journey_attention_config *config, size_t vocabulary,
                           size_t max_length)
{
    return (struct journey_attention_shape){
        .vocabulary = vocabulary,
        .steps = max_length,
        .embedding = config->embedding,
        .lstm = config->lstm,
        .dropout = config->dropout,
        .recurrent_dropout = config->recurrent_dropout,
        .mask = config->mask,
    };
}

bool journey_attention_check(const struct journey_attention_shape *shape, size_t rows,
                             struct error *err)
{
    if (shape->vocabulary < 1 || shape->vocabulary > JOURNEY_ATTENTION_VOCABULARY_MAX)
        return error_set(err, ERR_LIMIT, "journey_attention: %zu campaigns; 1 to %d are possible",
                         shape->vocabulary, JOURNEY_ATTENTION_VOCABULARY_MAX);
    if (shape->steps < 1 || shape->steps > JOURNEY_ATTENTION_STEPS_MAX)
        return error_set(err, ERR_LIMIT, "journey_attention: max_length %zu; 1 to %d are possible",
                         shape->steps, JOURNEY_ATTENTION_STEPS_MAX);
    const size_t weights =
        shape->vocabulary * shape->embedding + 4 * shape->lstm * (shape->embedding + shape->lstm);
    const size_t states = rows * shape->steps * 4 * shape->lstm;
    if (weights > JOURNEY_ATTENTION_NUMBERS_MAX || states > JOURNEY_ATTENTION_NUMBERS_MAX)
        return error_set(err, ERR_LIMIT,
                         "journey_attention: %zu weights and %zu states for %zu journeys at a time "
                         "are above the limit of %zu numbers",
                         weights, states, rows, JOURNEY_ATTENTION_NUMBERS_MAX);
    return true;
}

bool journey_attention_new(struct journey_attention **out,
                           const struct journey_attention_config *config, size_t vocabulary,
                           size_t max_length, struct error *err)
{
    const struct journey_attention_shape shape =
        journey_attention_shape_of(config, vocabulary, max_length);

    if (!journey_attention_check(&shape, JOURNEY_SCORER_ROWS, err))
        return false;
    struct journey_attention *model = memory_take_zeroed(1, sizeof *model);
    model->config = *config;
    journey_attention_net_init(&model->net, &shape, JOURNEY_SCORER_ROWS);
    model->parameters = ARENA_ZERO(&model->arena, real, graph_parameters_size(model->net.graph));
    model->packed = ARENA_ZERO(&model->arena, real, graph_packed_size(model->net.graph));
    *out = model;
    return true;
}

void journey_attention_seal(struct journey_attention *model)
{
    graph_pack(model->net.graph, model->parameters, model->packed);
}

void journey_attention_free(struct journey_attention *model)
{
    if (!model)
        return;
    journey_attention_net_clear(&model->net);
    arena_clear(&model->arena);
    free(model);
}

const struct journey_attention_config *
journey_attention_settings(const struct journey_attention *model)
{
    return &model->config;
}

size_t journey_attention_max_length(const struct journey_attention *model)
{
    return model->net.shape.steps;
}

size_t journey_attention_vocabulary(const struct journey_attention *model)
{
    return model->net.shape.vocabulary;
}

struct journey_scorer {
    const struct journey_attention *model;
    struct graph_run *run;
    size_t order[JOURNEY_SCORER_ROWS];
};

struct journey_scorer *journey_scorer_new(const struct journey_attention *model)
{
    struct journey_scorer *scorer = memory_take_zeroed(1, sizeof *scorer);

    scorer->model = model;
    scorer->run = graph_run_new(model->net.graph, false);
    return scorer;
}

void journey_scorer_free(struct journey_scorer *scorer)
{
    if (!scorer)
        return;
    graph_run_free(scorer->run);
    free(scorer);
}

void journey_scorer_run(struct journey_scorer *scorer, const int32_t *const *token,
                        const size_t *length, size_t count, float *score, float *attention)
{
    const struct journey_attention *model = scorer->model;
    const struct journey_attention_slice slice = {.rows = count, .token = token, .length = length};

    BUG_ON(count > JOURNEY_SCORER_ROWS);
    if (count == 0)
        return;
    journey_attention_net_fill(&model->net, scorer->run, &slice, scorer->order);
    graph_forward(scorer->run, model->parameters, model->packed);
    journey_attention_net_read(&model->net, scorer->run, scorer->order, score, attention);
}

/* Scoring many journeys: slices of the distinct ones, dealt to the threads in turn. */
struct scoring {
    const struct journey_set *set;
    const struct journey_unique *unique;
    struct journey_scorer *const *scorer; /* [threads] */
    size_t max_length;
    float *score, *attention; /* of the distinct journeys */
};

static void score_slices(void *context, size_t rank, size_t size)
{
    const struct scoring *s = context;
    const int32_t *token[JOURNEY_SCORER_ROWS];
    size_t length[JOURNEY_SCORER_ROWS];

    for (size_t begin = rank * JOURNEY_SCORER_ROWS; begin < s->unique->count;
         begin += size * JOURNEY_SCORER_ROWS) {
        const size_t left = s->unique->count - begin;
        const size_t count = left < JOURNEY_SCORER_ROWS ? left : JOURNEY_SCORER_ROWS;
        for (size_t i = 0; i < count; i++) {
            const size_t row = s->unique->first[begin + i];
            const size_t whole = journey_length(s->set, row);
            length[i] = whole < s->max_length ? whole : s->max_length;
            token[i] = s->set->token + s->set->offset[row + 1] - length[i];
        }
        journey_scorer_run(s->scorer[rank], token, length, count, s->score + begin,
                           s->attention ? s->attention + begin * s->max_length : NULL);
    }
}

void journey_attention_score_unique(const struct journey_set *set,
                                    const struct journey_unique *unique,
                                    struct journey_scorer *const *scorer, size_t max_length,
                                    float *score, float *attention, struct pool *pool)
{
    struct scoring scoring = {.set = set,
                              .unique = unique,
                              .scorer = scorer,
                              .max_length = max_length,
                              .score = score,
                              .attention = attention};

    pool_run(pool, score_slices, &scoring);
}

/* One row of attention, from the model's columns to those of the set. */
static void spread_attention(float *to, size_t to_columns, size_t length, const float *from,
                             size_t from_columns)
{
    const size_t cut = length > from_columns ? length - from_columns : 0;
    const size_t room = to_columns - cut;
    const size_t columns = from_columns < room ? from_columns : room;

    memset(to, 0, to_columns * sizeof *to);
    memcpy(to + cut, from, columns * sizeof *to);
}

void journey_attention_predict(const struct journey_attention *model, const struct journey_set *set,
                               struct journey_rows rows, float *score, float *attention,
                               struct pool *pool)
{
    const size_t threads = pool_size(pool), steps = model->net.shape.steps;
    struct journey_unique unique;

    journey_unique_build(&unique, set, rows.row, rows.count);
    float *unique_score = memory_take(unique.count, sizeof *unique_score);
    float *unique_attention =
        attention ? memory_take(unique.count, steps * sizeof *unique_attention) : NULL;
    struct journey_scorer **scorer = memory_take(threads, sizeof *scorer);
    for (size_t i = 0; i < threads; i++)
        scorer[i] = journey_scorer_new(model);
    journey_attention_score_unique(set, &unique, scorer, steps, unique_score, unique_attention,
                                   pool);
    for (size_t i = 0; i < rows.count; i++) {
        const size_t row = rows.row[i];
        if (score)
            score[i] = unique_score[unique.of[i]];
        if (attention)
            spread_attention(attention + i * set->max_length, set->max_length,
                             journey_length(set, row), unique_attention + unique.of[i] * steps,
                             steps);
    }
    for (size_t i = 0; i < threads; i++)
        journey_scorer_free(scorer[i]);
    free(scorer);
    free(unique_attention);
    free(unique_score);
    journey_unique_clear(&unique);
}
