/* search_table — the ranked table of a search. */
#include "base/arena.h"
#include "pipeline/search_run.h"

#include <stdlib.h>
#include <string.h>

/* Columns before and after those of the settings. */
enum { HEAD = 4, TAIL = 1, COLUMNS_MAX = HEAD + SEARCH_RANGES_MAX + TAIL, CELL = 64 };

struct grid {
    size_t columns, rows; /* row 0 is the header */
    char (*cell)[CELL];   /* [rows * columns] */
};

static char *cell(const struct grid *grid, size_t row, size_t column)
{
    return grid->cell[row * grid->columns + column];
}

static void fill_header(const struct grid *grid, const struct pipeline_config *config)
{
    const struct search_config *s = &config->search;

    snprintf(cell(grid, 0, 0), CELL, "rank");
    snprintf(cell(grid, 0, 1), CELL, "trial");
    snprintf(cell(grid, 0, 2), CELL, "%s", s->maximize ? s->maximize : s->minimize);
    snprintf(cell(grid, 0, 3), CELL, "%s", s->method == SEARCH_HALVING ? "epochs" : "");
    for (size_t i = 0; i < s->ranges; i++)
        snprintf(cell(grid, 0, HEAD + i), CELL, "%s", s->range[i].name);
    snprintf(cell(grid, 0, HEAD + s->ranges), CELL, "seconds");
}

static void fill_row(const struct grid *grid, const struct pipeline_config *config,
                     const struct search_result *r)
{
    const size_t row = grid->rows;

    snprintf(cell(grid, row, 0), CELL, r->failed ? "-" : "%zu", row);
    snprintf(cell(grid, row, 1), CELL, "%zu", r->id);
    snprintf(cell(grid, row, 2), CELL, r->failed ? "failed" : "%.5f", r->value);
    if (r->epochs)
        snprintf(cell(grid, row, 3), CELL, "%zu", r->epochs);
    for (size_t i = 0; i < config->search.ranges; i++)
        snprintf(cell(grid, row, HEAD + i), CELL, "%s", r->parameter[i].text);
    snprintf(cell(grid, row, HEAD + config->search.ranges), CELL, "%.1f", r->seconds);
}

static void print_grid(const struct grid *grid, FILE *to)
{
    size_t width[COLUMNS_MAX] = {0};

    for (size_t row = 0; row < grid->rows; row++)
        for (size_t c = 0; c < grid->columns; c++) {
            const size_t length = strlen(cell(grid, row, c));
            width[c] = length > width[c] ? length : width[c];
        }
    for (size_t row = 0; row < grid->rows; row++) {
        for (size_t c = 0; c < grid->columns; c++)
            if (width[c])
                fprintf(to, "%s%*s", c ? "  " : "", (int)width[c], cell(grid, row, c));
        fputc('\n', to);
    }
}

void search_run_print(const struct pipeline_config *config, const struct search_outcome *outcome,
                      FILE *to)
{
    struct grid grid = {.columns = HEAD + config->search.ranges + TAIL, .rows = 1};
    bool *seen = memory_take_zeroed(SEARCH_TRIALS_MAX, sizeof *seen);

    grid.cell = memory_take_zeroed((outcome->count + 1) * grid.columns, CELL);
    fill_header(&grid, config);
    for (size_t i = 0; i < outcome->count; i++) {
        const struct search_result *r = &outcome->result[i];
        if (seen[r->id])
            continue;
        seen[r->id] = true;
        fill_row(&grid, config, r);
        grid.rows++;
    }
    print_grid(&grid, to);
    free(grid.cell);
    free(seen);
}
