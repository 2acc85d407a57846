/*
 * tools/pytorch-to-safetensors on checkpoints that PyTorch wrote (tests/golden/checkpoint/make.py).
 * Needs python3, nothing else.
 */
#include "base/safetensors.h"
#include "support/test.h"

#include <string.h>

#define GOLDEN "tests/golden/checkpoint/"

static bool has_python(void)
{
    struct test_output said = test_shell("python3 -c ''");
    const bool ok = said.status == 0;

    test_output_clear(&said);
    if (!ok)
        fprintf(stderr, "SKIPPED: no python3, so tools/pytorch-to-safetensors is not tested\n");
    return ok;
}

static struct test_output convert(const char *checkpoint, const char *more)
{
    return test_shell("'%s' '%s' '%s' %s", test_source("tools/pytorch-to-safetensors"), checkpoint,
                      test_path("weights.safetensors"), more);
}

TEST(pytorch_checkpoint_becomes_safetensors)
{
    static const struct {
        const char *name;
        size_t dims, shape[2];
        float start, step;
    } rows[] = {
        {"float.weight", 2, {2, 3}, 1, 0.25f},
        {"double", 1, {5}, 2, 0.25f},
        {"half", 2, {2, 2}, 3, 0.25f},
        {"bfloat16", 2, {2, 2}, 4, 0.25f},
        {"long", 1, {4}, 5, 1},
        {"parameter", 1, {3}, 6, 0.25f},
        {"transposed", 2, {2, 3}, 7, 0.25f},
        {"part", 2, {2, 3}, 101.5f, 0.25f},
        {"alias", 2, {4, 3}, 100, 0.25f},
        {"scalar", 0, {0}, 9.5f, 0},
        {"empty", 2, {0, 4}, 0, 0},
    };
    struct safetensors file;
    struct error err = {0};

    if (!has_python())
        return;
    const char *config = test_file("config.json", "{\"n_classes\": 2}\n");
    char option[4200];
    snprintf(option, sizeof option, "--config '%s'", config);
    struct test_output said = convert(test_source(GOLDEN "nested.pt"), option);
    EXPECT_EQ(said.status, 0);
    EXPECT_HAS(said.out, "11 tensors");
    test_output_clear(&said);
    EXPECT_OK(safetensors_open(&file, test_path("weights.safetensors"), &err), &err);
    EXPECT_EQ(file.count, sizeof rows / sizeof *rows);
    EXPECT_EQ(file.texts, 2);
    EACH_ROW(rows, r) {
        const struct safetensor *tensor = safetensors_find(&file, r->name);
        EXPECT(tensor && tensor->type == SAFETENSORS_F32 && tensor->dims == r->dims);
        for (size_t d = 0; d < r->dims; d++)
            EXPECT_EQ(tensor->shape[d], r->shape[d]);
        for (size_t i = 0; i < tensor->count; i++) {
            float number;
            memcpy(&number, (const char *)tensor->data + i * sizeof number, sizeof number);
            EXPECT_NEAR((double)number, (double)(r->start + (float)i * r->step), 0);
        }
    }
    safetensors_close(&file);
}

TEST(pytorch_checkpoint_that_is_none_gets_a_sentence)
{
    static const struct {
        const char *golden, *said;
    } rows[] = {
        {"code.pt", "asks for 'torch.nn.modules.linear.Linear'"},
        {"old.pt", "is not what torch.save() writes since PyTorch 1.6"},
        {"twice.pt", "two tensors are named 'a'"},
        {"number.pt", "'a' is not a tensor"},
        {"make.py", "is not what torch.save() writes"},
        {"nowhere.pt", "nowhere.pt': No such file"},
    };

    if (!has_python())
        return;
    EACH_ROW(rows, r) {
        char path[4096];
        snprintf(path, sizeof path, "%s%s", test_source(GOLDEN), r->golden);
        struct test_output said = convert(path, "");
        EXPECT_EQ(said.status, 1);
        EXPECT_HAS(said.err, r->said);
        EXPECT(!strstr(said.err, "Traceback"));
        test_output_clear(&said);
    }
}
