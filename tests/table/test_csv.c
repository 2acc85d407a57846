#include "support/test.h"
#include "table/csv.h"

TEST(csv_header_splits)
{
    static const struct {
        const char *line;
        enum error_code code;
        char delimiter;
        size_t count;
        const char *last;
    } rows[] = {
        {"a", ERR_NONE, ',', 1, "a"},
        {"a,b\r\n", ERR_NONE, ',', 2, "b"},
        {"a;b;c", ERR_NONE, ';', 3, "c"},
        {"a\tb", ERR_NONE, '\t', 2, "b"},
        {"a|b,c|d", ERR_NONE, '|', 3, "d"},
        {"\"a,b,c\";d", ERR_NONE, ';', 2, "d"},
        {"\xef\xbb\xbf"
         "a,b",
         ERR_NONE, ',', 2, "b"},
        {"a,\"b \"\"x\"\"\"", ERR_NONE, ',', 2, "b \"x\""},
        {"a,\"\"", ERR_NONE, ',', 2, "column_2"},
        {"a,,b", ERR_NONE, ',', 3, "b"},
        {"a,", ERR_NONE, ',', 2, "column_2"},
        {"", ERR_DATA, 0, 0, "empty"},
        {"\n", ERR_DATA, 0, 0, "empty"},
        {"a,\"b", ERR_DATA, 0, 0, "not closed"},
        {"a,b,A", ERR_DATA, 0, 0, "'A' twice"},
    };

    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct csv_header header = {0};
        struct error err = {0};
        csv_header_read(&header, r->line, strlen(r->line), &memory, &err) ? (void)0 : (void)1;
        EXPECT_EQ(err.code, r->code);
        if (r->code == ERR_NONE) {
            EXPECT_EQ(header.delimiter, r->delimiter);
            EXPECT_EQ(header.count, r->count);
            EXPECT_STR(header.name[header.count - 1], r->last);
        } else {
            EXPECT_HAS(err.text, r->last);
        }
        arena_clear(&memory);
    }
}
