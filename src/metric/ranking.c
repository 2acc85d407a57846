#include "metric/ranking.h"

#include "base/arena.h"

#include <math.h>

enum { DIGIT_BITS = 8, DIGIT_VALUES = 1 << DIGIT_BITS, DIGITS = 64 / DIGIT_BITS };

struct keyed_row {
    uint64_t key;
    size_t row;
};

/* Bits that sort upwards as the scores sort downwards. */
static uint64_t key_from_score(double score)
{
    const double plain = score + 0.0; /* -0 becomes 0 */
    uint64_t bits;

    memcpy(&bits, &plain, sizeof bits);
    return bits >> 63 ? bits : ~(bits | (uint64_t)1 << 63);
}

/*
 * Least significant digit first, so stable. Digits on which all keys agree are skipped: scores
 * that were float32 have 29 zero bits at the end. Returns where the result is, `rows` or `spare`.
 */
static struct keyed_row *sort_rows(struct keyed_row *rows, struct keyed_row *spare, size_t count)
{
    size_t(*seen)[DIGIT_VALUES] = memory_take_zeroed(DIGITS, sizeof *seen);

    for (size_t i = 0; i < count; i++)
        for (size_t d = 0; d < DIGITS; d++)
            seen[d][rows[i].key >> (d * DIGIT_BITS) & (DIGIT_VALUES - 1)]++;
    for (size_t d = 0; d < DIGITS && count > 0; d++) {
        const size_t shift = d * DIGIT_BITS;
        size_t *start = seen[d], sum = 0;

        if (start[rows[0].key >> shift & (DIGIT_VALUES - 1)] == count)
            continue;
        for (size_t v = 0; v < DIGIT_VALUES; v++) {
            const size_t here = start[v];
            start[v] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            spare[start[rows[i].key >> shift & (DIGIT_VALUES - 1)]++] = rows[i];
        struct keyed_row *swap = rows;
        rows = spare;
        spare = swap;
    }
    free(seen);
    return rows;
}

bool scored_check(const struct scored *rows, struct error *err)
{
    for (size_t i = 0; rows->weight && i < rows->count; i++)
        if (!(rows->weight[i] >= 0) || !isfinite(rows->weight[i]))
            return error_set(err, ERR_DATA, "row %zu: weight %g is not a number of at least 0",
                             i + 1, rows->weight[i]);
    return true;
}

static double row_weight(const struct scored *rows, size_t row)
{
    return rows->weight ? rows->weight[row] : 1;
}

/* Totals, and the rows that count; false at a score that is NaN. */
static bool collect_rows(struct ranking *ranking, const struct scored *rows,
                         struct keyed_row *keyed, size_t *count)
{
    bool complete = true;
    size_t used = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const double weight = row_weight(rows, i);
        if (weight == 0)
            continue;
        *(rows->truth[i] ? &ranking->positives : &ranking->negatives) += weight;
        complete &= !isnan(rows->score[i]);
        keyed[used++] = (struct keyed_row){key_from_score(rows->score[i]), i};
    }
    *count = used;
    return complete;
}

void ranking_build(struct ranking *ranking, const struct scored *rows)
{
    struct keyed_row *keyed = memory_take(2 * rows->count + 1, sizeof *keyed);
    size_t count, groups = 0, g = 0;

    *ranking = (struct ranking){0};
    ranking->complete = collect_rows(ranking, rows, keyed, &count);
    if (!ranking->complete) {
        free(keyed);
        return;
    }
    const struct keyed_row *sorted = sort_rows(keyed, keyed + rows->count, count);
    for (size_t i = 0; i < count; i++)
        groups += i == 0 || sorted[i].key != sorted[i - 1].key;
    ranking->count = groups;
    ranking->score = memory_take(groups + 1, sizeof(double));
    ranking->positive = memory_take_zeroed(groups + 1, sizeof(double));
    ranking->negative = memory_take_zeroed(groups + 1, sizeof(double));
    for (size_t i = 0; i < count; i++) {
        const size_t row = sorted[i].row;
        g += i > 0 && sorted[i].key != sorted[i - 1].key;
        ranking->score[g] = rows->score[row];
        (rows->truth[row] ? ranking->positive : ranking->negative)[g] += row_weight(rows, row);
    }
    free(keyed);
}

void ranking_clear(struct ranking *ranking)
{
    free(ranking->score);
    free(ranking->positive);
    free(ranking->negative);
    *ranking = (struct ranking){0};
}

double ranking_auc(const struct ranking *ranking)
{
    double above = 0, area = 0;

    if (!ranking->complete || !(ranking->positives > 0) || !(ranking->negatives > 0))
        return NAN;
    for (size_t g = 0; g < ranking->count; g++) {
        area += ranking->negative[g] * (above + 0.5 * ranking->positive[g]);
        above += ranking->positive[g];
    }
    return area / ranking->positives / ranking->negatives;
}

double ranking_average_precision(const struct ranking *ranking)
{
    double hits = 0, taken = 0, sum = 0;

    if (!ranking->complete || !(ranking->positives > 0))
        return NAN;
    for (size_t g = 0; g < ranking->count; g++) {
        hits += ranking->positive[g];
        taken += ranking->positive[g] + ranking->negative[g];
        sum += ranking->positive[g] * (hits / taken);
    }
    return sum / ranking->positives;
}

double scored_auc(const struct scored *rows)
{
    struct ranking ranking;

    ranking_build(&ranking, rows);
    const double auc = ranking_auc(&ranking);
    ranking_clear(&ranking);
    return auc;
}

double scored_auc_float(const uint8_t *truth, const float *score, size_t count)
{
    double *wide = memory_take(count + 1, sizeof *wide);

    for (size_t i = 0; i < count; i++)
        wide[i] = score[i];
    const double auc = scored_auc(&(struct scored){.count = count, .truth = truth, .score = wide});
    free(wide);
    return auc;
}
