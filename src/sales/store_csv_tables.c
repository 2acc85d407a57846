/* Silver, weekly and monthly of a CSV store: in memory, and as files a moment later. */
#include "sales/store_csv.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

/* Between two writings of the files: a second, and so long that nine tenths of the time are free.
 */
static const double rest_seconds = 1, rest_times = 10;

static const struct {
    const char *file, *header;
    size_t fields;
} kinds[CSV_TABLES] = {
    {"silver.csv", "period,written,vegetable,recognised,sales", 5},
    {"gold_weekly.csv", "start,vegetable,is_outlier,sales", 4},
    {"gold_monthly.csv", "year_month,vegetable,sales,safe_sales,weeks,outliers", 6},
};

static struct store_csv *of(struct sales_store *store)
{
    return (struct store_csv *)(void *)store;
}

struct wanted {
    const struct csv_table *table;
    int32_t number;
    const char *text;
};

static bool is_row(const void *context, size_t index)
{
    const struct wanted *wanted = context;
    const struct csv_table_row *row = &wanted->table->row[index];

    return row->number == wanted->number && strcmp(row->text, wanted->text) == 0;
}

/* Add a row or replace that of its key; the texts are copied. */
static void put(struct csv_table *table, const struct csv_table_row *row)
{
    const struct wanted wanted = {table, row->number, row->text};
    const uint64_t hash = key_hash(row->number, row->text);
    const size_t text = strlen(row->text) + 1,
                 vegetable = row->vegetable ? strlen(row->vegetable) + 1 : 0;
    struct csv_table_row copy = *row;
    size_t index = table->rows;

    copy.text = memory_take(text + vegetable, 1);
    memcpy(copy.text, row->text, text);
    copy.vegetable = vegetable ? copy.text + text : NULL;
    if (vegetable)
        memcpy(copy.vegetable, row->vegetable, vegetable);
    if (key_index_find(&table->keys, hash, is_row, &wanted, &index)) {
        free(table->row[index].text);
    } else {
        if (table->rows == table->room) {
            table->room = table->room ? 2 * table->room : 64;
            table->row = memory_resize(table->row, table->room, sizeof *table->row);
        }
        table->rows++;
        key_index_add(&table->keys, hash, index);
    }
    table->row[index] = copy;
}

void csv_tables_clear(struct store_csv *store)
{
    for (size_t k = 0; k < CSV_TABLES; k++) {
        struct csv_table *table = &store->table[k];
        for (size_t i = 0; i < table->rows; i++)
            free(table->row[i].text);
        free(table->row);
        key_index_clear(&table->keys);
        *table = (struct csv_table){0};
    }
}

static int by_key(const void *a, const void *b)
{
    const struct csv_table_row *x = *(const struct csv_table_row *const *)a,
                               *y = *(const struct csv_table_row *const *)b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* free() it. */
static const struct csv_table_row **sorted(const struct csv_table *table)
{
    const struct csv_table_row **row = memory_take(table->rows + 1, sizeof *row);

    for (size_t i = 0; i < table->rows; i++)
        row[i] = &table->row[i];
    qsort(row, table->rows, sizeof *row, by_key);
    return row;
}

static void add_row(struct text *out, size_t kind, const struct csv_table_row *row)
{
    text_add_format(out, "%d,", (int)row->number);
    csv_line_add_text(out, row->text);
    if (row->vegetable)
        csv_line_add_text(out, row->vegetable);
    if (kind != CSV_MONTHLY)
        text_add_format(out, "%s,", row->flag ? "true" : "false");
    config_write_number(out, row->sales);
    if (kind == CSV_MONTHLY) {
        text_add(out, ",", 1);
        config_write_number(out, row->safe_sales);
        text_add_format(out, ",%zu,%zu", row->weeks, row->outliers);
    }
    text_add(out, "\n", 1);
}

static bool publish_table(const struct store_csv *store, size_t kind, json_t *document,
                          struct error *err)
{
    const struct csv_table *table = &store->table[kind];
    char *path = file_join(store->folder, kinds[kind].file), hash[17];
    const struct csv_table_row **row = sorted(table);
    struct text text = {0};
    uint64_t sum = 0;

    text_add_format(&text, "%s\n", kinds[kind].header);
    for (size_t i = 0; i < table->rows; i++)
        add_row(&text, kind, row[i]);
    const bool ok = file_write(path, text.bytes, text.length, err) && file_hash(path, &sum, err);
    snprintf(hash, sizeof hash, "%016" PRIx64, sum);
    json_object_set_new(document, kinds[kind].file, json_string(hash));
    text_clear(&text);
    free(row);
    free(path);
    return ok;
}

/* tables.json comes last: whoever reads finds hashes that fit, or that do not. */
void csv_tables_publish(struct store_csv *store, bool now)
{
    const double start = clock_seconds();
    struct error err = {0};
    bool ok = true;

    if (!store->tables_dirty || (!now && start < store->tables_due))
        return;
    json_t *document = json_pack("{sIsI}", "generation", (json_int_t)store->tables.generation,
                                 "sequence", (json_int_t)store->tables.sequence);
    for (size_t k = 0; ok && k < CSV_TABLES; k++)
        ok = publish_table(store, k, document, &err);
    char *path = file_join(store->folder, "tables.json");
    ok = ok && json_write(path, document, &err);
    free(path);
    json_decref(document);
    store->tables_dirty = !ok;
    if (!ok)
        log_warning("%s", err.text);
    const double end = clock_seconds();
    store->tables_due = end + rest_seconds + rest_times * (end - start);
}

static bool read_number(const char *field, double *value)
{
    return text_to_double(field, strlen(field), value);
}

static bool read_int(const char *field, int64_t *value)
{
    return text_to_int64(field, strlen(field), value);
}

static bool read_row(struct csv_table *table, size_t kind, struct csv_line *line)
{
    char **field = line->field;
    struct csv_table_row row = {.text = field[1]};
    int64_t number, weeks = 0, outliers = 0;

    if (line->fields != kinds[kind].fields || !read_int(field[0], &number) || number < INT32_MIN ||
        number > INT32_MAX)
        return false;
    row.number = (int32_t)number;
    if (kind == CSV_MONTHLY) {
        if (!read_number(field[2], &row.sales) || !read_number(field[3], &row.safe_sales) ||
            !read_int(field[4], &weeks) || !read_int(field[5], &outliers) || weeks < 0 ||
            outliers < 0)
            return false;
    } else {
        const char *flag = field[line->fields - 2];
        row.vegetable = kind == CSV_SILVER ? field[2] : NULL;
        row.flag = strcmp(flag, "true") == 0;
        if (!read_number(field[line->fields - 1], &row.sales))
            return false;
    }
    row.weeks = (size_t)weeks;
    row.outliers = (size_t)outliers;
    put(table, &row);
    return true;
}

static bool read_table(struct store_csv *store, size_t kind, const char *hash)
{
    char *path = file_join(store->folder, kinds[kind].file), have[17];
    struct csv_line line = {0};
    struct file_map map = {0};
    struct error ignored = {0};
    uint64_t sum;
    bool ok = file_hash(path, &sum, &ignored) && file_map_open(&map, path, &ignored);

    snprintf(have, sizeof have, "%016" PRIx64, ok ? sum : 0);
    ok = ok && strcmp(have, hash) == 0;
    const char *at = (const char *)map.bytes, *stop = at ? at + map.size : at;
    for (size_t i = 0; ok && at < stop; i++) {
        const char *end = memchr(at, '\n', (size_t)(stop - at));
        ok = end && (i == 0 || (csv_line_split(&line, at, (size_t)(end - at)) &&
                                read_row(&store->table[kind], kind, &line)));
        at = end ? end + 1 : stop;
    }
    file_map_close(&map);
    csv_line_clear(&line);
    free(path);
    return ok;
}

void csv_tables_open(struct store_csv *store)
{
    enum { DOCUMENT_MAX = 1 << 16 };
    char *path = file_join(store->folder, "tables.json");
    json_t *document = NULL;
    struct error ignored = {0};
    bool ok = file_exists(path) && json_read(path, DOCUMENT_MAX, &document, &ignored);

    if (ok)
        store->tables =
            (struct sales_position){json_integer_value(json_object_get(document, "generation")),
                                    json_integer_value(json_object_get(document, "sequence"))};
    ok = ok && store->tables.generation == store->position.generation &&
         store->tables.sequence <= store->position.sequence;
    for (size_t k = 0; ok && k < CSV_TABLES; k++) {
        const char *hash = json_string_value(json_object_get(document, kinds[k].file));
        ok = hash && read_table(store, k, hash);
    }
    if (!ok) {
        csv_tables_clear(store);
        store->tables = (struct sales_position){.generation = store->position.generation};
    }
    json_decref(document);
    free(path);
}

static bool may_write(const struct store_csv *store, const struct sales_tables_write *write)
{
    if (store->position.generation != write->to.generation ||
        (store->tables.sequence != 0 &&
         store->tables.sequence + !write->whole > write->to.sequence))
        return false;
    return write->whole || (write->from.generation == store->tables.generation &&
                            write->from.sequence == store->tables.sequence);
}

bool store_csv_write_tables(struct sales_store *base, const struct sales_tables_write *write,
                            bool *written, struct error *err)
{
    struct store_csv *store = of(base);
    const struct sales_tables *rows = &write->rows;

    (void)err;
    *written = may_write(store, write);
    if (!*written)
        return true;
    if (write->whole)
        csv_tables_clear(store);
    for (size_t i = 0; i < rows->silvers; i++) {
        const struct sales_silver *r = &rows->silver[i];
        put(&store->table[CSV_SILVER], &(struct csv_table_row){.number = r->period,
                                                               .text = (char *)r->written,
                                                               .vegetable = (char *)r->vegetable,
                                                               .flag = r->recognised,
                                                               .sales = r->sales});
    }
    for (size_t i = 0; i < rows->weeklies; i++) {
        const struct sales_weekly *r = &rows->weekly[i];
        put(&store->table[CSV_WEEKLY], &(struct csv_table_row){.number = r->start,
                                                               .text = (char *)r->vegetable,
                                                               .flag = r->is_outlier,
                                                               .sales = r->sales});
    }
    for (size_t i = 0; i < rows->monthlies; i++) {
        const struct sales_monthly *r = &rows->monthly[i];
        put(&store->table[CSV_MONTHLY], &(struct csv_table_row){.number = r->year_month,
                                                                .text = (char *)r->vegetable,
                                                                .sales = r->sales,
                                                                .safe_sales = r->safe_sales,
                                                                .weeks = r->weeks,
                                                                .outliers = r->outliers});
    }
    store->tables = write->to;
    store->tables_dirty = true;
    csv_tables_publish(store, false);
    return true;
}

static char *copy(const char *text, struct arena *memory)
{
    return arena_string(memory, text, strlen(text));
}

bool store_csv_read_tables(struct sales_store *base, struct sales_tables *rows,
                           struct sales_position *at, struct arena *memory, struct error *err)
{
    const struct store_csv *store = of(base);
    const struct csv_table *table = store->table;
    const struct csv_table_row **row = sorted(&table[CSV_SILVER]);
    struct sales_silver *silver =
        ARENA_NEW(memory, struct sales_silver, table[CSV_SILVER].rows + 1);
    struct sales_weekly *weekly =
        ARENA_NEW(memory, struct sales_weekly, table[CSV_WEEKLY].rows + 1);
    struct sales_monthly *monthly =
        ARENA_NEW(memory, struct sales_monthly, table[CSV_MONTHLY].rows + 1);

    (void)err;
    for (size_t i = 0; i < table[CSV_SILVER].rows; i++)
        silver[i] =
            (struct sales_silver){row[i]->number, copy(row[i]->text, memory),
                                  copy(row[i]->vegetable, memory), row[i]->flag, row[i]->sales};
    free(row);
    row = sorted(&table[CSV_WEEKLY]);
    for (size_t i = 0; i < table[CSV_WEEKLY].rows; i++)
        weekly[i] = (struct sales_weekly){row[i]->number, copy(row[i]->text, memory), row[i]->sales,
                                          row[i]->flag};
    free(row);
    row = sorted(&table[CSV_MONTHLY]);
    for (size_t i = 0; i < table[CSV_MONTHLY].rows; i++)
        monthly[i] = (struct sales_monthly){row[i]->number, copy(row[i]->text, memory),
                                            row[i]->sales,  row[i]->safe_sales,
                                            row[i]->weeks,  row[i]->outliers};
    free(row);
    *rows = (struct sales_tables){
        .silver = silver,
        .weekly = weekly,
        .monthly = monthly,
        .silvers = table[CSV_SILVER].rows,
        .weeklies = table[CSV_WEEKLY].rows,
        .monthlies = table[CSV_MONTHLY].rows,
    };
    *at = store->tables.sequence
              ? store->tables
              : (struct sales_position){.generation = store->position.generation};
    return true;
}
