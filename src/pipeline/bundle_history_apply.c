/* bundle_history_apply — orders to answers. */
#include "pipeline/bundle_history_internal.h"

#include <stdint.h>

void bundle_scorer_free(struct bundle_scorer *scorer)
{
    temporal_attention_scorer_free(scorer->scorer);
    arena_clear(&scorer->memory);
    arena_clear(&scorer->lists);
    free(scorer);
}

static struct bundle_scorer *scorer_new(const struct bundle_history *h)
{
    struct bundle_scorer *scorer = memory_take_zeroed(1, sizeof *scorer);

    scorer->scorer = temporal_attention_scorer_new(h->model);
    history_buffers_init(&scorer->buffers, &h->fitted, &scorer->memory);
    scorer->attention = ARENA_ZERO(&scorer->memory, float,
                                   HISTORY_SEQUENCES_MAX * h->fitted.config.histories.seq_len);
    return scorer;
}

/* A scorer holds no answers: whose buffers a row is computed in changes nothing. */
static struct bundle_scorer *scorer_take(const struct bundle_history *history)
{
    struct bundle_history *h = (struct bundle_history *)(uintptr_t)history;

    pthread_mutex_lock(&h->lock);
    struct bundle_scorer *scorer = h->idle;
    if (scorer)
        h->idle = scorer->next;
    pthread_mutex_unlock(&h->lock);
    return scorer ? scorer : scorer_new(history);
}

static void scorer_return(const struct bundle_history *history, struct bundle_scorer *scorer)
{
    struct bundle_history *h = (struct bundle_history *)(uintptr_t)history;

    pthread_mutex_lock(&h->lock);
    scorer->next = h->idle;
    h->idle = scorer;
    pthread_mutex_unlock(&h->lock);
}

/* One call on its way; threads share it. */
struct work {
    const struct bundle_history *history;
    const struct frame *rows;
    const struct bundle_call *call;
    const struct history_set *set;
    const size_t *place;        /* [rows] in the set; SIZE_MAX: none */
    struct table_string **text; /* [columns][rows] */
    struct row_errors *errors;
    struct arena *scratch;
    pthread_mutex_t lock; /* of `errors` and `scratch` */
};

static void write_row(struct work *w, struct bundle_scorer *scorer, size_t row,
                      const struct history_row *order)
{
    const struct history_recipe *recipe = &w->history->fitted.config.histories;
    const bool explain = w->call && w->call->explain;
    struct table_string text[HISTORY_ANSWERS];
    float score;

    temporal_attention_score(scorer->scorer, order, 1,
                             &(struct temporal_attention_output){
                                 .score = &score, .attention = explain ? scorer->attention : NULL});
    pthread_mutex_lock(&w->lock);
    history_answer_row(&w->history->answer, (double)score, text, w->scratch);
    for (size_t c = 0; c < HISTORY_ANSWERS; c++)
        w->text[c][row] = text[c];
    for (size_t s = 0; explain && s < recipe->sequences; s++) {
        const size_t orders = order->sequence[s].orders;
        const float *weight = scorer->attention + (s + 1) * recipe->seq_len - orders;
        w->text[HISTORY_ANSWERS + s][row] = history_answer_attention(weight, orders, w->scratch);
    }
    pthread_mutex_unlock(&w->lock);
}

static void score_row(struct work *w, struct bundle_scorer *scorer, size_t row,
                      struct arena *memory)
{
    const struct history_request *request = &w->history->request;
    struct history_row order;
    const char *column = NULL;
    struct error wrong = {0};

    if (w->place[row] != SIZE_MAX) {
        history_cut(w->set, w->place[row], &scorer->buffers, &order);
        write_row(w, scorer, row, &order);
        return;
    }
    pthread_mutex_lock(&w->lock);
    const bool fault = row_errors_find(w->errors, row) != NULL;
    pthread_mutex_unlock(&w->lock);
    if (fault)
        return;
    arena_reset(memory);
    if (history_request_row(request, w->rows, row, &scorer->buffers, &order, &column, memory,
                            &wrong)) {
        write_row(w, scorer, row, &order);
        return;
    }
    pthread_mutex_lock(&w->lock);
    row_errors_add(w->errors, row, column, column ? "%s" : "cannot be scored: %s", wrong.text);
    pthread_mutex_unlock(&w->lock);
}

static void score_share(void *context, size_t rank, size_t size)
{
    struct work *w = context;
    struct bundle_scorer *scorer = scorer_take(w->history);

    for (size_t row = rank; row < w->rows->rows; row += size)
        score_row(w, scorer, row, &scorer->lists);
    scorer_return(w->history, scorer);
}

/* Whether some row is an order of a table; where all bring lists, there is nothing to sort. */
static bool has_orders(const struct bundle_history *h, const struct frame *rows)
{
    for (size_t row = 0; row < rows->rows; row++)
        if (!history_request_has_lists(&h->request, rows, row))
            return true;
    return false;
}

/* Orders of a table, those before them first; false: what comes before cannot be read. */
static bool read_orders(const struct bundle_history *h, const struct frame *rows,
                        const struct bundle_call *call, struct history_orders *orders,
                        size_t *place, struct row_errors *errors, struct arena *scratch,
                        struct error *err)
{
    const struct frame *before = call ? call->before : NULL;

    for (size_t row = 0; row < rows->rows; row++)
        place[row] = SIZE_MAX;
    *orders = (struct history_orders){0};
    if (!has_orders(h, rows))
        return true;
    history_orders_init(orders, &h->fitted.config, NULL);
    if (before &&
        !history_request_orders(&h->request, before, orders,
                                ARENA_NEW(scratch, size_t, before->rows + 1), NULL, scratch, err))
        return false;
    return history_request_orders(&h->request, rows, orders, place, errors, scratch, err);
}

static void take_columns(const struct bundle_history *h, const struct bundle_call *call,
                         struct work *w, struct frame *answer)
{
    const struct schema *schema = bundle_history_output(h, call && call->explain);
    struct frame_column *column = ARENA_ZERO(w->scratch, struct frame_column, schema->count);

    w->text = ARENA_NEW(w->scratch, struct table_string *, schema->count);
    for (size_t c = 0; c < schema->count; c++) {
        w->text[c] = ARENA_ZERO(w->scratch, struct table_string, w->rows->rows + 1);
        column[c].text = w->text[c];
    }
    *answer = (struct frame){schema, w->rows->rows, column};
}

void bundle_history_apply(const struct bundle_history *history, const struct frame *rows,
                          const struct bundle_call *call, struct frame *answer,
                          struct row_errors *errors, struct arena *scratch)
{
    size_t *place = ARENA_NEW(scratch, size_t, rows->rows + 1);
    struct history_orders orders;
    struct history_set set = {0};
    struct error err = {0};
    struct work w = {.history = history,
                     .rows = rows,
                     .call = call,
                     .set = &set,
                     .place = place,
                     .errors = errors,
                     .scratch = scratch};

    take_columns(history, call, &w, answer);
    if (!read_orders(history, rows, call, &orders, place, errors, scratch, &err)) {
        for (size_t row = 0; row < rows->rows; row++)
            row_errors_add(errors, row, NULL, "cannot be scored: %s", err.text);
        history_orders_clear(&orders);
        return;
    }
    if (orders.rows > 0)
        history_open(&set, &history->fitted, &orders);
    pthread_mutex_init(&w.lock, NULL);
    if (call && call->pool)
        pool_run(call->pool, score_share, &w);
    else
        score_share(&w, 0, 1);
    pthread_mutex_destroy(&w.lock);
    if (orders.rows > 0)
        history_close(&set);
    history_orders_clear(&orders);
}
