#include "pipeline/config.h"

#include "base/file.h"

#include "support/test.h"

#define SOURCE "source: {path: x.csv, entity: u, time: t, token: c, outcome: o}\n"

static bool parse(struct pipeline_config *config, const char *text, const char *set,
                  struct error *err)
{
    return pipeline_config_parse(config, "p.yaml", text, strlen(text), &set, set != NULL, err);
}

/* The file of the design, word for word. */
static const char design[] =
    "name: attribution\n"
    "source: {path: raw/impressions.parquet, entity: uid, time: timestamp, token: campaign, "
    "outcome: conversion}\n"
    "journey: {ends_at: outcome, max_length: 10, keep: last}\n"
    "split: {by: entity, train: 0.8, test: 0.1, val: 0.1, seed: 24}\n"
    "model: {type: journey_attention, embedding: 20, lstm: 64, dropout: 0.1, recurrent_dropout: "
    "0.1}\n"
    "train: {epochs: 5, batch: 64, learning_rate: 0.001, oversample: true, early_stopping: "
    "{metric: auc, patience: 3}}\n"
    "search: {trials: 10, parallel: 2, maximize: test.auc, space: {learning_rate: {log: [0.001, "
    "0.2]}, lstm: {int: [64, 256]}}}\n"
    "report: attribution\n";

TEST(pipeline_config_reads_the_attribution_file)
{
    struct pipeline_config c = {0};
    struct error err = {0};

    EXPECT_OK(parse(&c, design, NULL, &err), &err);
    EXPECT_STR(c.name, "attribution");
    EXPECT_STR(c.system->type, "journey_attention");
    EXPECT_STR(c.source.path, "raw/impressions.parquet");
    EXPECT_STR(c.source.outcome, "conversion");
    EXPECT_STR(c.journey.path, "raw/impressions.parquet");
    EXPECT_STR(c.journey.token, "campaign");
    EXPECT(!c.source.query);
    EXPECT_EQ(c.source.time_unit, TIME_UNIT_AUTO);
    EXPECT_EQ(c.journey.max_length, 10);
    EXPECT_EQ(c.split.seed, 24);
    EXPECT(c.split.train == 0.8);
    EXPECT_EQ(c.model.journey_attention.lstm, 64);
    EXPECT_EQ(c.train.early_stopping.patience, 3);
    EXPECT(c.train.learning_rate == 0.001);
    EXPECT_EQ(c.report, PIPELINE_REPORT_ATTRIBUTION);
    EXPECT_EQ(c.search.trials, 10);
    EXPECT_EQ(c.search.parallel, 2);
    EXPECT_STR(c.search.maximize, "test.auc");
    EXPECT_EQ(c.search.ranges, 2);
    EXPECT_STR(c.search.range[0].key, "train.learning_rate");
    EXPECT_EQ(c.search.range[0].kind, SEARCH_LOG);
    EXPECT(c.search.range[0].high == 0.2);
    EXPECT_STR(c.search.range[1].key, "model.lstm");
    EXPECT_EQ(c.search.range[1].kind, SEARCH_INT);
    EXPECT(c.search.range[1].low == 64 && c.search.range[1].high == 256);
    pipeline_config_clear(&c);
}

TEST(pipeline_config_reads_the_app)
{
    const char *const set[] = {"source.path=a.parquet", "train.epochs=2"};
    struct pipeline_config c = {0};
    struct error err = {0};

    EXPECT_OK(pipeline_config_load(&c, test_source("apps/attribution/pipeline.yaml"), set, 2, &err),
              &err);
    EXPECT_STR(c.source.path, "a.parquet");
    EXPECT_EQ(c.train.epochs, 2);
    EXPECT_EQ(c.search.ranges, 6);
    pipeline_config_clear(&c);
}

TEST(pipeline_config_has_the_old_tuner_as_default_space)
{
    static const struct {
        const char *key;
        enum search_kind kind;
        double low, high;
    } rows[] = {
        {"train.learning_rate", SEARCH_LOG, 0.001, 0.2},
        {"model.embedding", SEARCH_INT, 20, 100},
        {"model.lstm", SEARCH_INT, 64, 256},
        {"model.dropout", SEARCH_LOG, 0.001, 0.3},
        {"model.recurrent_dropout", SEARCH_LOG, 0.001, 0.3},
        {"train.epochs", SEARCH_INT, 10, 50},
    };
    struct pipeline_config c = {0};
    struct error err = {0};

    EXPECT_OK(parse(&c, SOURCE, NULL, &err), &err);
    EXPECT_EQ(c.search.trials, 10);
    EXPECT_EQ(c.search.parallel, 2);
    EXPECT_STR(c.search.maximize, "test.auc");
    EXPECT_EQ(c.search.ranges, 6);
    EACH_ROW(rows, r) {
        EXPECT_STR(c.search.range[test_row].key, r->key);
        EXPECT_EQ(c.search.range[test_row].kind, r->kind);
        EXPECT(c.search.range[test_row].low == r->low && c.search.range[test_row].high == r->high);
    }
    pipeline_config_clear(&c);
    EXPECT_OK(parse(&c, SOURCE, "search.method=halving", &err), &err);
    EXPECT_EQ(c.search.ranges, 5);
    pipeline_config_clear(&c);
}

TEST(pipeline_config_refuses_with_line_and_key)
{
    static const struct {
        const char *text, *set, *sentence;
    } rows[] = {
        {"[1]", NULL, "p.yaml:1: a pipeline file must be a map of keys and values"},
        {"x", NULL, "p.yaml:1: a pipeline file must be a map of keys and values"},
        {"soruce: {}\n", NULL, "p.yaml:1: unknown key 'soruce'; did you mean 'source'?"},
        {SOURCE "steps: []\n", NULL,
         "p.yaml:2: unknown key 'steps'; known here: name, report, source"},
        {SOURCE "model: {type: forest}\n", NULL,
         "p.yaml:2: key 'model.type': must be one of journey_attention, trees, temporal_attention, "
         "PrevMonthSale, "
         "SameMonthLastYearSales, Ridge, CustomModel, not 'forest'"},
        {SOURCE "model: {type: [a]}\n", NULL,
         "p.yaml:2: key 'model.type': must be one of journey_attention"},
        {SOURCE "model: {lsmt: 3}\n", NULL,
         "p.yaml:2: unknown key 'model.lsmt'; did you mean 'lstm'?"},
        {SOURCE "model: 5\n", NULL,
         "p.yaml:2: key 'model': must be one of journey_attention, trees, "},
        {SOURCE "train:\n  epochs: abc\n", NULL,
         "p.yaml:3: key 'train.epochs': must be a whole number from 1 to 100000, not 'abc'"},
        {SOURCE, "train.epochs=abc",
         "--set train.epochs=abc: key 'train.epochs': must be a whole number from 1 to 100000, not "
         "'abc'"},
        {SOURCE "report: attributoin\n", NULL,
         "p.yaml:2: key 'report': must be one of attribution, tabular, forecast, history, none, "
         "not "
         "'attributoin'"},
        {SOURCE "name: [x]\n", NULL, "p.yaml:2: key 'name': must be text, not a list"},
        {"name: x\n", NULL, "p.yaml: key 'source.path': is missing; name a file"},
        {"name: x\nsource:\n  entity: u\n", NULL, "p.yaml:2: key 'source.path': is missing"},
        {"source:\n  path: a\n  query: b\n", NULL,
         "p.yaml:3: key 'source.query': 'source.path' is given too; leave one out"},
        {"source: {path: ''}\n", NULL, "p.yaml:1: key 'source.path': is empty"},
        {"source: {query: selec 1}\n", NULL,
         "p.yaml:1: key 'source.query': must begin with SELECT, WITH or FROM, not 'selec 1'"},
        {"source: {path: a, entity: u, time: t, token: c}\n", NULL,
         "p.yaml:1: key 'source.outcome': is missing; name a column"},
        {"source:\n  path: a\n  entity: u\n  time: t\n  token: u\n  outcome: o\n", NULL,
         "p.yaml:5: key 'source.token': column 'u' is already 'source.entity'"},
        {SOURCE "journey: {max_length: 0}\n", NULL,
         "p.yaml:2: key 'journey.max_length': must be a whole number from 1"},
        {SOURCE "journey: {ends_at: week}\n", NULL,
         "p.yaml:2: key 'journey.ends_at': must be one of outcome, not 'week'"},
        {SOURCE "split: {by: row}\n", NULL,
         "p.yaml:2: key 'split.by': must be one of entity, not 'row'"},
        {SOURCE "split: {train: 0.8, test: 0.3}\n", NULL,
         "p.yaml:2: key 'split': train, test and val must add up to 1, not 1.2"},
        {SOURCE "split: {train: 0, test: 0.9}\n", NULL,
         "p.yaml:2: key 'split.train': must be above 0"},
        {SOURCE "search: {trials: 0}\n", NULL,
         "p.yaml:2: key 'search.trials': must be a whole number from 1 to 10000, not '0'"},
        {SOURCE "search: {tirals: 2}\n", NULL,
         "unknown key 'search.tirals'; did you mean 'trials'"},
        {SOURCE "search:\n  maximize: test.auc\n  minimize: val.loss\n", NULL,
         "p.yaml:4: key 'search.minimize': 'search.maximize' is given too; leave one out"},
        {SOURCE "search: {maximize: test.acu}\n", NULL,
         "p.yaml:2: key 'search.maximize': must be auc or loss of train, test or val, such as "
         "test.auc, not 'test.acu'"},
        {SOURCE "search: {space: [1]}\n", NULL,
         "p.yaml:2: key 'search.space': must be a map of 1 to 64 settings to search over"},
        {SOURCE "search: {space: {lstm: 5}}\n", NULL,
         "key 'search.space.lstm': must be one of {log: [a, b]}, {linear: [a, b]}, {int: [a, b]}, "
         "{choice: [a, b, ...]}"},
        {SOURCE "search: {space: {lstm: {itn: [1, 2]}}}\n", NULL,
         "unknown key 'search.space.lstm.itn'; did you mean 'int'?"},
        {SOURCE "search: {space: {lstm: {int: [1]}}}\n", NULL,
         "key 'search.space.lstm.int': must be [lowest, highest]"},
        {SOURCE "search: {space: {lstm: {int: [1, 2.5]}}}\n", NULL,
         "key 'search.space.lstm.int[1]': must be a whole number, not '2.5'"},
        {SOURCE "search: {space: {lstm: {int: [9, 2]}}}\n", NULL,
         "key 'search.space.lstm.int': the lowest value, 9, is above the highest, 2"},
        {SOURCE "search: {space: {lstm: {linear: [1, 2]}}}\n", NULL,
         "key 'search.space.lstm': is a whole number: use {int: [a, b]} or {choice: [...]}"},
        {SOURCE "search: {space: {lstm: {int: [0, 2]}}}\n", NULL,
         "p.yaml:2: key 'search.space.lstm': must stay within 1 and "},
        {SOURCE "search: {space: {learning_rate: {log: [0, 0.1]}}}\n", NULL,
         "key 'search.space.learning_rate.log': a log range must be above 0, not from 0"},
        {SOURCE "search: {space: {learning_rate: {log: [a, 0.1]}}}\n", NULL,
         "key 'search.space.learning_rate.log[0]': must be a number, not 'a'"},
        {SOURCE "search: {space: {mask: {int: [0, 1]}}}\n", NULL,
         "key 'search.space.mask': is not a number: use {choice: [...]}"},
        {SOURCE "search: {space: {mask: {choice: [true, 3]}}}\n", NULL,
         "key 'search.space.mask': must be true or false, not '3'"},
        {SOURCE "search: {space: {mask: {choice: []}}}\n", NULL,
         "key 'search.space.mask.choice': must be a list of 1 to 64 values"},
        {SOURCE "search:\n  space:\n    max_length: {int: [5, 9]}\n", NULL,
         "p.yaml:4: key 'search.space.max_length': is not a setting of 'model' or 'train'"},
        {SOURCE "search: {space: {split.seed: {int: [5, 9]}}}\n", NULL,
         "key 'search.space.split.seed': is not a setting of 'model' or 'train'"},
        {SOURCE "search: {space: {lstm: {int: [5, 9]}, model.lstm: {int: [5, 9]}}}\n", NULL,
         "key 'search.space.model.lstm': is the same setting as an earlier range"},
        {SOURCE "search: {method: halving, min_epochs: 50}\ntrain: {epochs: 20}\n", NULL,
         "p.yaml:2: key 'search.min_epochs': must be at most train.epochs, 20, not 50"},
        {SOURCE "search: {method: halving, space: {epochs: {int: [5, 9]}}}\n", NULL,
         "key 'search.space': must not vary 'epochs': halving sets the epochs"},
        {SOURCE, "search.space={lstm: {int: [9, 2]}}",
         "--set search.space={lstm: {int: [9, 2]}}: key 'search.space.lstm.int': the lowest"},
        {SOURCE, "source.entity=t", "--set source.entity=t: key"},
    };
    EACH_ROW(rows, r) {
        struct pipeline_config c = {0};
        struct error err = {0};
        if (test_row == (int)(sizeof rows / sizeof *rows) - 1)
            EXPECT_ERROR(parse(&c, r->text, r->set, &err), &err, ERR_CONFIG,
                         "key 'source.time': column 't' is already 'source.entity'");
        else
            EXPECT_ERROR(parse(&c, r->text, r->set, &err), &err, ERR_CONFIG, r->sentence);
        EXPECT(!c.file);
    }
}

TEST(pipeline_config_finds_nested_and_dotted_search_keys)
{
    struct pipeline_config c = {0};
    struct error err = {0};

    EXPECT_OK(parse(&c,
                    SOURCE "search: {space: {early_stopping.patience: {int: [1, 3]}, "
                           "train.early_stopping.metric: {choice: [auc, loss]}, train.batch: "
                           "{choice: [32, 64]}, mask: {choice: [true, false]}}}\n",
                    NULL, &err),
              &err);
    EXPECT_STR(c.search.range[0].key, "train.early_stopping.patience");
    EXPECT_STR(c.search.range[1].key, "train.early_stopping.metric");
    EXPECT_STR(c.search.range[2].key, "train.batch");
    EXPECT_STR(c.search.range[3].key, "model.mask");
    EXPECT_OK(pipeline_config_set(&c, "train.early_stopping.patience", "7", &err), &err);
    EXPECT_EQ(c.train.early_stopping.patience, 7);
    EXPECT_ERROR(pipeline_config_set(&c, "train.batch", "x", &err), &err, ERR_CONFIG,
                 "key 'train.batch': must be a whole number from 1 to 65536, not 'x'");
    EXPECT_ERROR(pipeline_config_set(&c, "train.x", "1", &err), &err, ERR_CONFIG,
                 "unknown key 'train.x'");
    EXPECT_ERROR(pipeline_config_set(&c, "nodot", "1", &err), &err, ERR_CONFIG,
                 "unknown key 'nodot'");
    pipeline_config_clear(&c);
}

TEST(pipeline_config_written_reads_back_the_same)
{
    static const struct {
        const char *text, *set;
    } rows[] = {
        {design, NULL},
        {SOURCE, NULL},
        {design, "name=null"},
        {design, "source.path=dir with space/*.csv: #\"x\"\\"},
        {"source: {query: \"select *\\n from t\\u2028\", entity: 'a.b', time: \"5\", token: "
         "'true', "
         "outcome: \"\xc3\xa9\"}\n",
         NULL},
        {SOURCE "search: {method: halving, minimize: val.loss, space: {dropout: {linear: [0, "
                "0.30000000000000004]}, early_stopping.metric: {choice: ['auc', loss]}}}\n",
         "train.learning_rate=0.1234567890123456"},
    };
    EACH_ROW(rows, r) {
        struct pipeline_config c = {0}, again = {0};
        struct text first = {0}, second = {0};
        struct error err = {0};
        EXPECT_OK(parse(&c, r->text, r->set, &err), &err);
        pipeline_config_write(&c, &first);
        EXPECT_OK(parse(&again, first.bytes, NULL, &err), &err);
        pipeline_config_write(&again, &second);
        EXPECT_STR(second.bytes, first.bytes);
        EXPECT_STR(again.name, c.name);
        EXPECT(again.train.learning_rate == c.train.learning_rate);
        if (c.source.path)
            EXPECT_STR(again.source.path, c.source.path);
        else
            EXPECT_STR(again.source.query, c.source.query);
        EXPECT_STR(again.source.entity, c.source.entity);
        EXPECT_STR(again.source.outcome, c.source.outcome);
        pipeline_config_clear(&c);
        pipeline_config_clear(&again);
        text_clear(&first);
        text_clear(&second);
    }
}

TEST(pipeline_config_section_changes_only_with_its_settings)
{
    struct pipeline_config a = {0}, b = {0};
    struct error err = {0};
    static const enum pipeline_section_id sections[] = {
        PIPELINE_SECTION_SOURCE, PIPELINE_SECTION_JOURNEY, PIPELINE_SECTION_SPLIT,
        PIPELINE_SECTION_MODEL,  PIPELINE_SECTION_TRAIN,   PIPELINE_SECTION_ATTRIBUTION};

    EXPECT_OK(parse(&a, design, NULL, &err), &err);
    EXPECT_OK(parse(&b, design, "train.epochs=6", &err), &err);
    EACH_ROW(sections, s) {
        struct text left = {0}, right = {0};
        pipeline_config_section(&a, *s, &left);
        pipeline_config_section(&b, *s, &right);
        EXPECT(left.length > 0);
        EXPECT_EQ(strcmp(left.bytes, right.bytes) != 0, *s == PIPELINE_SECTION_TRAIN);
        EXPECT_EQ(pipeline_config_key(&a, *s, 1) != pipeline_config_key(&b, *s, 1),
                  *s == PIPELINE_SECTION_TRAIN);
        EXPECT(pipeline_config_key(&a, *s, 1) != pipeline_config_key(&a, *s, 2));
        text_clear(&left);
        text_clear(&right);
    }
    pipeline_config_clear(&a);
    pipeline_config_clear(&b);
}

TEST(pipeline_config_reference_is_what_the_page_shows)
{
    static const char mark[] = "<!-- quern settings -->\n";
    char *page;
    size_t size;
    struct text reference = {0};
    struct error err = {0};

    EXPECT_OK(file_read(test_source("docs/pipeline-file.md"), 1 << 20, &page, &size, &err), &err);
    pipeline_config_reference(&reference);
    EXPECT(strstr(page, mark));
    EXPECT_STR(strstr(page, mark) + sizeof mark - 1, reference.bytes); /* tools/settings-page */
    free(page);
    text_clear(&reference);
}

TEST(settings_command_prints_what_a_file_amounts_to)
{
    struct test_output all = test_quern("settings"), one, wrong, lone;

    EXPECT_EQ(all.status, 0);
    EXPECT_HAS(all.out, "| `learning_rate` | number, 1e-08 to 10 | `0.001` |");
    one = test_quern("settings %s --set train.epochs=3",
                     test_source("apps/attribution/pipeline.yaml"));
    EXPECT_EQ(one.status, 0);
    EXPECT_HAS(one.out, "\ntrain:\n  epochs: 3\n  batch: 64\n");
    wrong = test_quern("settings %s --set train.epochs=x",
                       test_source("apps/attribution/pipeline.yaml"));
    EXPECT_EQ(wrong.status, 2);
    EXPECT_HAS(wrong.err, "quern: settings: --set train.epochs=x: key 'train.epochs': must be");
    EXPECT_STR(wrong.out, "");
    lone = test_quern("settings --set train.epochs=3");
    EXPECT_EQ(lone.status, 2);
    test_output_clear(&all);
    test_output_clear(&one);
    test_output_clear(&wrong);
    test_output_clear(&lone);
}
