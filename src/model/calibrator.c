#include "model/calibrator.h"

#include <math.h>
#include <string.h>

const char *const calibrator_names[] = {[CALIBRATOR_NONE] = "none",
                                        [CALIBRATOR_PLATT] = "platt",
                                        [CALIBRATOR_ISOTONIC] = "isotonic",
                                        NULL};

enum { NEWTON_STEPS = 100 };

/* Scores of exactly 0 and 1 have no logit; log loss clips at the same distance. */
static double logit(double score)
{
    const double clipped = fmin(fmax(score, 0x1p-52), 1 - 0x1p-52);

    return log(clipped / (1 - clipped));
}

static double sigmoid(double z)
{
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

/* Distinct scores, lowest first, as their logits with the weight of each class. */
struct platt_rows {
    size_t count;
    double *x, *positive, *negative;
    double high, low; /* the smoothed targets of the classes */
};

/* Negative log likelihood: sum of weight * (log(1 + exp(z)) - (1 - target) z), z = a x + b. */
static double platt_loss(const struct platt_rows *rows, double a, double b)
{
    double sum = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const double z = a * rows->x[i] + b;
        const double softplus = z >= 0 ? z + log1p(exp(-z)) : log1p(exp(z));
        sum += rows->positive[i] * (softplus - (1 - rows->high) * z);
        sum += rows->negative[i] * (softplus - (1 - rows->low) * z);
    }
    return sum;
}

struct platt_slope {
    double a, b, aa, ab, bb; /* gradient and second derivatives */
};

static struct platt_slope platt_derive(const struct platt_rows *rows, double a, double b)
{
    struct platt_slope s = {.aa = 1e-12, .bb = 1e-12};

    for (size_t i = 0; i < rows->count; i++) {
        const double x = rows->x[i], p = sigmoid(-(a * x + b));
        const double d = rows->positive[i] * (rows->high - p) + rows->negative[i] * (rows->low - p);
        const double curve = (rows->positive[i] + rows->negative[i]) * p * (1 - p);
        s.a += d * x;
        s.b += d;
        s.aa += curve * x * x;
        s.ab += curve * x;
        s.bb += curve;
    }
    return s;
}

/* Newton's method with step halving: algorithm 1 of Lin, Lin and Weng (2007). */
static void platt_solve(const struct platt_rows *rows, double *a, double *b)
{
    double loss = platt_loss(rows, *a, *b);

    for (size_t step = 0; step < NEWTON_STEPS; step++) {
        const struct platt_slope s = platt_derive(rows, *a, *b);
        const double determinant = s.aa * s.bb - s.ab * s.ab;
        if (fabs(s.a) < 1e-10 && fabs(s.b) < 1e-10)
            return;
        if (!(determinant > 0))
            return;
        const double da = -(s.bb * s.a - s.ab * s.b) / determinant;
        const double db = -(s.aa * s.b - s.ab * s.a) / determinant;
        const double fall = s.a * da + s.b * db;
        double size = 1, next = 0;
        for (; size > 1e-10; size /= 2) {
            next = platt_loss(rows, *a + size * da, *b + size * db);
            if (next < loss + 1e-4 * size * fall)
                break;
        }
        if (size <= 1e-10)
            return;
        *a += size * da;
        *b += size * db;
        loss = next;
    }
}

static void fit_platt(struct calibrator *calibrator, const struct ranking *ranking,
                      struct arena *memory)
{
    struct platt_rows rows = {
        .count = ranking->count,
        .x = ARENA_NEW(memory, double, ranking->count),
        .positive = ranking->positive,
        .negative = ranking->negative,
        .high = (ranking->positives + 1) / (ranking->positives + 2),
        .low = 1 / (ranking->negatives + 2),
    };

    for (size_t i = 0; i < rows.count; i++)
        rows.x[i] = logit(ranking->score[i]);
    calibrator->a = 0;
    calibrator->b = log((ranking->negatives + 1) / (ranking->positives + 1));
    platt_solve(&rows, &calibrator->a, &calibrator->b);
    if (calibrator->a <= 0)
        return;
    /* Scores that rank the wrong way round say nothing: every row gets the smoothed share. */
    calibrator->a = 0;
    const double weight = ranking->positives + ranking->negatives;
    const double share = (ranking->positives * rows.high + ranking->negatives * rows.low) / weight;
    calibrator->b = -logit(share);
}

/* A pool of neighbouring scores with one value. */
struct pool_block {
    size_t first, last; /* from the lowest score */
    double positive, weight;
};

/* Pool adjacent violators: blocks of ascending scores whose rates rise. */
static size_t pool_violators(const struct ranking *ranking, struct pool_block *block)
{
    size_t blocks = 0;

    for (size_t i = 0; i < ranking->count; i++) {
        const size_t at = ranking->count - 1 - i;
        block[blocks++] = (struct pool_block){
            .first = i,
            .last = i,
            .positive = ranking->positive[at],
            .weight = ranking->positive[at] + ranking->negative[at],
        };
        while (blocks > 1 && block[blocks - 2].positive * block[blocks - 1].weight >=
                                 block[blocks - 1].positive * block[blocks - 2].weight) {
            block[blocks - 2].last = block[blocks - 1].last;
            block[blocks - 2].positive += block[blocks - 1].positive;
            block[blocks - 2].weight += block[blocks - 1].weight;
            blocks--;
        }
    }
    return blocks;
}

static void fit_isotonic(struct calibrator *calibrator, const struct ranking *ranking,
                         struct arena *memory)
{
    struct pool_block *block = memory_take(ranking->count, sizeof *block);
    const size_t blocks = pool_violators(ranking, block), top = ranking->count - 1;
    double *score = ARENA_NEW(memory, double, 2 * blocks);
    double *value = ARENA_NEW(memory, double, 2 * blocks);
    size_t knots = 0;

    for (size_t b = 0; b < blocks; b++) {
        const double rate = block[b].positive / block[b].weight;
        score[knots] = ranking->score[top - block[b].first];
        value[knots++] = rate;
        if (block[b].last == block[b].first)
            continue;
        score[knots] = ranking->score[top - block[b].last];
        value[knots++] = rate;
    }
    free(block);
    calibrator->knots = knots;
    calibrator->score = score;
    calibrator->value = value;
}

bool calibrator_fit(struct calibrator *calibrator, enum calibrator_kind kind,
                    const struct scored *rows, struct arena *memory, struct error *err)
{
    struct ranking ranking;
    struct calibrator made = {.kind = kind};
    bool ok = true;

    if (!scored_check(rows, err))
        return false;
    ranking_build(&ranking, rows);
    if (!ranking.complete)
        ok = error_set(err, ERR_DATA, "a row has no score to calibrate on");
    else if (kind != CALIBRATOR_NONE && (ranking.positives <= 0 || ranking.negatives <= 0))
        ok = error_set(err, ERR_DATA, "calibration needs rows of both classes; there are none %s",
                       ranking.positives <= 0 ? "of the positive class" : "of the negative class");
    else if (kind == CALIBRATOR_ISOTONIC && ranking.count > CALIBRATOR_KNOTS_MAX)
        ok = error_set(err, ERR_LIMIT, "isotonic calibration on %zu distinct scores, limit is %d",
                       ranking.count, CALIBRATOR_KNOTS_MAX);
    else if (kind == CALIBRATOR_PLATT)
        fit_platt(&made, &ranking, memory);
    else if (kind == CALIBRATOR_ISOTONIC)
        fit_isotonic(&made, &ranking, memory);
    ranking_clear(&ranking);
    if (ok)
        *calibrator = made;
    return ok;
}

static double interpolate(const struct calibrator *c, double score)
{
    size_t low = 0, high = c->knots - 1;

    if (score <= c->score[low])
        return c->value[low];
    if (score >= c->score[high])
        return c->value[high];
    while (high - low > 1) { /* score[low] < score < score[high] */
        const size_t middle = low + (high - low) / 2;
        if (c->score[middle] == score)
            return c->value[middle];
        if (c->score[middle] < score)
            low = middle;
        else
            high = middle;
    }
    const double share = (score - c->score[low]) / (c->score[high] - c->score[low]);
    return c->value[low] + share * (c->value[high] - c->value[low]);
}

double calibrator_apply(const struct calibrator *calibrator, double score)
{
    if (calibrator->kind == CALIBRATOR_NONE || isnan(score))
        return score;
    if (calibrator->kind == CALIBRATOR_PLATT)
        return sigmoid(-(calibrator->a * logit(score) + calibrator->b));
    return interpolate(calibrator, score);
}

static json_t *numbers_json(const double *value, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_real(value[i]));
    return list;
}

json_t *calibrator_json(const struct calibrator *calibrator)
{
    json_t *document = json_pack("{s:s}", "kind", calibrator_names[calibrator->kind]);

    if (calibrator->kind == CALIBRATOR_PLATT) {
        json_object_set_new(document, "a", json_real(calibrator->a));
        json_object_set_new(document, "b", json_real(calibrator->b));
    } else if (calibrator->kind == CALIBRATOR_ISOTONIC) {
        json_object_set_new(document, "scores", numbers_json(calibrator->score, calibrator->knots));
        json_object_set_new(document, "values", numbers_json(calibrator->value, calibrator->knots));
    }
    return document;
}

static bool parse_number(const json_t *document, const char *key, double *value, struct error *err)
{
    const json_t *number = json_object_get(document, key);

    *value = json_number_value(number);
    if (!json_is_number(number) || !isfinite(*value))
        return error_set(err, ERR_DATA, "calibrator: '%s' must be a number", key);
    return true;
}

static bool parse_list(const json_t *document, const char *key, const double **values,
                       size_t *count, struct arena *memory, struct error *err)
{
    const json_t *list = json_object_get(document, key);

    *count = json_array_size(list);
    if (*count == 0 || *count > CALIBRATOR_KNOTS_MAX)
        return error_set(err, ERR_DATA, "calibrator: '%s' must be a list of 1 to %d numbers", key,
                         CALIBRATOR_KNOTS_MAX);
    double *made = ARENA_NEW(memory, double, *count);
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        made[i] = json_number_value(item);
        if (!json_is_number(item) || !isfinite(made[i]))
            return error_set(err, ERR_DATA, "calibrator: '%s[%zu]' must be a number", key, i);
    }
    *values = made;
    return true;
}

static bool parse_isotonic(struct calibrator *c, const json_t *document, struct arena *memory,
                           struct error *err)
{
    size_t values;

    if (!parse_list(document, "scores", &c->score, &c->knots, memory, err) ||
        !parse_list(document, "values", &c->value, &values, memory, err))
        return false;
    if (values != c->knots)
        return error_set(err, ERR_DATA, "calibrator: %zu scores and %zu values", c->knots, values);
    for (size_t i = 0; i < c->knots; i++) {
        if (c->value[i] < 0 || c->value[i] > 1)
            return error_set(err, ERR_DATA, "calibrator: 'values[%zu]' is no probability", i);
        if (i > 0 && (c->score[i] <= c->score[i - 1] || c->value[i] < c->value[i - 1]))
            return error_set(err, ERR_DATA, "calibrator: knot %zu is not above the one before", i);
    }
    return true;
}

bool calibrator_parse(struct calibrator *calibrator, const json_t *document, struct arena *memory,
                      struct error *err)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    struct calibrator made = {.kind = CALIBRATOR_NONE};

    while (kind && calibrator_names[made.kind] && strcmp(calibrator_names[made.kind], kind) != 0)
        made.kind++;
    if (!kind || !calibrator_names[made.kind])
        return error_set(err, ERR_DATA, "calibrator: 'kind' must be none, platt or isotonic");
    if (made.kind == CALIBRATOR_PLATT &&
        (!parse_number(document, "a", &made.a, err) || !parse_number(document, "b", &made.b, err)))
        return false;
    if (made.a > 0)
        return error_set(err, ERR_DATA, "calibrator: 'a' must not be above 0");
    if (made.kind == CALIBRATOR_ISOTONIC && !parse_isotonic(&made, document, memory, err))
        return false;
    *calibrator = made;
    return true;
}
