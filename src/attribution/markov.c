#include "attribution/markov.h"

#include "attribution/chain.h"
#include "attribution/visits.h"

#include <stdlib.h>
#include <string.h>

static bool solve_kernel(const struct method_call *call, struct visits_kernel *kernel,
                         struct error *err)
{
    struct chain first = {0};

    if (!chain_build(&first, call->paths, 1, call->config->self_loops, err))
        return false;
    visits_kernel_solve(kernel, &first);
    chain_clear(&first);
    return true;
}

/* Credits and removal effects from the conversions (or value) that pass each channel. */
static void share_out(double *credit, double *effect, size_t channels, double total)
{
    for (size_t c = 0; effect && c < channels; c++) {
        effect[c] = total > 0 ? credit[c] / total : 0;
        if (effect[c] > 1) /* by rounding only */
            effect[c] = 1;
    }
    method_scale(credit, channels, total);
}

static bool credit(const struct method_call *call, struct error *err)
{
    const struct path_set *paths = call->paths;
    struct visits_kernel kernel = {0};
    struct chain chain = {0};
    const bool dense = paths->channels <= VISITS_DENSE_MAX;
    double conversions, value;
    bool ok = false;

    if (dense && !solve_kernel(call, &kernel, err))
        return false;
    if (!chain_build(&chain, paths, call->order, call->config->self_loops, err) ||
        !visits_passing(&chain, dense ? &kernel : NULL, call->pool, call->conversions, call->value,
                        err))
        goto done;
    path_set_totals(paths, &conversions, &value);
    share_out(call->conversions, call->removal_conversions, paths->channels, conversions);
    if (call->value)
        share_out(call->value, call->removal_value, paths->channels, value);
    ok = true;
done:
    chain_clear(&chain);
    visits_kernel_clear(&kernel);
    return ok;
}

const struct method method_markov_1 = {.name = "markov_1", .order = 1, .credit = credit};
const struct method method_markov_2 = {.name = "markov_2", .order = 2, .credit = credit};
const struct method method_markov_3 = {.name = "markov_3", .order = 3, .credit = credit};

/* (start), channels, (conversion), (null). */
static int compare_transitions(const void *left, const void *right)
{
    const struct markov_transition *a = left, *b = right;
    const int64_t a_to = a->to < 0 ? INT32_MAX - (int64_t)a->to : a->to;
    const int64_t b_to = b->to < 0 ? INT32_MAX - (int64_t)b->to : b->to;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a_to < b_to ? -1 : a_to > b_to;
}

static void add(struct markov_transition *list, size_t *count, int32_t from, int32_t to,
                double walks, double of)
{
    if (walks > 0)
        list[(*count)++] = (struct markov_transition){from, to, walks / of};
}

bool markov_transitions(const struct path_set *paths, bool self_loops,
                        struct markov_transition **transitions, size_t *count, struct error *err)
{
    struct chain chain = {0};
    struct markov_transition *list;

    if (!chain_build(&chain, paths, 1, self_loops, err))
        return false;
    list = memory_take(chain.transitions + 4 * chain.states + 1, sizeof *list);
    *count = 0;
    for (size_t s = 0; s < chain.states; s++) {
        const int32_t here = chain.last[s];
        add(list, count, MARKOV_START, here, chain.start[s], chain.total);
        add(list, count, here, here, chain.loop[s], chain.count[s]);
        add(list, count, here, MARKOV_CONVERSION, chain.conversions[s], chain.count[s]);
        add(list, count, here, MARKOV_NULL, chain.null[s], chain.count[s]);
        for (uint64_t e = chain.in_offset[s]; e < chain.in_offset[s + 1]; e++)
            add(list, count, chain.last[chain.in_from[e]], here, chain.in_count[e],
                chain.count[chain.in_from[e]]);
    }
    qsort(list, *count, sizeof *list, compare_transitions);
    *transitions = list;
    chain_clear(&chain);
    return true;
}

const char *markov_end_name(int32_t state)
{
    switch (state) {
    case MARKOV_START:
        return "(start)";
    case MARKOV_CONVERSION:
        return "(conversion)";
    default:
        return "(null)";
    }
}
