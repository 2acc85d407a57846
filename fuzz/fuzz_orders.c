/*
 * fuzz_orders — any bytes as orders with their histories: the first byte says the format, the rest
 * is the body. Whatever is read must become histories within the tables, or a fault with a
 * sentence.
 */
#include "pipeline/history_request.h"
#include "wire/wire.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct wire_limits limits = {.rows = 200, .depth = 32};

/* Fitted on two orders; made once. */
static const struct history_fitted *fitted(void)
{
    static struct history_fitted made;
    static const char *const names[] = {"amount", "kind"};
    static struct history_feature feature[] = {
        {.name = "amount",
         .column = "amount",
         .outcome_after = -1,
         .min_count = 1,
         .values_max = 10},
        {.name = "kind",
         .column = "kind",
         .type = HISTORY_CATEGORY,
         .outcome_after = -1,
         .min_count = 1,
         .values_max = 10},
    };
    static struct history_feature engineered[] = {{.name = "amount",
                                                   .column = "amount",
                                                   .outcome_after = -1,
                                                   .min_count = 1,
                                                   .values_max = 10}};
    struct history_config config = {
        .source = {.path = "x.csv", .time = "at", .outcome = "bad", .outcome_after = -1},
        .histories = {.by = {"card", "shop"},
                      .sequences = 2,
                      .seq_len = 4,
                      .feature = feature,
                      .engineered = engineered,
                      .feature_count = 2,
                      .engineered_count = 1}};
    static const struct table_string texts[] = {{"a", 1}, {"b", 1}};
    static const int64_t times[] = {0, 1000000};
    static const double amounts[] = {1, 2}, bad[] = {0, 1};
    const struct table_column column[] = {
        {.name = "at", .type = TABLE_TIME, .integer = times},
        {.name = "card", .type = TABLE_TEXT, .text = texts},
        {.name = "shop", .type = TABLE_TEXT, .text = texts},
        {.name = names[0], .type = TABLE_DOUBLE, .number = amounts},
        {.name = names[1], .type = TABLE_TEXT, .text = texts},
        {.name = "bad", .type = TABLE_DOUBLE, .number = bad},
    };
    const struct table_chunk chunk = {2, 6, column};
    uint32_t row[] = {0, 1};
    const struct history_rows train = {2, row};
    struct history_orders orders;
    struct error err = {0};

    if (made.n_embedding > 0)
        return &made;
    if (!history_config_check(&config, &err))
        BUG(err.text);
    history_orders_init(&orders, &config, NULL);
    if (!history_orders_add(&orders, &chunk, 0, &err) ||
        !history_fit(&made, &config, &orders, &train, &err))
        BUG(err.text);
    history_orders_clear(&orders);
    return &made;
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
        for (size_t i = 0; i < h->orders; i++)
            BUG_ON(!(h->time[i] >= 0 && h->time[i] <= HISTORY_TIME_MAX));
    }
    for (size_t i = 0; i < f->n_engineered; i++)
        BUG_ON(!isfinite(row->engineered[i]));
}

static void check_lists(const struct history_request *request, const struct wire_rows *rows,
                        size_t row, const struct history_buffers *buffers, struct arena *memory)
{
    const char *column = NULL;
    struct history_row order;
    struct error err = {0};

    if (row_errors_find(&rows->errors, row))
        return;
    if (history_request_row(request, &rows->frame, row, buffers, &order, &column, memory, &err))
        check_row(request->fitted, &order);
    else
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');
}

static void check_rows(const struct history_request *request, struct wire_rows *rows,
                       struct arena *memory)
{
    size_t *place = ARENA_NEW(memory, size_t, rows->frame.rows);
    struct history_buffers buffers;
    struct history_orders orders;
    struct history_set set;
    struct error err = {0};

    history_buffers_init(&buffers, request->fitted, memory);
    history_orders_init(&orders, &request->fitted->config, NULL);
    if (!history_request_orders(request, &rows->frame, &orders, place, &rows->errors, memory, &err))
        BUG(err.text);
    history_open(&set, request->fitted, &orders);
    for (size_t row = 0; row < rows->frame.rows; row++) {
        struct history_row order;
        if (place[row] == SIZE_MAX) {
            check_lists(request, rows, row, &buffers, memory);
            continue;
        }
        history_cut(&set, place[row], &buffers, &order);
        check_row(request->fitted, &order);
    }
    history_close(&set);
    history_orders_clear(&orders);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena memory = {0};
    struct history_request request;
    struct wire_rows rows;
    struct error err = {0};

    if (size < 1)
        return 0;
    if (!history_request_init(&request, fitted(), &memory, &err))
        BUG(err.text);
    if (wire_decode(&rows, data[0] % WIRE_MEDIA_COUNT, &request.schema, (const char *)data + 1,
                    size - 1, &limits, &memory, &err)) {
        rows.errors.memory = &memory;
        check_rows(&request, &rows, &memory);
    }
    arena_clear(&memory);
    return 0;
}
