/* tabular_schema — the columns of a source as the input of a bundle. */
#include "pipeline/tabular_table.h"

#include "table/reader.h"

#include <math.h>
#include <string.h>

enum { LOOK_ROWS = 20000 }; /* rows looked at to tell numbers from text */

static bool is_named(const struct name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

static bool check_roles(const struct table_source *table, const struct tabular_source *roles,
                        struct error *err)
{
    if (!table_source_column(table, roles->label, err))
        return error_wrap(err, "source.label");
    if (roles->weight && !table_source_column(table, roles->weight, err))
        return error_wrap(err, "source.weight");
    for (size_t i = 0; i < roles->ignore.count; i++)
        if (!table_source_column(table, roles->ignore.name[i], err))
            return error_wrap(err, "source.ignore");
    return true;
}

/* Text columns in which every value of the first rows is a number are numbers. */
static void look(const struct table_chunk *chunk, bool *text, bool *value)
{
    for (size_t c = 0; c < chunk->count; c++)
        for (size_t i = 0; !text[c] && i < chunk->rows; i++) {
            double number;
            if (!table_is_valid(&chunk->column[c], i))
                continue;
            const struct table_string *s = &chunk->column[c].text[i];
            text[c] = !text_to_number(s->bytes, s->length, &number);
            value[c] |= text[c] || !isnan(number);
        }
}

static bool infer(const struct table_source *table, const struct schema *schema, bool *text,
                  struct arena *memory, struct error *err)
{
    struct table_field *field = ARENA_NEW(memory, struct table_field, schema->count);
    bool *value = ARENA_ZERO(memory, bool, schema->count);
    struct table_reader *reader;
    struct table_chunk chunk;
    size_t rows = 0;
    bool ok;

    for (size_t c = 0; c < schema->count; c++)
        field[c] = (struct table_field){schema->column[c].name, TABLE_TEXT};
    if (!table_reader_open(&reader, table, field, schema->count, err))
        return false;
    while ((ok = table_reader_next(reader, &chunk, err)) && chunk.rows > 0 && rows < LOOK_ROWS) {
        look(&chunk, text, value);
        rows += chunk.rows;
    }
    table_reader_close(reader);
    for (size_t c = 0; c < schema->count; c++)
        text[c] |= !value[c];
    return ok;
}

static bool collect(struct schema *schema, const struct table_source *table,
                    const struct tabular_source *roles, struct arena *memory, struct error *err)
{
    struct schema_column *column;

    if (table->column_count > SCHEMA_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "'%s' has %zu columns, the limit is %d", table->name,
                         table->column_count, SCHEMA_COLUMNS_MAX);
    column = ARENA_NEW(memory, struct schema_column, table->column_count);
    *schema = (struct schema){0, column};
    for (size_t c = 0; c < table->column_count; c++) {
        const char *name = table->column[c].name;
        if (strcmp(name, roles->label) == 0 || (roles->weight && strcmp(name, roles->weight) == 0))
            continue;
        if (strlen(name) > SCHEMA_NAME_MAX)
            return error_set(err, ERR_LIMIT, "'%s': the name of column %zu is too long",
                             table->name, c + 1);
        if (schema_find(schema, name, strlen(name)) != SIZE_MAX)
            return error_set(err, ERR_DATA, "'%s' has two columns '%s'", table->name, name);
        column[schema->count++] = (struct schema_column){arena_string(memory, name, strlen(name)),
                                                         SCHEMA_NUMBER, SCHEMA_REQUIRED};
    }
    return true;
}

/* A column that is to be ignored cannot be named by a step; `numeric` and `text` pass it over. */
static bool check_ignored(const struct schema *schema, const struct tabular_source *roles,
                          const struct transform_config *steps, struct arena *memory,
                          struct error *err)
{
    struct schema_column *column = ARENA_NEW(memory, struct schema_column, schema->count);
    size_t count = 0;

    for (size_t c = 0; c < schema->count; c++)
        if (!is_named(&roles->ignore, schema->column[c].name))
            column[count++] = schema->column[c];
    return transform_config_check(steps, &(struct schema){count, column}, err) ||
           error_wrap(err, "a column of source.ignore is used");
}

bool tabular_schema_read(struct schema *schema, const char *source,
                         const struct tabular_source *roles, const struct transform_config *steps,
                         struct arena *memory, struct error *err)
{
    struct table_source *table;

    if (!table_source_open(&table, source, err))
        return false;
    bool ok = check_roles(table, roles, err) && collect(schema, table, roles, memory, err);
    bool *text = ok ? ARENA_ZERO(memory, bool, schema->count + 1) : NULL;
    ok = ok && transform_config_check(steps, schema, err) &&
         check_ignored(schema, roles, steps, memory, err) &&
         infer(table, schema, text, memory, err);
    for (size_t c = 0; ok && c < schema->count; c++) {
        struct schema_column *column = (struct schema_column *)&schema->column[c];
        column->kind =
            is_named(&roles->ignore, column->name)
                ? SCHEMA_IGNORED
                : transform_config_kind(steps, column->name, text[c] ? SCHEMA_TEXT : SCHEMA_NUMBER);
    }
    table_source_close(table);
    return ok;
}
