#include "attribution/credit.h"

#include "base/file.h"
#include "table/writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct table_string *as_text(struct arena *memory, const char *const *names,
                                          size_t count)
{
    struct table_string *text = ARENA_NEW(memory, struct table_string, count);

    for (size_t i = 0; i < count; i++)
        text[i] = (struct table_string){names[i], strlen(names[i])};
    return text;
}

/* The rows of one method: its credits, then what it leaves to nobody. */
static const double *with_baseline(struct arena *memory, const struct credit_table *credits,
                                   const double *credit, double baseline)
{
    double *rows = ARENA_NEW(memory, double, credits->channels + 1);

    memcpy(rows, credit, credits->channels * sizeof *rows);
    rows[credits->channels] = baseline;
    return rows;
}

/* Words of a bitmap of the rows that have a number; the baseline never has. */
static const uint64_t *known(struct arena *memory, const double *number, size_t channels)
{
    uint64_t *valid = ARENA_ZERO(memory, uint64_t, channels / 64 + 1);

    for (size_t c = 0; c < channels; c++)
        if (isfinite(number[c]))
            valid[c / 64] |= UINT64_C(1) << c % 64;
    return valid;
}

static const struct table_string *row_names(struct arena *memory,
                                            const struct credit_table *credits)
{
    const char **name = ARENA_NEW(memory, const char *, credits->channels + 1);

    for (size_t c = 0; c < credits->channels; c++)
        name[c] = credits->channel[c];
    name[credits->channels] = CREDIT_BASELINE;
    return as_text(memory, name, credits->channels + 1);
}

bool credit_write(const struct credit_table *credits, const char *path, struct error *err)
{
    struct arena memory = {0};
    struct table_column column[1 + 2 * CREDIT_COLUMNS_MAX + CREDIT_FIGURES_MAX];
    size_t count = 1;

    column[0] = (struct table_column){
        .name = "channel_name",
        .type = TABLE_TEXT,
        .text = row_names(&memory, credits),
    };
    for (size_t i = 0; i < credits->count; i++) {
        const struct credit_column *c = &credits->column[i];
        column[count++] = (struct table_column){
            .name = arena_format(&memory, "%s_conversions", c->name),
            .type = TABLE_DOUBLE,
            .number = with_baseline(&memory, credits, c->conversions, c->baseline)};
        if (c->value)
            column[count++] = (struct table_column){
                .name = arena_format(&memory, "%s_value", c->name),
                .type = TABLE_DOUBLE,
                .number = with_baseline(&memory, credits, c->value, c->baseline_value)};
    }
    for (size_t i = 0; i < credits->figures; i++)
        column[count++] = (struct table_column){
            .name = credits->figure[i].name,
            .type = TABLE_DOUBLE,
            .number = with_baseline(&memory, credits, credits->figure[i].number, 0),
            .valid = known(&memory, credits->figure[i].number, credits->channels)};
    const size_t rows = credits->channels + credits->has_baseline;
    const bool ok = table_write(path, column, count, rows, err);
    arena_clear(&memory);
    return ok;
}

static const char *state_name(const struct credit_table *credits, int32_t state)
{
    return state < 0 ? markov_end_name(state) : credits->channel[state];
}

bool credit_write_transitions(const struct credit_table *credits, const char *path,
                              struct error *err)
{
    struct arena memory = {0};
    const size_t n = credits->transitions;
    const char **from = ARENA_NEW(&memory, const char *, n);
    const char **to = ARENA_NEW(&memory, const char *, n);
    double *probability = ARENA_NEW(&memory, double, n);

    for (size_t i = 0; i < n; i++) {
        from[i] = state_name(credits, credits->transition[i].from);
        to[i] = state_name(credits, credits->transition[i].to);
        probability[i] = credits->transition[i].probability;
    }
    const struct table_column column[] = {
        {.name = "channel_from", .type = TABLE_TEXT, .text = as_text(&memory, from, n)},
        {.name = "channel_to", .type = TABLE_TEXT, .text = as_text(&memory, to, n)},
        {.name = "transition_probability", .type = TABLE_DOUBLE, .number = probability},
    };
    const bool ok = table_write(path, column, 3, n, err);
    arena_clear(&memory);
    return ok;
}

bool credit_write_removals(const struct credit_table *credits, const char *path, struct error *err)
{
    struct arena memory = {0};
    const size_t n = credits->channels, rows = n * credits->removals;
    const char **name = ARENA_NEW(&memory, const char *, rows);
    int64_t *order = ARENA_NEW(&memory, int64_t, rows);
    double *conversions = ARENA_NEW(&memory, double, rows);
    double *value = ARENA_ZERO(&memory, double, rows);

    for (size_t i = 0; i < rows; i++) {
        const struct credit_removal *removal = &credits->removal[i / n];
        name[i] = credits->channel[i % n];
        order[i] = (int64_t)removal->order;
        conversions[i] = removal->conversions[i % n];
        if (removal->value)
            value[i] = removal->value[i % n];
    }
    const struct table_column column[] = {
        {.name = "channel_name", .type = TABLE_TEXT, .text = as_text(&memory, name, rows)},
        {.name = "order", .type = TABLE_INT64, .integer = order},
        {.name = "removal_effect_conversions", .type = TABLE_DOUBLE, .number = conversions},
        {.name = "removal_effect_value", .type = TABLE_DOUBLE, .number = value},
    };
    const bool ok = table_write(path, column, credits->has_value ? 4 : 3, rows, err);
    arena_clear(&memory);
    return ok;
}

/* Where the format begins in a file's name: the last dot, and a ".gz" belongs to what it packs. */
static size_t format_start(const char *path)
{
    const char *name = file_base_name(path);
    size_t length = strlen(name);

    if (length > 3 && strcmp(name + length - 3, ".gz") == 0)
        length -= 3;
    while (length > 0 && name[length - 1] != '.')
        length--;
    return (size_t)(name - path) + (length > 0 ? length - 1 : strlen(name));
}

bool credit_write_beside(const struct credit_table *credits, const char *path, struct error *err)
{
    struct arena memory = {0};
    const size_t stem = format_start(path);
    const char *matrix =
        arena_format(&memory, "%.*s.transition_matrix%s", (int)stem, path, path + stem);
    const char *effects =
        arena_format(&memory, "%.*s.removal_effects%s", (int)stem, path, path + stem);
    const bool ok = credit_write(credits, path, err) &&
                    credit_write_transitions(credits, matrix, err) &&
                    (credits->removals == 0 || credit_write_removals(credits, effects, err));

    arena_clear(&memory);
    return ok;
}

bool credit_write_folder(const struct credit_table *credits, const char *folder, struct error *err)
{
    static const struct {
        const char *name;
        bool (*write)(const struct credit_table *, const char *, struct error *);
    } files[] = {
        {"attribution.csv", credit_write},
        {"attribution.parquet", credit_write},
        {"transition_matrix.csv", credit_write_transitions},
        {"transition_matrix.parquet", credit_write_transitions},
        {"removal_effects.csv", credit_write_removals},
        {"removal_effects.parquet", credit_write_removals},
    };
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof files / sizeof *files; i++) {
        if (files[i].write == credit_write_removals && credits->removals == 0)
            continue;
        char *path = file_join(folder, files[i].name);
        ok = files[i].write(credits, path, err);
        free(path);
    }
    return ok;
}
