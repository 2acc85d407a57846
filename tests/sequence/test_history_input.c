/* Histories that callers send, and what is refused: settings, tables, files, arrays. */
#include "sequence/history.h"

#include "sequence/history_support.h"
#include "support/test.h"

#include <math.h>

static const char table[] = "at,who,shop,amount,kind,bad\n"
                            "2020-01-01,a,x,1,k,0\n"
                            "2020-01-02,a,x,3,l,1\n"
                            "2020-01-03,a,y,5,k,0\n"
                            "2020-01-04,a,x,,,0\n";

static const char settings[] =
    "source: {time: at, outcome: bad, outcome_after: 1 day}\n"
    "histories:\n"
    "  by: [who, shop]\n"
    "  seq_len: 3\n"
    "  features:\n"
    "    - {column: amount, missing: 2}\n"
    "    - {column: kind, type: category, missing: l}\n"
    "    - {column: bad, type: category}\n"
    "    - {value: weekday, type: category}\n"
    "  engineered:\n"
    "    - {column: amount, missing: 3}\n"
    "    - {value: night}\n"
    "split: {train: [2020-01-01, 2020-01-03], test: [2020-01-04, 2020-01-04]}\n";

#define DAY INT64_C(86400000000)
#define START INT64_C(1577836800000000) /* 2020-01-01 */
#define TEXT(t)                                                                                    \
    {                                                                                              \
        t, sizeof(t) - 1                                                                           \
    }

static void load(struct history_case *c)
{
    struct error err = {0};

    EXPECT_OK(history_case_open(c, settings, test_file("orders.csv", table), &err), &err);
}

static void expect_same(const struct history_fitted *f, const struct history *a,
                        const struct history *b)
{
    EXPECT_EQ(a->orders, b->orders);
    EXPECT_EQ(memcmp(a->categorical, b->categorical, a->orders * f->n_cat * sizeof(int32_t)), 0);
    EXPECT_EQ(memcmp(a->numeric, b->numeric, a->orders * f->n_num * sizeof(float)), 0);
    EXPECT_EQ(memcmp(a->time, b->time, a->orders * sizeof(float)), 0);
}

static const int64_t times[] = {START, START + DAY, START + 2 * DAY, START + 3 * DAY};
static const double amounts[] = {1, 3, 5, NAN};
static const struct table_string amount_texts[] = {TEXT("1"), TEXT("3"), TEXT(" 5.0"), {NULL, 0}};
static const struct table_string kinds[] = {TEXT("k"), TEXT("l"), TEXT("k"), {NULL, 0}};
static const double outcomes[] = {0, 1, 0, NAN};
static const struct table_string truths[] = {TEXT("false"), TEXT("true"), TEXT("no")};

TEST(history_from_arrays_is_what_the_table_gives)
{
    struct history_series series[] = {
        {.name = "bad", .count = 4, .number = outcomes},
        {.name = "amount", .count = 4, .number = amounts},
        {.name = "kind", .count = 4, .text = kinds},
    };
    struct history_series short_series[] = {
        {.name = "kind",
         .count = 3,
         .text = (const struct table_string[]){kinds[0], kinds[1], kinds[3]}},
        {.name = "amount", .count = 3, .number = (const double[]){1, 3, NAN}},
        {.name = "bad", .count = 3, .text = truths},
    };
    const int64_t short_times[] = {times[0], times[1], times[3]};
    struct history_input input = {
        .sequence = {{series, 3, times, 4}, {short_series, 3, short_times, 3}}};
    struct history_buffers buffers;
    struct history_row want, got;
    struct history_case c;
    struct error err = {0};

    load(&c);
    history_buffers_init(&buffers, &c.fitted, &c.memory);
    history_cut(&c.set, 3, &c.buffers, &want);
    for (int spelled = 0; spelled < 2; spelled++) {
        if (spelled)
            series[1] = (struct history_series){.name = "amount", .count = 4, .text = amount_texts};
        EXPECT_OK(history_from_arrays(&c.fitted, &input, &buffers, &got, &err), &err);
        expect_same(&c.fitted, &want.sequence[0], &got.sequence[0]);
        expect_same(&c.fitted, &want.sequence[1], &got.sequence[1]);
        EXPECT_EQ(memcmp(want.engineered, got.engineered, 2 * sizeof(float)), 0);
    }
    history_case_close(&c);
}

TEST(history_from_arrays_does_without)
{
    static const double amount[] = {5};
    static const struct table_string kind[] = {TEXT("never seen")};
    const struct history_series series[] = {{.name = "amount", .count = 1, .number = amount},
                                            {.name = "kind", .count = 1, .text = kind}};
    struct history_input input = {.sequence = {{series, 0, times, 1}, {0}}};
    struct history_row got;
    struct history_case c;
    struct error err = {0};

    load(&c);
    /* Nothing but a time: amount reads as 2, kind as l. */
    EXPECT_OK(history_from_arrays(&c.fitted, &input, &c.buffers, &got, &err), &err);
    EXPECT_EQ(got.sequence[0].orders, 1);
    EXPECT_NEAR((double)got.sequence[0].numeric[0], 0.25, 1e-6);
    EXPECT_EQ(got.sequence[0].categorical[0], c.fitted.category[0].first + 2);
    EXPECT_NEAR((double)got.engineered[0], 0.5, 1e-6);
    EXPECT_EQ(got.engineered[1], 0); /* night, as in all of training */

    input.sequence[0].series_count = 2;
    input.engineered = series;
    input.engineered_count = 1;
    EXPECT_OK(history_from_arrays(&c.fitted, &input, &c.buffers, &got, &err), &err);
    EXPECT_EQ(got.sequence[0].categorical[0], c.fitted.category[0].first);
    EXPECT_NEAR((double)got.engineered[0], 1, 1e-6);
    /* The missing second history is the order itself. */
    EXPECT_EQ(got.sequence[1].orders, 1);
    expect_same(&c.fitted, &got.sequence[0], &got.sequence[1]);
    history_case_close(&c);
}

TEST(history_from_arrays_refuses)
{
    static const int64_t backwards[] = {START + DAY, START}, far[] = {INT64_MAX};
    static const double two[] = {1, 2}, endless[] = {1, INFINITY};
    static const struct table_string word[] = {TEXT("1"), TEXT("much")};
    static const struct {
        struct history_series series;
        const int64_t *time;
        size_t times, second;
        bool engineered;
        const char *part;
    } rows[] = {
        {{.name = "amount", .count = 2, .number = two},
         times,
         3,
         0,
         false,
         "'amount' has 2 values, but there are 3 times"},
        {{.name = "amount", .count = 2, .number = two},
         backwards,
         2,
         0,
         false,
         "time runs backwards: time 2 is before time 1"},
        {{.name = "amount", .count = 2, .number = two},
         times,
         0,
         0,
         false,
         "the order itself is missing"},
        {{.name = "amount", .count = 2, .number = two},
         times,
         2,
         1,
         false,
         "the histories end at different times"},
        {{.name = "amont", .count = 2, .number = two},
         times,
         2,
         0,
         false,
         "there is no feature 'amont'"},
        {{.name = "amount", .count = 2, .number = endless}, times, 2, 0, false, "infinite"},
        {{.name = "amount", .count = 2, .text = word},
         times,
         2,
         0,
         false,
         "'amount', value 2: 'much' is not a number"},
        {{.name = "amount", .count = 2, .number = two},
         times,
         2,
         0,
         true,
         "'amount' has 2 values, not one"},
        {{.name = "nigt", .count = 1, .number = two},
         times,
         2,
         0,
         true,
         "there is no feature 'nigt'"},
        {{.name = "amount", .count = 1, .number = two}, far, 1, 0, false, "out of range"},
    };
    struct history_row got;
    struct history_case c;
    struct error err = {0};

    load(&c);
    EACH_ROW(rows, r) {
        const struct history_input input = {
            .sequence = {{&r->series, !r->engineered, r->time, r->times},
                         {NULL, 0, times, r->second}},
            .engineered = &r->series,
            .engineered_count = r->engineered,
        };
        EXPECT_ERROR(history_from_arrays(&c.fitted, &input, &c.buffers, &got, &err), &err, ERR_DATA,
                     r->part);
    }
    const struct history_series twice[] = {{.name = "amount", .count = 2, .number = two},
                                           {.name = "amount", .count = 2, .number = two}};
    const struct history_input input = {.sequence = {{twice, 2, times, 2}, {0}}};
    EXPECT_ERROR(history_from_arrays(&c.fitted, &input, &c.buffers, &got, &err), &err, ERR_DATA,
                 "the feature 'amount' is there twice");
    history_case_close(&c);
}

#define START_OF                                                                                   \
    "source: {time: at, outcome: bad, outcome_after: 1 day}\nhistories:\n  by: [who, shop]\n"
#define SPLIT "split: {train: [2020-01-01, 2020-01-03]}\n"

TEST(history_settings_that_are_refused)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {START_OF SPLIT, "'histories.features' is empty"},
        {START_OF "  features: [{colum: amount}]\n" SPLIT, "did you mean 'column'"},
        {START_OF "  features: [{value: mode}]\n" SPLIT, "must be one of column, hour"},
        {START_OF "  features: [{value: mean, column: x}]\n" SPLIT, "needs a `by`"},
        {START_OF "  features: [{value: mean, by: who}]\n" SPLIT, "needs a `column`"},
        {START_OF "  features: [{column: x, by: who}]\n" SPLIT, "has no `by`"},
        {START_OF "  features: [{value: count, by: who, window: 3 moons}]\n" SPLIT, "a duration"},
        {START_OF "  features: [{value: count, by: who, window: 101 years}]\n" SPLIT, "a duration"},
        {START_OF "  features: [{column: x, window: 3 days}]\n" SPLIT, "no window"},
        {START_OF "  features: [{column: x, missing: much}]\n" SPLIT, "is not a number"},
        {START_OF "  features: [{column: x}, {column: x, type: category}]\n" SPLIT,
         "two features 'x'"},
        {START_OF "  features: [{column: x, type: category, log: true}]\n" SPLIT, "has no log"},
        {START_OF "  features: [{column: bad, outcome_after: 1 hour}]\n" SPLIT,
         "outcome_after is shorter"},
        {START_OF "  features: [{column: x}]\n  engineered: [{column: bad}]\n" SPLIT,
         "is the outcome itself"},
        {START_OF "  features: [{column: x}]\n  engineered: [{value: mean, column: bad, by: who, "
                  "delay: 1 hour}]\n" SPLIT,
         "delay is shorter"},
        {START_OF "  features: [{column: x}]\n  engineered: [{value: ratio, column: bad, by: "
                  "who}]\n" SPLIT,
         "reads the outcome of its own order"},
        {START_OF "  features: [{column: x}]\n  engineered: [{column: x, type: category}]\n" SPLIT,
         "engineered features are numbers"},
        {START_OF "  features: [{column: x}]\n  seq_len: 0\n" SPLIT, "seq_len"},
        {START_OF "  features: [{column: x}]\nsplit: {test: [2020-01-01, 2020-01-02]}\n",
         "'split.train'"},
        {START_OF "  features: [{column: x}]\nsplit: {train: [2020-01-02, 2020-01-01]}\n",
         "FROM not after TO"},
        {START_OF "  features: [{column: x}]\nsplit: {train: [2020-01-02, 2020-01-05], test: "
                  "[2020-01-05, 2020-01-06]}\n",
         "'split.test' overlaps 'split.train'"},
        {"source: {time: at, outcome: bad}\nhistories: {by: [a, a], features: [{column: "
         "x}]}\n" SPLIT,
         "'a' twice"},
        {"source: {time: at}\nhistories: {by: [a], features: [{column: x}]}\n" SPLIT,
         "'source.outcome'"},
        {"source: {time: at, outcome: bad}\nhistories: {by: [a, b, c], features: [{column: x}]}\n",
         "one or two columns"},
    };
    struct history_case c;
    struct error err;

    EACH_ROW(rows, r)
        EXPECT_ERROR(history_case_settings(&c, r->text, &err), &err, ERR_CONFIG, r->part);
}

TEST(history_settings_read_back)
{
    struct text out = {0}, again = {0};
    struct history_case c, d;
    struct error err = {0};

    EXPECT_OK(history_case_settings(&c, settings, &err), &err);
    text_add_format(&out, "source:\n");
    history_source_write(&out, &c.config.source, 2);
    text_add_format(&out, "histories:\n");
    history_recipe_write(&out, &c.config.histories, 2);
    text_add_format(&out, "split:\n");
    history_split_write(&out, &c.split, 2);
    EXPECT_OK(history_case_settings(&d, out.bytes, &err), &err);
    text_add_format(&again, "source:\n");
    history_source_write(&again, &d.config.source, 2);
    text_add_format(&again, "histories:\n");
    history_recipe_write(&again, &d.config.histories, 2);
    text_add_format(&again, "split:\n");
    history_split_write(&again, &d.split, 2);
    EXPECT_STR(again.bytes, out.bytes);
    EXPECT_EQ(d.split.range[HISTORY_TRAIN].to, c.split.range[HISTORY_TRAIN].to);
    text_clear(&out);
    text_clear(&again);
    arena_clear(&c.memory);
    arena_clear(&d.memory);
}

TEST(history_durations_are_read_and_written)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
        const char *written;
    } rows[] = {
        {"7 days", 7 * DAY, "7 days"},
        {"1 week", 7 * DAY, "7 days"},
        {"36 hours", 36 * DAY / 24, "36 hours"},
        {"90 seconds", 90000000, "90 seconds"},
        {"0.5 seconds", 500000, "0.500000 seconds"},
        {"120", 120000000, "2 minutes"},
        {"0 days", 0, "0 seconds"},
        {"2d", 2 * DAY, "2 days"},
        {"-1 day", -1, NULL},
        {"days", -1, NULL},
        {"", -1, NULL},
        {"1 dayss", -1, NULL},
        {"1e9 days", -1, NULL},
        {"99999 weeks", -1, NULL},
        {"1.2.3 days", -1, NULL},
    };

    EACH_ROW(rows, r) {
        int64_t got = -1;
        char text[32];
        EXPECT_EQ(history_duration(r->text, &got), r->want >= 0);
        if (r->want < 0)
            continue;
        EXPECT_EQ(got, r->want);
        history_duration_text(text, got);
        EXPECT_STR(text, r->written);
    }
}

TEST(history_tables_that_are_refused)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"at,who,shop,amount,kind\n2020-01-01,a,x,1,k\n", "bad"},
        {"at,who,amount,kind,bad\n2020-01-01,a,1,k,0\n", "shop"},
        {"at,who,shop,amount,kind,bad\n2020-01-01,a,x,1,k,0\nsoon,a,x,1,k,0\n", "row 2"},
        {"at,who,shop,amount,kind,bad\n,a,x,1,k,0\n", "the time column 'at' is empty"},
        {"at,who,shop,amount,kind,bad\n2020-01-01,a,x,much,k,0\n", "amount"},
        {"at,who,shop,amount,kind,bad\n2020-01-01,a,x,1,k,maybe\n", "not an outcome"},
        {"at,who,shop,amount,kind,bad\n99999999999999999999,a,x,1,k,1\n", "not a time"},
        {"at,who,shop,amount,kind,bad\n2021-01-01,a,x,1,k,1\n", "'split.train': no order"},
        {"at,who,shop,amount,kind,bad\n2020-01-01,a,x,1,k,\n", "'split.train': no order"},
        {"at,who,shop,amount,kind,bad\n", "'split.train': no order"},
    };
    struct history_case c;
    struct error err;

    EACH_ROW(rows, r)
        EXPECT_ERROR(history_case_open(&c, settings, test_file("wrong.csv", r->text), &err), &err,
                     ERR_DATA, r->part);
}

TEST(history_files_that_are_refused)
{
    static const struct {
        const char *path, *value, *part;
    } rows[] = {
        {"seq_len", "0", "'seq_len'"},
        {"seq_len", "\"x\"", "'seq_len'"},
        {"other", "1", "unknown key 'other'"},
        {"by", "[]", "one or two columns"},
        {"by", "[1]", "names of columns"},
        {"by", "[\"a\",\"b\",\"c\"]", "'by'"},
        {"source", "3", "'source'"},
        {"source", "{\"time\": \"at\"}", "'source.outcome'"},
        {"features", "[]", "is empty"},
        {"features", "{}", "not a list"},
        {"features", "[{\"value\": \"column\"}]", "'name' is missing"},
        {"features", "[{\"name\": \"x\", \"value\": \"mode\"}]", "'value' is missing"},
        {"features", "[{\"name\": \"x\", \"value\": \"column\", \"column\": \"x\"}]", "'shift'"},
        {"features",
         "[{\"name\": \"x\", \"value\": \"column\", \"column\": \"x\", \"shift\": 0, \"factor\": "
         "-1}]",
         "'shift'"},
        {"features",
         "[{\"name\": \"x\", \"value\": \"column\", \"column\": \"x\", \"shift\": 0, \"factor\": "
         "1, "
         "\"exponent\": 5000}]",
         "'exponent'"},
        {"features",
         "[{\"name\": \"x\", \"value\": \"column\", \"column\": \"x\", \"type\": \"category\"}]",
         "'values'"},
        {"features",
         "[{\"name\": \"x\", \"value\": \"column\", \"column\": \"x\", \"type\": \"category\", "
         "\"values\": [\"b\", \"a\"]}]",
         "not in order"},
        {"features",
         "[{\"name\": \"x\", \"value\": \"column\", \"column\": \"x\", \"type\": \"category\", "
         "\"values\": [1]}]",
         "no text"},
        {"engineered", "[{\"name\": \"x\", \"value\": \"count\", \"by\": \"who\", \"window\": -1}]",
         "'window' is no duration"},
    };
    const char *path = test_path("history.json");
    struct history_fitted got;
    struct history_case c;
    struct error err = {0};

    load(&c);
    EACH_ROW(rows, r) {
        json_t *document = history_json(&c.fitted);
        json_object_set_new(document, r->path, json_loads(r->value, JSON_DECODE_ANY, NULL));
        EXPECT_OK(json_write(path, document, &err), &err);
        json_decref(document);
        EXPECT_ERROR(history_load(&got, path, &err), &err, ERR_DATA, r->part);
        EXPECT_HAS(err.text, "history.json");
    }
    history_case_close(&c);
}

/* The table of this file as chunks of other types, as requests and Parquet files have them. */
TEST(history_orders_are_the_same_in_every_type)
{
    static const struct table_string who[] = {TEXT("a"), TEXT("a"), TEXT("a"), TEXT("a")},
                                     shop[] = {TEXT("x"), TEXT("x"), TEXT("y"), TEXT("x")};
    static const int64_t micros[] = {START, START + DAY, START + 2 * DAY, START + 3 * DAY},
                         whole[] = {1, 3, 5, 0};
    static const double seconds[] = {START / 1e6, (START + DAY) / 1e6, (START + 2 * DAY) / 1e6,
                                     (START + 3 * DAY) / 1e6};
    static const uint8_t bad[] = {0, 1, 0, 0};
    static const uint64_t first_three[] = {7};
    const struct table_column times_of[] = {
        {.name = "at", .type = TABLE_TIME, .integer = micros},
        {.name = "at", .type = TABLE_INT64, .integer = micros},
        {.name = "at", .type = TABLE_DOUBLE, .number = seconds},
    };
    struct table_column column[] = {
        {0},
        {.name = "who", .type = TABLE_TEXT, .text = who},
        {.name = "shop", .type = TABLE_TEXT, .text = shop},
        {.name = "amount", .type = TABLE_INT64, .integer = whole, .valid = first_three},
        {.name = "kind", .type = TABLE_TEXT, .text = kinds, .valid = first_three},
        {.name = "bad", .type = TABLE_BOOL, .boolean = bad},
        {.name = "further", .type = TABLE_BOOL, .boolean = bad},
    };
    struct history_case c;
    struct error err = {0};

    load(&c);
    EACH_ROW(times_of, time) {
        const struct table_chunk chunk = {.rows = 4, .count = 7, .column = column};
        struct history_orders orders;
        struct history_set set;
        column[0] = *time;
        history_orders_init(&orders, &c.config, NULL);
        EXPECT_OK(history_orders_add(&orders, &chunk, 0, &err), &err);
        EXPECT_EQ(memcmp(orders.time, c.orders.time, 4 * sizeof(int64_t)), 0);
        EXPECT_EQ(memcmp(orders.outcome, c.orders.outcome, 4 * sizeof(double)), 0);
        history_open(&set, &c.fitted, &orders);
        EXPECT_EQ(memcmp(set.numeric, c.set.numeric, 4 * sizeof(float)), 0);
        EXPECT_EQ(memcmp(set.categorical, c.set.categorical, 4 * c.fitted.n_cat * sizeof(int32_t)),
                  0);
        history_close(&set);
        history_orders_clear(&orders);
    }
    history_case_close(&c);
}

TEST(history_orders_say_which_row_is_wrong)
{
    static const struct table_string who[] = {TEXT("a"), TEXT("a")},
                                     when[] = {TEXT("5"), TEXT("?")};
    static const double amount[] = {1, INFINITY};
    const struct table_column column[] = {
        {.name = "at", .type = TABLE_TEXT, .text = when},
        {.name = "who", .type = TABLE_TEXT, .text = who},
        {.name = "shop", .type = TABLE_TEXT, .text = who},
        {.name = "kind", .type = TABLE_TEXT, .text = who},
        {.name = "amount", .type = TABLE_DOUBLE, .number = amount},
    };
    struct table_chunk chunk = {.rows = 2, .count = 5, .column = column};
    struct table_column others[5];
    struct history_orders orders;
    struct history_case c;
    struct error err = {0};

    EXPECT_OK(history_case_settings(&c, settings, &err), &err);
    history_orders_init(&orders, &c.config, NULL);
    EXPECT_ERROR(history_orders_add(&orders, &chunk, 10, &err), &err, ERR_DATA,
                 "row 12: column 'at' is '?', not a time");
    memcpy(others, column, sizeof others);
    others[0] =
        (struct table_column){.name = "at", .type = TABLE_DOUBLE, .number = (double[]){1, 2}};
    chunk.column = others;
    EXPECT_ERROR(history_orders_add(&orders, &chunk, 10, &err), &err, ERR_DATA,
                 "row 12: column 'amount' is infinite");
    chunk.count = 4;
    EXPECT_ERROR(history_orders_add(&orders, &chunk, 0, &err), &err, ERR_DATA,
                 "there is no column 'amount'");
    EXPECT_EQ(orders.rows, 0);
    history_orders_clear(&orders);
    arena_clear(&c.memory);
}
