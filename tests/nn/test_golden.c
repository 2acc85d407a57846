#include "base/file.h"
#include "base/json.h"
#include "nn/golden.h"
#include "support/test.h"

#include <inttypes.h>

static uint64_t fnv1a64(const char *bytes, size_t size)
{
    uint64_t value = 0xcbf29ce484222325;

    for (size_t i = 0; i < size; i++)
        value = (value ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return value;
}

TEST(golden_file_is_the_one_its_generator_wrote)
{
    struct error err = {0};
    json_t *provenance = NULL;
    char *bytes = NULL, hash[32];
    size_t size;

    EXPECT_OK(json_read(test_source("tests/golden/journey_attention/provenance.json"), 1 << 16,
                        &provenance, &err),
              &err);
    EXPECT_OK(file_read(test_source("tests/golden/journey_attention/reference.safetensors"),
                        1 << 20, &bytes, &size, &err),
              &err);
    snprintf(hash, sizeof hash, "%016" PRIx64, fnv1a64(bytes, size));
    EXPECT_STR(json_string_value(json_object_get(provenance, "fnv1a64")), hash);
    free(bytes);
    json_decref(provenance);
}

TEST(golden_journey_attention_agrees)
{
    struct error err = {0};

    EXPECT_OK(golden_check(test_source("tests/golden/journey_attention/reference.safetensors"),
                           NULL, &err),
              &err);
}

TEST(golden_shared_journey_attention_agrees)
{
    const char *path = test_shared("golden/journey_attention.safetensors");
    struct error err = {0};

    if (path)
        EXPECT_OK(golden_check(path, NULL, &err), &err);
}

TEST(golden_shared_temporal_attention_agrees)
{
    static const char *const files[] = {
        "golden/tsa_single_dense.safetensors",     "golden/tsa_single_mlp_notime.safetensors",
        "golden/tsa_single_moe.safetensors",       "golden/tsa_two_sequences.safetensors",
        "golden/tsa_two_sequences_51.safetensors",
    };

    EACH_ROW(files, file) {
        const char *path = test_shared(*file);
        struct error err = {0};
        if (path)
            EXPECT_OK(golden_check(path, NULL, &err), &err);
    }
}

/* The file with one byte of one tensor changed: the check must say which tensor disagrees. */
static const char *damaged(const char *tensor, size_t number)
{
    struct safetensors file = {0};
    struct error err = {0};
    const char *path = test_path("damaged.safetensors");

    EXPECT_OK(safetensors_open(
                  &file, test_source("tests/golden/journey_attention/reference.safetensors"), &err),
              &err);
    const struct safetensor *at = safetensors_find(&file, tensor);
    EXPECT(at != NULL && number < at->count);
    float value;
    char *place = (char *)at->data + number * sizeof value;
    memcpy(&value, place, sizeof value);
    value += 0.01f;
    memcpy(place, &value, sizeof value);
    EXPECT_OK(safetensors_write(path, file.tensor, file.count, file.text, file.texts, &err), &err);
    safetensors_close(&file);
    return path;
}

TEST(golden_check_fails_when_a_number_is_wrong)
{
    static const struct {
        const char *tensor;
        size_t number;
        const char *named;
    } rows[] = {
        {"output.masked.attention", 2, "output.masked.attention"},
        {"output.unmasked.probability", 6, "output.unmasked.probability"},
        {"grad.lstm.recurrent_kernel", 50, "grad.lstm.recurrent_kernel"},
        {"grad.embedding.bias", 0, "grad.embedding.bias"},
        {"param.lstm.bias", 23, "output.unmasked.probability"},
    };
    struct error err;

    EACH_ROW(rows, r)
        EXPECT_ERROR(golden_check(damaged(r->tensor, r->number), NULL, &err), &err, ERR_CHECK,
                     r->named);
}

TEST(golden_check_says_what_it_cannot_use)
{
    const float number[2] = {1, 2};
    const struct safetensor unknown = {
        .name = "param.gate.w", .type = SAFETENSORS_F32, .dims = 1, .shape = {2}, .data = number};
    const struct safetensor half = {.name = "param.lstm.recurrent_kernel",
                                    .type = SAFETENSORS_F32,
                                    .dims = 2,
                                    .shape = {1, 2},
                                    .data = number};
    const char *path = test_path("other.safetensors");
    struct error err = {0};

    EXPECT_OK(safetensors_write(path, &unknown, 1, NULL, 0, &err), &err);
    EXPECT_ERROR(golden_check(path, NULL, &err), &err, ERR_DATA, "no model for '");
    EXPECT_OK(safetensors_write(path, &half, 1, NULL, 0, &err), &err);
    EXPECT_ERROR(golden_check(path, NULL, &err), &err, ERR_DATA, "lacks tokens");
    EXPECT_ERROR(golden_check("missing.safetensors", NULL, &err), &err, ERR_IO, "missing");
}
