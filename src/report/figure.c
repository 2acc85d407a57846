#include "report/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Space that does not break, between a number and its unit. */
#define THIN "\xc2\xa0"

static struct figure missing(void)
{
    return (struct figure){"\xe2\x80\x93"};
}

struct figure figure_count(double value)
{
    struct figure figure;
    char digits[40];
    size_t out = 0;

    if (!isfinite(value))
        return missing();
    if (fabs(value) >= 1e15) {
        snprintf(figure.text, sizeof figure.text, "%.3g", value);
        return figure;
    }
    const double whole = round(value) + 0.0; /* no -0 */
    const int length = snprintf(digits, sizeof digits, "%.0f", whole);
    for (int i = 0; i < length; i++) {
        figure.text[out++] = digits[i];
        const int left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            figure.text[out++] = ',';
    }
    figure.text[out] = '\0';
    return figure;
}

struct figure figure_amount(double value)
{
    struct figure figure;
    const double size = fabs(value);

    if (!isfinite(value))
        return missing();
    if (size >= 99.95 || value == floor(value))
        return figure_count(value);
    if (size < 0.005)
        snprintf(figure.text, sizeof figure.text, "%.1g", value);
    else
        snprintf(figure.text, sizeof figure.text, "%.*f", size >= 9.995 ? 1 : 2, value);
    return figure;
}

struct figure figure_score(double value)
{
    struct figure figure;

    if (!isfinite(value))
        return missing();
    if (fabs(value) >= 1e6)
        return figure_count(value);
    snprintf(figure.text, sizeof figure.text, "%.4f", value + 0.0);
    return figure;
}

struct figure figure_share(double value)
{
    struct figure figure;
    const double percent = value * 100 + 0.0, size = fabs(percent);

    if (!isfinite(percent))
        return missing();
    if (size >= 1e6)
        return figure_count(percent);
    if (size > 0 && size < 0.01)
        snprintf(figure.text, sizeof figure.text, "%.1g" THIN "%%", percent);
    else
        snprintf(figure.text, sizeof figure.text, "%.*f" THIN "%%",
                 size < 0.995 && size > 0 ? 2 : 1, percent);
    return figure;
}

struct figure figure_of_kind(double value, enum figure_kind kind)
{
    switch (kind) {
    case FIGURE_COUNT:
        return figure_count(value);
    case FIGURE_SCORE:
        return figure_score(value);
    case FIGURE_SHARE:
        return figure_share(value);
    case FIGURE_AMOUNT:
        break;
    }
    return figure_amount(value);
}

struct figure figure_tick(double value, double step, enum figure_kind kind)
{
    struct figure figure;
    const double scale = kind == FIGURE_SHARE ? 100 : 1;
    const double shown = value * scale, shown_step = step * scale;

    if (!isfinite(shown) || !(shown_step > 0))
        return missing();
    if (fabs(shown) >= 1e9 || (shown != 0 && shown_step < 1e-6)) {
        snprintf(figure.text, sizeof figure.text, "%.3g", shown);
        return figure;
    }
    int decimals = 0;
    while (decimals < 6 &&
           fabs(shown_step * pow(10, decimals) - round(shown_step * pow(10, decimals))) > 1e-6)
        decimals++;
    if (decimals == 0)
        figure = figure_count(shown);
    else
        snprintf(figure.text, sizeof figure.text, "%.*f", decimals, shown + 0.0);
    if (kind == FIGURE_SHARE)
        strncat(figure.text, THIN "%", sizeof figure.text - strlen(figure.text) - 1);
    return figure;
}
