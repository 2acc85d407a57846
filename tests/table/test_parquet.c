/* Files of our own Parquet writer, read back through DuckDB. */
#include "base/file.h"
#include "base/rng.h"
#include "support/test.h"
#include "table/parquet_writer.h"
#include "table/reader.h"

enum { COLUMNS = 4, NAMES_MAX = 1000000 };

static const struct table_field fields[COLUMNS] = {
    {"whole", TABLE_INT64}, {"flag", TABLE_BOOL}, {"text", TABLE_TEXT}, {"code", TABLE_CODE}};

/* The kinds of values that the columns get. */
enum kind { RANDOM, SORTED, EXTREME, CONSTANT, LONG };

struct rows {
    struct arena memory;
    size_t count, names;
    int64_t *whole;
    uint8_t *flag;
    struct table_string *text, *name;
    int32_t *code;
    uint64_t *valid[COLUMNS];
};

static struct table_string make_text(struct arena *memory, enum kind kind, uint64_t number)
{
    static const char *const styles[] = {"user_%llu", "%llu", "Grüße %llu \xf0\x9f\x8c\xbe",
                                         "ключ/%llu"};
    char *text = arena_string(memory, "", 0);

    if (kind == CONSTANT)
        text = arena_format(memory, "always the same");
    else if (kind == LONG && number % 3 == 0)
        text = arena_format(memory, "%0*llu", (int)(number % 70000), (unsigned long long)number);
    else if (number % 50)
        text = arena_format(memory, styles[number % 4], (unsigned long long)number);
    return (struct table_string){text, strlen(text)};
}

static int64_t make_whole(struct rng *rng, enum kind kind, size_t row)
{
    static const int64_t edges[] = {INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MIN + 1};

    return kind == SORTED     ? (int64_t)(row * 2200 + rng_below(rng, 2000))
           : kind == CONSTANT ? -7
           : kind == EXTREME  ? edges[rng_below(rng, sizeof edges / sizeof *edges)]
                              : (int64_t)rng_u64(rng);
}

/* `missing` in percent; a code is missing by its sign or by the bitmap. */
static struct rows make_rows(size_t count, size_t names, enum kind kind, unsigned missing,
                             uint64_t seed)
{
    struct rows r = {.count = count, .names = names};
    struct rng rng = rng_new(seed, 1);

    r.whole = ARENA_NEW(&r.memory, int64_t, count + 1);
    r.flag = ARENA_NEW(&r.memory, uint8_t, count + 1);
    r.text = ARENA_NEW(&r.memory, struct table_string, count + 1);
    r.code = ARENA_NEW(&r.memory, int32_t, count + 1);
    r.name = ARENA_NEW(&r.memory, struct table_string, names + 1);
    for (size_t i = 0; i < names; i++)
        r.name[i] = make_text(&r.memory, kind == LONG ? LONG : RANDOM, i * 7 + 1);
    for (size_t c = 0; c < COLUMNS; c++)
        r.valid[c] = ARENA_ZERO(&r.memory, uint64_t, count / 64 + 1);
    for (size_t i = 0; i < count; i++) {
        const bool known = rng_below(&rng, 100) >= missing;
        r.whole[i] = make_whole(&rng, kind, i);
        r.flag[i] = kind == CONSTANT ? 1 : (uint8_t)rng_below(&rng, 2);
        r.text[i] = make_text(&r.memory, kind, rng_below(&rng, 100000));
        r.code[i] = known ? (int32_t)rng_below(&rng, names) : -1;
        for (size_t c = 0; c < COLUMNS; c++)
            r.valid[c][i / 64] |= (uint64_t)(rng_below(&rng, 100) >= missing) << (i % 64);
    }
    return r;
}

/* Groups of `size` rows, a multiple of 64; put backwards in blocks of four when asked to. */
static bool write_rows(const char *path, const struct rows *r, size_t size, bool backwards,
                       struct error *err)
{
    const size_t groups = (r->count + size - 1) / size;
    struct arena scratch = {0};
    struct parquet_writer *writer;
    char *partial = file_partial_name(path);
    bool ok = parquet_writer_open(&writer, partial, path, fields, COLUMNS, err);

    EXPECT(size % 64 == 0);
    for (size_t g = 0; ok && g < groups; g++) {
        const size_t block = g & ~(size_t)3, left = groups - block < 4 ? groups - block : 4;
        const size_t number = backwards ? block + left - 1 - (g - block) : g;
        const size_t first = number * size;
        const struct table_column columns[COLUMNS] = {
            {.type = TABLE_INT64, .integer = r->whole + first, .valid = r->valid[0] + first / 64},
            {.type = TABLE_BOOL, .boolean = r->flag + first, .valid = r->valid[1] + first / 64},
            {.type = TABLE_TEXT, .text = r->text + first, .valid = r->valid[2] + first / 64},
            {.type = TABLE_CODE,
             .code = r->code + first,
             .dictionary = r->name,
             .valid = number % 2 ? r->valid[3] + first / 64 : NULL},
        };
        const struct table_chunk chunk = {r->count - first < size ? r->count - first : size,
                                          COLUMNS, columns};
        struct parquet_group group;
        parquet_group_encode(&group, &chunk, &scratch);
        ok = parquet_writer_put(writer, number, &group, err);
    }
    if (ok)
        ok = parquet_writer_close(writer, err) && file_publish(partial, path, err);
    arena_clear(&scratch);
    free(partial);
    return ok;
}

static bool is_set(const uint64_t *bits, size_t row)
{
    return bits[row / 64] >> (row % 64) & 1;
}

static void expect_text(const struct table_string *got, const struct table_string *want)
{
    EXPECT_EQ(got->length, want->length);
    EXPECT(want->length == 0 || memcmp(got->bytes, want->bytes, want->length) == 0);
}

static void expect_row(const struct table_chunk *chunk, size_t i, const struct rows *r, size_t row,
                       size_t group_rows)
{
    const struct table_column *c = chunk->column;
    const bool coded = r->code[row] >= 0 && (row / group_rows % 2 == 0 || is_set(r->valid[3], row));

    for (size_t k = 0; k < 3; k++)
        EXPECT_EQ(table_is_valid(&c[k], i), is_set(r->valid[k], row));
    EXPECT_EQ(table_is_valid(&c[3], i), coded);
    if (table_is_valid(&c[0], i))
        EXPECT_EQ(c[0].integer[i], r->whole[row]);
    if (table_is_valid(&c[1], i))
        EXPECT_EQ(c[1].boolean[i], r->flag[row]);
    if (table_is_valid(&c[2], i))
        expect_text(&c[2].text[i], &r->text[row]);
    if (coded)
        expect_text(&c[3].text[i], &r->name[r->code[row]]);
}

static void expect_rows(const char *path, const struct rows *r, size_t group_rows)
{
    static const enum table_type types[COLUMNS] = {TABLE_INT64, TABLE_BOOL, TABLE_TEXT, TABLE_TEXT};
    struct error err = {0};
    struct table_source *source;
    struct table_reader *reader;
    struct table_chunk chunk;
    size_t row = 0;

    EXPECT_OK(table_source_open(&source, path, &err), &err);
    EXPECT_EQ(source->column_count, COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++) {
        EXPECT_STR(source->column[c].name, fields[c].name);
        EXPECT_EQ(source->column[c].type, types[c]);
    }
    EXPECT_OK(table_reader_open(&reader, source, NULL, 0, &err), &err);
    for (;;) {
        EXPECT_OK(table_reader_next(reader, &chunk, &err), &err);
        if (chunk.rows == 0)
            break;
        for (size_t i = 0; i < chunk.rows; i++)
            expect_row(&chunk, i, r, row++, group_rows);
    }
    EXPECT_EQ(row, r->count);
    table_reader_close(reader);
    table_source_close(source);
}

TEST(parquet_reads_back_what_was_written)
{
    static const struct {
        size_t rows, names;
        enum kind kind;
        unsigned missing;
        size_t group_rows;
    } cases[] = {
        {0, 1, RANDOM, 0, 64},
        {1, 1, RANDOM, 0, 64},
        {1, 1, RANDOM, 100, 64},
        {7, 3, RANDOM, 30, 64},
        {63, 2, RANDOM, 50, 64},
        {64, 2, SORTED, 50, 64},
        {65, 2, SORTED, 0, 64},
        {640, 5, EXTREME, 10, 64},
        {3000, 1, CONSTANT, 0, 1024},
        {3000, 1, CONSTANT, 100, 1024},
        {3000, 17, RANDOM, 95, 1024},
        {5000, 300, EXTREME, 50, 1984},
        {130, 256, SORTED, 0, 128},
        {122880, 400, SORTED, 20, 122880},
        {122881, 400, RANDOM, 20, 122880},
        {245760, 70000, SORTED, 3, 122880},
        {300000, NAMES_MAX, RANDOM, 10, 122880},
        {600, 20, LONG, 10, 256},
        {600, 700, LONG, 0, 576},
    };
    struct error err = {0};

    EACH_ROW(cases, c) {
        const char *path = test_path("back.parquet"), *again = test_path("again.parquet");
        struct rows r = make_rows(c->rows, c->names, c->kind, c->missing, c->rows + c->names);
        EXPECT_OK(write_rows(path, &r, c->group_rows, false, &err), &err);
        expect_rows(path, &r, c->group_rows);
        EXPECT_OK(write_rows(again, &r, c->group_rows, true, &err), &err);
        uint64_t hash = 0, other = 0;
        EXPECT_OK(file_hash(path, &hash, &err) && file_hash(again, &other, &err), &err);
        EXPECT(hash == other);
        arena_clear(&r.memory);
    }
}

/* Every width from 0 bits on, with the last code of each in use. */
TEST(parquet_codes_of_every_width)
{
    struct error err = {0};

    for (unsigned width = 0; width <= 20; width++) {
        const size_t names = (size_t)1 << width;
        struct rows r = make_rows(20000, names, RANDOM, 1, width);
        r.code[0] = (int32_t)names - 1;
        EXPECT_OK(write_rows(test_path("width.parquet"), &r, 16384, false, &err), &err);
        expect_rows(test_path("width.parquet"), &r, 16384);
        arena_clear(&r.memory);
    }
}

static int64_t ask(const char *format, const char *path)
{
    char sql[1024];
    struct arena memory = {0};
    struct table_chunk table;
    struct error err = {0};

    snprintf(sql, sizeof sql, format, path);
    EXPECT_OK(table_load(sql, NULL, 0, 1, &table, &memory, &err), &err);
    const int64_t value = table.column[0].integer[0];
    arena_clear(&memory);
    return value;
}

TEST(parquet_footer_tells_bounds_and_sizes)
{
    const char *path = test_path("footer.parquet");
    struct rows r = make_rows(200000, 40, SORTED, 10, 9);
    struct error err = {0};

    EXPECT_OK(write_rows(path, &r, 122880, false, &err), &err);
    EXPECT_EQ(ask("SELECT count(DISTINCT row_group_id) FROM parquet_metadata('%s')", path), 2);
    EXPECT_EQ(
        ask("SELECT sum(row_group_num_rows) FROM parquet_metadata('%s') WHERE column_id = 0", path),
        200000);
    EXPECT_EQ(ask("SELECT sum(stats_null_count) - (SELECT count(*) - count(whole) FROM '%1$s') "
                  "FROM parquet_metadata('%1$s') WHERE column_id = 0",
                  path),
              0);
    EXPECT_EQ(ask("SELECT max(stats_max_value::BIGINT) - (SELECT max(whole) FROM '%1$s') "
                  "FROM parquet_metadata('%1$s') WHERE column_id = 0",
                  path),
              0);
    EXPECT_EQ(ask("SELECT min(stats_min_value::BIGINT) - (SELECT min(whole) FROM '%1$s') "
                  "FROM parquet_metadata('%1$s') WHERE column_id = 0",
                  path),
              0);
    EXPECT_EQ(ask("SELECT (min(stats_min_value) = (SELECT min(code) FROM '%1$s'))::BIGINT "
                  "FROM parquet_metadata('%1$s') WHERE column_id = 3",
                  path),
              1);
    /* A reader that trusts the bounds finds what there is. */
    EXPECT_EQ(ask("SELECT count(*) - (SELECT count(*) FROM (SELECT whole + 0 AS w FROM '%1$s') "
                  "WHERE w > 200000000) FROM '%1$s' WHERE whole > 200000000",
                  path),
              0);
    /* Ascending ids, at most twelve bits apart, take a fifth of eight bytes. */
    EXPECT(ask("SELECT sum(total_compressed_size)::BIGINT FROM parquet_metadata('%s') WHERE "
               "column_id = 0",
               path) < 200000 * 2);
    arena_clear(&r.memory);
}

TEST(parquet_says_why_it_cannot_write)
{
    struct rows r = make_rows(100, 4, RANDOM, 0, 3);
    struct arena scratch = {0};
    struct parquet_writer *writer;
    struct parquet_group group;
    struct error err = {0};
    const struct table_column columns[] = {{.type = TABLE_INT64, .integer = r.whole}};
    const struct table_chunk chunk = {100, 1, columns};

    EXPECT_ERROR(write_rows(test_path("none/a.parquet"), &r, 64, false, &err), &err, ERR_IO,
                 "none/a.parquet': No such file");
    /* The magic number is the first that does not fit. */
    EXPECT_ERROR(parquet_writer_open(&writer, "/dev/full", "full.parquet", fields, 1, &err), &err,
                 ERR_IO, "cannot write 'full.parquet': No space left on device");
    /* What was encoded is given back also when nobody closes the file. */
    EXPECT_OK(parquet_writer_open(&writer, test_path("left"), "left", fields, 1, &err), &err);
    parquet_group_encode(&group, &chunk, &scratch);
    EXPECT_OK(parquet_writer_put(writer, 3, &group, &err), &err);
    EXPECT(group.bytes.at == NULL);
    parquet_writer_discard(writer);
    parquet_writer_discard(NULL);
    arena_clear(&scratch);
    arena_clear(&r.memory);
}
