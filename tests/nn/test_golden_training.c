/* Losses and schedules against PyTorch: tests/golden/training/make.py wrote what is compared. */
#include "base/file.h"
#include "base/json.h"
#include "nn/graph.h"
#include "nn/schedule.h"
#include "support/test.h"

enum { ROWS_MAX = 16 };

static json_t *read_document(void)
{
    struct error err = {0};
    char *bytes, want[64];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;
    json_t *document;

    EXPECT_OK(
        file_read(test_source("tests/golden/training/training.json"), 1 << 20, &bytes, &size, &err),
        &err);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    free(bytes);
    snprintf(want, sizeof want, "fnv1a %016llx", (unsigned long long)hash);
    EXPECT_OK(
        file_read(test_source("tests/golden/training/PROVENANCE"), 1 << 16, &bytes, &size, &err),
        &err);
    EXPECT_HAS(bytes, want);
    free(bytes);
    EXPECT_OK(
        json_read(test_source("tests/golden/training/training.json"), 1 << 20, &document, &err),
        &err);
    return document;
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static double item(const json_t *object, const char *key, size_t i)
{
    return json_number_value(json_array_get(json_object_get(object, key), i));
}

static const struct op *find_op(const char *name)
{
#define OP(name_)                                                                                  \
    if (strcmp(name, #name_) == 0)                                                                 \
        return &op_##name_;
#include "nn/op/ops.def"
#undef OP
    return NULL;
}

static void compare_loss(const json_t *c)
{
    const struct op *op = find_op(json_string_value(json_object_get(c, "op")));
    const size_t classes = (size_t)number(c, "classes");
    const size_t rows = json_array_size(json_object_get(c, "y"));
    const union op_settings settings = {
        .class_loss = {.gamma = number(c, "gamma"),
                       .gamma_negative = number(c, "gamma_negative"),
                       .gamma_high = number(c, "gamma_high"),
                       .alpha = number(c, "alpha"),
                       .margin = number(c, "margin")}};
    real z[ROWS_MAX * 8], dz[ROWS_MAX * 8] = {0}, w[ROWS_MAX], work[8], loss = 0, one = 1;
    real total = 0, share = (real)number(c, "share");
    int32_t y[ROWS_MAX];

    EXPECT(op && rows <= ROWS_MAX && classes <= 8);
    for (size_t i = 0; i < rows * classes; i++)
        z[i] = (real)item(c, "z", i);
    for (size_t i = 0; i < rows; i++) {
        y[i] = (int32_t)item(c, "y", i);
        w[i] = (real)item(c, "w", i);
        total += w[i];
    }
    const struct op_batch batch = {.rows = rows, .rows_max = rows};
    struct op_call call = {
        .in = {{.x = z, .d = dz, .count = rows, .width = classes},
               {.index = y, .count = rows, .width = 1},
               {.x = w, .count = rows, .width = 1},
               {.x = &total, .count = 1, .width = 1},
               {.x = &share, .count = 1, .width = 1}},
        .out = {.x = &loss, .d = &one, .count = 1, .width = 1},
        .result = &loss,
        .work = work,
        .settings = &settings,
        .batch = &batch,
        .kernels = kernels_best(),
    };
    op->forward(&call);
    op->backward(&call);
    EXPECT_NEAR(loss, number(c, "loss"), 1e-5 * (1 + number(c, "loss")));
    for (size_t i = 0; i < rows * classes; i++)
        EXPECT_NEAR(dz[i], item(c, "dz", i), 2e-6);
}

TEST(golden_losses_agree_with_pytorch)
{
    json_t *document = read_document();
    const json_t *losses = json_object_get(document, "losses");

    EXPECT(json_array_size(losses) > 5);
    for (size_t i = 0; i < json_array_size(losses); i++) {
        test_row = (int)i;
        compare_loss(json_array_get(losses, i));
    }
    json_decref(document);
}

TEST(golden_schedules_agree_with_pytorch)
{
    json_t *document = read_document();
    const json_t *list = json_object_get(document, "schedules");

    EXPECT(json_array_size(list) > 3);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        const struct schedule schedule = schedule_one_cycle((uint64_t)number(c, "steps"));
        struct adam_settings adam = adam_defaults();
        test_row = (int)i;
        adam.rate = number(c, "max");
        for (uint64_t step = 0; step < schedule.steps; step++) {
            const struct adam_settings at = schedule_at(&schedule, &adam, step);
            EXPECT_NEAR(at.rate, item(c, "rate", step), 1e-12 * adam.rate);
            EXPECT_NEAR(at.beta1, item(c, "beta1", step), 1e-12);
        }
        EXPECT_NEAR(schedule_at(&schedule, &adam, schedule.steps + 5).rate, adam.rate / 25 / 1e4,
                    1e-12 * adam.rate);
    }
    json_decref(document);
}
