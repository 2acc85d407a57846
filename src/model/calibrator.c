#include "model/calibrator.h"

#include "model/platt.h"

#include <math.h>
#include <string.h>

const char *const calibrator_names[] = {[CALIBRATOR_NONE] = "none",
                                        [CALIBRATOR_PLATT] = "platt",
                                        [CALIBRATOR_ISOTONIC] = "isotonic",
                                        [CALIBRATOR_SPLINE] = "spline",
                                        NULL};

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
        platt_fit(&made.a, &made.b, &ranking);
    else if (kind == CALIBRATOR_ISOTONIC)
        fit_isotonic(&made, &ranking, memory);
    else if (kind == CALIBRATOR_SPLINE)
        ok = spline_calibrator_fit(&made.spline, &ranking, err);
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
        return platt_sigmoid(-(calibrator->a * platt_logit(score) + calibrator->b));
    if (calibrator->kind == CALIBRATOR_SPLINE)
        return spline_calibrator_apply(&calibrator->spline, score);
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
    if (calibrator->kind == CALIBRATOR_SPLINE)
        return spline_calibrator_json(&calibrator->spline);
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
        return error_set(err, ERR_DATA,
                         "calibrator: 'kind' must be none, platt, isotonic or spline");
    if (made.kind == CALIBRATOR_PLATT &&
        (!parse_number(document, "a", &made.a, err) || !parse_number(document, "b", &made.b, err)))
        return false;
    if (made.a > 0)
        return error_set(err, ERR_DATA, "calibrator: 'a' must not be above 0");
    if (made.kind == CALIBRATOR_ISOTONIC && !parse_isotonic(&made, document, memory, err))
        return false;
    if (made.kind == CALIBRATOR_SPLINE && !spline_calibrator_parse(&made.spline, document, err))
        return error_wrap(err, "calibrator");
    *calibrator = made;
    return true;
}
