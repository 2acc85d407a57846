#include "model/journey_removal.h"

#include "base/arena.h"
#include "base/interrupt.h"

#include <stdlib.h>

/* Of a batch; the longest journey comes on top, as a journey is never cut in two. */
enum { TOKENS = 1 << 20, VARIANTS = 1 << 16 };

/* Journeys as they were and shortened: tokens wait here to be scored. */
struct batch {
    const struct journey_attention *model;
    const struct journey_set *set;
    struct pool *pool;
    int32_t *token;    /* [offset[waiting]] */
    uint64_t *offset;  /* [waiting + 1] */
    uint32_t *row;     /* 0, 1, 2 ... */
    size_t waiting;    /* variants without a score */
    size_t variants;   /* of the journeys not yet credited */
    float *score;      /* [variants], but for those waiting */
    uint32_t *journey; /* [journeys] rows of the set that are not yet credited */
    size_t journeys;
    int32_t *place;    /* [set->campaigns] of a campaign in its journey; -1 */
    int32_t *campaign; /* [max_length] the campaigns of a journey, by first impression */
};

static void batch_init(struct batch *batch, const struct journey_attention *model,
                       const struct journey_set *set, struct pool *pool)
{
    const size_t longest = set->max_length, variants = VARIANTS + longest + 1;

    *batch = (struct batch){.model = model, .set = set, .pool = pool};
    batch->token = memory_take(TOKENS + longest, sizeof *batch->token);
    batch->offset = memory_take_zeroed(variants + 1, sizeof *batch->offset);
    batch->row = memory_take(variants, sizeof *batch->row);
    batch->score = memory_take(variants, sizeof *batch->score);
    batch->journey = memory_take(variants, sizeof *batch->journey);
    batch->place = memory_take(set->campaigns, sizeof *batch->place);
    batch->campaign = memory_take(longest, sizeof *batch->campaign);
    for (size_t i = 0; i < variants; i++)
        batch->row[i] = (uint32_t)i;
    for (size_t c = 0; c < set->campaigns; c++)
        batch->place[c] = -1;
}

static void batch_clear(struct batch *batch)
{
    free(batch->token);
    free(batch->offset);
    free(batch->row);
    free(batch->score);
    free(batch->journey);
    free(batch->place);
    free(batch->campaign);
}

static bool score_waiting(struct batch *batch, struct error *err)
{
    const struct journey_set variants = {.count = batch->waiting,
                                         .campaigns = batch->set->campaigns,
                                         .vocabulary = batch->set->vocabulary,
                                         .max_length = batch->set->max_length,
                                         .offset = batch->offset,
                                         .token = batch->token};
    const struct journey_rows rows = {batch->row, batch->waiting};

    if (batch->waiting == 0)
        return true;
    if (!interrupt_check("removing campaigns from journeys", err))
        return false;
    journey_attention_predict(batch->model, &variants, rows,
                              batch->score + batch->variants - batch->waiting, NULL, batch->pool);
    batch->waiting = 0;
    return true;
}

/* The journey without a campaign; with all of them where `without` is below 0. */
static void add_variant(struct batch *batch, const int32_t *token, size_t length, int32_t without)
{
    uint64_t end = batch->offset[batch->waiting];

    for (size_t i = 0; i < length; i++)
        if (token[i] != without)
            batch->token[end++] = token[i];
    batch->offset[++batch->waiting] = end;
    batch->variants++;
}

/* Fills campaign[] and place[], which forget_campaigns() empties; how many there are. */
static size_t find_campaigns(struct batch *batch, const int32_t *token, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        int32_t *place = &batch->place[token[i]];
        if (*place < 0) {
            *place = (int32_t)count;
            batch->campaign[count++] = token[i];
        }
    }
    return count;
}

static void forget_campaigns(struct batch *batch, size_t count)
{
    for (size_t k = 0; k < count; k++)
        batch->place[batch->campaign[k]] = -1;
}

/* One journey by the scores of its variants; how many there were. */
static size_t credit_journey(struct batch *batch, size_t j, const float *score, double *credited)
{
    const int32_t *token = batch->set->token + batch->set->offset[j];
    const size_t count = find_campaigns(batch, token, journey_length(batch->set, j));
    double sum = 0;

    forget_campaigns(batch, count);
    if (count == 1) {
        credited[batch->campaign[0]] += 1;
        return 0;
    }
    for (size_t k = 0; k < count; k++)
        sum += score[0] > score[1 + k] ? (double)score[0] - (double)score[1 + k] : 0;
    for (size_t k = 0; k < count; k++) {
        const double lost = (double)score[0] - (double)score[1 + k];
        credited[batch->campaign[k]] += !(sum > 0) ? 1 / (double)count : lost > 0 ? lost / sum : 0;
    }
    return count + 1;
}

static bool credit_waiting(struct batch *batch, double *credited, struct error *err)
{
    const float *score = batch->score;

    if (!score_waiting(batch, err))
        return false;
    for (size_t i = 0; i < batch->journeys; i++)
        score += credit_journey(batch, batch->journey[i], score, credited);
    batch->journeys = 0;
    batch->variants = 0;
    return true;
}

static bool add_journey(struct batch *batch, size_t j, struct error *err)
{
    const int32_t *token = batch->set->token + batch->set->offset[j];
    const size_t length = journey_length(batch->set, j);
    const size_t count = find_campaigns(batch, token, length);

    forget_campaigns(batch, count);
    batch->journey[batch->journeys++] = (uint32_t)j;
    if (count == 1)
        return true;
    add_variant(batch, token, length, -1);
    for (size_t k = 0; k < count; k++) {
        if (batch->offset[batch->waiting] >= TOKENS && !score_waiting(batch, err))
            return false;
        add_variant(batch, token, length, batch->campaign[k]);
    }
    return batch->offset[batch->waiting] < TOKENS || score_waiting(batch, err);
}

bool journey_removal_credit(const struct journey_attention *model, const struct journey_set *set,
                            struct journey_rows rows, double *credited, struct pool *pool,
                            struct error *err)
{
    struct batch batch;
    bool ok = true;

    batch_init(&batch, model, set, pool);
    for (size_t i = 0; ok && i < rows.count; i++) {
        ok = add_journey(&batch, rows.row[i], err);
        if (ok && (batch.variants >= VARIANTS || batch.journeys >= VARIANTS))
            ok = credit_waiting(&batch, credited, err);
    }
    ok = ok && credit_waiting(&batch, credited, err);
    batch_clear(&batch);
    return ok;
}
