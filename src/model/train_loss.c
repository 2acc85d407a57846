#include "model/train_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool train_loss_op(const struct train_config *train, size_t classes, const struct op **op,
                   union op_settings *settings, struct error *err)
{
    struct op_class_loss_settings *s = &settings->class_loss;

    *settings = (union op_settings){.class_loss = {.alpha = -1}};
    switch ((enum train_loss)train->loss) {
    case TRAIN_LOSS_CROSS_ENTROPY:
        *op = &op_softmax_cross_entropy;
        return true;
    case TRAIN_LOSS_FOCAL:
        *op = &op_focal_loss;
        s->gamma = train->focal.gamma;
        s->alpha = train->focal.alpha;
        return s->alpha < 0 || classes == 2 ||
               error_set(err, ERR_CONFIG, "train.focal.alpha is for 2 classes, not %zu", classes);
    case TRAIN_LOSS_ASYMMETRIC:
        *op = &op_asymmetric_loss;
        s->gamma = train->asymmetric.gamma_positive;
        s->gamma_negative = train->asymmetric.gamma_negative;
        s->margin = train->asymmetric.margin;
        return classes == 2 ||
               error_set(err, ERR_CONFIG, "train.loss 'asymmetric' is for 2 classes, not %zu",
                         classes);
    case TRAIN_LOSS_CYCLICAL_FOCAL:
        *op = &op_cyclical_focal_loss;
        s->gamma = train->cyclical_focal.gamma_lc;
        s->gamma_high = train->cyclical_focal.gamma_hc;
        return true;
    }
    BUG("loss");
}

double train_loss_share(const struct train_config *train, size_t epoch)
{
    const double factor = train->cyclical_focal.factor;
    const double last = train->epochs > 1 ? (double)train->epochs - 1 : 1;
    const double at = factor * (double)epoch / last;

    return at <= 1 ? 1 - at : fmin((at - 1) / (factor - 1), 1);
}

static bool balance(const size_t *count, size_t classes, double *weight, struct error *err)
{
    double rows = 0;

    for (size_t c = 0; c < classes; c++)
        rows += (double)count[c];
    for (size_t c = 0; c < classes; c++) {
        if (count[c] == 0)
            return error_set(err, ERR_DATA,
                             "train.class_weights 'balanced': no training row is of class %zu", c);
        weight[c] = rows / ((double)classes * (double)count[c]);
    }
    return true;
}

bool train_loss_weights(const struct train_config *train, const size_t *count, size_t classes,
                        double *weight, struct error *err)
{
    const char *text = train->class_weights ? train->class_weights : "none", *at = text;
    bool none = strcmp(text, "none") == 0, right = true;

    if (strcmp(text, "balanced") == 0)
        return balance(count, classes, weight, err);
    for (size_t c = 0; c < classes && right; c++) {
        char *end = NULL;
        weight[c] = none ? 1 : strtod(at, &end);
        if (none)
            continue;
        right = end != at && weight[c] > 0 && weight[c] <= 1e6;
        at = end + strspn(end, " ");
        right = right && *at == (c + 1 < classes ? ',' : '\0');
        at += *at == ',';
    }
    return right || error_set(err, ERR_CONFIG,
                              "train.class_weights must be none, balanced or %zu numbers above 0 "
                              "and up to 1000000 with commas between them, not '%.100s'",
                              classes, text);
}
