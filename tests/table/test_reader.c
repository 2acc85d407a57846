#include "support/test.h"
#include "table/profile.h"
#include "table/reader.h"
#include "table/writer.h"

TEST(reader_gives_the_types_asked_for)
{
    static const struct table_field fields[] = {
        {"i", TABLE_INT64}, {"d", TABLE_DOUBLE}, {"b", TABLE_BOOL},
        {"t", TABLE_TIME},  {"s", TABLE_TEXT},
    };
    static const char *const files[] = {"types.csv", "types.jsonl", "types.parquet"};
    struct error err = {0};

    test_file("types.csv",
              "s,i,d,b,t\nx,7,1.5,true,2017-07-14T02:40:00Z\n,,,,\n\"long, long text\",-1,2,"
              "no,1970-01-01\n");
    test_file("types.jsonl",
              "{\"s\":\"x\",\"i\":7,\"d\":1.5,\"b\":true,\"t\":\"2017-07-14T02:40:00Z\"}\n"
              "{\"s\":null}\n{\"s\":\"long, long text\",\"i\":-1,\"d\":2,\"b\":false,\"t\":"
              "\"1970-01-01\"}\n");
    EACH_ROW(files, file) {
        struct arena memory = {0};
        struct table_chunk t;
        EXPECT_OK(table_load(test_path(*file), fields, 5, 100, &t, &memory, &err), &err);
        EXPECT_EQ(t.rows, 3);
        EXPECT_EQ(t.column[0].integer[0], 7);
        EXPECT_EQ(t.column[0].integer[2], -1);
        EXPECT_NEAR(t.column[1].number[0], 1.5, 0);
        EXPECT_NEAR(t.column[1].number[2], 2, 0);
        EXPECT_EQ(t.column[2].boolean[0], 1);
        EXPECT_EQ(t.column[2].boolean[2], 0);
        EXPECT_EQ(t.column[3].integer[0], 1500000000000000);
        EXPECT_EQ(t.column[3].integer[2], 0);
        EXPECT_STR(t.column[4].text[2].bytes, "long, long text");
        EXPECT_EQ(t.column[4].text[2].length, 15);
        for (int c = 0; c < 5; c++) {
            EXPECT(table_is_valid(&t.column[c], 0));
            EXPECT(!table_is_valid(&t.column[c], 1));
            EXPECT(table_is_valid(&t.column[c], 2));
        }
        if (test_row == 1) /* what was read goes round through Parquet */
            EXPECT_OK(table_write(test_path("types.parquet"), t.column, 5, t.rows, &err), &err);
        arena_clear(&memory);
    }
}

TEST(reader_takes_spellings_of_a_missing_number)
{
    static const struct table_field fields[] = {{"v", TABLE_DOUBLE}, {"t", TABLE_TEXT}};
    static const char *const files[] = {"missing.csv", "missing.jsonl"};
    struct error err = {0};

    test_file("missing.csv", "v,t\n1,nan\nnan,x\nNaN,x\nNULL,x\nNA,x\n,x\n 2 ,x\n");
    test_file("missing.jsonl", "{\"v\":1,\"t\":\"nan\"}\n{\"v\":\"nan\"}\n{\"v\":\"NaN\"}\n"
                               "{\"v\":\"NULL\"}\n{\"v\":\"NA\"}\n{\"v\":null}\n{\"v\":2}\n");
    EACH_ROW(files, file) {
        struct arena memory = {0};
        struct table_chunk t;
        EXPECT_OK(table_load(test_path(*file), fields, 2, 100, &t, &memory, &err), &err);
        EXPECT_EQ(t.rows, 7);
        EXPECT(table_is_valid(&t.column[0], 0) && table_is_valid(&t.column[0], 6));
        EXPECT(t.column[0].number[0] == 1 && t.column[0].number[6] == 2);
        for (size_t i = 1; i < 6; i++)
            EXPECT(!table_is_valid(&t.column[0], i));
        EXPECT(table_is_valid(&t.column[1], 0)); /* of text it is a word */
        arena_clear(&memory);
    }
}

TEST(reader_names_the_bad_value)
{
    static const struct {
        const char *text;
        enum table_type type;
        const char *part;
    } rows[] = {
        {"v\n1\nx\n", TABLE_INT64, "row 2 of"},
        {"v\n1\n1.5\n", TABLE_INT64, "'1.5', not an integer"},
        {"v\n1\nnane\n", TABLE_DOUBLE, "'nane', not a number"},
        {"v\n1\n2\n", TABLE_BOOL, "'2', not true or false"},
        {"v\n2017-13-01\n", TABLE_TIME, "row 1 of"},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        const struct table_field field = {"v", r->type};
        struct arena memory = {0};
        struct table_chunk t;
        EXPECT_ERROR(table_load(test_file("v.csv", r->text), &field, 1, 9, &t, &memory, &err), &err,
                     ERR_DATA, r->part);
        EXPECT_HAS(err.text, "column 'v'");
        arena_clear(&memory);
    }
}

TEST(reader_refuses_what_would_lose_something)
{
    static const struct {
        const char *sql;
        enum table_type type;
        enum error_code code;
    } rows[] = {
        {"SELECT 1 AS v", TABLE_INT64, ERR_NONE},       {"SELECT 1 AS v", TABLE_DOUBLE, ERR_NONE},
        {"SELECT 1 AS v", TABLE_TEXT, ERR_NONE},        {"SELECT '1' AS v", TABLE_INT64, ERR_NONE},
        {"SELECT 1.5 AS v", TABLE_DOUBLE, ERR_NONE},    {"SELECT 1.5 AS v", TABLE_INT64, ERR_DATA},
        {"SELECT 1 AS v", TABLE_BOOL, ERR_DATA},        {"SELECT true AS v", TABLE_INT64, ERR_DATA},
        {"SELECT now() AS v", TABLE_DOUBLE, ERR_DATA},  {"SELECT 1 AS v", TABLE_TIME, ERR_DATA},
        {"SELECT 'a'::BLOB AS v", TABLE_ANY, ERR_DATA}, {"SELECT 1 AS w", TABLE_ANY, ERR_DATA},
    };

    EACH_ROW(rows, r) {
        const struct table_field field = {"v", r->type};
        struct arena memory = {0};
        struct table_chunk t;
        struct error err = {0};
        EXPECT_EQ(table_load(r->sql, &field, 1, 9, &t, &memory, &err), r->code == ERR_NONE);
        EXPECT_EQ(err.code, r->code);
        arena_clear(&memory);
    }
}

/* Pieces of Parquet can be read in any order, and know their rows' numbers. */
TEST(reader_pieces_cover_the_table)
{
    enum { FILES = 3, ROWS = 700000 };
    int64_t *number = malloc(ROWS * sizeof *number);
    struct error err = {0};
    char glob[600];

    EXPECT(number != NULL);
    for (int f = 0; f < FILES; f++) {
        char name[32];
        for (int i = 0; i < ROWS; i++)
            number[i] = (int64_t)f * ROWS + i;
        const struct table_column column = {.name = "n", .type = TABLE_INT64, .integer = number};
        snprintf(name, sizeof name, "piece%d.parquet", f);
        EXPECT_OK(table_write(test_path(name), &column, 1, ROWS, &err), &err);
    }
    free(number);
    snprintf(glob, sizeof glob, "%s/piece*.parquet", test_folder());
    struct table_source *source;
    struct table_reader *reader;
    struct table_chunk chunk;
    EXPECT_OK(table_source_open(&source, glob, &err), &err);
    EXPECT_EQ(source->rows, FILES * ROWS);
    EXPECT_EQ(source->piece_count, 2 * FILES);
    EXPECT_OK(table_reader_open(&reader, source, NULL, 0, &err), &err);
    int64_t rows = 0;
    for (size_t p = source->piece_count; p-- > 0;) {
        table_reader_select(reader, p, p + 1);
        for (;;) {
            EXPECT_OK(table_reader_next(reader, &chunk, &err), &err);
            if (chunk.rows == 0)
                break;
            EXPECT_EQ(chunk.column[0].integer[0], table_reader_row(reader));
            EXPECT_EQ(chunk.column[0].integer[chunk.rows - 1],
                      table_reader_row(reader) + (int64_t)chunk.rows - 1);
            rows += (int64_t)chunk.rows;
        }
    }
    EXPECT_EQ(rows, FILES * ROWS);
    char place[512];
    table_reader_select(reader, 3, 4);
    EXPECT_OK(table_reader_next(reader, &chunk, &err), &err);
    table_reader_place(reader, 0, place, sizeof place);
    EXPECT_HAS(place, "piece1.parquet");
    table_reader_close(reader);
    table_source_close(source);
}

TEST(reader_counts_rows_through_csv_files)
{
    struct error err = {0};
    char glob[600];
    int64_t rows = 0;
    struct table_source *source;
    struct table_reader *reader;
    struct table_chunk chunk;
    const struct table_field field = {"n", TABLE_INT64};

    test_file("count-b.csv", "x,n\n0,3\n0,4\n");
    test_file("count-a.csv", "n\n0\n1\n2\n");
    test_file("count-c.csv.txt", "n\n9\n");
    snprintf(glob, sizeof glob, "%s/count-*.csv", test_folder());
    EXPECT_OK(table_source_open(&source, glob, &err), &err);
    EXPECT_OK(table_reader_open(&reader, source, &field, 1, &err), &err);
    for (;;) {
        EXPECT_OK(table_reader_next(reader, &chunk, &err), &err);
        if (chunk.rows == 0)
            break;
        EXPECT_EQ(table_reader_row(reader), rows);
        for (size_t i = 0; i < chunk.rows; i++)
            EXPECT_EQ(chunk.column[0].integer[i], rows++);
    }
    EXPECT_EQ(rows, 5);
    table_reader_close(reader);
    table_source_close(source);
}

TEST(source_refuses_mixed_formats_and_long_tables)
{
    struct error err = {0};
    struct table_source *source;
    struct arena memory = {0};
    struct table_chunk t;
    char glob[600];

    test_file("mixed.csv", "n\n1\n");
    test_file("mixed.jsonl", "{\"n\":1}\n");
    snprintf(glob, sizeof glob, "%s/mixed.*", test_folder());
    EXPECT_ERROR(table_source_open(&source, glob, &err), &err, ERR_DATA, "different formats");
    EXPECT_ERROR(table_load("FROM range(10)", NULL, 0, 9, &t, &memory, &err), &err, ERR_LIMIT,
                 "more than 9 rows");
    EXPECT_OK(table_load("FROM range(9)", NULL, 0, 9, &t, &memory, &err), &err);
    EXPECT_EQ(t.rows, 9);
    arena_clear(&memory);
}

TEST(profile_counts)
{
    struct error err = {0};
    struct table_source *source;
    char *text = NULL;
    size_t size;

    EXPECT_OK(table_source_open(&source, test_file("p.csv", "a,b\n1,x\n2,\n10,y\n"), &err), &err);
    FILE *to = open_memstream(&text, &size);
    EXPECT_OK(table_profile_print(source, to, 0, &err), &err);
    fclose(to);
    EXPECT_HAS(text, "rows     3\n");
    EXPECT_HAS(text, "a                         BIGINT                0          3  1   ");
    EXPECT_HAS(text, "b                         VARCHAR               1          2  x   ");
    free(text);
    table_source_close(source);
}
