#include "pipeline/tabular_table.h"

#include "table/reader.h"

#include <math.h>
#include <string.h>

static const struct table_column *next_column(const struct table_chunk *chunk, size_t *at)
{
    return &chunk->column[(*at)++];
}

static const double *take_numbers(const struct table_column *column, size_t rows)
{
    double *number = (double *)column->number; /* ours: it lives in our arena */

    for (size_t i = 0; i < rows; i++)
        if (!table_is_valid(column, i))
            number[i] = (double)NAN;
    return number;
}

static const struct table_string *take_texts(const struct table_column *column, size_t rows)
{
    struct table_string *text = (struct table_string *)column->text;

    for (size_t i = 0; i < rows; i++)
        if (!table_is_valid(column, i))
            text[i] = (struct table_string){NULL, 0};
    return text;
}

static bool check_label(const struct tabular_table *table, const char *label, struct error *err)
{
    for (size_t i = 0; i < table->rows; i++)
        if (table->label_text ? !table->label_text[i].bytes : !isfinite(table->label_number[i]))
            return error_set(err, ERR_DATA, "row %zu of '%s': column '%s': the label is missing",
                             i + 1, table->source, label);
    return true;
}

static bool check_weight(const struct tabular_table *table, const char *weight, struct error *err)
{
    for (size_t i = 0; table->weight && i < table->rows; i++)
        if (!(table->weight[i] >= 0) || isinf(table->weight[i]))
            return error_set(err, ERR_DATA,
                             "row %zu of '%s': column '%s': a weight must be a number of at least "
                             "0",
                             i + 1, table->source, weight);
    return true;
}

static void distribute(struct tabular_table *table, const struct tabular_roles *roles,
                       const struct table_chunk *chunk, struct arena *memory)
{
    const struct schema *schema = roles->schema;
    size_t at = 0;

    table->rows = chunk->rows;
    table->column = ARENA_ZERO(memory, struct frame_column, schema->count);
    for (size_t c = 0; c < schema->count; c++)
        if (schema->column[c].kind == SCHEMA_NUMBER)
            table->column[c].number = take_numbers(next_column(chunk, &at), chunk->rows);
        else if (schema->column[c].kind == SCHEMA_TEXT)
            table->column[c].text = take_texts(next_column(chunk, &at), chunk->rows);
    if (roles->task == TABULAR_VALUE)
        table->label_number = take_numbers(next_column(chunk, &at), chunk->rows);
    else
        table->label_text = take_texts(next_column(chunk, &at), chunk->rows);
    if (roles->weight)
        table->weight = take_numbers(next_column(chunk, &at), chunk->rows);
    if (roles->group)
        table->group = take_texts(next_column(chunk, &at), chunk->rows);
}

bool tabular_table_read(struct tabular_table *table, const struct tabular_roles *roles,
                        const char *source, struct arena *memory, struct error *err)
{
    const struct schema *schema = roles->schema;
    struct table_field *field = ARENA_NEW(memory, struct table_field, schema->count + 3);
    struct table_chunk chunk;
    size_t count = 0;

    for (size_t c = 0; c < schema->count; c++)
        if (schema->column[c].kind != SCHEMA_IGNORED)
            field[count++] = (struct table_field){
                schema->column[c].name,
                schema->column[c].kind == SCHEMA_NUMBER ? TABLE_DOUBLE : TABLE_TEXT};
    field[count++] = (struct table_field){roles->label,
                                          roles->task == TABULAR_VALUE ? TABLE_DOUBLE : TABLE_TEXT};
    if (roles->weight)
        field[count++] = (struct table_field){roles->weight, TABLE_DOUBLE};
    if (roles->group)
        field[count++] = (struct table_field){roles->group, TABLE_TEXT};
    if (!table_load(source, field, count, TABULAR_ROWS_MAX, &chunk, memory, err))
        return false;
    if (chunk.rows == 0)
        return error_set(err, ERR_DATA, "'%s' has no rows", source);
    *table = (struct tabular_table){.source = source};
    distribute(table, roles, &chunk, memory);
    return check_label(table, roles->label, err) && check_weight(table, roles->weight, err);
}

struct frame tabular_frame(const struct tabular_table *table, const struct schema *schema)
{
    return (struct frame){schema, table->rows, table->column};
}

bool tabular_row_fail(const struct tabular_table *table, size_t first,
                      const struct row_errors *errors, struct error *err)
{
    const struct row_error *worst = errors->first;

    for (const struct row_error *e = errors->first; e; e = e->next)
        if (e->row < worst->row)
            worst = e;
    return error_set(err, ERR_DATA, "row %zu of '%s': %s%s%s%s", first + worst->row + 1,
                     table->source, worst->column ? "column '" : "",
                     worst->column ? worst->column : "", worst->column ? "': " : "", worst->text);
}
