/* model/calibrator and metric/threshold against scikit-learn: tests/golden/calibration/make.py. */
#include "model/calibrator.h"
#include "base/file.h"
#include "metric/threshold.h"
#include "support/test.h"

#include <math.h>

#define GOLDEN "tests/golden/calibration/"

TEST(calibration_golden_file_is_the_recorded_one)
{
    struct error err = {0};
    char *bytes, want[64];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;

    EXPECT_OK(file_read(test_source(GOLDEN "calibration.json"), 1 << 22, &bytes, &size, &err),
              &err);
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

static struct scored read_rows(const json_t *golden, struct arena *memory)
{
    const json_t *truth = json_object_get(golden, "truth");
    uint8_t *value = ARENA_NEW(memory, uint8_t, json_array_size(truth));

    for (size_t i = 0; i < json_array_size(truth); i++)
        value[i] = (uint8_t)json_integer_value(json_array_get(truth, i));
    return (struct scored){json_array_size(truth), value,
                           doubles(json_object_get(golden, "score"), memory),
                           doubles(json_object_get(golden, "weight"), memory)};
}

/* Fitted, and the same after a round trip through JSON. */
static void compare(const json_t *golden, const struct scored *rows, enum calibrator_kind kind,
                    double tolerance, struct arena *memory)
{
    const json_t *want = json_object_get(golden, calibrator_names[kind]);
    const double *probe = doubles(json_object_get(golden, "probe"), memory);
    struct calibrator fitted, read;
    struct error err = {0};
    double before = -1;

    EXPECT_OK(calibrator_fit(&fitted, kind, rows, memory, &err), &err);
    json_t *document = calibrator_json(&fitted);
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));
    json_t *again = json_loads(text, 0, NULL);
    EXPECT_OK(calibrator_parse(&read, again, memory, &err), &err);
    for (size_t i = 0; i < json_array_size(want); i++) {
        test_row = (int)i;
        const double p = calibrator_apply(&fitted, probe[i]);
        EXPECT_NEAR(p, json_number_value(json_array_get(want, i)), tolerance);
        EXPECT(calibrator_apply(&read, probe[i]) == p);
        EXPECT(p >= before);
        before = p;
    }
    json_decref(document);
    json_decref(again);
    free(text);
}

/* scikit-learn stops its search for a and b at a gradient of about 1e-5. */
TEST(calibrators_agree_with_scikit_learn)
{
    struct error err = {0};
    json_t *document, *golden;
    size_t index;

    EXPECT_OK(json_read(test_source(GOLDEN "calibration.json"), 1 << 22, &document, &err), &err);
    EXPECT_EQ(json_array_size(json_object_get(document, "cases")), 5);
    json_array_foreach(json_object_get(document, "cases"), index, golden)
    {
        struct arena memory = {0};
        const struct scored rows = read_rows(golden, &memory);
        compare(golden, &rows, CALIBRATOR_PLATT, 2e-5, &memory);
        compare(golden, &rows, CALIBRATOR_ISOTONIC, 1e-12, &memory);
        arena_clear(&memory);
    }
    json_decref(document);
}

TEST(thresholds_agree_with_trying_every_cut)
{
    static const struct {
        const char *key;
        enum threshold_rule rule;
        double target;
    } rules[] = {{"best_f1", THRESHOLD_BEST_F1, 0},
                 {"precision_0.6", THRESHOLD_PRECISION, 0.6},
                 {"recall_0.8", THRESHOLD_RECALL, 0.8}};
    struct error err = {0};
    json_t *document, *golden;
    size_t index;

    EXPECT_OK(json_read(test_source(GOLDEN "calibration.json"), 1 << 22, &document, &err), &err);
    json_array_foreach(json_object_get(document, "cases"), index, golden)
    {
        struct arena memory = {0};
        const struct scored rows = read_rows(golden, &memory);
        struct ranking ranking;
        ranking_build(&ranking, &rows);
        EACH_ROW(rules, r) {
            const json_t *want = json_object_get(golden, r->key);
            double got = NAN;
            if (json_is_null(want)) {
                EXPECT_ERROR(threshold_choose(&got, r->rule, r->target, &ranking, &err), &err,
                             ERR_DATA, "no threshold reaches");
                continue;
            }
            EXPECT_OK(threshold_choose(&got, r->rule, r->target, &ranking, &err), &err);
            EXPECT_NEAR(got, json_number_value(want), 1e-12);
        }
        ranking_clear(&ranking);
        arena_clear(&memory);
    }
    json_decref(document);
}

/* Scores that rank backwards: Platt's curve must not fall, so it is flat. */
TEST(platt_never_falls)
{
    static const uint8_t truth[] = {1, 1, 0, 0};
    static const double score[] = {0.1, 0.2, 0.8, 0.9};
    const struct scored rows = {4, truth, score, NULL};
    struct arena memory = {0};
    struct calibrator c;
    struct error err = {0};

    EXPECT_OK(calibrator_fit(&c, CALIBRATOR_PLATT, &rows, &memory, &err), &err);
    EXPECT_NEAR(calibrator_apply(&c, 0.1), 0.5, 1e-9);
    EXPECT(calibrator_apply(&c, 0.1) == calibrator_apply(&c, 0.99));
    EXPECT(isnan(calibrator_apply(&c, NAN)));
    arena_clear(&memory);
}

TEST(calibrator_refuses_one_class_and_holes)
{
    static const uint8_t all[] = {1, 1}, both[] = {1, 0};
    static const double score[] = {0.1, 0.2}, hole[] = {0.1, NAN};
    struct arena memory = {0};
    struct calibrator c;
    struct error err = {0};
    const struct scored one = {2, all, score, NULL}, holes = {2, both, hole, NULL};

    EXPECT_ERROR(calibrator_fit(&c, CALIBRATOR_PLATT, &one, &memory, &err), &err, ERR_DATA,
                 "none of the negative class");
    EXPECT_ERROR(calibrator_fit(&c, CALIBRATOR_ISOTONIC, &holes, &memory, &err), &err, ERR_DATA,
                 "no score");
    EXPECT_OK(calibrator_fit(&c, CALIBRATOR_NONE, &one, &memory, &err), &err);
    EXPECT(calibrator_apply(&c, 0.3) == 0.3);
    arena_clear(&memory);
}

TEST(calibrator_documents_are_checked)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"{}", "'kind' must be"},
        {"{\"kind\": \"cubic\"}", "'kind' must be"},
        {"{\"kind\": \"spline\"}", "calibrator: spline: 'knots'"},
        {"{\"kind\": \"platt\", \"a\": -1}", "'b' must be a number"},
        {"{\"kind\": \"platt\", \"a\": 1, \"b\": 0}", "'a' must not be above 0"},
        {"{\"kind\": \"isotonic\", \"scores\": [], \"values\": []}", "'scores' must be a list"},
        {"{\"kind\": \"isotonic\", \"scores\": [0, 1], \"values\": [0]}", "2 scores and 1 values"},
        {"{\"kind\": \"isotonic\", \"scores\": [0, 0], \"values\": [0, 1]}", "knot 1"},
        {"{\"kind\": \"isotonic\", \"scores\": [0, 1], \"values\": [1, 0]}", "knot 1"},
        {"{\"kind\": \"isotonic\", \"scores\": [0, 1], \"values\": [0, 2]}", "no probability"},
        {"{\"kind\": \"isotonic\", \"scores\": [0, \"x\"], \"values\": [0, 1]}", "'scores[1]'"},
    };

    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct calibrator c;
        struct error err = {0};
        json_t *document = json_loads(r->text, 0, NULL);
        EXPECT(document);
        EXPECT_ERROR(calibrator_parse(&c, document, &memory, &err), &err, ERR_DATA, r->part);
        json_decref(document);
        arena_clear(&memory);
    }
}
