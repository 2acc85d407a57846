/* bundle_apply — rows to answers, block by block. */
#include "pipeline/bundle_internal.h"

#include <math.h>

static struct decision_column *take_columns(const struct schema *output, size_t rows,
                                            struct arena *scratch)
{
    struct decision_column *column = ARENA_ZERO(scratch, struct decision_column, output->count);

    for (size_t c = 0; c < output->count; c++)
        if (output->column[c].kind == SCHEMA_TEXT)
            column[c].text = ARENA_NEW(scratch, struct table_string, rows);
        else
            column[c].number = ARENA_NEW(scratch, double, rows);
    return column;
}

/* Faults found in a slice, to the list of the whole. */
static void take_errors(struct row_errors *errors, const struct row_errors *found, size_t first)
{
    for (const struct row_error *e = found->first; e; e = e->next)
        row_errors_add(errors, first + e->row, e->column, "%s", e->text);
}

static void answer_slice(const struct bundle *b, const double *scores, size_t first, size_t rows,
                         const struct decision_column *column)
{
    if (b->decides) {
        decision_apply(&b->decision, scores, first, rows, column);
        return;
    }
    const size_t count = b->output.count;
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < rows; i++)
            column[c].number[first + i] = scores[i * count + c];
}

static void clear_row(const struct bundle *b, const struct decision_column *column, size_t row)
{
    for (size_t c = 0; c < b->output.count; c++)
        if (column[c].text)
            column[c].text[row] = (struct table_string){NULL, 0};
        else
            column[c].number[row] = (double)NAN;
}

static void apply_rows(const struct bundle *bundle, const struct frame *rows, struct frame *answer,
                       struct row_errors *errors, struct arena *scratch)
{
    const size_t block = rows->rows < SCORER_BLOCK ? rows->rows : SCORER_BLOCK;
    const size_t numbers = scorer_outputs(&bundle->scorer);
    struct decision_column *column = take_columns(&bundle->output, rows->rows, scratch);
    struct frame_column *answers = ARENA_NEW(scratch, struct frame_column, bundle->output.count);
    struct frame_column *part = ARENA_NEW(scratch, struct frame_column, bundle->input.count);
    double *scores = ARENA_NEW(scratch, double, block *numbers);
    struct scorer_buffers buffers;

    scorer_prepare(&bundle->scorer, block, &buffers, scratch);
    for (size_t first = 0; first < rows->rows; first += block) {
        const size_t left = rows->rows - first, count = left < block ? left : block;
        const struct frame slice = frame_slice(rows, first, count, part);
        struct row_errors found = {.memory = errors->memory};
        scorer_run(&bundle->scorer, &buffers, &slice, scores, &found, scratch);
        answer_slice(bundle, scores, first, count, column);
        take_errors(errors, &found, first);
    }
    for (const struct row_error *e = errors->first; e; e = e->next)
        if (e->row < rows->rows)
            clear_row(bundle, column, e->row);
    for (size_t c = 0; c < bundle->output.count; c++)
        answers[c] = (struct frame_column){column[c].number, column[c].text};
    *answer = (struct frame){&bundle->output, rows->rows, answers};
}

void bundle_apply_call(const struct bundle *bundle, const struct frame *rows,
                       const struct bundle_call *call, struct frame *answer,
                       struct row_errors *errors, struct arena *scratch)
{
    if (bundle->history)
        bundle_history_apply(bundle->history, rows, call, answer, errors, scratch);
    else
        apply_rows(bundle, rows, answer, errors, scratch);
}

void bundle_apply(const struct bundle *bundle, const struct frame *rows, struct frame *answer,
                  struct row_errors *errors, struct arena *scratch)
{
    bundle_apply_call(bundle, rows, NULL, answer, errors, scratch);
}
