#include "model/calibrator.h"
#include "model/nonnegative.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "metric/calibration.h"
#include "support/test.h"

#include <math.h>

#define GOLDEN "tests/golden/spline/"

TEST(nonnegative_by_hand)
{
    /* H = [[2,1],[1,2]], r = (1,-4): without signs (2,-3); with x1 >= 0 it is (1/2, 0). */
    static const struct {
        size_t free;
        double r[2], x[2];
    } rows[] = {
        {2, {1, -4}, {2, -3}},  {1, {1, -4}, {0.5, 0}}, {0, {1, -4}, {0.5, 0}},
        {0, {-1, -1}, {0, 0}},  {0, {3, 3}, {1, 1}},    {1, {-4, 1}, {-3, 2}},
        {0, {-4, 1}, {0, 0.5}},
    };
    EACH_ROW(rows, r) {
        struct nonnegative q = {.count = 2, .free = r->free};
        double x[NONNEGATIVE_MAX];
        q.h[0][0] = q.h[1][1] = 2;
        q.h[0][1] = q.h[1][0] = 1;
        memcpy(q.r, r->r, sizeof r->r);
        nonnegative_solve(x, &q);
        EXPECT_NEAR(x[0], r->x[0], 1e-14);
        EXPECT_NEAR(x[1], r->x[1], 1e-14);
    }
}

/* On random problems the answer meets its conditions: signs, and no way down that is allowed. */
TEST(nonnegative_meets_its_conditions)
{
    enum { N = 25 };

    for (uint64_t seed = 0; seed < 40; seed++) {
        struct rng rng = rng_new(seed, 0);
        struct nonnegative q = {.count = N, .free = seed % 3};
        double a[N + 5][N], x[NONNEGATIVE_MAX];
        for (size_t k = 0; k < N + 5; k++)
            for (size_t i = 0; i < N; i++)
                a[k][i] = rng_normal(&rng);
        for (size_t i = 0; i < N; i++) {
            q.r[i] = rng_normal(&rng);
            for (size_t j = 0; j < N; j++)
                for (size_t k = 0; k < N + 5; k++)
                    q.h[i][j] += a[k][i] * a[k][j];
        }
        nonnegative_solve(x, &q);
        for (size_t i = 0; i < N; i++) {
            double slope = -q.r[i];
            for (size_t j = 0; j < N; j++)
                slope += q.h[i][j] * x[j];
            EXPECT(i < q.free || x[i] >= 0);
            EXPECT(slope > -1e-9 && (slope < 1e-9 || (i >= q.free && x[i] == 0)));
        }
    }
}

TEST(spline_golden_is_the_recorded_one)
{
    struct error err = {0};
    char *bytes, want[64];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;

    EXPECT_OK(file_read(test_source(GOLDEN "spline.json"), 1 << 22, &bytes, &size, &err), &err);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    free(bytes);
    snprintf(want, sizeof want, "fnv1a %016llx", (unsigned long long)hash);
    EXPECT_OK(file_read(test_source(GOLDEN "PROVENANCE"), 1 << 16, &bytes, &size, &err), &err);
    EXPECT_HAS(bytes, want);
    free(bytes);
}

static double *doubles(const json_t *list, struct arena *memory)
{
    double *value = json_is_array(list) ? ARENA_NEW(memory, double, json_array_size(list)) : NULL;

    for (size_t i = 0; i < json_array_size(list); i++)
        value[i] = json_number_value(json_array_get(list, i));
    return value;
}

/* Fitted, and the same after a round trip through JSON. */
static void compare(const json_t *golden, struct arena *memory)
{
    const json_t *truth = json_object_get(golden, "truth"),
                 *knots = json_object_get(golden, "knots"), *want = json_object_get(golden, "p");
    const size_t n = json_array_size(truth);
    uint8_t *value = ARENA_NEW(memory, uint8_t, n);
    const double *probe = doubles(json_object_get(golden, "probe"), memory);
    struct calibrator fitted, read;
    struct error err = {0};
    double before = 0;

    for (size_t i = 0; i < n; i++)
        value[i] = (uint8_t)json_integer_value(json_array_get(truth, i));
    const struct scored rows = {n, value, doubles(json_object_get(golden, "score"), memory),
                                doubles(json_object_get(golden, "weight"), memory)};
    EXPECT_OK(calibrator_fit(&fitted, CALIBRATOR_SPLINE, &rows, memory, &err), &err);
    EXPECT_EQ(fitted.spline.knots, json_array_size(knots));
    for (size_t k = 0; k < fitted.spline.knots; k++)
        EXPECT_NEAR(fitted.spline.knot[k], json_number_value(json_array_get(knots, k)), 1e-12);
    json_t *document = calibrator_json(&fitted);
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));
    json_t *again = json_loads(text, 0, NULL);
    EXPECT_OK(calibrator_parse(&read, again, memory, &err), &err);
    for (size_t i = 0; i < json_array_size(want); i++) {
        const double p = calibrator_apply(&fitted, probe[i]);
        EXPECT_NEAR(p, json_number_value(json_array_get(want, i)), 1e-6);
        EXPECT(calibrator_apply(&read, probe[i]) == p);
        EXPECT(p >= before - 1e-15);
        before = p;
    }
    json_decref(document);
    json_decref(again);
    free(text);
}

TEST(spline_agrees_with_general_solvers)
{
    struct error err = {0};
    json_t *document, *golden;
    size_t index;

    EXPECT_OK(json_read(test_source(GOLDEN "spline.json"), 1 << 22, &document, &err), &err);
    EXPECT_EQ(json_array_size(json_object_get(document, "cases")), 6);
    json_array_foreach(json_object_get(document, "cases"), index, golden)
    {
        struct arena memory = {0};
        test_row = (int)index;
        compare(golden, &memory);
        arena_clear(&memory);
    }
    json_decref(document);
}

enum { ROWS = 20000 };
static uint8_t truth[2][ROWS];
static double score[2][ROWS];

/* Scores whose true log odds are not what the scores say, few of them positive. */
static void draw(size_t part, uint64_t seed, double steep)
{
    struct rng rng = rng_new(seed, part);

    for (size_t i = 0; i < ROWS; i++) {
        const double x = -3.5 + 2 * rng_normal(&rng);
        const double z = x > -2 ? -3.5 + steep * (x + 2) - 0.25 * (x + 2) * (x + 2) : -3.5 + x + 2;
        score[part][i] = 1 / (1 + exp(-x));
        truth[part][i] = rng_uniform(&rng) < 1 / (1 + exp(-z));
    }
}

static double held_out_loss(enum calibrator_kind kind, size_t count)
{
    static double p[ROWS];
    struct arena memory = {0};
    struct ranking ranking;
    struct calibrator c;
    struct error err = {0};

    EXPECT_OK(
        calibrator_fit(&c, kind, &(struct scored){count, truth[0], score[0], NULL}, &memory, &err),
        &err);
    for (size_t i = 0; i < ROWS; i++)
        p[i] = calibrator_apply(&c, score[1][i]);
    ranking_build(&ranking, &(struct scored){ROWS, truth[1], p, NULL});
    const double loss = calibration_log_loss(&ranking);
    ranking_clear(&ranking);
    arena_clear(&memory);
    return loss;
}

/* The point of a smooth monotone curve: nearer the truth than a line, and than steps. */
TEST(spline_beats_platt_and_isotonic_on_unseen_rows)
{
    static const struct {
        size_t count;
        double steep, margin; /* over Platt's */
    } rows[] = {{ROWS, 2.5, 5e-4}, {5000, 2.5, 2e-4}, {2000, 2.5, 0}, {ROWS, 1, 1e-3}};
    double spline = 0, platt = 0, isotonic = 0;

    EACH_ROW(rows, r) {
        draw(0, 11 + (uint64_t)test_row, r->steep);
        draw(1, 11 + (uint64_t)test_row, r->steep);
        spline = held_out_loss(CALIBRATOR_SPLINE, r->count);
        platt = held_out_loss(CALIBRATOR_PLATT, r->count);
        isotonic = held_out_loss(CALIBRATOR_ISOTONIC, r->count);
        printf("# %zu rows: log loss spline %.5f, platt %.5f, isotonic %.5f, uncalibrated %.5f\n",
               r->count, spline, platt, isotonic, held_out_loss(CALIBRATOR_NONE, r->count));
        EXPECT(spline < platt - r->margin);
        EXPECT(spline < isotonic);
    }
}

/* A perfect ranking, rows that rank backwards, all but constant scores, certain scores. */
TEST(spline_bears_hard_rows)
{
    enum { N = 60 };
    static const enum {
        PERFECT,
        BACKWARDS,
        TWO_SCORES,
        CERTAIN,
        ENDS
    } rows[] = {PERFECT, BACKWARDS, TWO_SCORES, CERTAIN, ENDS};

    EACH_ROW(rows, kind) {
        uint8_t t[N];
        double s[N], before = 0, least = 1, most = 0;
        struct calibrator c;
        struct error err = {0};
        struct arena memory = {0};
        for (size_t i = 0; i < N; i++) {
            const double x = (double)i / (N - 1);
            t[i] = *kind == BACKWARDS ? i < N / 2 : i >= N / 2;
            s[i] = *kind == TWO_SCORES ? 0.5 + 1e-3 * (double)(i % 2)
                   : *kind == CERTAIN  ? (double)t[i]
                   : *kind == ENDS     ? (i == 0       ? 0
                                          : i == N - 1 ? 1
                                                       : x)
                                       : 0.01 + 0.98 * x;
        }
        EXPECT_OK(
            calibrator_fit(&c, CALIBRATOR_SPLINE, &(struct scored){N, t, s, NULL}, &memory, &err),
            &err);
        for (size_t i = 0; i <= 1000; i++) {
            const double p = calibrator_apply(&c, (double)i / 1000);
            EXPECT(p >= before - 1e-15 && p > 0 && p < 1);
            before = p;
            least = fmin(least, p);
            most = fmax(most, p);
        }
        if (*kind == PERFECT || *kind == CERTAIN)
            EXPECT(least < 0.1 && most > 0.9);
        if (*kind == BACKWARDS || *kind == TWO_SCORES)
            EXPECT(least > 0.4 && most < 0.6);
        EXPECT(isnan(calibrator_apply(&c, NAN)));
        arena_clear(&memory);
    }
}

TEST(spline_refuses_with_a_sentence)
{
    enum { N = 40 };
    static const struct {
        size_t n;
        double low, high, first;
        bool one_class;
        const char *part;
    } rows[] = {
        {N, 0, 1, 0, true, "none of the positive class"},
        {N, 0, 1, NAN, false, "no score"},
        {N, 0.3, 0.3, 0.3, false, "all rows have 0.3"},
        {SPLINE_ROWS_MIN - 1, 0, 1, 0, false, "at least 20 rows, there are 19"},
        {N, 0, 1, 1.5, false, "from 0 to 1, one is 1.5"},
        {N, 0, 1, -INFINITY, false, "from 0 to 1, one is -inf"},
        {0, 0, 1, 0, false, "none of the positive class"},
    };

    EACH_ROW(rows, r) {
        uint8_t t[N];
        double s[N];
        struct calibrator c;
        struct error err;
        struct arena memory = {0};
        for (size_t i = 0; i < N; i++) {
            t[i] = !r->one_class && i % 2;
            s[i] = i ? r->low + (r->high - r->low) * (double)i / N : r->first;
        }
        EXPECT_ERROR(calibrator_fit(&c, CALIBRATOR_SPLINE, &(struct scored){r->n, t, s, NULL},
                                    &memory, &err),
                     &err, ERR_DATA, r->part);
        arena_clear(&memory);
    }
}

TEST(spline_documents_are_checked)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"[]", "'kind' must be"},
        {"{\"kind\": \"platt\"}", "'kind' must be"},
        {"{\"kind\": \"spline\"}", "'knots' must be a list of 2 to 32"},
        {"{\"kind\": \"spline\", \"knots\": [0]}", "'knots' must be a list"},
        {"{\"kind\": \"spline\", \"knots\": [0, 1], \"coefficients\": [0, 1]}", "a list of 4"},
        {"{\"kind\": \"spline\", \"knots\": [0, \"1\"], \"coefficients\": [0, 1, 2, 3]}",
         "'knots': [1] must be a number"},
        {"{\"kind\": \"spline\", \"knots\": [0, 41], \"coefficients\": [0, 1, 2, 3]}",
         "'knots': [1] must be a number from -40 to 40"},
        {"{\"kind\": \"spline\", \"knots\": [0, 1e-9], \"coefficients\": [0, 1, 2, 3]}",
         "'knots': [1] is not above"},
        {"{\"kind\": \"spline\", \"knots\": [0, 1], \"coefficients\": [0, 1, 0.5, 3]}",
         "'coefficients': [2] is below"},
        {"{\"kind\": \"spline\", \"knots\": [0, 1], \"coefficients\": [0, 1, 2, 1e300]}",
         "'coefficients': [3] must be a number"},
    };

    EACH_ROW(rows, r) {
        struct spline_calibrator spline;
        struct error err;
        json_t *document = json_loads(r->text, 0, NULL);
        EXPECT(document);
        EXPECT_ERROR(spline_calibrator_parse(&spline, document, &err), &err, ERR_DATA, r->part);
        json_decref(document);
    }
}
