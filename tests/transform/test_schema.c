#include "transform/frame.h"
#include "support/test.h"

TEST(schema_reads_back_what_it_wrote)
{
    const struct schema_column column[] = {{"State", SCHEMA_TEXT, SCHEMA_REQUIRED},
                                           {"Day Mins", SCHEMA_NUMBER, SCHEMA_REQUIRED},
                                           {"Phone \"é\"", SCHEMA_IGNORED, SCHEMA_REQUIRED}};
    const struct schema schema = {3, column};
    struct arena memory = {0};
    struct error err = {0};
    struct schema back;
    json_t *document = schema_json(&schema);

    EXPECT_OK(schema_parse(&back, document, &memory, &err), &err);
    json_decref(document);
    EXPECT_EQ(back.count, 3);
    for (size_t i = 0; i < 3; i++) {
        EXPECT_STR(back.column[i].name, column[i].name);
        EXPECT_EQ(back.column[i].kind, column[i].kind);
        EXPECT_EQ(schema_find(&back, column[i].name, strlen(column[i].name)), i);
    }
    EXPECT(schema_find(&back, "Stat", 4) == SIZE_MAX);
    EXPECT(schema_find(&back, "State\0", 6) == SIZE_MAX);
    arena_clear(&memory);
}

TEST(schema_refuses)
{
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        {"{}", "must be a list of columns"},
        {"[1]", "column 0 must be {"},
        {"[{\"name\": \"a\"}]", "column 0 must be {"},
        {"[{\"name\": \"a\", \"type\": \"number\", \"x\": 1}]", "column 0 must be {"},
        {"[{\"name\": \"\", \"type\": \"number\"}]", "must have 1 to 1024 bytes"},
        {"[{\"name\": \"a\", \"type\": \"double\"}]",
         "type of 'a' must be number, text, ignored or list"},
        {"[{\"name\": \"a\", \"type\": \"text\"}, {\"name\": \"a\", \"type\": \"text\"}]",
         "there are two columns 'a'"},
    };
    struct arena memory = {0};
    struct schema schema;
    struct error err;

    EACH_ROW(cases, c) {
        json_t *document = json_loads(c->json, 0, NULL);
        EXPECT(document);
        EXPECT_ERROR(schema_parse(&schema, document, &memory, &err), &err, ERR_DATA, c->sentence);
        json_decref(document);
    }
    arena_clear(&memory);
}

TEST(row_errors_keep_the_first_fault_of_a_row)
{
    enum { ROWS = 5000 };
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};

    EXPECT(!row_errors_find(&errors, 0));
    for (size_t i = 0; i < ROWS; i++)
        row_errors_add(&errors, i * 7919 % ROWS, i % 2 ? "c" : NULL, "fault %zu", i);
    row_errors_add(&errors, 7919 % ROWS, "d", "later");
    EXPECT_EQ(errors.count, ROWS);
    EXPECT_STR(row_errors_find(&errors, 7919 % ROWS)->text, "fault 1");
    EXPECT_STR(row_errors_find(&errors, 7919 % ROWS)->column, "c");
    EXPECT(!row_errors_find(&errors, 0)->column);
    for (size_t row = 0; row < ROWS; row++)
        EXPECT_EQ(row_errors_find(&errors, row)->row, row);
    EXPECT(!row_errors_find(&errors, ROWS));
    arena_clear(&memory);
}
