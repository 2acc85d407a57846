#include "nn/golden.h"

#include <math.h>
#include <string.h>

/* A model is known by a weight that only it has. */
static const struct {
    const char *tensor;
    bool (*check)(struct golden *golden, struct error *err);
} models[] = {
    {"param.lstm.recurrent_kernel", golden_journey_attention},
    {"param.order_attention.dummy_order", golden_temporal_attention},
    {"param.order_attention_cid.dummy_order", golden_temporal_attention},
};

bool golden_compare(struct golden *golden, const char *name, const real *got, size_t count,
                    struct error *err)
{
    const struct safetensor *tensor = safetensors_find(golden->file, name);
    const double tolerance = strncmp(name, "grad.", 5) == 0 ? 1e-3 : 1e-4, absolute = 1e-5;
    double worst = 0, worst_relative = 0;

    if (!tensor || tensor->type != SAFETENSORS_F32 || tensor->count != count)
        return error_set(err, ERR_DATA, "'%s' has no tensor '%s' of %zu float32 numbers",
                         golden->file->path, name, count);
    for (size_t i = 0; i < count; i++) {
        float want;
        memcpy(&want, (const char *)tensor->data + i * sizeof want, sizeof want);
        const double far = fabs((double)got[i] - want);
        const double scaled = far / fmax(fabs(want), absolute / tolerance);
        worst = isnan(far) ? INFINITY : fmax(worst, far);
        worst_relative = isnan(far) ? INFINITY : fmax(worst_relative, scaled);
    }
    const bool ok = worst_relative <= tolerance;
    golden->tensors++;
    golden->failed += !ok;
    if (golden->out)
        fprintf(golden->out, "  %-34s %6zu numbers  max abs %8.2e  max rel %8.2e  %s\n", name,
                count, worst, worst_relative, ok ? "ok" : "FAIL");
    if (!ok && err->code == ERR_NONE)
        error_set(err, ERR_CHECK, "'%s': %s is off by %g", golden->file->path, name, worst);
    return true;
}

bool golden_check(const char *path, FILE *out, struct error *err)
{
    struct safetensors file = {0};
    struct golden golden = {.file = &file, .out = out};
    bool ok = false, known = false;

    if (!safetensors_open(&file, path, err))
        return false;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (!known && safetensors_find(&file, models[i].tensor)) {
            known = true;
            if (out)
                fprintf(out, "%s\n", path);
            ok = models[i].check(&golden, err) && !golden.failed;
        }
    if (!known)
        error_set(err, ERR_DATA, "no model for '%s': its weights are of none that is built", path);
    if (ok && !golden.tensors)
        ok = error_set(err, ERR_DATA, "'%s' has nothing to compare", path);
    safetensors_close(&file);
    return ok;
}
