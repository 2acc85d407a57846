#include "pipeline/scorer.h"

#include <string.h>

static size_t width_of(const struct scorer *scorer)
{
    return scorer->transform ? transform_width(scorer->transform) : scorer->columns;
}

struct frame frame_slice(const struct frame *rows, size_t first, size_t count,
                         struct frame_column *column)
{
    if (first == 0 && count == rows->rows)
        return *rows;
    for (size_t c = 0; c < rows->schema->count; c++) {
        const struct frame_column *from = &rows->column[c];
        column[c] = (struct frame_column){from->number ? from->number + first : NULL,
                                          from->text ? from->text + first : NULL};
    }
    return (struct frame){rows->schema, count, column};
}

size_t scorer_outputs(const struct scorer *scorer)
{
    return scorer->trees ? trees_outputs(scorer->trees) : width_of(scorer);
}

void scorer_prepare(const struct scorer *scorer, size_t block, struct scorer_buffers *buffers,
                    struct arena *scratch)
{
    const size_t width = width_of(scorer);

    *buffers = (struct scorer_buffers){0};
    if (!scorer->trees)
        return;
    buffers->features = ARENA_NEW(scratch, double, block *width);
    buffers->narrow = ARENA_NEW(scratch, float, block *width);
    buffers->margins = ARENA_NEW(scratch, float, block *trees_outputs(scorer->trees));
}

static void gather(const struct frame *rows, double *out)
{
    const size_t columns = rows->schema->count;

    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < rows->rows; i++)
            out[i * columns + c] = rows->column[c].number[i];
}

void scorer_run(const struct scorer *scorer, const struct scorer_buffers *buffers,
                const struct frame *rows, double *out, struct row_errors *errors,
                struct arena *scratch)
{
    double *features = scorer->trees ? buffers->features : out;

    if (scorer->transform)
        transform_apply(scorer->transform, rows, features, errors, scratch);
    else
        gather(rows, features);
    if (!scorer->trees)
        return;
    const size_t cells = rows->rows * width_of(scorer);
    for (size_t i = 0; i < cells; i++)
        buffers->narrow[i] = (float)features[i];
    trees_predict(scorer->trees, buffers->narrow, rows->rows, buffers->margins);
    const size_t numbers = rows->rows * trees_outputs(scorer->trees);
    for (size_t i = 0; i < numbers; i++)
        out[i] = (double)buffers->margins[i];
}
