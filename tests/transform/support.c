#include "transform/support.h"

#include "base/text.h"

#include <math.h>

enum { COLUMNS_MAX = 64, ROWS_MAX = 20000 };

/* Fields of one line; the end of it. */
static const char *split(const char *line, struct table_string field[COLUMNS_MAX], size_t *count)
{
    *count = 0;
    for (;;) {
        const size_t length = strcspn(line, ",\n");
        EXPECT(*count < COLUMNS_MAX);
        field[(*count)++] = (struct table_string){length ? line : NULL, length};
        line += length;
        if (*line != ',')
            return *line ? line + 1 : line;
        line++;
    }
}

struct cells {
    size_t columns, rows;
    struct table_string name[COLUMNS_MAX];
    struct table_string *column[COLUMNS_MAX]; /* [rows] */
};

static struct cells read_cells(const char *csv, struct arena *memory)
{
    struct cells cells = {0};
    struct table_string field[COLUMNS_MAX];
    const char *copy = arena_string(memory, csv, strlen(csv)), *at;
    size_t count;

    at = split(copy, cells.name, &cells.columns);
    for (const char *p = at; *p; p++)
        cells.rows += *p == '\n';
    for (size_t c = 0; c < cells.columns; c++)
        cells.column[c] = ARENA_NEW(memory, struct table_string, cells.rows);
    for (size_t r = 0; r < cells.rows; r++) {
        at = split(at, field, &count);
        EXPECT_EQ(count, cells.columns);
        for (size_t c = 0; c < count; c++)
            cells.column[c][r] = field[c];
    }
    return cells;
}

static enum schema_kind infer(const struct cells *cells, size_t column)
{
    double value;

    for (size_t r = 0; r < cells->rows; r++) {
        const struct table_string *cell = &cells->column[column][r];
        if (cell->bytes && !text_to_double(cell->bytes, cell->length, &value))
            return SCHEMA_TEXT;
    }
    return SCHEMA_NUMBER;
}

static double *numbers_of(const struct cells *cells, size_t column, struct arena *memory)
{
    double *number = ARENA_NEW(memory, double, cells->rows);

    for (size_t r = 0; r < cells->rows; r++) {
        const struct table_string *cell = &cells->column[column][r];
        number[r] = NAN;
        if (cell->bytes)
            EXPECT(text_to_double(cell->bytes, cell->length, &number[r]));
    }
    return number;
}

void sample_set(struct sample *sample, size_t columns, size_t rows,
                const struct schema_column *schema, const struct frame_column *column)
{
    struct schema *own = ARENA_NEW(&sample->memory, struct schema, 1);

    *own = (struct schema){columns, schema};
    sample->frame = (struct frame){.schema = own, .rows = rows, .column = column};
}

static struct sample make(const char *csv, const struct transform_config *config,
                          const struct schema *schema)
{
    struct sample sample = {0};
    const struct cells cells = read_cells(csv, &sample.memory);
    struct schema_column *it = ARENA_ZERO(&sample.memory, struct schema_column, cells.columns);
    struct frame_column *column = ARENA_ZERO(&sample.memory, struct frame_column, cells.columns);

    for (size_t c = 0; c < cells.columns; c++) {
        it[c].name = arena_string(&sample.memory, cells.name[c].bytes, cells.name[c].length);
        it[c].kind = schema ? schema->column[c].kind
                            : transform_config_kind(config, it[c].name, infer(&cells, c));
        if (it[c].kind == SCHEMA_NUMBER)
            column[c].number = numbers_of(&cells, c, &sample.memory);
        else if (it[c].kind == SCHEMA_TEXT)
            column[c].text = cells.column[c];
    }
    sample_set(&sample, cells.columns, cells.rows, it, column);
    return sample;
}

struct sample sample_csv(const char *csv, const struct transform_config *config)
{
    return make(csv, config, NULL);
}

struct sample sample_like(const char *csv, const struct schema *schema)
{
    return make(csv, NULL, schema);
}

void sample_clear(struct sample *sample)
{
    arena_clear(&sample->memory);
}

struct frame sample_slice(const struct frame *frame, size_t begin, size_t count,
                          struct frame_column *column)
{
    for (size_t c = 0; c < frame->schema->count; c++) {
        column[c].number = frame->column[c].number ? frame->column[c].number + begin : NULL;
        column[c].text = frame->column[c].text ? frame->column[c].text + begin : NULL;
    }
    return (struct frame){.schema = frame->schema, .rows = count, .column = column};
}

const struct transform_config *config_of(const char *steps, struct arena *memory, struct error *err)
{
    const struct transform_config *config = NULL;
    struct yaml tree = {0};
    char *text = arena_format(memory, "steps:\n%s", steps);

    EXPECT_OK(yaml_parse(&tree, "p.yaml", text, strlen(text), err), err);
    if (!transform_config_read(&config, yaml_find(tree.root, "steps"), memory, err))
        config = NULL;
    yaml_clear(&tree);
    return config;
}

struct transform *fitted_on(const char *steps, const char *csv)
{
    struct arena memory = {0};
    struct error err = {0};
    struct transform *transform;
    const struct transform_config *config = config_of(steps, &memory, &err);

    EXPECT_OK(config, &err);
    struct sample sample = sample_csv(csv, config);
    EXPECT_OK(transform_fit(&transform, config, &sample.frame, &err), &err);
    sample_clear(&sample);
    arena_clear(&memory);
    return transform;
}

double *features_of_frame(const struct transform *transform, const struct frame *frame,
                          size_t block, struct row_errors *errors)
{
    const size_t width = transform_width(transform);
    double *features = malloc((frame->rows * width + 1) * sizeof *features);
    struct frame_column column[COLUMNS_MAX];
    struct arena scratch = {0};

    EXPECT(features);
    for (size_t at = 0; at < frame->rows; at += block) {
        const size_t left = frame->rows - at;
        const struct frame slice = sample_slice(frame, at, left < block ? left : block, column);
        struct row_errors some = {.memory = &scratch};
        transform_apply(transform, &slice, features + at * width, &some, &scratch);
        EXPECT(errors || some.count == 0);
        for (const struct row_error *e = some.first; e; e = e->next)
            row_errors_add(errors, at + e->row, e->column, "%s", e->text);
        arena_reset(&scratch);
    }
    arena_clear(&scratch);
    return features;
}

double *features_of(const struct transform *transform, const char *csv, struct row_errors *errors)
{
    struct sample sample = sample_like(csv, transform_schema(transform));
    double *features = features_of_frame(transform, &sample.frame, sample.frame.rows, errors);

    sample_clear(&sample);
    return features;
}
