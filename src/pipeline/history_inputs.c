/* history_inputs — inputs/PART.parquet: what the model is given of each order itself, for others.
 */
#include "pipeline/history_run.h"

#include "base/arena.h"
#include "base/file.h"
#include "table/writer.h"

static bool write_part(const struct history_run *run, const struct history_rows *rows,
                       const char *path, struct error *err)
{
    const struct history_recipe *recipe = &run->fitted.config.histories;
    const size_t features = recipe->engineered_count;
    struct arena memory = {0};
    struct table_column *column = ARENA_ZERO(&memory, struct table_column, features + 2);
    int64_t *truth = ARENA_NEW(&memory, int64_t, rows->count + 1);
    int64_t *time = ARENA_NEW(&memory, int64_t, rows->count + 1);

    for (size_t i = 0; i < rows->count; i++) {
        truth[i] = run->set.outcome[rows->row[i]] == 1;
        time[i] = run->set.time[rows->row[i]];
    }
    for (size_t e = 0; e < features; e++) {
        double *value = ARENA_NEW(&memory, double, rows->count + 1);
        for (size_t i = 0; i < rows->count; i++)
            value[i] = (double)run->set.engineered[rows->row[i] * features + e];
        column[e] = (struct table_column){
            .name = recipe->engineered[e].name, .type = TABLE_DOUBLE, .number = value};
    }
    column[features] =
        (struct table_column){.name = "order_time", .type = TABLE_TIME, .integer = time};
    column[features + 1] =
        (struct table_column){.name = "outcome", .type = TABLE_INT64, .integer = truth};
    const bool ok = table_write(path, column, features + 2, rows->count, err);
    arena_clear(&memory);
    return ok;
}

bool history_inputs_write(const struct history_run *run, const char *folder, struct error *err)
{
    bool ok = true;

    for (int p = 0; ok && p < HISTORY_PARTS; p++) {
        struct arena memory = {0};
        char *path =
            file_join(folder, arena_format(&memory, "inputs/%s.parquet", history_part_names[p]));
        ok = run->part[p].count == 0 ||
             (file_make_parents(path, err) && write_part(run, &run->part[p], path, err));
        free(path);
        arena_clear(&memory);
    }
    return ok;
}
