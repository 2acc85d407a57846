/*
 * fuzz_history — history.json of a bundle, from bytes to a history.
 *
 * Whatever is accepted must write out as a document that is accepted again and writes out the same,
 * and must encode any order within its embedding table.
 */
#include "sequence/history.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dump(const struct history_fitted *fitted)
{
    json_t *document = history_json(fitted);
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));

    json_decref(document);
    BUG_ON(!text);
    return text;
}

static void check_round_trip(const struct history_fitted *fitted)
{
    struct history_fitted again;
    struct error err = {0};
    char *first = dump(fitted);
    json_t *document = json_loads(first, 0, NULL);

    BUG_ON(!document);
    if (!history_parse(&again, document, &err))
        BUG(err.text);
    char *second = dump(&again);
    BUG_ON(strcmp(first, second) != 0);
    json_decref(document);
    free(first);
    free(second);
    history_fitted_clear(&again);
}

static void check_row(const struct history_fitted *f, const struct history_row *row)
{
    for (size_t s = 0; s < f->config.histories.sequences; s++) {
        const struct history *h = &row->sequence[s];
        BUG_ON(h->orders == 0 || h->orders > f->config.histories.seq_len);
        for (size_t i = 0; i < h->orders * f->n_cat; i++)
            BUG_ON(h->categorical[i] < 1 || (size_t)h->categorical[i] > f->n_embedding - f->n_num);
        for (size_t i = 0; i < h->orders * f->n_num; i++)
            BUG_ON(!isfinite(h->numeric[i]));
    }
    for (size_t i = 0; i < f->n_engineered; i++)
        BUG_ON(!isfinite(row->engineered[i]));
}

static void check_orders(const struct history_fitted *f, struct arena *memory)
{
    static const int64_t times[ORDERS] = {-5, 0, INT64_C(604800000001)};
    static const double numbers[ORDERS] = {NAN, -1e300, 3};
    const size_t count = f->n_cat + f->n_num;
    struct history_series *series = ARENA_NEW(memory, struct history_series, count + 1);
    struct history_buffers buffers;
    struct history_row row;
    struct error err = {0};

    for (size_t i = 0; i < count; i++)
        series[i] = (struct history_series){
            .name = f->config.histories.feature[i].name, .count = ORDERS, .number = numbers};
    const struct history_input input = {.sequence = {{series, count, times, ORDERS}, {0}}};
    history_buffers_init(&buffers, f, memory);
    if (!history_from_arrays(f, &input, &buffers, &row, &err))
        BUG(err.text);
    check_row(f, &row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *document = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    struct history_fitted fitted;
    struct arena memory = {0};
    struct error err = {0};

    if (!document)
        return 0;
    if (history_parse(&fitted, document, &err)) {
        check_round_trip(&fitted);
        check_orders(&fitted, &memory);
        history_fitted_clear(&fitted);
    } else {
        BUG_ON(err.code == ERR_NONE || !err.text[0]);
    }
    json_decref(document);
    arena_clear(&memory);
    return 0;
}
