#include "base/file.h"
#include "support/test.h"
#include "table/writer.h"

#define TEXT(s)                                                                                    \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

static const struct table_string names[] = {TEXT("a"), TEXT("a longer name than twelve"),
                                            TEXT("c,\"d\"")};
static const int64_t whole[] = {1, -2, 9007199254740993};
static const double real[] = {0.5, -1e300, 0.1};
static const uint8_t flag[] = {1, 0, 1};
static const int64_t when[] = {0, 1500000000000000, 1500000000123456};
static const int32_t code[] = {2, -1, 0};
static const uint64_t some[] = {5};

static const struct table_column columns[] = {
    {.name = "name", .type = TABLE_TEXT, .text = names},
    {.name = "whole", .type = TABLE_INT64, .integer = whole, .valid = some},
    {.name = "real", .type = TABLE_DOUBLE, .number = real},
    {.name = "flag", .type = TABLE_BOOL, .boolean = flag},
    {.name = "when", .type = TABLE_TIME, .integer = when},
    {.name = "code", .type = TABLE_CODE, .code = code, .dictionary = names},
};

static char *read_all(const char *path)
{
    struct error err = {0};
    char *bytes;
    size_t size;

    EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    return bytes;
}

TEST(writer_writes_text_formats)
{
    static const struct {
        const char *name, *want;
    } rows[] = {
        {"a.csv", "name,whole,real,flag,when,code\n"
                  "a,1,0.5,true,1970-01-01 00:00:00,\"c,\"\"d\"\"\"\n"
                  "a longer name than twelve,,-1e+300,false,2017-07-14 02:40:00,\n"
                  "\"c,\"\"d\"\"\",9007199254740993,0.1,true,2017-07-14 02:40:00.123456,a\n"},
        {"a.jsonl",
         "{\"name\":\"a\",\"whole\":1,\"real\":0.5,\"flag\":true,\"when\":\"1970-01-01 00:00:00\","
         "\"code\":\"c,\\\"d\\\"\"}\n"
         "{\"name\":\"a longer name than twelve\",\"whole\":null,\"real\":-1e300,\"flag\":false,"
         "\"when\":\"2017-07-14 02:40:00\",\"code\":null}\n"
         "{\"name\":\"c,\\\"d\\\"\",\"whole\":9007199254740993,\"real\":0.1,\"flag\":true,\"when\":"
         "\"2017-07-14 02:40:00.123456\",\"code\":\"a\"}\n"},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        EXPECT_OK(table_write(test_path(r->name), columns, 6, 3, &err), &err);
        char *got = read_all(test_path(r->name));
        EXPECT_STR(got, r->want);
        free(got);
    }
}

enum { CHUNKS = 1000 };

/* The three rows again and again; `context` counts how often. */
static bool repeat(void *context, struct table_chunk *chunk, struct error *err)
{
    size_t *given = context;

    (void)err;
    *chunk = (struct table_chunk){*given < CHUNKS ? 3 : 0, 6, columns};
    ++*given;
    return true;
}

TEST(writer_streams_chunks)
{
    static const struct table_field fields[] = {{"name", TABLE_TEXT},   {"whole", TABLE_INT64},
                                                {"real", TABLE_DOUBLE}, {"flag", TABLE_BOOL},
                                                {"when", TABLE_TIME},   {"code", TABLE_CODE}};
    struct error err = {0};
    size_t given = 0;

    EXPECT_OK(table_stream_write(test_path("b.csv"), fields, 6, repeat, &given, &err), &err);
    EXPECT_OK(table_write(test_path("once.csv"), columns, 6, 3, &err), &err);
    char *once = read_all(test_path("once.csv")), *many = read_all(test_path("b.csv"));
    const size_t header = (size_t)(strchr(once, '\n') + 1 - once), body = strlen(once) - header;
    EXPECT_EQ(strlen(many), header + CHUNKS * body);
    for (size_t i = 0; i < CHUNKS; i++)
        EXPECT(memcmp(many + header + i * body, once + header, body) == 0);
    free(once);
    free(many);
}

TEST(writer_refuses)
{
    struct error err = {0};
    struct table_column twice[] = {columns[0], columns[0]};

    EXPECT_ERROR(table_write(test_path("a.xls"), columns, 6, 3, &err), &err, ERR_ARG, "a.xls");
    EXPECT_ERROR(table_write(test_path("a.csv"), twice, 2, 3, &err), &err, ERR_ARG, "'name'");
    EXPECT_ERROR(table_write(test_path("none/a.csv"), columns, 6, 3, &err), &err, ERR_IO,
                 "none/a.csv");
}
