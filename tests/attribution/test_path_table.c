#include "attribution/path_table.h"
#include "base/text.h"
#include "support/test.h"

static const struct path_table_columns columns = PATH_TABLE_COLUMNS;

TEST(paths_are_read_from_a_table)
{
    const char *file =
        test_file("paths.csv", "path,total_conversions,total_conversion_value,total_null\n"
                               "search > display >search,2,10.5,3\n"
                               "  email,0,0,1\n"
                               "display,1.5,2,0\n");
    struct path_set paths;
    struct error err = {0};

    EXPECT_OK(path_table_read(&paths, file, &columns, &err), &err);
    EXPECT_EQ(paths.count, 3);
    EXPECT_EQ(paths.channels, 3);
    EXPECT_STR(paths.channel[0], "display"); /* sorted */
    EXPECT_STR(paths.channel[1], "email");
    EXPECT_STR(paths.channel[2], "search");
    EXPECT_EQ(paths.offset[1], 3);
    EXPECT_EQ(paths.offset[3], 5);
    EXPECT(paths.token[0] == 2 && paths.token[1] == 0 && paths.token[2] == 2);
    EXPECT(paths.token[3] == 1 && paths.token[4] == 0);
    EXPECT(paths.conversions[2] == 1.5 && paths.value[0] == 10.5 && paths.null[0] == 3);
    EXPECT(!paths.age);
    path_set_clear(&paths);
}

TEST(value_and_null_are_optional_and_names_settable)
{
    const char *file = test_file("other.csv", "route,orders\na/b,1\n");
    const struct path_table_columns other = {
        .separator = "/", .path = "route", .conversions = "orders"};
    struct path_table_columns missing = other;
    struct path_set paths;
    struct error err = {0};

    EXPECT_OK(path_table_read(&paths, file, &other, &err), &err);
    EXPECT_EQ(paths.channels, 2);
    EXPECT(!paths.value && paths.null[0] == 0);
    path_set_clear(&paths);
    missing.value = "revenue";
    EXPECT_ERROR(path_table_read(&paths, file, &missing, &err), &err, ERR_DATA, "revenue");
    missing = other;
    missing.null = "orders";
    EXPECT_ERROR(path_table_read(&paths, file, &missing, &err), &err, ERR_ARG, "two things");
    missing = other;
    missing.separator = "";
    EXPECT_ERROR(path_table_read(&paths, file, &missing, &err), &err, ERR_ARG, "separator");
}

TEST(bad_tables_name_file_row_and_column)
{
    static const struct {
        const char *text, *part, *column;
        enum error_code code;
    } rows[] = {
        {"path,total_conversions\na,1\n,1\n", "row 2", "'path'", ERR_DATA},
        {"path,total_conversions\na,1\n   ,1\n", "the path is empty", "'path'", ERR_DATA},
        {"path,total_conversions\na > > b,1\n", "empty channel name", "row 1", ERR_DATA},
        {"path,total_conversions\na >,1\n", "empty channel name", "row 1", ERR_DATA},
        {"path,total_conversions\na,-1\n", "negative", "'total_conversions'", ERR_DATA},
        {"path,total_conversions\na,\n", "missing", "'total_conversions'", ERR_DATA},
        {"path,total_conversions\na,many\n", "many", "total_conversions", ERR_DATA},
        {"path,total_conversions\na,1e300\n", "above 1e15", "'total_conversions'", ERR_DATA},
        {"path,total_conversions,total_null\na,1,-2\n", "negative", "'total_null'", ERR_DATA},
        {"path,total_conversions,total_conversion_value\na,1,1\nb,0,5\n", "no conversion",
         "'total_conversion_value'", ERR_DATA},
        {"path,total_conversions\na,0\nb,0\n", "has a conversion", "bad.csv", ERR_DATA},
        {"path,total_conversions\n", "no paths", "bad.csv", ERR_DATA},
        {"path,conversions\na,1\n", "total_conversions", "bad.csv", ERR_DATA},
    };

    EACH_ROW(rows, r) {
        const char *file = test_file("bad.csv", r->text);
        struct path_set paths;
        struct error err = {0};
        EXPECT_ERROR(path_table_read(&paths, file, &columns, &err), &err, r->code, r->part);
        EXPECT_HAS(err.text, "bad.csv");
        EXPECT_HAS(err.text, r->column);
    }
}

TEST(a_path_has_a_longest_length)
{
    struct text text = {0};
    struct path_set paths;
    struct error err = {0};

    text_add_format(&text, "path,total_conversions\na,1\na");
    for (size_t i = 0; i < PATH_LENGTH_MAX; i++)
        text_add_format(&text, ">b");
    text_add_format(&text, ",1\n");
    const char *file = test_file("long.csv", text.bytes);
    EXPECT_ERROR(path_table_read(&paths, file, &columns, &err), &err, ERR_LIMIT, "more than 10000");
    EXPECT_HAS(err.text, "row 2");
    text_clear(&text);
}

/* Many channels: the table of names grows, and the order is that of the names. */
TEST(many_channels_are_told_apart)
{
    enum { MANY = 3000 };
    struct text text = {0};
    struct path_set paths;
    struct error err = {0};

    text_add_format(&text, "path,total_conversions\n");
    for (size_t i = 0; i < MANY; i++)
        text_add_format(&text, "n%05zu > n%05zu,1\n", (i * 7) % MANY, i);
    const char *file = test_file("many.csv", text.bytes);
    EXPECT_OK(path_table_read(&paths, file, &columns, &err), &err);
    EXPECT_EQ(paths.channels, MANY);
    for (size_t i = 0; i < MANY; i++) {
        EXPECT_EQ(paths.token[2 * i], (i * 7) % MANY);
        EXPECT_EQ(paths.token[2 * i + 1], i);
    }
    path_set_clear(&paths);
    text_clear(&text);
}
