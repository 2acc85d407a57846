/* Credits against tests/golden/attribution/reference.json, which make.py computes by brute force.
 */
#include "attribution/method.h"
#include "base/file.h"
#include "base/json.h"
#include "support/test.h"

enum { REFERENCE_MAX = 1 << 20 };

TEST(reference_is_the_file_its_hash_was_written_for)
{
    struct error err = {0};
    char *bytes, *hash, want[17];
    size_t size, hash_size;
    uint64_t value = 0xCBF29CE484222325u; /* FNV-1a */

    EXPECT_OK(file_read(test_source("tests/golden/attribution/reference.json"), REFERENCE_MAX,
                        &bytes, &size, &err),
              &err);
    EXPECT_OK(file_read(test_source("tests/golden/attribution/reference.fnv1a"), 64, &hash,
                        &hash_size, &err),
              &err);
    for (size_t i = 0; i < size; i++)
        value = (value ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    snprintf(want, sizeof want, "%016llx", (unsigned long long)value);
    hash[16] = '\0';
    EXPECT_STR(hash, want);
    free(bytes);
    free(hash);
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void load_paths(struct path_set *paths, const json_t *list, size_t channels)
{
    *paths = (struct path_set){.count = json_array_size(list), .channels = channels};
    struct arena *mem = &paths->memory;
    uint64_t *offset = ARENA_NEW(mem, uint64_t, paths->count + 1);
    int32_t *token = ARENA_NEW(mem, int32_t, paths->count * 64);
    int64_t *age = ARENA_NEW(mem, int64_t, paths->count * 64);
    double *conversions = ARENA_NEW(mem, double, paths->count);
    double *value = ARENA_NEW(mem, double, paths->count);
    double *null = ARENA_NEW(mem, double, paths->count);

    offset[0] = 0;
    for (size_t p = 0; p < paths->count; p++) {
        const json_t *path = json_array_get(list, p), *tokens = json_object_get(path, "token");
        const json_t *ages = json_object_get(path, "age");
        offset[p + 1] = offset[p] + json_array_size(tokens);
        for (size_t i = 0; i < json_array_size(tokens); i++) {
            token[offset[p] + i] = (int32_t)json_integer_value(json_array_get(tokens, i));
            if (ages)
                age[offset[p] + i] = json_integer_value(json_array_get(ages, i));
        }
        conversions[p] = number(path, "conversions");
        value[p] = number(path, "value");
        null[p] = number(path, "null");
        if (ages)
            paths->age = age;
    }
    paths->offset = offset;
    paths->token = token;
    paths->conversions = conversions;
    paths->value = value;
    paths->null = null;
}

static void compare(const double *got, const json_t *case_, const char *part, const char *method,
                    const char *of)
{
    const json_t *name = json_object_get(case_, "name");
    const json_t *want = json_object_get(json_object_get(json_object_get(case_, part), method), of);

    EXPECT(json_array_size(want) > 0);
    for (size_t c = 0; c < json_array_size(want); c++) {
        const double w = json_number_value(json_array_get(want, c));
        if (!(got[c] - w <= 1e-10 * (1 + w) && w - got[c] <= 1e-10 * (1 + w)))
            fail_msg("%s: %s of %s, %s, channel %zu: %.17g, not %.17g", json_string_value(name),
                     part, method, of, c, got[c], w);
    }
}

static void check_case(const json_t *case_)
{
    const struct attribution_config config = {
        .half_life_days = number(case_, "half_life_days"),
        .self_loops = json_is_true(json_object_get(case_, "self_loops")),
    };
    const size_t channels = (size_t)number(case_, "channels");
    struct path_set paths;
    struct error err = {0};

    load_paths(&paths, json_object_get(case_, "paths"), channels);
    for (const struct method *const *m = attribution_methods; *m; m++) {
        double *sums = ARENA_ZERO(&paths.memory, double, 4 * channels);
        const struct method_call call = {.paths = &paths,
                                         .config = &config,
                                         .order = (*m)->order,
                                         .conversions = sums,
                                         .value = sums + channels,
                                         .removal_conversions = sums + 2 * channels,
                                         .removal_value = sums + 3 * channels};
        EXPECT_OK((*m)->credit(&call, &err), &err);
        compare(call.conversions, case_, "credit", (*m)->name, "conversions");
        compare(call.value, case_, "credit", (*m)->name, "value");
        if ((*m)->order == 0)
            continue;
        compare(call.removal_conversions, case_, "removal", (*m)->name, "conversions");
        compare(call.removal_value, case_, "removal", (*m)->name, "value");
    }
    path_set_clear(&paths);
}

TEST(every_method_agrees_with_brute_force)
{
    struct error err = {0};
    json_t *document;

    EXPECT_OK(json_read(test_source("tests/golden/attribution/reference.json"), REFERENCE_MAX,
                        &document, &err),
              &err);
    const json_t *cases = json_object_get(document, "cases");
    EXPECT_EQ(json_array_size(cases), 6);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i));
    json_decref(document);
}
