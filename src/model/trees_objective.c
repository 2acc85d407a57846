#include "model/trees_internal.h"

#include "nn/elementary.h"

#include <math.h>
#include <string.h>

static const struct objective objectives[] = {
    {"reg:squarederror", LINK_NONE, ANSWER_MARGIN},
    {"reg:linear", LINK_NONE, ANSWER_MARGIN},
    {"reg:squaredlogerror", LINK_NONE, ANSWER_MARGIN},
    {"reg:pseudohubererror", LINK_NONE, ANSWER_MARGIN},
    {"reg:absoluteerror", LINK_NONE, ANSWER_MARGIN},
    {"reg:quantileerror", LINK_NONE, ANSWER_MARGIN},
    {"reg:expectileerror", LINK_NONE, ANSWER_MARGIN},
    {"reg:logistic", LINK_LOGIT, ANSWER_SIGMOID},
    {"binary:logistic", LINK_LOGIT, ANSWER_SIGMOID},
    {"binary:logitraw", LINK_NONE, ANSWER_MARGIN},
    {"binary:hinge", LINK_NONE, ANSWER_SIGN},
    {"count:poisson", LINK_LOG, ANSWER_EXP},
    {"reg:gamma", LINK_LOG, ANSWER_EXP},
    {"reg:tweedie", LINK_LOG, ANSWER_EXP},
    {"survival:cox", LINK_LOG, ANSWER_EXP},
    {"survival:aft", LINK_LOG, ANSWER_EXP},
    {"multi:softmax", LINK_NONE, ANSWER_CLASS},
    {"multi:softprob", LINK_NONE, ANSWER_SOFTMAX},
    {"rank:pairwise", LINK_NONE, ANSWER_MARGIN},
    {"rank:ndcg", LINK_NONE, ANSWER_MARGIN},
    {"rank:map", LINK_NONE, ANSWER_MARGIN},
};

const struct objective *objective_find(const char *name)
{
    for (size_t i = 0; i < sizeof objectives / sizeof *objectives; i++)
        if (strcmp(objectives[i].name, name) == 0)
            return &objectives[i];
    return NULL;
}

/* Logarithms in double, rounded once: the C library's last bit of a double does not matter. */
bool objective_base(const struct objective *objective, double score, float *margin)
{
    const float base = (float)score;

    if (objective->base == LINK_LOGIT && !(base > 0 && base < 1))
        return false;
    if (objective->base == LINK_LOG && !(base > 0))
        return false;
    *margin = base;
    if (objective->base == LINK_LOGIT)
        *margin = -(float)log((double)(1.0f / base - 1.0f));
    if (objective->base == LINK_LOG)
        *margin = (float)log((double)base);
    return isfinite(*margin);
}

static size_t largest(const float *margin, size_t outputs)
{
    size_t best = 0;

    for (size_t o = 1; o < outputs; o++)
        if (margin[o] > margin[best])
            best = o;
    return best;
}

static void softmax(const float *margin, size_t outputs, float *out)
{
    const float top = margin[largest(margin, outputs)];
    double sum = 0;

    for (size_t o = 0; o < outputs; o++)
        out[o] = margin[o] - top;
    elementary_exp(out, out, outputs);
    for (size_t o = 0; o < outputs; o++)
        sum += out[o];
    for (size_t o = 0; o < outputs; o++)
        out[o] /= (float)sum;
}

void objective_answer(const struct objective *objective, const float *margin, size_t rows,
                      size_t outputs, float *out)
{
    const size_t count = rows * outputs;

    switch (objective->answer) {
    case ANSWER_MARGIN:
        if (out != margin)
            memcpy(out, margin, count * sizeof *out);
        break;
    case ANSWER_SIGMOID:
        elementary_sigmoid(out, margin, count);
        break;
    case ANSWER_EXP:
        elementary_exp(out, margin, count);
        break;
    case ANSWER_SIGN:
        for (size_t i = 0; i < count; i++)
            out[i] = margin[i] > 0;
        break;
    case ANSWER_CLASS:
        for (size_t r = 0; r < rows; r++)
            out[r] = (float)largest(margin + r * outputs, outputs);
        break;
    case ANSWER_SOFTMAX:
        for (size_t r = 0; r < rows; r++)
            softmax(margin + r * outputs, outputs, out + r * outputs);
        break;
    }
}
