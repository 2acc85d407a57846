#include "base/config.h"

#include "base/arena.h"
#include "base/text.h"
#include "base/yaml.h"
#include "support/test.h"

struct settings {
    size_t epochs, seed;
    double rate, free;
    bool shuffle;
    const char *title, *path;
    int keep;
    const char *metric;
    size_t patience;
};

static const char *const keeps[] = {"last", "first", NULL};

static const struct config_field fields[] = {
    CONFIG_SIZE(struct settings, epochs, 5, 1, 10000, "passes over the data"),
    CONFIG_SIZE(struct settings, seed, 24, 0, 9e15, "seed"),
    CONFIG_NUMBER(struct settings, rate, 1e-3, 1e-8, 1, "step size"),
    CONFIG_NUMBER(struct settings, free, -2.5, 0, 0, "any number"),
    CONFIG_BOOL(struct settings, shuffle, true, "shuffle"),
    CONFIG_TEXT(struct settings, title, "a title", "title"),
    CONFIG_TEXT(struct settings, path, NULL, "path"),
    CONFIG_CHOICE(struct settings, keep, 0, keeps, "what is kept"),
    {.name = "early_stopping.metric",
     .type = CONFIG_TYPE_TEXT,
     .offset = offsetof(struct settings, metric),
     .text = "auc",
     .help = "watched"},
    {.name = "early_stopping.patience",
     .type = CONFIG_TYPE_SIZE,
     .offset = offsetof(struct settings, patience),
     .number = 3,
     .max = 100,
     .help = "epochs without a gain"},
    CONFIG_END,
};

static const char *const others[] = {"space", NULL};

static bool read_text(const char *text, const char *set, struct settings *out, struct arena *memory,
                      struct error *err)
{
    const struct config_part part[] = {{fields, out}, {NULL, NULL}};
    struct yaml tree = {0};
    bool ok =
        yaml_parse(&tree, "p.yaml", text, strlen(text), err) && (!set || yaml_set(&tree, set, err));

    config_defaults(out, fields);
    ok = ok && config_read(yaml_find(tree.root, "train"), part, others, memory, err);
    yaml_clear(&tree);
    return ok;
}

static void expect_equal(const struct settings *a, const struct settings *b)
{
    EXPECT_EQ(a->epochs, b->epochs);
    EXPECT_EQ(a->seed, b->seed);
    EXPECT(a->rate == b->rate);
    EXPECT(a->free == b->free);
    EXPECT_EQ(a->shuffle, b->shuffle);
    EXPECT_STR(a->title, b->title);
    EXPECT_EQ(!a->path, !b->path);
    if (a->path)
        EXPECT_STR(a->path, b->path);
    EXPECT_EQ(a->keep, b->keep);
    EXPECT_STR(a->metric, b->metric);
    EXPECT_EQ(a->patience, b->patience);
}

TEST(config_defaults_fill_every_member)
{
    struct settings s;

    memset(&s, 0xee, sizeof s);
    config_defaults(&s, fields);
    expect_equal(&s, &(struct settings){5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "auc", 3});
}

TEST(config_reads_values)
{
    static const struct {
        const char *text;
        struct settings want;
    } rows[] = {
        {"x: 1\n", {5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "auc", 3}},
        {"train:\n", {5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "auc", 3}},
        {"train: {epochs: ~, title: null}\n",
         {5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "auc", 3}},
        {"train: {epochs: 7, seed: 9000000000000000, rate: 1e-2, free: -1.5e+3, shuffle: no}\n",
         {7, 9000000000000000, 1e-2, -1500, false, "a title", NULL, 0, "auc", 3}},
        {"train: {title: 5, path: 'null', keep: \"first\"}\n",
         {5, 24, 1e-3, -2.5, true, "5", "null", 1, "auc", 3}},
        {"train:\n  early_stopping: {metric: loss, patience: 0}\n",
         {5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "loss", 0}},
        {"train: {space: [1, 2], epochs: 5}\n",
         {5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "auc", 3}},
        {"train:\n  early_stopping:\n", {5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "auc", 3}},
    };
    struct arena memory = {0};

    EACH_ROW(rows, r) {
        struct settings s;
        struct error err = {0};
        EXPECT_OK(read_text(r->text, NULL, &s, &memory, &err), &err);
        expect_equal(&s, &r->want);
    }
    arena_clear(&memory);
}

TEST(config_refuses_with_place_and_key)
{
    static const struct {
        const char *text, *set, *sentence;
    } rows[] = {
        {"train:\n  epochs: abc\n", NULL,
         "p.yaml:2: key 'train.epochs': must be a whole number from 1 to 10000, not 'abc'"},
        {"train: {epochs: 0}\n", NULL, "p.yaml:1: key 'train.epochs': must be a whole number"},
        {"train: {epochs: -1}\n", NULL, "not '-1'"},
        {"train: {epochs: 1.5}\n", NULL, "not '1.5'"},
        {"train: {epochs: 1e3}\n", NULL, "not '1e3'"},
        {"train: {epochs: 1_000}\n", NULL, "not '1_000'"},
        {"train: {epochs: 99999999999999999999}\n", NULL, "not '99999999999999999999'"},
        {"train: {epochs: \"5\"}\n", NULL, "not the text '5' in quotes"},
        {"train: {epochs: [5]}\n", NULL, "must be a whole number from 1 to 10000, not a list"},
        {"train: {seed: x}\n", NULL, "key 'train.seed': must be a whole number of at least 0"},
        {"train: {rate: 2}\n", NULL,
         "p.yaml:1: key 'train.rate': must be a number from 1e-08 to 1, not '2'"},
        {"train: {rate: .nan}\n", NULL, "not '.nan'"},
        {"train: {free: inf}\n", NULL, "key 'train.free': must be a number, not 'inf'"},
        {"train: {shuffle: maybe}\n", NULL,
         "key 'train.shuffle': must be true or false, not 'maybe'"},
        {"train: {title: [a]}\n", NULL, "key 'train.title': must be text, not a list"},
        {"train: {title: {a: b}}\n", NULL, "key 'train.title': must be text, not a map"},
        {"train: {keep: middle}\n", NULL,
         "key 'train.keep': must be one of last, first, not 'middle'"},
        {"train:\n\n  epcohs: 3\n", NULL,
         "p.yaml:3: unknown key 'train.epcohs'; did you mean 'epochs'?"},
        {"train: {zebra: 3}\n", NULL,
         "unknown key 'train.zebra'; known here: epochs, seed, rate, free, shuffle, title, "
         "path, keep, early_stopping, space"},
        {"train: {early_stopping: 3}\n", NULL,
         "key 'train.early_stopping': must be a map of settings, not a value"},
        {"train: {early_stopping: {patients: 3}}\n", NULL,
         "unknown key 'train.early_stopping.patients'; did you mean 'patience'?"},
        {"train: {early_stopping: {patience: {x: 1}}}\n", NULL,
         "key 'train.early_stopping.patience': must be a whole number from 0 to 100, not a map"},
        {"train: {early_stopping: {space: 3}}\n", NULL, "unknown key 'train.early_stopping.space'"},
        {"train: [1]\n", NULL, "p.yaml:1: key 'train': must be a map of settings, not a list"},
        {"train: yes\n", NULL, "p.yaml:1: key 'train': must be a map of settings, not a value"},
        {"train: {epochs: 3}\n", "train.epochs=abc",
         "--set train.epochs=abc: key 'train.epochs': must be a whole number from 1 to 10000, not "
         "'abc'"},
        {"a: 1\n", "train.epoch=3", "--set train.epoch=3: unknown key 'train.epoch'; did you mean"},
    };
    struct arena memory = {0};

    EACH_ROW(rows, r) {
        struct settings s;
        struct error err = {0};
        EXPECT_ERROR(read_text(r->text, r->set, &s, &memory, &err), &err, ERR_CONFIG, r->sentence);
    }
    arena_clear(&memory);
}

TEST(config_writes_what_reads_back_equal)
{
    static const struct settings rows[] = {
        {5, 24, 1e-3, -2.5, true, "a title", NULL, 0, "auc", 3},
        {10000, 0, 0.1, 1.0 / 3, false, "", "raw/impressions.parquet", 1, "loss", 0},
        {1, 1, 0.30000000000000004, 5e-324, true, "null", "true", 0, "5", 1},
        {1, 1, 1, -0.0, true, "tab\t \"quoted\" back\\slash\n: # line", "\xc3\xa9\xe2\x80\xa8x", 1,
         "~", 1},
        {1, 1, 1, 1e300, true, "\xc2\x85\xef\xbb\xbf\x7f\x01", " space ", 1, "- x", 1},
        {1, 1, 1, 1, true, "\xf0\x9f\x98\x80 [a, {b}]", "*.csv", 1, "%x", 1},
    };
    struct arena memory = {0};

    EACH_ROW(rows, r) {
        struct text text = {0};
        struct settings s;
        struct error err = {0};
        text_add_format(&text, "train:\n");
        config_write(&text, fields, r, 2);
        EXPECT_OK(read_text(text.bytes, NULL, &s, &memory, &err), &err);
        expect_equal(&s, r);
        text_clear(&text);
    }
    arena_clear(&memory);
}

TEST(config_writes_readable_yaml)
{
    struct settings s;
    struct text text = {0};

    config_defaults(&s, fields);
    config_write(&text, fields, &s, 2);
    EXPECT_STR(text.bytes, "  epochs: 5\n  seed: 24\n  rate: 0.001\n  free: -2.5\n"
                           "  shuffle: true\n  title: \"a title\"\n  keep: last\n"
                           "  early_stopping:\n    metric: auc\n    patience: 3\n");
    text_clear(&text);
}

TEST(config_reference_has_a_row_per_key)
{
    struct text text = {0};

    config_write_reference(&text, NULL, fields);
    EXPECT_HAS(text.bytes,
               "| `epochs` | whole number, 1 to 10000 | `5` | passes over the data |\n");
    EXPECT_HAS(text.bytes, "| `path` | text | none | path |\n");
    EXPECT_HAS(text.bytes, "| `keep` | `last`, `first` | `last` | what is kept |\n");
    EXPECT_HAS(text.bytes, "| `shuffle` | true or false | `true` | shuffle |\n");
    EXPECT_HAS(text.bytes, "| `early_stopping.patience` | whole number, 0 to 100 | `3` |");
    text_clear(&text);
}

struct listed {
    const char *list;
};

static const struct config_field list_fields[] = {
    CONFIG_LIST(struct listed, list, "some"),
    CONFIG_END,
};

/* A list is JSON in memory, and reads back equal from what is written of it. */
TEST(config_reads_and_writes_lists)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
        const char *part;
    } rows[] = {
        {"list: [a, [b, 5], []]", "[\"a\", [\"b\", \"5\"], []]", NULL},
        {"list: [['x \"y\"', 'back\\slash'], \"tab\\t\"]",
         "[[\"x \\\"y\\\"\", \"back\\\\slash\"], \"tab\\u0009\"]", NULL},
        {"list:\n- - tv\n  - r\u00e9seau\n", "[[\"tv\", \"r\u00e9seau\"]]", NULL},
        {"list: []", "[]", NULL},
        {"list: word", "word", NULL},
        {"list: [[a, [b]]]", NULL, "p.yaml:1: key 'list[0][1]': must be text, not a list"},
        {"list: [{a: b}]", NULL, "p.yaml:1: key 'list[0]': must be text, not a map"},
        {"list: {a: b}", NULL, "p.yaml:1: key 'list': must be a list, not a map"},
    };

    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct listed read = {0}, again = {0};
        const struct config_part part[] = {{list_fields, &read}, {NULL, NULL}};
        const struct config_part second[] = {{list_fields, &again}, {NULL, NULL}};
        struct text written = {0};
        struct yaml tree = {0};
        struct error err = {0};
        EXPECT_OK(yaml_parse(&tree, "p.yaml", r->text, strlen(r->text), &err), &err);
        if (r->want) {
            EXPECT_OK(config_read(tree.root, part, NULL, &memory, &err), &err);
            EXPECT_STR(read.list, r->want);
            config_write(&written, list_fields, &read, 0);
            yaml_clear(&tree);
            EXPECT_OK(yaml_parse(&tree, "w.yaml", written.bytes, written.length, &err), &err);
            EXPECT_OK(config_read(tree.root, second, NULL, &memory, &err), &err);
            EXPECT_STR(again.list, r->want);
        } else {
            EXPECT_ERROR(config_read(tree.root, part, NULL, &memory, &err), &err, ERR_CONFIG,
                         r->part);
        }
        yaml_clear(&tree);
        text_clear(&written);
        arena_clear(&memory);
    }
}
