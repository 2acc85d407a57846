#include "sales/rows.h"

#include "support/test.h"

static bool parse(struct sales_rows *rows, const char *body, struct arena *memory,
                  struct error *err)
{
    *err = (struct error){0};
    return sales_rows_parse(rows, body, strlen(body), memory, err);
}

TEST(rows_are_taken_one_by_one)
{
    static const struct {
        const char *row;
        const char *posted; /* or NULL, and why */
        const char *why;
    } rows[] = {
        {"{\"date\":\"2020-01-06\",\"vegetable\":\"Tomate\",\"kilo_sold\":489}",
         "{\"date\": \"2020-01-06\", \"vegetable\": \"Tomate\", \"kilo_sold\": 489}", NULL},
        {"{\"sales\":1.5,\"vegetable\":\"a\\n\\\"b\\\"\",\"year_week\":202001,\"more\":[1]}",
         "{\"year_week\": 202001, \"vegetable\": \"a\\u000a\\\"b\\\"\", \"sales\": 1.5}", NULL},
        {"{\"year_week\":\"202001\",\"vegetable\":\"\\u00e9\",\"sales\":0}",
         "{\"year_week\": \"202001\", \"vegetable\": \"\xc3\xa9\", \"sales\": 0}", NULL},
        {"{\"year_week\":202001,\"vegetable\":\"x\",\"sales\":0.1}",
         "{\"year_week\": 202001, \"vegetable\": \"x\", \"sales\": 0.1}", NULL},
        {"{}", NULL, "neither"},
        {"3", NULL, "not an object"},
        {"null", NULL, "null"},
        {"[]", NULL, "a list"},
        {"{\"year_week\":202001,\"sales\":3}", NULL, "'vegetable' is missing"},
        {"{\"year_week\":202001,\"vegetable\":null,\"sales\":3}", NULL, "'vegetable' is null"},
        {"{\"year_week\":202001,\"vegetable\":\" \",\"sales\":3}", NULL, "blank"},
        {"{\"year_week\":202001,\"vegetable\":7,\"sales\":3}", NULL, "not a text"},
        {"{\"vegetable\":\"x\",\"sales\":3}", NULL, "'year_week' is missing"},
        {"{\"year_week\":null,\"vegetable\":\"x\",\"sales\":3}", NULL, "'year_week' is null"},
        {"{\"year_week\":202001,\"vegetable\":\"x\"}", NULL, "'sales' is missing"},
        {"{\"year_week\":202001,\"vegetable\":\"x\",\"sales\":null}", NULL, "'sales' is null"},
        {"{\"year_week\":202001,\"vegetable\":\"x\",\"sales\":\"3\"}", NULL, "not a number"},
        {"{\"year_week\":202001,\"vegetable\":\"x\",\"sales\":true}", NULL, "not a number"},
        {"{\"year_week\":202001,\"vegetable\":\"x\",\"sales\":-0.5}", NULL, "negative"},
        {"{\"year_week\":202001,\"vegetable\":\"x\",\"sales\":1e300}", NULL, "too large"},
        {"{\"year_week\":202060,\"vegetable\":\"x\",\"sales\":3}", NULL, "does not have"},
        {"{\"year_week\":2020.5,\"vegetable\":\"x\",\"sales\":3}", NULL, "not a year and a week"},
        {"{\"year_week\":\"2020-01\",\"vegetable\":\"x\",\"sales\":3}", NULL, "not a year"},
        {"{\"date\":\"2020-02-30\",\"vegetable\":\"x\",\"kilo_sold\":3}", NULL, "not a date"},
        {"{\"date\":20200106,\"vegetable\":\"x\",\"kilo_sold\":3}", NULL, "not a text"},
        {"{\"date\":\"2020-01-06\",\"vegetable\":\"x\",\"sales\":3}", NULL, "mixes"},
        {"{\"date\":\"2020-01-06\",\"vegetable\":\"x\",\"kilo_sold\":[1]}", NULL, "a list"},
    };

    EACH_ROW(rows, r) {
        char body[512];
        struct arena memory = {0};
        struct sales_rows got;
        struct error err;
        snprintf(body, sizeof body, "[%s]", r->row);
        EXPECT_OK(parse(&got, body, &memory, &err), &err);
        EXPECT_EQ(got.rows, r->posted != NULL);
        EXPECT_EQ(got.rejects, r->posted == NULL);
        if (r->posted)
            EXPECT_STR(got.row[0].posted, r->posted);
        else
            EXPECT_HAS(got.reject[0].reason, r->why);
        arena_clear(&memory);
    }
}

TEST(rows_leave_out_only_what_is_wrong)
{
    struct arena memory = {0};
    struct sales_rows got;
    struct text answer = {0};
    struct error err;

    EXPECT_OK(parse(&got,
                    "[{\"year_week\":202001,\"vegetable\":\"A\",\"sales\":1},"
                    "{\"year_week\":202001,\"vegetable\":\"B\",\"sales\":2},"
                    "{\"year_week\":202001,\"sales\":3},"
                    "{\"year_week\":202001,\"vegetable\":\"D\",\"sales\":4}]",
                    &memory, &err),
              &err);
    sales_rows_answer(&got, &answer);
    EXPECT_STR(answer.bytes, "{\"accepted\": 3, \"rejected\": [{\"index\": 2, \"reason\": "
                             "\"'vegetable' is missing\"}]}\n");
    EXPECT_EQ(got.row[2].index, 3);
    text_clear(&answer);
    arena_clear(&memory);
}

TEST(rows_must_be_a_list)
{
    static const char *const rows[] = {"{}",      "7",          "\"x\"",         "null",
                                       "",        "[",          "[1,]",          "[NaN]",
                                       "[1e999]", "[\"\xff\"]", "[\"\\u0000\"]", "{\"a\":[]}"};

    EACH_ROW(rows, body) {
        struct arena memory = {0};
        struct sales_rows got;
        struct error err;
        EXPECT_ERROR(parse(&got, *body, &memory, &err), &err, ERR_ARG, "the body is not");
        arena_clear(&memory);
    }
}

static char *repeat(const char *first, const char *part, size_t count, const char *last)
{
    struct text text = {0};

    text_add(&text, first, strlen(first));
    for (size_t i = 0; i < count; i++)
        text_add(&text, part, strlen(part));
    text_add(&text, last, strlen(last));
    return text.bytes;
}

TEST(rows_are_bounded)
{
    const struct {
        char *body;
        enum error_code code; /* or ERR_NONE: one row, rejected */
    } rows[] = {
        {repeat("[", "{},", 1000000, "{}]"), ERR_LIMIT},
        {repeat("[", "1,", 2000000, "1]"), ERR_LIMIT},
        {repeat("[", "1,", SALES_POST_ROWS_MAX, "1]"), ERR_LIMIT},
        {repeat("", "[", 90000, ""), ERR_ARG},
        {repeat("", "[", 1000000, ""), ERR_LIMIT},
        {repeat("", "{\"a\":", 50000, ""), ERR_ARG},
        {repeat("[{\"year_week\":202001,\"sales\":1,\"vegetable\":\"", "long name ", 500000,
                "\"}]"),
         ERR_NONE},
        {repeat("[{\"year_week\":\"", "2", 5000000, "\",\"sales\":1,\"vegetable\":\"x\"}]"),
         ERR_NONE},
    };

    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct sales_rows got = {0};
        struct error err;
        const bool ok = parse(&got, r->body, &memory, &err);
        EXPECT_EQ(err.code, r->code);
        if (ok) {
            EXPECT_EQ(got.rejects, 1);
            EXPECT(strlen(got.reject[0].reason) < 300);
        }
        arena_clear(&memory);
        free(r->body);
    }
}
