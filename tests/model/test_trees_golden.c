/*
 * Our scores against those of several versions of XGBoost (tests/golden/trees/make.py): margins bit
 * for bit, on every path; answers to float32 rounding of exp.
 */
#include "support/test.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "model/trees.h"
#include "model/trees_dense.h"
#include "nn/kernels.h"

#include <math.h>

static const char *const versions[] = {"1.3.3", "1.7.6", "2.1.4", "3.2.0"};

static const char *path_of(const char *version)
{
    char name[80];

    snprintf(name, sizeof name, "tests/golden/trees/xgboost-%s.json", version);
    return test_source(name);
}

static void check_record(const char *version)
{
    struct error err = {0};
    char *bytes, want[96];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;

    EXPECT_OK(file_read(path_of(version), 1 << 22, &bytes, &size, &err), &err);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    free(bytes);
    snprintf(want, sizeof want, "xgboost-%s.json fnv1a %016llx", version, (unsigned long long)hash);
    EXPECT_OK(file_read(test_source("tests/golden/trees/PROVENANCE"), 1 << 16, &bytes, &size, &err),
              &err);
    EXPECT_HAS(bytes, want);
    free(bytes);
}

TEST(trees_golden_files_are_the_recorded_ones)
{
    EACH_ROW(versions, version)
        check_record(*version);
}

static float *floats(const json_t *list, size_t count)
{
    float *value = memory_take(count, sizeof *value);

    EXPECT_EQ(json_array_size(list), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);

        value[i] = json_is_null(item) ? NAN : (float)json_number_value(item);
    }
    return value;
}

static void expect_bits(const char *name, const char *path, const float *got, const float *want,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&got[i], &want[i], sizeof *got) != 0 && !(got[i] == 0 && want[i] == 0))
            fail_msg("%s, %s: number %zu is %.9g, not %.9g", name, path, i, (double)got[i],
                     (double)want[i]);
}

/* Row by row and together, by every path and instruction set. */
static void check_margins(const char *name, const struct trees *trees, const float *x, size_t rows,
                          const float *want)
{
    const size_t outputs = trees_outputs(trees), features = trees_features(trees);
    float *got = memory_take(rows * outputs, sizeof *got);

    trees_sparse_margin(trees, x, rows, got);
    expect_bits(name, "by nodes", got, want, rows * outputs);
    trees_margin(trees, x, rows, got);
    expect_bits(name, "chosen", got, want, rows * outputs);
    for (size_t k = 0; trees->dense && k < KERNELS_COUNT; k++) {
        const struct trees_kernels *kernels = trees_kernels_at(k);

        if (!kernels)
            continue;
        trees_dense_margin(trees, kernels, x, rows, got);
        expect_bits(name, "block", got, want, rows * outputs);
        for (size_t r = 0; r < rows; r++)
            trees_dense_margin(trees, kernels, x + r * features, 1, got + r * outputs);
        expect_bits(name, "row", got, want, rows * outputs);
    }
    free(got);
}

static void check_answers(const char *name, const struct trees *trees, const float *x, size_t rows,
                          const json_t *answers)
{
    const size_t count = rows * trees_answers(trees);
    float *want = floats(answers, count), *got = memory_take(count, sizeof *got);

    trees_predict(trees, x, rows, got);
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(got[i] - want[i]) <= 3e-7f * fabsf(want[i])))
            fail_msg("%s: answer %zu is %.9g, not %.9g", name, i, (double)got[i], (double)want[i]);
    free(want);
    free(got);
}

/* XGBoost adds up gains as float32. */
static void check_importance(const char *name, const struct trees *trees, const json_t *document)
{
    static const struct {
        const char *key;
        enum trees_importance kind;
    } kinds[] = {{"weight", TREES_WEIGHT},
                 {"gain", TREES_GAIN},
                 {"cover", TREES_COVER},
                 {"total_gain", TREES_TOTAL_GAIN},
                 {"total_cover", TREES_TOTAL_COVER}};
    double *got = memory_take(trees_features(trees), sizeof *got);

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const json_t *scores = json_object_get(document, kinds[k].key);

        if (!scores)
            continue;
        trees_importance(trees, kinds[k].kind, got);
        for (size_t f = 0; f < trees_features(trees); f++) {
            char key[32];
            const char *feature = trees_feature_name(trees, f);

            snprintf(key, sizeof key, "f%zu", f);
            const double want = json_number_value(json_object_get(scores, feature ? feature : key));

            if (!(fabs(got[f] - want) <= 2e-5 * want))
                fail_msg("%s: %s of feature %zu is %.9g, not %.9g", name, kinds[k].key, f, got[f],
                         want);
        }
    }
    free(got);
}

static char *from_hex(const char *hex, size_t *size)
{
    char *bytes = memory_take(strlen(hex) / 2, 1);

    *size = strlen(hex) / 2;
    for (size_t i = 0; i < *size; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (char)strtoul(two, NULL, 16);
    }
    return bytes;
}

/* A copy of exactly its size, so that the address sanitizer sees a read beyond the end. */
static struct trees *parse(const char *name, const char *bytes, size_t size)
{
    char *copy = memory_take(size, 1);
    struct trees *trees;
    struct error err = {0};

    memcpy(copy, bytes, size);
    EXPECT_OK(trees_parse(&trees, name, copy, size, &err), &err);
    free(copy);
    return trees;
}

static void check_case(const json_t *document)
{
    const char *name = json_string_value(json_object_get(document, "name"));
    const json_t *json = json_object_get(document, "json");
    const char *hex = json_string_value(json_object_get(document, "ubj"));
    const size_t rows = (size_t)json_integer_value(json_object_get(document, "rows"));

    for (int ubj = 0; ubj <= (hex != NULL); ubj++) {
        size_t size = json_string_length(json);
        char *bytes = ubj ? from_hex(hex, &size) : NULL;
        struct trees *trees = parse(name, ubj ? bytes : json_string_value(json), size);
        float *x = floats(json_object_get(document, "x"), rows * trees_features(trees));
        float *margin = floats(json_object_get(document, "margin"), rows * trees_outputs(trees));

        check_margins(name, trees, x, rows, margin);
        check_answers(name, trees, x, rows, json_object_get(document, "predict"));
        check_importance(name, trees, json_object_get(document, "importance"));
        free(bytes);
        free(x);
        free(margin);
        trees_free(trees);
    }
}

static void check_version(const char *version)
{
    json_t *document, *cases;
    struct error err = {0};

    EXPECT_OK(json_read(path_of(version), 1 << 22, &document, &err), &err);
    cases = json_object_get(document, "cases");
    EXPECT(json_array_size(cases) >= 21);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i));
    json_decref(document);
}

TEST(trees_score_as_xgboost_1_3)
{
    check_version("1.3.3");
}

TEST(trees_score_as_xgboost_1_7)
{
    check_version("1.7.6");
}

TEST(trees_score_as_xgboost_2_1)
{
    check_version("2.1.4");
}

TEST(trees_score_as_xgboost_3_2)
{
    check_version("3.2.0");
}
