/* Orders with histories: the same answers from files and over HTTP, and what is wrong with some. */
#include "base/file.h"
#include "base/text.h"
#include "pipeline/bundle_history.h"
#include "serve/support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 600, CUSTOMERS = 9, TERMINALS = 5 };

static const char pipeline[] =
    "name: orders\n"
    "source: {path: orders.csv, time: at, outcome: bad, outcome_after: 2 days}\n"
    "histories:\n"
    "  by: [card, shop]\n"
    "  seq_len: 6\n"
    "  features:\n"
    "    - {name: amount, column: amount, log: true}\n"
    "    - {name: kind, column: kind, type: category}\n"
    "    - {name: bad, column: bad, type: category}\n"
    "  engineered:\n"
    "    - {name: amount, column: amount}\n"
    "split:\n"
    "  train: [2024-01-03, 2024-01-12]\n"
    "  calibration: [2024-01-13, 2024-01-18]\n"
    "  test: [2024-01-19, 2024-01-24]\n"
    "model: {type: temporal_attention, dim_embedding_table: 8, dim_attn_feedforward: 8, "
    "n_layers_order: 1, n_layers_feature: 1, dropout: 0}\n"
    "train: {epochs: 1, batch: 32}\n";

/* Order i: an hour after the one before. */
static void add_order(struct text *out, size_t i)
{
    const size_t mix = i * 2654435761u % 1000003;

    text_add_format(out, "2024-01-%02zu %02zu:00:00,c%zu,s%zu,%zu.%02zu,%s,%zu\n", i / 24 + 1,
                    i % 24, mix % CUSTOMERS, mix / 7 % TERMINALS, mix % 90 + 1, mix % 100,
                    mix % 3 == 0   ? "web"
                    : mix % 3 == 1 ? "shop"
                                   : "",
                    (size_t)(mix % 90 > 70));
}

static void write_orders(const char *name, size_t first, size_t end)
{
    struct text rows = {0};

    text_add_format(&rows, "at,card,shop,amount,kind,bad\n");
    for (size_t i = first; i < end; i++)
        add_order(&rows, i);
    test_file(name, rows.bytes);
    text_clear(&rows);
}

static void run(const char *format, const char *argument)
{
    struct text command = {0};

    text_add_format(&command, "cd %s && ", test_folder());
    text_add_format(&command, format, argument);
    struct test_output output = test_shell("%s", command.bytes);
    if (output.status != 0)
        fail_msg("%s: %s", command.bytes, output.err);
    test_output_clear(&output);
    text_clear(&command);
}

/* The bundle of the test folder, made once. */
static void make_bundle(void)
{
    if (file_exists(test_path("made/bundle/bundle.json")))
        return;
    write_orders("orders.csv", 0, ORDERS);
    test_file("pipeline.yaml", pipeline);
    run("$QUERN run pipeline.yaml --out made --threads 1 --quiet > summary.txt%s", "");
}

static char *read_all(const char *name)
{
    struct error err = {0};
    char *bytes;
    size_t size;

    EXPECT_OK(file_read(test_path(name), (size_t)1 << 30, &bytes, &size, &err), &err);
    return bytes;
}

static void expect_same(const char *a, const char *b)
{
    char *first = read_all(a), *second = read_all(b);

    if (strcmp(first, second) != 0)
        fail_msg("%s is not %s", a, b);
    free(first);
    free(second);
}

TEST(histories_run_gives_the_same_bytes_on_more_threads)
{
    make_bundle();
    run("$QUERN run pipeline.yaml --out again --threads 3 --quiet > /dev/null%s", "");
    expect_same("made/bundle/manifest.json", "again/bundle/manifest.json");
    expect_same("made/report.html", "again/report.html");
    char *summary = read_all("summary.txt");
    EXPECT_HAS(summary, "on the test days");
    EXPECT_HAS(summary, "precision of 100 a day");
    free(summary);
    run("$QUERN run pipeline.yaml --out made 2> skipped.txt > /dev/null%s", "");
    char *skipped = read_all("skipped.txt");
    EXPECT_HAS(skipped, "train        unchanged");
    free(skipped);
}

TEST(histories_of_files_are_those_of_requests)
{
    make_bundle();
    struct server_process server = server_start("%s", test_path("made/bundle"));
    char *rows = read_all("orders.csv");

    run("$QUERN predict made/bundle orders.csv -o one.jsonl --threads 1 --quiet%s", "");
    run("$QUERN predict made/bundle orders.csv -o three.jsonl --threads 3 --quiet%s", "");
    expect_same("one.jsonl", "three.jsonl");
    char *lines = read_all("one.jsonl");
    struct answer answer = ask(server.port, "POST", "/invocations",
                               "Content-Type: text/csv\r\nAccept: application/jsonlines\r\n", rows);
    EXPECT_EQ(answer.status, 200);
    EXPECT_STR(answer.body, lines);
    EXPECT_HAS(lines, "{\"score-percentile\": \"0.");
    EXPECT(!strstr(lines, "e-0"));
    answer_clear(&answer);
    free(lines);
    free(rows);

    /* Explained: the same scores, and a weight for each order. */
    run("$QUERN predict made/bundle orders.csv -o explained.jsonl --explain --quiet%s", "");
    char *explained = read_all("explained.jsonl");
    rows = read_all("orders.csv");
    answer = ask(server.port, "POST", "/invocations?explain=true",
                 "Content-Type: text/csv\r\nAccept: application/jsonlines\r\n", rows);
    EXPECT_STR(answer.body, explained);
    EXPECT_HAS(explained, "\"attention.card\": [0.");
    answer_clear(&answer);
    free(explained);
    free(rows);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(histories_go_on_behind_a_table_of_earlier_orders)
{
    make_bundle();
    write_orders("earlier.csv", 0, 500);
    write_orders("later.csv", 500, ORDERS);
    run("$QUERN predict made/bundle orders.csv -o all.csv --quiet%s", "");
    run("$QUERN predict made/bundle later.csv --history earlier.csv -o later.out.csv --quiet%s",
        "");
    run("tail -n 100 all.csv > tail.csv%s", "");
    expect_same("later.out.csv", "tail.csv");
    run("$QUERN predict made/bundle later.csv -o alone.csv --quiet%s", "");
    char *alone = read_all("alone.csv"), *with = read_all("later.out.csv");
    EXPECT(strcmp(alone, with) != 0);
    free(alone);
    free(with);
    /* The test days are the last of the orders. */
    write_orders("before.csv", 0, 18 * 24);
    write_orders("test.csv", 18 * 24, 24 * 24);
    run("$QUERN evaluate made/bundle test.csv --history before.csv -o evaluation.json%s", "");
    expect_same("evaluation.json", "made/evaluation.json");
}

TEST(histories_are_measured_without_what_was_known)
{
    make_bundle();
    write_orders("before.csv", 0, 18 * 24);
    write_orders("test.csv", 18 * 24, 24 * 24);
    run("$QUERN run pipeline.yaml --out dropped --set split.drop_known=card --set "
        "'split.known_after=15 days' --threads 1 --quiet > dropped.txt%s",
        "");
    run("$QUERN evaluate dropped/bundle test.csv --history before.csv -o evaluation.json%s", "");
    expect_same("evaluation.json", "dropped/evaluation.json");
    char *dropped = read_all("dropped/evaluation.json"), *all = read_all("made/evaluation.json");
    EXPECT(strcmp(dropped, all) != 0);
    free(dropped);
    free(all);
}

/* Append the lists of the last orders of `key` up to order `last`, as arrays or joined. */
static void add_lists(struct text *out, const char *key, size_t by, size_t last, bool joined)
{
    static const char *const names[] = {"at", "", "", "amount", "kind", "bad"};
    char field[ORDERS][6][32];
    size_t count = 0;
    struct text line = {0};

    for (size_t i = 0; i <= last; i++) {
        line.length = 0;
        add_order(&line, i);
        const char *at = line.bytes;
        for (size_t f = 0; f < 6; f++) {
            const size_t length = strcspn(at, ",\n");
            snprintf(field[count][f], sizeof field[count][f], "%.*s", (int)length, at);
            at += length + 1;
        }
        count++;
    }
    for (size_t f = 0; f < 6; f++) {
        bool first = true;
        if (!names[f][0])
            continue;
        text_add_format(out, "%s\"%s.%s\": %s", out->length > 1 ? ", " : "", key, names[f],
                        joined ? "\"" : "[");
        for (size_t i = 0; i < count; i++) {
            /* What was bad is known two days later. */
            const bool unknown = f == 5 && last - i < 48;
            const char *quote = joined ? "" : "\"";
            if (strcmp(field[i][by], field[count - 1][by]) != 0)
                continue;
            text_add_format(out, "%s%s%s%s",
                            first    ? ""
                            : joined ? ";SEP;"
                                     : ", ",
                            quote, unknown ? "" : field[i][f], quote);
            first = false;
        }
        text_add_format(out, joined ? "\"" : "]");
    }
    text_clear(&line);
}

TEST(histories_as_lists_are_those_of_a_table)
{
    enum { LAST = 431 };
    struct text body[2] = {{0}};

    make_bundle();
    struct server_process server = server_start("%s", test_path("made/bundle"));
    write_orders("some.csv", 0, LAST + 1);
    run("$QUERN predict made/bundle some.csv -o some.jsonl --quiet && tail -n 1 some.jsonl > "
        "last.jsonl%s",
        "");
    char *last = read_all("last.jsonl");
    const size_t mix = (size_t)LAST * 2654435761u % 1000003;
    for (size_t joined = 0; joined < 2; joined++) {
        text_add_format(&body[joined], "{");
        add_lists(&body[joined], "card", 1, LAST, joined);
        add_lists(&body[joined], "shop", 2, LAST, joined);
        text_add_format(&body[joined], ", \"amount\": %zu.%02zu}\n", mix % 90 + 1, mix % 100);
        struct answer answer = ask(server.port, "POST", "/invocations",
                                   "Content-Type: application/jsonlines\r\n", body[joined].bytes);
        EXPECT_EQ(answer.status, 200);
        EXPECT_STR(answer.body, last);
        answer_clear(&answer);
        text_clear(&body[joined]);
    }
    free(last);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

static const struct {
    const char *row, *sentence;
} wrong[] = {
    {"{\"at\": \"2024-01-20\", \"card\": \"c1\", \"shop\": \"s1\", \"amount\": \"x\", \"kind\": "
     "\"web\"}",
     "'x' is not a number"},
    {"{\"at\": \"2024-01-20\", \"card\": \"c1\", \"shop\": \"s1\", \"kind\": \"web\"}",
     "\"error\": \"is not there\", \"row\": 2, \"column\": \"amount\""},
    {"{\"at\": \"soon\", \"card\": \"c1\", \"shop\": \"s1\", \"amount\": 1, \"kind\": \"web\"}",
     "column 'at' is 'soon', not a time"},
    {"{\"at\": null, \"card\": \"c1\", \"shop\": \"s1\", \"amount\": 1, \"kind\": \"web\"}",
     "the time column 'at' is empty"},
    {"{\"card.at\": [\"2024-01-02\", \"2024-01-01\"], \"card.amount\": [1, 2], \"card.kind\": "
     "[\"web\", \"web\"]}",
     "history by 'card': time runs backwards: time 2 is before time 1"},
    {"{\"card.at\": [\"2024-01-01\", \"2024-01-02\"], \"card.amount\": [1], \"card.kind\": "
     "[\"web\", \"web\"]}",
     "has 1 values, 'card.at' has 2"},
    {"{\"card.at\": [\"2024-01-01\", \"2024-01-02\"], \"card.amount\": [1, 2]}",
     "\"error\": \"is not there, but the times of 2 orders are\", \"row\": 2, \"column\": "
     "\"card.kind\""},
    {"{\"card.at\": [\"2024-01-01\", \"never\"], \"card.amount\": [1, 2], \"card.kind\": "
     "\"a;SEP;b\"}",
     "value 2"},
    {"{\"card.amount\": [1, 2]}", "has 2 values, 'card.at' has 0"},
    {"{\"card.at\": [\"2024-01-01\"], \"card.amount\": [\"many\"], \"card.kind\": [\"web\"]}",
     "'many'"},
    {"{\"card.at\": [\"2024-01-01\"], \"card.amount\": [Infinity], \"card.kind\": [\"web\"]}",
     "is not finite"},
    {"{\"card.at\": [\"2024-01-01\"], \"card.amount\": [[1]], \"card.kind\": [\"web\"]}",
     "must be a list of plain values"},
};

TEST(histories_at_fault_do_not_spoil_the_others)
{
    make_bundle();
    static const char good[] = "{\"at\": \"2024-01-20\", \"card\": \"new\", \"shop\": null, "
                               "\"amount\": 5, \"kind\": \"none\"}";
    struct server_process server = server_start("%s", test_path("made/bundle"));
    struct text alone = {0};

    text_add_format(&alone, "[%s]", good);
    struct answer answer =
        ask(server.port, "POST", "/invocations", "Content-Type: application/json\r\n", alone.bytes);
    EXPECT_EQ(answer.status, 200);
    char *want = strndup(answer.body, strlen(answer.body) - 3); /* without "]}\n" */
    answer_clear(&answer);
    EACH_ROW(wrong, w) {
        struct text body = {0};
        text_add_format(&body, "{\"instances\": [%s, %s, %s]}", good, w->row, good);
        answer = ask(server.port, "POST", "/invocations", "Content-Type: application/json\r\n",
                     body.bytes);
        EXPECT_EQ(answer.status, 200);
        EXPECT_HAS(answer.body, want);
        EXPECT_HAS(answer.body, "\"row\": 2");
        EXPECT_HAS(answer.body, w->sentence);
        answer_clear(&answer);
        text_clear(&body);
    }
    free(want);
    text_clear(&alone);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

/* Unknown categories, missing numbers and more orders than seq_len are no faults. */
TEST(histories_may_be_long_unknown_and_missing)
{
    static const struct {
        const char *row, *same; /* NULL: any answer */
    } rows[] = {
        {"{\"card.at\": [\"2024-01-01\", \"2024-01-02\"], \"card.amount\": [null, NaN], "
         "\"card.kind\": [\"never seen\", null]}",
         NULL},
        {"{\"card.at\": \"2024-01-01;SEP;2024-01-02\", \"card.amount\": \"1;SEP;2\", "
         "\"card.kind\": \";SEP;web\", \"amount\": 2}",
         "{\"card.at\": [\"2024-01-01\", \"2024-01-02\"], \"card.amount\": [1, 2], \"card.kind\": "
         "[null, \"web\"], \"amount\": 2}"},
        {"{\"card.at\": [1704067200, 1704070800, 1704074400, 1704078000, 1704081600, 1704085200, "
         "1704088800, 1704092400], \"card.amount\": [1, 2, 3, 4, 5, 6, 7, 8], \"card.kind\": "
         "[1, 1, 1, 1, 1, 1, 1, \"web\"]}",
         "{\"card.at\": [1704074400, 1704078000, 1704081600, 1704085200, 1704088800, 1704092400], "
         "\"card.amount\": [3, 4, 5, 6, 7, 8], \"card.kind\": [1, 1, 1, 1, 1, \"web\"]}"},
        /* Without lists, and with lists of the order alone: no order was before it. */
        {"{\"at\": \"2024-01-20 10:00:00\", \"card\": \"c1\", \"shop\": \"s1\", \"amount\": 2, "
         "\"kind\": \"web\"}",
         "{\"shop.at\": [\"2024-01-20 10:00:00\"], \"shop.amount\": [2], \"shop.kind\": [\"web\"], "
         "\"card.at\": [], \"amount\": 2}"},
    };
    make_bundle();
    struct server_process server = server_start("%s", test_path("made/bundle"));

    EACH_ROW(rows, r) {
        struct answer got =
            ask(server.port, "POST", "/invocations", "Content-Type: application/json\r\n", r->row);
        struct answer want = ask(server.port, "POST", "/invocations",
                                 "Content-Type: application/json\r\n", r->same ? r->same : r->row);
        EXPECT_EQ(got.status, 200);
        EXPECT_HAS(got.body, "ProbabilityScore");
        EXPECT_STR(got.body, want.body);
        answer_clear(&got);
        answer_clear(&want);
    }
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(histories_refuse_what_cannot_be)
{
    static const struct {
        const char *command, *sentence;
    } rows[] = {
        {"$QUERN run pipeline.yaml --quiet --out bad --set split.calibration='[2031-01-01, "
         "2031-01-02]'",
         "'split.calibration': no order with an outcome is in that time"},
        {"$QUERN run pipeline.yaml --quiet --out bad --set split.calibration=null",
         "key 'split.calibration': is missing"},
        {"$QUERN run pipeline.yaml --quiet --out bad --set split.train=null", "split.train"},
        {"$QUERN run pipeline.yaml --quiet --out bad --folds 3", "--folds: is not for"},
        {"$QUERN run pipeline.yaml --quiet --out bad --set model.use_mlp=true", "use_mlp"},
        {"$QUERN run pipeline.yaml --quiet --out bad --set "
         "train.early_stopping.patience=3",
         "key 'train.early_stopping.patience': needs split.validation"},
        {"$QUERN run pipeline.yaml --quiet --out bad --set source.time=when", "no column 'when'"},
        {"$QUERN predict made/bundle orders.csv --quiet --history nowhere.csv", "nowhere.csv"},
        {"$QUERN predict made/bundle broken.csv --quiet -o x.csv", "broken.csv': row 2"},
        {"$QUERN predict made/bundle orders.csv --quiet --history broken.csv -o x.csv", "row 2"},
        {"$QUERN split made/bundle -o parts", "one part"},
    };
    make_bundle();
    test_file("broken.csv", "at,card,shop,amount,kind\n2024-01-01,a,b,1,web\nnow,a,b,1,web\n");
    EACH_ROW(rows, r) {
        struct test_output output = test_shell("cd %s && %s", test_folder(), r->command);
        EXPECT(output.status != 0);
        EXPECT_HAS(output.err, r->sentence);
        test_output_clear(&output);
    }
}

TEST(histories_bundle_of_other_sizes_is_refused)
{
    struct bundle_history *history;
    struct error err = {0};

    make_bundle();
    run("$QUERN run pipeline.yaml --set histories.seq_len=4 --out other --quiet > /dev/null%s", "");
    run("cp -r made/bundle mixed && cp other/bundle/model.* mixed%s", "");
    EXPECT_ERROR(bundle_history_open(&history, test_path("mixed"), &err), &err, ERR_DATA,
                 "the model has seq_len 4, history.json has 6");
    run("cp made/bundle/model.safetensors mixed%s", "");
    err = (struct error){0};
    EXPECT_ERROR(bundle_history_open(&history, test_path("mixed"), &err), &err, ERR_DATA,
                 "model.json: 'config' is not that of model.safetensors");
    run("echo '{}' > mixed/calibration.json && cp made/bundle/model.json mixed%s", "");
    err = (struct error){0};
    EXPECT_ERROR(bundle_history_open(&history, test_path("mixed"), &err), &err, ERR_DATA,
                 "calibration.json: 'percentile'");
}

TEST(histories_are_described)
{
    make_bundle();
    run("$QUERN describe made/bundle > described.txt%s", "");
    char *text = read_all("described.txt");
    EXPECT_HAS(text, "temporal attention over orders by card, shop, 6 at most");
    free(text);
}
