/* The answers of a whatif_table in files and on a terminal. */
#include "incremental/whatif_table.h"

#include "base/json.h"
#include "base/text.h"
#include "table/writer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { NUMBERS = 7, BAR_MAX = 30 };

static const char *const number_names[NUMBERS] = {
    "factor", "expected_conversions", "low", "high", "change", "change_low", "change_high"};

static void numbers_of(const struct whatif_row *row, double number[NUMBERS])
{
    const struct incremental_answer *a = &row->answer;
    const double all[NUMBERS] = {row->factor, a->expected,   a->low,        a->high,
                                 a->change,   a->change_low, a->change_high};

    memcpy(number, all, sizeof all);
}

static bool write_json(const struct whatif_table *table, const char *path, struct error *err)
{
    json_t *list = json_array();
    double number[NUMBERS];

    for (size_t i = 0; i < table->count; i++) {
        const struct whatif_row *row = &table->row[i];
        json_t *one = json_object();
        json_object_set_new(one, "scenario", json_string(row->scenario));
        json_object_set_new(one, "campaign",
                            row->campaign ? json_string(row->campaign) : json_null());
        numbers_of(row, number);
        for (size_t c = 0; c < NUMBERS; c++)
            json_object_set_new(one, number_names[c], json_number(number[c]));
        json_array_append_new(list, one);
    }
    const bool ok = json_write(path, list, err);
    json_decref(list);
    return ok;
}

bool whatif_write(const struct whatif_table *table, const char *path, struct error *err)
{
    const size_t n = table->count;
    struct arena memory = {0};
    struct table_string *scenario, *campaign;
    uint64_t *valid;
    double *number[NUMBERS], row[NUMBERS];
    struct table_column column[2 + NUMBERS];

    if (text_ends_with(path, ".json"))
        return write_json(table, path, err);
    scenario = ARENA_NEW(&memory, struct table_string, n);
    campaign = ARENA_ZERO(&memory, struct table_string, n);
    valid = ARENA_ZERO(&memory, uint64_t, n / 64 + 1);
    for (size_t c = 0; c < NUMBERS; c++) {
        number[c] = ARENA_NEW(&memory, double, n);
        column[2 + c] = (struct table_column){
            .name = number_names[c], .type = TABLE_DOUBLE, .number = number[c]};
    }
    for (size_t i = 0; i < n; i++) {
        const struct whatif_row *r = &table->row[i];
        scenario[i] = (struct table_string){r->scenario, strlen(r->scenario)};
        campaign[i] = (struct table_string){"", 0};
        if (r->campaign) {
            campaign[i] = (struct table_string){r->campaign, strlen(r->campaign)};
            valid[i / 64] |= UINT64_C(1) << i % 64;
        }
        numbers_of(r, row);
        for (size_t c = 0; c < NUMBERS; c++)
            number[c][i] = row[c];
    }
    column[0] = (struct table_column){.name = "scenario", .type = TABLE_TEXT, .text = scenario};
    column[1] = (struct table_column){
        .name = "campaign", .type = TABLE_TEXT, .text = campaign, .valid = valid};
    const bool ok = table_write(path, column, 2 + NUMBERS, n, err);
    arena_clear(&memory);
    return ok;
}

static bool print_cell(FILE *to, const char *text)
{
    bool ok = true;

    if (!strpbrk(text, ",\"\n\r"))
        return fputs(text, to) >= 0;
    ok = putc('"', to) != EOF;
    for (const char *p = text; ok && *p; p++)
        ok = (*p != '"' || putc('"', to) != EOF) && putc(*p, to) != EOF;
    return ok && putc('"', to) != EOF;
}

static bool print_csv(const struct whatif_table *table, FILE *to)
{
    double number[NUMBERS];
    bool ok = fputs("scenario,campaign", to) >= 0;

    for (size_t c = 0; ok && c < NUMBERS; c++)
        ok = fprintf(to, ",%s", number_names[c]) >= 0;
    ok = ok && putc('\n', to) != EOF;
    for (size_t i = 0; ok && i < table->count; i++) {
        const struct whatif_row *row = &table->row[i];
        ok = print_cell(to, row->scenario) && putc(',', to) != EOF &&
             print_cell(to, row->campaign ? row->campaign : "");
        numbers_of(row, number);
        for (size_t c = 0; ok && c < NUMBERS; c++)
            ok = isfinite(number[c]) ? fprintf(to, ",%.10g", number[c]) >= 0 : putc(',', to) != EOF;
        ok = ok && putc('\n', to) != EOF;
    }
    return ok;
}

static bool print_interval(FILE *to, double low, double high)
{
    char text[64];

    if (!isfinite(low))
        return fprintf(to, "  %21s", "") >= 0;
    snprintf(text, sizeof text, "%.1f .. %.1f", low, high);
    return fprintf(to, "  %21s", text) >= 0;
}

/* What the campaign adds at this factor to what it adds at 0, in the longest bar's units. */
static bool print_bar(FILE *to, double added, double most)
{
    const double length = most > 0 ? added / most * BAR_MAX : 0;
    char bar[BAR_MAX + 1] = "";

    for (size_t i = 0; i < BAR_MAX && (double)i + 0.5 < length; i++) {
        bar[i] = '#';
        bar[i + 1] = '\0';
    }
    return fprintf(to, "  %s", bar) >= 0;
}

static double most_added(const struct whatif_table *table)
{
    double most = 0, none = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct whatif_row *row = &table->row[i];
        if (row->curve && row->factor == 0)
            none = row->answer.expected;
        if (row->curve && row->answer.expected - none > most)
            most = row->answer.expected - none;
    }
    return most;
}

static bool print_aligned(const struct whatif_table *table, FILE *to, size_t width)
{
    size_t widest = 8;
    const double most = most_added(table);
    double none = 0;

    for (size_t i = 0; i < table->count; i++)
        if (strlen(table->row[i].scenario) > widest)
            widest = strlen(table->row[i].scenario);
    widest = widest < 40 ? widest : 40;
    const bool both = width >= widest + 70, bars = width >= widest + 72 + BAR_MAX;
    bool ok = fprintf(to, "%-*s  %11s%s  %9s  %21s%s\n", (int)widest, "scenario", "conversions",
                      both ? "                   95 %" : "", "change", "95 %",
                      bars && most > 0 ? "  caused" : "") >= 0;
    for (size_t i = 0; ok && i < table->count; i++) {
        const struct whatif_row *row = &table->row[i];
        const struct incremental_answer *a = &row->answer;
        if (row->curve && row->factor == 0) {
            none = a->expected;
            ok = putc('\n', to) != EOF;
        }
        ok = ok &&
             fprintf(to, "%-*.*s  %11.1f", (int)widest, (int)widest, row->scenario, a->expected) >=
                 0 &&
             (!both || print_interval(to, a->low, a->high)) &&
             fprintf(to, "  %9.1f", a->change) >= 0 &&
             print_interval(to, a->change_low, a->change_high) &&
             (!row->curve || !bars || print_bar(to, a->expected - none, most)) &&
             putc('\n', to) != EOF;
    }
    return ok;
}

bool whatif_print(const struct whatif_table *table, FILE *to, size_t width, struct error *err)
{
    const bool ok =
        (width > 0 ? print_aligned(table, to, width) : print_csv(table, to)) && fflush(to) == 0;

    return ok || error_set(err, ERR_IO, "cannot write the answers: %s", strerror(errno));
}
