/* `quern predict`: files through a bundle. */
#include "support/test.h"

#include "base/file.h"
#include "base/text.h"
#include "pipeline/bundle.h"
#include "table/writer.h"
#include "wire/wire.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

enum { ROWS = 9000 }; /* several blocks */

/* Row i of a made-up table: who has many calls and lives in OH leaves. */
static void add_row(struct text *out, size_t i)
{
    static const char *const states[] = {"KS", "OH", "NJ", "\"O, K\"", ""};
    const size_t mix = i * 2654435761u % 1000003;

    text_add_format(out, "%s,%zu.%zu,555-%04zu,%s,%zu\n", states[mix % 5], mix % 300, mix % 10,
                    i % 10000,
                    mix % 11 == 0 ? ""
                    : mix % 2     ? "yes"
                                  : "no",
                    mix % 7);
}

/* The table without its label, and a bundle trained on it; made once. */
struct scene {
    struct text rows; /* without a header */
    char bundle[256];
};

static const char header[] = "State,Mins,Phone,Plan,Calls\n";

static const struct scene *scene(void)
{
    static struct scene made;
    struct text labelled = {0};

    if (made.rows.length > 0)
        return &made;
    text_add_format(&labelled, "State,Mins,Phone,Plan,Calls,Left\n");
    for (size_t i = 0; i < ROWS; i++) {
        const size_t start = made.rows.length;
        add_row(&made.rows, i);
        const char *row = made.rows.bytes + start;
        const size_t length = made.rows.length - start - 1;
        const bool left = row[length - 1] >= '5' || (row[0] == 'O' && row[length - 1] >= '3');
        text_add(&labelled, row, length);
        text_add_format(&labelled, ",%s\n", left ? "yes" : "no");
    }
    test_file("train.csv", labelled.bytes);
    text_clear(&labelled);
    test_file("pipeline.yaml",
              "name: leavers\n"
              "source: {path: train.csv, label: Left, positive: 'yes', ignore: [Phone]}\n"
              "split: {train: 0.6, validation: 0.2, test: 0.2, seed: 1}\n"
              "steps:\n"
              "  - {columns: [Mins, Calls], impute: median, scale: standard}\n"
              "  - {columns: [State, Plan], impute: {constant: missing}, encode: one_hot}\n"
              "  - {pca: 4}\n"
              "model: {type: trees, rounds: 8, max_depth: 4}\n"
              "output: {threshold: 0.5, labels: ['no', 'yes'], columns: [label]}\n");
    struct test_output run = test_shell("cd %s && $QUERN run pipeline.yaml --out made --quiet "
                                        ">/dev/null",
                                        test_folder());
    if (run.status != 0)
        fail_msg("no bundle: %s", run.err);
    test_output_clear(&run);
    snprintf(made.bundle, sizeof made.bundle, "%s/made/bundle", test_folder());
    return &made;
}

static char *read_all(const char *name)
{
    struct error err = {0};
    char *bytes;
    size_t size;

    EXPECT_OK(file_read(test_path(name), (size_t)1 << 30, &bytes, &size, &err), &err);
    return bytes;
}

static void expect_same_file(const char *a, const char *b)
{
    char *first = read_all(a), *second = read_all(b);

    if (strcmp(first, second) != 0)
        fail_msg("%s is not %s", a, b);
    free(first);
    free(second);
}

/* In the test's folder; stderr on failure. */
static void predict(const char *arguments)
{
    struct test_output run =
        test_shell("cd %s && $QUERN predict made/bundle %s --quiet", test_folder(), arguments);

    if (run.status != 0)
        fail_msg("predict %s: %s", arguments, run.err);
    test_output_clear(&run);
}

/* What a server would answer to each row alone. */
static void answer_rows(const struct scene *s, struct text *out)
{
    const struct wire_limits limits = {.rows = 1, .depth = 32};
    struct arena memory = {0};
    struct bundle *bundle;
    struct error err = {0};
    const size_t *csv;

    EXPECT_OK(bundle_open(&bundle, s->bundle, &err), &err);
    const size_t count = bundle_csv_columns(bundle, &csv);
    for (const char *at = s->rows.bytes; *at;) {
        const size_t length = strcspn(at, "\n") + 1;
        struct wire_rows rows;
        struct frame answer;
        arena_reset(&memory);
        EXPECT_OK(
            wire_decode(&rows, WIRE_CSV, bundle_input(bundle), at, length, &limits, &memory, &err),
            &err);
        bundle_apply(bundle, &rows.frame, &answer, &rows.errors, &memory);
        EXPECT_OK(wire_encode(out, WIRE_JSONL, &answer, csv, count, &rows.errors, &err), &err);
        at += length;
    }
    bundle_close(bundle);
    arena_clear(&memory);
}

TEST(predict_answers_are_those_of_single_rows)
{
    const struct scene *s = scene();
    struct text want = {0};

    test_file("rows.csv", s->rows.bytes);
    answer_rows(s, &want);
    predict("rows.csv -o one.jsonl --threads 1");
    predict("rows.csv -o two.jsonl --threads 2");
    predict("rows.csv -o five.jsonl --threads 5");
    char *got = read_all("one.jsonl");
    EXPECT(strcmp(got, want.bytes) == 0);
    EXPECT_HAS(got, "\"label\": \"yes\"");
    EXPECT_HAS(got, "\"label\": \"no\"");
    free(got);
    expect_same_file("one.jsonl", "two.jsonl");
    expect_same_file("one.jsonl", "five.jsonl");
    text_clear(&want);
}

TEST(predict_formats_agree)
{
    const struct scene *s = scene();
    struct text csv = {0}, lines = {0};

    text_add_format(&csv, "%s%s", header, s->rows.bytes);
    test_file("formats.csv", csv.bytes);
    predict("formats.csv -o formats_csv.jsonl");
    struct test_output made = test_shell("cd %s && gzip -kf formats.csv", test_folder());
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    predict("formats.csv.gz -o formats_gz.jsonl");
    expect_same_file("formats_csv.jsonl", "formats_gz.jsonl");

    /* As JSON lines, with numbers as texts and null for nothing. */
    for (size_t i = 0; i < 3000; i++)
        text_add_format(&lines,
                        "{\"Mins\": %zu.5, \"State\": \"OH\", \"Plan\": null, \"Calls\": "
                        "\"%zu\"}\n",
                        i % 300, i % 7);
    test_file("lines.jsonl", lines.bytes);
    predict("lines.jsonl -o from_lines.jsonl");
    text_clear(&csv);
    for (size_t i = 0; i < 3000; i++)
        text_add_format(&csv, "OH,%zu.5,x,,%zu\n", i % 300, i % 7);
    test_file("same.csv", csv.bytes);
    predict("same.csv -o from_csv.jsonl");
    expect_same_file("from_lines.jsonl", "from_csv.jsonl");
    predict("same.csv");
    predict("lines.jsonl");
    expect_same_file("lines.jsonl.out", "from_lines.jsonl");
    char *labels = read_all("same.csv.out");
    EXPECT(strncmp(labels, "no\n", 3) == 0 || strncmp(labels, "yes\n", 4) == 0);
    free(labels);
    text_clear(&csv);
    text_clear(&lines);
}

enum { TABLE_ROWS = 5000 };

/* The same rows as Parquet, with the types a table would have, and as CSV. */
static void write_tables(void)
{
    static struct table_string state[TABLE_ROWS], plan[TABLE_ROWS];
    static double mins[TABLE_ROWS];
    static int64_t calls[TABLE_ROWS];
    static uint64_t valid[TABLE_ROWS / 64 + 1];
    struct text csv = {0};
    struct error err = {0};

    for (size_t i = 0; i < TABLE_ROWS; i++) {
        state[i] = i % 3 ? (struct table_string){"OH", 2} : (struct table_string){"KS", 2};
        plan[i] = (struct table_string){"yes", 3};
        mins[i] = (double)(i % 300) + 0.5;
        calls[i] = (int64_t)(i % 7);
        valid[i / 64] |= (uint64_t)(i % 5 > 0) << (i % 64);
        text_add_format(&csv, "%s,%zu.5,x,%s,%zu\n", i % 3 ? "OH" : "KS", i % 300,
                        i % 5 ? "yes" : "", i % 7);
    }
    const struct table_column columns[] = {
        {.name = "Calls", .type = TABLE_INT64, .integer = calls},
        {.name = "Mins", .type = TABLE_DOUBLE, .number = mins},
        {.name = "Plan", .type = TABLE_TEXT, .text = plan, .valid = valid},
        {.name = "State", .type = TABLE_TEXT, .text = state},
    };
    EXPECT_OK(table_write(test_path("table.parquet"), columns, 4, TABLE_ROWS, &err), &err);
    test_file("table.csv", csv.bytes);
    text_clear(&csv);
}

TEST(predict_reads_and_writes_parquet)
{
    scene();
    write_tables();
    predict("table.csv -o table_csv.jsonl");
    predict("table.parquet -o table_parquet.jsonl --threads 2");
    expect_same_file("table_csv.jsonl", "table_parquet.jsonl");
    predict("table.parquet -o joined.parquet --join --threads 2");
    predict("joined.parquet -o again.jsonl");
    expect_same_file("table_csv.jsonl", "again.jsonl");
    predict("table.csv -o answers.parquet");
    predict("table.csv -o answers_1.parquet --threads 1");
    struct test_output same =
        test_shell("cd %s && cmp answers.parquet answers_1.parquet", test_folder());
    EXPECT_EQ(same.status, 0);
    test_output_clear(&same);
    struct test_output shown = test_quern("describe %s", test_path("answers.parquet"));
    EXPECT_EQ(shown.status, 0);
    EXPECT_HAS(shown.out, "label");
    EXPECT_HAS(shown.out, "score");
    test_output_clear(&shown);
}

TEST(predict_joins_the_input)
{
    scene();
    static const struct {
        const char *name, *text, *arguments, *want;
    } rows[] = {
        {"j.csv", "Calls,Extra,State,Mins,Plan\n1,\"a \"\"b\"\"\",KS,2.50,no\n",
         "j.csv -o out.csv --join --header",
         "Calls,Extra,State,Mins,Plan,label\n1,\"a \"\"b\"\"\",KS,2.50,no,no\n"},
        {"j.csv", "KS,2.50,x,no,1\r\n", "j.csv -o out.csv --join", "KS,2.50,x,no,1,no\n"},
        {"j.csv", "KS,2.50,x,no,1\n", "j.csv -o out.csv --join --header",
         "State,Mins,Phone,Plan,Calls,label\nKS,2.50,x,no,1,no\n"},
        {"j.csv", "KS,2.50,x,no,1\n", "j.csv -o out.csv --header", "label\nno\n"},
        {"j.jsonl", " {\"State\": \"KS\", \"Mins\": 2, \"Plan\": \"no\", \"Calls\": 1 } \r\n",
         "j.jsonl -o out.jsonl --join --columns label",
         "{\"State\": \"KS\", \"Mins\": 2, \"Plan\": \"no\", \"Calls\": 1, \"SageMakerOutput\": "
         "\"no\"}\n"},
        {"j.jsonl", "\n[\"KS\", 2, 0, \"no\", 1]\n", "j.jsonl -o out.jsonl --join --columns label",
         "{\"SageMakerInput\": [\"KS\", 2, 0, \"no\", 1], \"SageMakerOutput\": \"no\"}\n"},
        {"j.csv", "State,Mins,Plan,Calls\n", "j.csv -o out.csv --header", "label\n"},
        {"j.csv", "\xef\xbb\xbf\n\r\nState,Mins,Plan,Calls\r\n\r\nKS,2,no,1",
         "j.csv -o out.csv --header --join", "State,Mins,Plan,Calls,label\nKS,2,no,1,no\n"},
        {"j.csv", "", "j.csv -o out.csv", ""},
        {"j.jsonl", "\n\n", "j.jsonl -o out.jsonl", ""},
    };
    EACH_ROW(rows, r) {
        test_file(r->name, r->text);
        predict(r->arguments);
        char *got = read_all(strstr(r->arguments, "out.jsonl") ? "out.jsonl" : "out.csv");
        EXPECT_STR(got, r->want);
        free(got);
    }
}

TEST(predict_keeps_records_whole)
{
    struct text csv = {0};

    scene();
    text_add_format(&csv, "State,Mins,Note,Plan,Calls\n");
    for (size_t i = 0; i < ROWS; i++)
        text_add_format(&csv, "KS,%zu,\"line %zu\nwith \"\"quotes\"\" %s\",no,1\n", i % 300, i,
                        i % 2 ? "," : "and a much longer text that fills blocks");
    test_file("quoted.csv", csv.bytes);
    predict("quoted.csv -o quoted.out --join --threads 2");
    char *got = read_all("quoted.out");
    size_t count = 0;
    for (const char *at = got; (at = strstr(at, ",no,1,")); at++)
        count++;
    EXPECT_EQ(count, ROWS);
    free(got);
    text_clear(&csv);
}

TEST(predict_reads_long_headers)
{
    struct text csv = {0};

    scene();
    for (size_t i = 0; i < 60000; i++)
        text_add_format(&csv, "column_%zu,", i);
    test_file("wide.csv", csv.bytes);
    struct test_output run = test_shell("cd %s && $QUERN predict made/bundle wide.csv -o wide.out "
                                        "--quiet",
                                        test_folder());
    EXPECT_EQ(run.status, 1); /* beyond the limit of fields it is no header */
    EXPECT_HAS(run.err, "'wide.csv': row 1 has 60001 fields, not 5");
    test_output_clear(&run);
    text_clear(&csv);
    for (size_t i = 0; i < 19000; i++)
        text_add_format(&csv, "a_column_with_a_long_name_%zu,", i);
    text_add_format(&csv, "State,Mins,Plan,Calls\n%019000dKS,2.5,no,1\n", 0);
    for (char *at = strchr(csv.bytes, '\n') + 1; *at == '0'; at++)
        *at = ',';
    test_file("wide.csv", csv.bytes);
    predict("wide.csv -o wide.out --columns label");
    char *got = read_all("wide.out");
    EXPECT_STR(got, "no\n");
    free(got);
    text_clear(&csv);
}

TEST(predict_faults)
{
    struct text csv = {0};

    scene();
    for (size_t i = 0; i < 8000; i++)
        text_add_format(&csv, i == 7000   ? "KS,abc,x,no,1\n"
                              : i == 7500 ? "KS,1\n"
                                          : "KS,1,x,no,1\n");
    test_file("faulty.csv", csv.bytes);
    struct test_output run = test_shell("cd %s && $QUERN predict made/bundle faulty.csv "
                                        "-o faulty.out --quiet",
                                        test_folder());
    EXPECT_EQ(run.status, 1);
    EXPECT_STR(run.err, "quern: predict: 'faulty.csv': row 7001, column 'Mins': 'abc' is not a "
                        "number\n");
    EXPECT(!file_exists(test_path("faulty.out")));
    test_output_clear(&run);

    predict("faulty.csv -o faulty.jsonl --errors faults.jsonl");
    char *faults = read_all("faults.jsonl");
    EXPECT_STR(faults,
               "{\"file\": \"faulty.csv\", \"fault\": {\"error\": \"'abc' is not a number\", "
               "\"row\": 7001, \"column\": \"Mins\"}}\n"
               "{\"file\": \"faulty.csv\", \"fault\": {\"error\": \"has 2 fields, not 5\", "
               "\"row\": 7501}}\n");
    free(faults);
    char *lines = read_all("faulty.jsonl");
    EXPECT_HAS(lines, "}\n{\"error\": \"'abc' is not a number\", \"row\": 7001, \"column\": "
                      "\"Mins\"}\n{");
    free(lines);
    predict("faulty.csv -o faulty.out --skip-errors");
    char *labels = read_all("faulty.out");
    size_t count = 0;
    for (const char *at = labels; *at; at++)
        count += *at == '\n';
    EXPECT_EQ(count, 8000);
    EXPECT_HAS(labels, "no\n\"\"\nno\n");
    free(labels);
    text_clear(&csv);
}

TEST(predict_refuses)
{
    scene();
    test_file("good.csv", "KS,2.50,x,no,1\n");
    test_file("short.csv", "State,Mins,Plan\nKS,1,no\n");
    test_file("open.csv", "KS,\"1,x,no,1\n");
    test_file("no.txt", "x");
    struct test_output made = test_shell("cd %s && yes KS,1,x,no,1 | head -99999 | gzip | head -c "
                                         "200 >cut.csv.gz; mkdir -p none twice/1 twice/2; cp "
                                         "good.csv twice/1/a.csv; cp good.csv twice/2/a.csv",
                                         test_folder());
    test_output_clear(&made);
    static const struct {
        const char *arguments;
        int status;
        const char *said;
    } rows[] = {
        {"made/bundle gone.csv", 1, "there is no 'gone.csv'"},
        {"made/bundle 'gone*.csv'", 1, "no file matches 'gone*.csv'"},
        {"made/bundle none", 1, "'none' has no .csv, .jsonl or .parquet files"},
        {"made/bundle no.txt", 2, "'no.txt' must end in .csv"},
        {"made/bundle good.csv -o good.csv", 2, "'good.csv' is both input and output"},
        {"made/bundle good.csv -o good.csv.gz", 2, "outputs are not compressed"},
        {"made/bundle good.csv -o x.parquet --join", 2, "--join needs an output in the format"},
        {"made/bundle good.csv --columns label,lable", 2, "it has: label, score"},
        {"made/bundle good.csv --columns ''", 2, "--columns is empty"},
        {"made/bundle short.csv", 1, "'short.csv': the header has no column 'Calls'"},
        {"made/bundle open.csv", 1, "'open.csv': row 1: a quote is never closed"},
        {"made/bundle cut.csv.gz", 1, "cannot read 'cut.csv.gz': the compressed file was cut off"},
        {"made/bundle 'twice/*/a.csv' -o none", 2,
         "two inputs would be written to 'none/a.csv.out'"},
        {"made/bundle good.csv -o none", 0, ""},
        {"made/bundle good.csv -o good.csv/x", 1, "good.csv"},
        {"none good.csv", 1, "bundle 'none'"},
        {"made/bundle", 2, "INPUT"},
    };
    EACH_ROW(rows, r) {
        struct test_output run =
            test_shell("cd %s && $QUERN predict %s --quiet", test_folder(), r->arguments);
        EXPECT_EQ(run.status, r->status);
        EXPECT_HAS(run.err, r->said);
        test_output_clear(&run);
    }
    EXPECT(!file_exists(test_path("short.csv.out")));
    EXPECT(!file_exists(test_path("cut.csv.gz.out")));
    EXPECT(file_exists(test_path("none/good.csv.out")));
}

TEST(predict_takes_many_files)
{
    scene();
    struct test_output made = test_shell(
        "cd %s && mkdir -p many && for i in 1 2 3; do echo KS,$i,x,no,$i >many/$i.csv; done && "
        "echo '[\"KS\", 1, 0, \"no\", 1]' >many/4.jsonl && touch many/notes.txt",
        test_folder());
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    predict("many -o answers/deep");
    predict("'many/[12].csv'");
    static const char *const there[] = {"answers/deep/1.csv.out", "answers/deep/2.csv.out",
                                        "answers/deep/3.csv.out", "answers/deep/4.jsonl.out",
                                        "many/1.csv.out",         "many/2.csv.out"};
    EACH_ROW(there, name)
        EXPECT(file_exists(test_path(*name)));
    EXPECT(!file_exists(test_path("many/3.csv.out")));
    EXPECT(!file_exists(test_path("answers/deep/notes.txt.out")));
}

TEST(predict_asks_the_registry)
{
    scene();
    test_file("one.csv", "KS,2.50,x,no,1\n");
    struct test_output run = test_shell(
        "cd %s && $QUERN registry push made/bundle leavers --registry reg --alias champion && "
        "$QUERN predict registry:leavers@champion one.csv -o asked.csv --registry reg --quiet && "
        "QUERN_REGISTRY=reg $QUERN predict registry:leavers/1 one.csv --quiet && "
        "cmp asked.csv one.csv.out",
        test_folder());
    EXPECT_STR(run.err, "");
    EXPECT_EQ(run.status, 0);
    test_output_clear(&run);
    run = test_shell("cd %s && $QUERN predict registry:leavers@none one.csv --registry reg",
                     test_folder());
    EXPECT_EQ(run.status, 1);
    EXPECT_HAS(run.err, "champion");
    test_output_clear(&run);
}

struct feeding {
    int feed;
    const char *partial;
};

/* Another piece of an endless input; done once the output has begun. */
static bool feed_until_written(const void *context)
{
    const struct feeding *feeding = context;
    char block[12 * 1000];

    for (size_t i = 0; i < sizeof block; i += 12)
        memcpy(block + i, "KS,1,x,no,1\n", 12);
    /* What does not fit now is not missed: the pipe does not block. */
    return write(feeding->feed, block, sizeof block) == 0 || file_exists(feeding->partial);
}

TEST(predict_killed_leaves_no_output)
{
    scene();
    char pipe_path[512], out[512], partial[600];

    snprintf(pipe_path, sizeof pipe_path, "%s", test_path("endless.csv"));
    snprintf(out, sizeof out, "%s", test_path("endless.out"));
    EXPECT_EQ(mkfifo(pipe_path, 0600), 0);
    const int feed = open(pipe_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    EXPECT(feed >= 0);
    const pid_t child = fork();
    if (child == 0) {
        const char *program = getenv("QUERN");
        char bundle[512];
        snprintf(bundle, sizeof bundle, "%s/made/bundle", test_folder());
        execl(program, program, "predict", bundle, pipe_path, "--output", out, "--quiet", NULL);
        _exit(127);
    }
    snprintf(partial, sizeof partial, "%s/.endless.out.partial-%d", test_folder(), (int)child);
    const struct feeding feeding = {feed, partial};
    EXPECT(test_wait_until(feed_until_written, &feeding, child));
    EXPECT(!file_exists(out));
    kill(child, SIGKILL);
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    close(feed);
    EXPECT(!file_exists(out));

    /* What it left goes with the next run to the same name. */
    EXPECT(file_exists(partial));
    unlink(pipe_path);
    test_file("endless.csv", "KS,1,x,no,1\n");
    struct test_output run =
        test_quern("predict %s/made/bundle %s --output %s --quiet", test_folder(), pipe_path, out);
    EXPECT_EQ(run.status, 0);
    test_output_clear(&run);
    EXPECT(file_exists(out) && !file_exists(partial));
}
