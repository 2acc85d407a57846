#include "attribution/credit.h"

#include "attribution/credit_name.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { GAP = 2, NAME_MAX_WIDTH = 32, NAME_MIN_WIDTH = 7 };

static size_t number_width(double value)
{
    char digits[400];

    return (size_t)snprintf(digits, sizeof digits, "%.2f", value);
}

static size_t column_width(const struct credit_table *credits, size_t i)
{
    const size_t title = strlen(credits->column[i].name);
    const size_t number = number_width(credits->conversions); /* no credit is larger */

    return GAP + (title > number ? title : number);
}

static void add_row(struct text *out, const struct credit_table *credits, size_t c, size_t shown)
{
    for (size_t i = 0; i < shown; i++)
        text_add_format(out, "%*.2f", (int)column_width(credits, i),
                        c < credits->channels    ? credits->column[i].conversions[c]
                        : c == credits->channels ? credits->column[i].baseline
                                                 : credits->conversions);
    text_add(out, "\n", 1);
}

/* The columns from `shown` on, by name, in lines of the terminal's width. */
static void add_left_out(struct text *out, const struct credit_table *credits, size_t shown,
                         size_t width)
{
    static const char beginning[] = "(left out for want of width:";
    size_t used = strlen(beginning);

    text_add_format(out, "%s", beginning);
    for (size_t i = shown; i < credits->count; i++) {
        const size_t length = strlen(credits->column[i].name) + 2; /* a space, and the end */
        const bool fits = used + length <= width;
        text_add_format(out, "%s%s", fits ? " " : "\n ", credits->column[i].name);
        used = (fits ? used : 0) + length - 1;
    }
    text_add_format(out, ")\n");
}

static void add_table(struct text *out, const struct credit_table *credits, size_t width)
{
    size_t name_width = NAME_MIN_WIDTH, used, shown = 0;

    for (size_t c = 0; c < credits->channels; c++)
        if (credit_name_width(credits->channel[c]) > name_width)
            name_width = credit_name_width(credits->channel[c]);
    if (credits->has_baseline && name_width < strlen(CREDIT_BASELINE))
        name_width = strlen(CREDIT_BASELINE);
    if (name_width > NAME_MAX_WIDTH)
        name_width = NAME_MAX_WIDTH;
    used = name_width;
    while (shown < credits->count && (shown == 0 || used + column_width(credits, shown) <= width))
        used += column_width(credits, shown++);
    credit_name_add(out, "channel", name_width);
    for (size_t i = 0; i < shown; i++)
        text_add_format(out, "%*s", (int)column_width(credits, i), credits->column[i].name);
    text_add(out, "\n", 1);
    for (size_t c = 0; c < credits->channels; c++) {
        credit_name_add(out, credits->channel[c], name_width);
        add_row(out, credits, c, shown);
    }
    if (credits->has_baseline) {
        credit_name_add(out, CREDIT_BASELINE, name_width);
        add_row(out, credits, credits->channels, shown);
    }
    credit_name_add(out, "total", name_width);
    add_row(out, credits, credits->channels + 1, shown);
    if (shown < credits->count) {
        add_left_out(out, credits, shown, width);
    }
}

/* RFC 4180. */
static void add_field(struct text *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        text_add(out, text, strlen(text));
        return;
    }
    text_add(out, "\"", 1);
    for (; *text; text++)
        text_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    text_add(out, "\"", 1);
}

/* The fewest digits that read back as the same number. */
static void add_number(struct text *out, double value)
{
    char digits[32];
    double back;

    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (text_to_double(digits, strlen(digits), &back) && back == value)
            break;
    }
    text_add_format(out, ",%s", digits);
}

static void add_csv(struct text *out, const struct credit_table *credits)
{
    text_add_format(out, "channel_name");
    for (size_t i = 0; i < credits->count; i++) {
        text_add_format(out, ",%s_conversions", credits->column[i].name);
        if (credits->column[i].value)
            text_add_format(out, ",%s_value", credits->column[i].name);
    }
    for (size_t i = 0; i < credits->figures; i++)
        text_add_format(out, ",%s", credits->figure[i].name);
    text_add(out, "\n", 1);
    for (size_t c = 0; c < credits->channels + credits->has_baseline; c++) {
        const bool channel = c < credits->channels;
        add_field(out, channel ? credits->channel[c] : CREDIT_BASELINE);
        for (size_t i = 0; i < credits->count; i++) {
            const struct credit_column *column = &credits->column[i];
            add_number(out, channel ? column->conversions[c] : column->baseline);
            if (column->value)
                add_number(out, channel ? column->value[c] : column->baseline_value);
        }
        for (size_t i = 0; i < credits->figures; i++)
            if (channel && isfinite(credits->figure[i].number[c]))
                add_number(out, credits->figure[i].number[c]);
            else
                text_add(out, ",", 1);
        text_add(out, "\n", 1);
    }
}

bool credit_print(const struct credit_table *credits, FILE *to, size_t width, struct error *err)
{
    struct text out = {0};

    if (width > 0)
        add_table(&out, credits, width);
    else
        add_csv(&out, credits);
    const bool ok = fwrite(out.bytes, 1, out.length, to) == out.length && fflush(to) == 0;
    text_clear(&out);
    return ok || error_set(err, ERR_IO, "cannot write the credits: %s", strerror(errno));
}
