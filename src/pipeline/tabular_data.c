#include "pipeline/tabular_data.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

const char *const tabular_part_names[] = {"train", "validation", "test"};

static uint64_t mix(uint64_t key, const void *bytes, size_t size)
{
    return XXH3_64bits_withSeed(bytes, size, key);
}

static uint64_t mix_text(uint64_t key, const struct table_string *text)
{
    return text->bytes ? mix(key + 1, text->bytes, text->length) : mix(key, "", 0);
}

static uint64_t mix_number(uint64_t key, double number)
{
    const double same = isnan(number) ? (double)NAN : number + 0.0; /* -0 is 0 */

    return mix(key, &same, sizeof same);
}

static uint64_t row_hash(const struct tabular_table *table, size_t columns, size_t row)
{
    uint64_t key = 0;

    for (size_t c = 0; c < columns; c++)
        if (table->column[c].number)
            key = mix_number(key, table->column[c].number[row]);
        else if (table->column[c].text)
            key = mix_text(key, &table->column[c].text[row]);
    if (table->label_text)
        key = mix_text(key, &table->label_text[row]);
    else
        key = mix_number(key, table->label_number[row]);
    return table->weight ? mix_number(key, table->weight[row]) : key;
}

static uint64_t table_hash(const struct tabular_table *table, size_t columns, uint64_t key)
{
    for (size_t i = 0; i < table->rows; i++) {
        const uint64_t row = row_hash(table, columns, i);
        key = mix(key, &row, sizeof row);
    }
    return mix(key, &table->rows, sizeof table->rows);
}

static uint64_t schema_hash(const struct schema *schema)
{
    uint64_t key = 0;

    for (size_t c = 0; c < schema->count; c++) {
        key = mix(key, schema->column[c].name, strlen(schema->column[c].name) + 1);
        key = mix(key, &schema->column[c].kind, sizeof schema->column[c].kind);
    }
    return key;
}

/* The part of a row among those of one table. */
static enum tabular_part part_of(const struct tabular_split *split, uint64_t hash)
{
    const double draw = (double)(rng_mix(split->seed ^ 0x726f77 /* "row" */, hash) >> 11) * 0x1p-53;

    if (draw < split->train)
        return TABULAR_TRAIN;
    return draw < split->train + split->validation ? TABULAR_VALIDATION : TABULAR_TEST;
}

static const double *pick_numbers(const double *from, const size_t *row, size_t rows,
                                  struct arena *memory)
{
    double *to = from ? ARENA_NEW(memory, double, rows) : NULL;

    for (size_t i = 0; from && i < rows; i++)
        to[i] = from[row[i]];
    return to;
}

static const struct table_string *pick_texts(const struct table_string *from, const size_t *row,
                                             size_t rows, struct arena *memory)
{
    struct table_string *to = from ? ARENA_NEW(memory, struct table_string, rows) : NULL;

    for (size_t i = 0; from && i < rows; i++)
        to[i] = from[row[i]];
    return to;
}

static void pick_rows(struct tabular_table *to, const struct tabular_table *from, size_t columns,
                      const size_t *row, size_t rows, struct arena *memory)
{
    *to = (struct tabular_table){
        .source = from->source,
        .rows = rows,
        .column = ARENA_ZERO(memory, struct frame_column, columns),
        .label_text = pick_texts(from->label_text, row, rows, memory),
        .label_number = pick_numbers(from->label_number, row, rows, memory),
        .weight = pick_numbers(from->weight, row, rows, memory),
        .group = pick_texts(from->group, row, rows, memory),
    };
    for (size_t c = 0; c < columns; c++) {
        to->column[c].number = pick_numbers(from->column[c].number, row, rows, memory);
        to->column[c].text = pick_texts(from->column[c].text, row, rows, memory);
    }
}

/* part [rows] of `all`. */
static void deal_parts(struct tabular_data *data, const struct tabular_table *all,
                       const uint8_t *part)
{
    size_t *row = memory_take(all->rows, sizeof *row);

    for (size_t p = 0; p < TABULAR_PARTS; p++) {
        size_t rows = 0;
        for (size_t i = 0; i < all->rows; i++)
            if (part[i] == p)
                row[rows++] = i;
        pick_rows(&data->part[p], all, data->schema.count, row, rows, &data->memory);
    }
    free(row);
}

static void deal_rows(struct tabular_data *data, const struct tabular_table *all,
                      const struct tabular_split *split)
{
    uint8_t *part = memory_take(all->rows, 1);

    for (size_t i = 0; i < all->rows; i++) {
        const uint64_t hash =
            all->group ? mix_text(0, &all->group[i]) : row_hash(all, data->schema.count, i);
        part[i] = (uint8_t)part_of(split, hash);
    }
    deal_parts(data, all, part);
    free(part);
}

static bool read_parts(struct tabular_data *data, const struct pipeline_config *config,
                       struct tabular_roles *roles, struct error *err)
{
    const struct tabular_source *source = &config->tabular.source;
    const char *const named[] = {source->train, source->validation, source->test};
    struct tabular_table all;

    if (source->train) {
        for (size_t p = 0; p < TABULAR_PARTS; p++)
            if (!tabular_table_read(&data->part[p], roles, named[p], &data->memory, err))
                return error_wrap(err, "source.%s", tabular_part_names[p]);
        return true;
    }
    roles->group = config->tabular.split.by;
    if (!tabular_table_read(&all, roles, source->path ? source->path : source->query, &data->memory,
                            err))
        return false;
    deal_rows(data, &all, &config->tabular.split);
    return true;
}

/* Early stopping, calibration and figures need rows of each class on every side. */
static bool check_part(const struct tabular_data *data, enum tabular_part p, struct error *err)
{
    const struct tabular_table *table = &data->part[p];
    size_t positives = 0;

    if (table->rows == 0)
        return error_set(err, ERR_DATA, "no row of '%s' falls into the %s split", table->source,
                         tabular_part_names[p]);
    for (size_t i = 0; i < table->rows; i++)
        positives += table->label[i] == 1;
    if (data->labels.task != TABULAR_BINARY || (positives > 0 && positives < table->rows))
        return true;
    const struct table_string *missing = &data->labels.value[positives == 0];
    return error_set(
        err, ERR_DATA, "the %s split of '%s', %zu rows, has none with the label '%.*s'",
        tabular_part_names[p], table->source, table->rows, (int)missing->length, missing->bytes);
}

static bool load(struct tabular_data *data, const struct pipeline_config *config, struct error *err)
{
    const struct tabular_source *source = &config->tabular.source;
    const char *first = source->train ? source->train : source->path ? source->path : source->query;
    struct tabular_roles roles = {
        .schema = &data->schema, .label = source->label, .weight = source->weight};

    if (!tabular_task_of(config->model.trees.objective, &roles.task))
        BUG("an objective that pipeline_config_check() lets through");
    if (!tabular_schema_read(&data->schema, first, source, config->tabular.steps, &data->memory,
                             err) ||
        !read_parts(data, config, &roles, err))
        return false;
    if (data->part[TABULAR_TRAIN].rows == 0)
        return check_part(data, TABULAR_TRAIN, err);
    if (!tabular_labels_learn(&data->labels, roles.task, source->positive,
                              &data->part[TABULAR_TRAIN], &data->memory, err))
        return false;
    data->hash = schema_hash(&data->schema);
    for (size_t p = 0; p < TABULAR_PARTS; p++) {
        if (!tabular_labels_apply(&data->labels, source->label, &data->part[p], &data->memory,
                                  err) ||
            !check_part(data, (enum tabular_part)p, err))
            return false;
        data->hash = table_hash(&data->part[p], data->schema.count, data->hash);
    }
    return true;
}

/* Arrays [rows of each part] one after the other; NULL where the parts have none. */
static const void *join(const struct tabular_data *data, const void *const *part, size_t size,
                        struct arena *memory)
{
    size_t rows = 0, at = 0;

    for (size_t p = 0; p < TABULAR_PARTS; p++)
        rows += data->part[p].rows;
    char *joined = part[0] ? arena_take(memory, rows * size, 16) : NULL;
    for (size_t p = 0; joined && p < TABULAR_PARTS; p++) {
        memcpy(joined + at, part[p], data->part[p].rows * size);
        at += data->part[p].rows * size;
    }
    return joined;
}

#define JOIN(data, member, memory)                                                                 \
    join(data,                                                                                     \
         (const void *const[]){(data)->part[0].member, (data)->part[1].member,                     \
                               (data)->part[2].member},                                            \
         sizeof *(data)->part[0].member, memory)

static struct tabular_table join_parts(const struct tabular_data *data, struct arena *memory)
{
    struct tabular_table all = {
        .source = data->part[0].source,
        .column = ARENA_ZERO(memory, struct frame_column, data->schema.count),
        .label_text = JOIN(data, label_text, memory),
        .label_number = JOIN(data, label_number, memory),
        .weight = JOIN(data, weight, memory),
        .group = JOIN(data, group, memory),
    };

    for (size_t p = 0; p < TABULAR_PARTS; p++)
        all.rows += data->part[p].rows;
    for (size_t c = 0; c < data->schema.count; c++) {
        all.column[c].number = JOIN(data, column[c].number, memory);
        all.column[c].text = JOIN(data, column[c].text, memory);
    }
    return all;
}

static double draw(uint64_t what, uint64_t seed, uint64_t hash)
{
    return (double)(rng_mix(seed ^ what, hash) >> 11) * 0x1p-53;
}

static enum tabular_part part_in_fold(const struct tabular_split *split, size_t number,
                                      size_t folds, uint64_t hash)
{
    const double share = split->train / (split->train + split->validation);

    if ((size_t)(draw(0x666f6c64 /* "fold" */, split->seed, hash) * (double)folds) == number)
        return TABULAR_TEST;
    return draw(0x76616c /* "val" */, split->seed + number, hash) < share ? TABULAR_TRAIN
                                                                          : TABULAR_VALIDATION;
}

bool tabular_data_fold(struct tabular_data *fold, const struct tabular_data *data,
                       const struct pipeline_config *config, size_t number, size_t folds,
                       struct error *err)
{
    const size_t columns = data->schema.count;
    bool ok = true;

    *fold = (struct tabular_data){.schema = data->schema, .labels = data->labels};
    const struct tabular_table all = join_parts(data, &fold->memory);
    uint8_t *part = memory_take(all.rows, 1);
    for (size_t i = 0; i < all.rows; i++) {
        const uint64_t hash = all.group ? mix_text(0, &all.group[i]) : row_hash(&all, columns, i);
        part[i] = (uint8_t)part_in_fold(&config->tabular.split, number, folds, hash);
    }
    deal_parts(fold, &all, part);
    free(part);
    for (size_t p = 0; ok && p < TABULAR_PARTS; p++)
        ok = tabular_labels_apply(&fold->labels, config->tabular.source.label, &fold->part[p],
                                  &fold->memory, err) &&
             check_part(fold, (enum tabular_part)p, err);
    if (!ok)
        tabular_data_clear(fold);
    return ok;
}

bool tabular_data_load(struct tabular_data *data, const struct pipeline_config *config,
                       struct error *err)
{
    *data = (struct tabular_data){0};
    if (load(data, config, err))
        return true;
    tabular_data_clear(data);
    return false;
}

void tabular_data_clear(struct tabular_data *data)
{
    arena_clear(&data->memory);
    *data = (struct tabular_data){0};
}
