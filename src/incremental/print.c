#include "incremental/print.h"

#include "attribution/credit_name.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, NAME_MOST = 32, NAME_LEAST = 11, COLUMNS = 7, CELL = 64 };

static const char anyway[] = "came anyway";

/* One row: text of every column. */
struct row {
    const char *name;
    char cell[COLUMNS][CELL];
};

struct print {
    const struct credit_column *credit, *low, *high; /* ends NULL: none */
    const double *cost, *each, *back;                /* of channels; NULL: none */
    size_t channels;
    double conversions;
    bool shown[COLUMNS];
    size_t width[COLUMNS];
};

static const char *const titles[COLUMNS] = {
    "caused", "95 % interval", "of all", "value", "cost", "cost each", "return",
};

/* 1,234,567; tenths below 100; "-" where there is no number. */
static void put_number(char *cell, double value)
{
    char digits[CELL];

    if (!isfinite(value) || fabs(value) >= 1e15) {
        snprintf(cell, CELL, isfinite(value) ? "%.3g" : "-", value);
        return;
    }
    if (fabs(value) < 99.95 && value != 0) {
        snprintf(cell, CELL, "%.*f", fabs(value) < 9.995 ? 2 : 1, value);
        return;
    }
    snprintf(digits, sizeof digits, "%.0f", fabs(value));
    const size_t length = strlen(digits);
    size_t used = 0;
    if (value < 0)
        cell[used++] = '-';
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            cell[used++] = ',';
        cell[used++] = digits[i];
    }
    cell[used] = '\0';
}

static void put_share(char *cell, double part, double whole)
{
    if (whole > 0 && isfinite(part))
        snprintf(cell, CELL, "%.1f %%", 100 * part / whole);
    else
        put_number(cell, NAN);
}

static void put_ends(char *cell, double low, double high)
{
    char from[CELL], to[CELL];

    put_number(from, low);
    put_number(to, high);
    snprintf(cell, CELL, "%.30s - %.30s", from, to);
}

static double at(const double *number, size_t c)
{
    return number ? number[c] : NAN;
}

static void fill_channel(struct row *row, const struct print *p, const char *name, size_t c)
{
    row->name = name;
    put_number(row->cell[0], p->credit->conversions[c]);
    if (p->low)
        put_ends(row->cell[1], p->low->conversions[c], p->high->conversions[c]);
    put_share(row->cell[2], p->credit->conversions[c], p->conversions);
    put_number(row->cell[3], at(p->credit->value, c));
    put_number(row->cell[4], at(p->cost, c));
    put_number(row->cell[5], at(p->each, c));
    put_number(row->cell[6], at(p->back, c));
}

static void fill_rest(struct row *baseline, struct row *all, const struct print *p)
{
    double value = p->credit->baseline_value, cost = 0;

    baseline->name = anyway;
    put_number(baseline->cell[0], p->credit->baseline);
    if (p->low)
        put_ends(baseline->cell[1], p->low->baseline, p->high->baseline);
    put_share(baseline->cell[2], p->credit->baseline, p->conversions);
    if (p->credit->value)
        put_number(baseline->cell[3], value);
    for (size_t c = 0; c < p->channels; c++) {
        value += p->credit->value ? p->credit->value[c] : 0;
        cost += p->cost ? p->cost[c] : 0;
    }
    all->name = "all";
    put_number(all->cell[0], p->conversions);
    put_share(all->cell[2], p->conversions, p->conversions);
    if (p->credit->value)
        put_number(all->cell[3], value);
    if (p->cost)
        put_number(all->cell[4], cost);
}

static const double *figure(const struct credit_table *credits, const char *name)
{
    for (size_t i = 0; i < credits->figures; i++)
        if (strcmp(credits->figure[i].name, name) == 0)
            return credits->figure[i].number;
    return NULL;
}

static bool take(struct print *p, const struct credit_table *credits)
{
    *p = (struct print){.credit = credit_find(credits, "incremental"),
                        .low = credit_find(credits, "incremental_low"),
                        .high = credit_find(credits, "incremental_high"),
                        .cost = figure(credits, "cost"),
                        .each = figure(credits, "cost_per_incremental_conversion"),
                        .back = figure(credits, "incremental_return"),
                        .channels = credits->channels,
                        .conversions = credits->conversions};
    if (!p->credit)
        return false;
    if (!p->high)
        p->low = NULL;
    p->shown[0] = p->shown[2] = true;
    p->shown[1] = p->low != NULL;
    p->shown[3] = p->credit->value != NULL;
    p->shown[4] = p->cost != NULL;
    p->shown[5] = p->each != NULL;
    p->shown[6] = p->back != NULL;
    return true;
}

struct ranked {
    double credit;
    size_t channel;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->credit != b->credit)
        return a->credit > b->credit ? -1 : 1;
    return a->channel < b->channel ? -1 : a->channel > b->channel;
}

static void fill_rows(struct row *row, const struct print *p, const struct credit_table *credits)
{
    struct ranked *ranked = memory_take(p->channels + 1, sizeof *ranked);

    for (size_t c = 0; c < p->channels; c++)
        ranked[c] = (struct ranked){p->credit->conversions[c], c};
    qsort(ranked, p->channels, sizeof *ranked, compare_ranked);
    for (size_t r = 0; r < p->channels; r++)
        fill_channel(&row[r], p, credits->channel[ranked[r].channel], ranked[r].channel);
    fill_rest(&row[p->channels], &row[p->channels + 1], p);
    free(ranked);
}

/* Widths of columns; those that do not fit are not shown. Returns the width of names. */
static size_t lay_out(struct print *p, const struct row *row, size_t width)
{
    const size_t rows = p->channels + 2;
    size_t name = NAME_LEAST, used = 0;

    for (size_t r = 0; r < rows; r++)
        if (credit_name_width(row[r].name) > name)
            name = credit_name_width(row[r].name);
    if (name > NAME_MOST)
        name = NAME_MOST;
    for (size_t c = 0; c < COLUMNS; c++) {
        p->width[c] = strlen(titles[c]);
        for (size_t r = 0; r < rows; r++)
            if (strlen(row[r].cell[c]) > p->width[c])
                p->width[c] = strlen(row[r].cell[c]);
        p->width[c] += GAP;
        if (p->shown[c] && c > 0 && NAME_LEAST + used + p->width[c] > width)
            p->shown[c] = false;
        if (p->shown[c])
            used += p->width[c];
    }
    if (used + NAME_LEAST > width)
        return NAME_LEAST;
    return name < width - used ? name : width - used;
}

static void add_line(struct text *out, const struct print *p, const char *name, size_t name_width,
                     const char *const *cell)
{
    credit_name_add(out, name, name_width);
    for (size_t c = 0; c < COLUMNS; c++)
        if (p->shown[c])
            text_add_format(out, "%*s", (int)p->width[c], cell[c]);
    while (out->length > 0 && out->bytes[out->length - 1] == ' ')
        out->bytes[--out->length] = '\0';
    text_add(out, "\n", 1);
}

/* Words of a sentence in lines of at most `width` characters. */
static void add_wrapped(struct text *out, const char *sentence, size_t width)
{
    size_t used = 0;

    while (*sentence) {
        const size_t word = strcspn(sentence, " ");
        if (used > 0) {
            const bool fits = used + 1 + word <= width;
            text_add(out, fits ? " " : "\n", 1);
            used = fits ? used + 1 : 0;
        }
        text_add(out, sentence, word);
        used += word;
        sentence += word;
        sentence += strspn(sentence, " ");
    }
    text_add(out, "\n", 1);
}

static void add_sentence(struct text *out, const struct print *p, size_t width)
{
    char part[CELL], whole[CELL], sentence[400];

    if (!(p->conversions > 0))
        return;
    put_number(part, p->credit->baseline);
    put_number(whole, p->conversions);
    int used = snprintf(sentence, sizeof sentence,
                        "%s of %s conversions would have come without any campaign: %.1f %%", part,
                        whole, 100 * p->credit->baseline / p->conversions);
    if (p->low)
        used += snprintf(sentence + used, sizeof sentence - (size_t)used,
                         ", and with 95 %% confidence between %.1f %% and %.1f %%",
                         100 * p->low->baseline / p->conversions,
                         100 * p->high->baseline / p->conversions);
    snprintf(sentence + used, sizeof sentence - (size_t)used, ".");
    text_add(out, "\n", 1);
    add_wrapped(out, sentence, width);
}

static void add_table(struct text *out, struct print *p, const struct credit_table *credits,
                      size_t width)
{
    const size_t rows = p->channels + 2;
    struct row *row = memory_take_zeroed(rows, sizeof *row);

    fill_rows(row, p, credits);
    const size_t name_width = lay_out(p, row, width);
    add_line(out, p, "campaign", name_width, titles);
    for (size_t r = 0; r < rows; r++) {
        const char *cell[COLUMNS];
        for (size_t c = 0; c < COLUMNS; c++)
            cell[c] = row[r].cell[c];
        add_line(out, p, row[r].name, name_width, cell);
    }
    free(row);
    add_sentence(out, p, width);
}

bool incremental_print(const struct credit_table *credits, FILE *to, size_t width,
                       struct error *err)
{
    struct text out = {0};
    struct print p;

    if (!take(&p, credits))
        return true;
    add_table(&out, &p, credits, width);
    const bool ok = fwrite(out.bytes, 1, out.length, to) == out.length && fflush(to) == 0;
    text_clear(&out);
    return ok || error_set(err, ERR_IO, "cannot write the credits: %s", strerror(errno));
}

struct credit_table incremental_print_others(const struct credit_table *credits)
{
    struct credit_table others = *credits;

    others.count = 0;
    others.has_baseline = false;
    for (size_t i = 0; i < credits->count; i++)
        if (strncmp(credits->column[i].name, "incremental", strlen("incremental")) != 0)
            others.column[others.count++] = credits->column[i];
    return others;
}
