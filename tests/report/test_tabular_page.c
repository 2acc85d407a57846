/* The page of a run with trees: tests/report/tabular.json is the report.json of one. */
#include "base/json.h"
#include "markup.h"
#include "report/report.h"
#include "support/test.h"

#include <math.h>

static json_t *example(void)
{
    struct error err = {0};
    json_t *document;

    EXPECT_OK(json_read(test_source("tests/report/tabular.json"), 1 << 24, &document, &err), &err);
    return document;
}

/* The page of a document, checked; text_clear() it. */
static struct text render(const json_t *document)
{
    static const char *const raw[] = {"\"nan", "\"-nan", "\"inf", " nan", ">nan", "Mnan"};
    struct text html = {0};
    struct error err = {0};
    char why[256];

    EXPECT_OK(report_html(&html, document, &err), &err);
    EXPECT(html.length < REPORT_BYTES_MAX);
    if (!markup_check(html.bytes, html.length, why))
        fail_msg("row %d: the page has %s", test_row, why);
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        if (strstr(html.bytes, raw[i]))
            fail_msg("row %d: the page has '%s'", test_row, raw[i]);
    return html;
}

static const struct {
    const char *key, *id;
} sections[] = {{"evaluation", "id=\"evaluation\""},
                {"importance", "id=\"importance\""},
                {"training", "id=\"training\""},
                {"splits", "id=\"data\""},
                {"provenance", "id=\"provenance\""}};

TEST(tabular_page_has_every_section)
{
    static const char *const parts[] = {
        "ROC curve",    "Precision and recall", "Calibration",     "Scores",
        "In numbers",   "Right and wrong",      "Share of gain",   "Metric by round",
        "Day Mins",     "CustServ Calls",       "positive is <b>", "prefers-color-scheme:dark",
        "churn-direct",
    };
    json_t *document = example();
    struct text html = render(document);

    EACH_ROW(sections, s)
        EXPECT_HAS(html.bytes, s->id);
    EACH_ROW(parts, part)
        EXPECT_HAS(html.bytes, *part);
    text_clear(&html);
    json_decref(document);
}

TEST(tabular_page_leaves_out_what_is_missing)
{
    EACH_ROW(sections, gone) {
        json_t *document = example();
        json_object_del(document, gone->key);
        struct text html = render(document);
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
            EXPECT(!strstr(html.bytes, sections[i].id) == (&sections[i] == gone));
        text_clear(&html);
        json_decref(document);
    }
}

/* Every value of the document replaced by something else of the wrong kind, one key at a time. */
TEST(tabular_page_bears_any_document)
{
    static const char *const wrong[] = {"null",     "[]",     "{}",
                                        "\"<b>&\"", "-1e308", "[[{}], null, 3]"};
    json_t *whole = example(), *value;
    const char *key;

    EACH_ROW(wrong, text) {
        json_object_foreach(whole, key, value)
        {
            if (strcmp(key, "report") == 0)
                continue;
            json_t *document = json_deep_copy(whole);
            json_object_set_new(document, key, json_loads(*text, JSON_DECODE_ANY, NULL));
            struct text html = render(document);
            EXPECT(!strstr(html.bytes, "<b>&\""));
            text_clear(&html);
            json_decref(document);
        }
    }
    json_decref(whole);
}

TEST(tabular_page_shows_classes_and_numbers)
{
    static const struct {
        const char *evaluation, *part;
    } rows[] = {
        {"{\"multiclass_classification_metrics\": {\"samples\": 3, \"labels\": [\"<a>\", \"b\"], "
         "\"confusion_matrix\": {\"0\": {\"0\": 2, \"1\": 0}, \"1\": {\"0\": 1, \"1\": 0}}, "
         "\"accuracy\": {\"value\": 0.6667, \"standard_deviation\": \"NaN\"}}}",
         "&lt;a&gt;"},
        {"{\"regression_metrics\": {\"samples\": 3, \"rmse\": {\"value\": 1.25, "
         "\"standard_deviation\": \"NaN\"}}}",
         "1.2500"},
    };

    EACH_ROW(rows, r) {
        json_t *document = example();
        json_object_set_new(document, "evaluation", json_loads(r->evaluation, 0, NULL));
        struct text html = render(document);
        EXPECT_HAS(html.bytes, "id=\"evaluation\"");
        EXPECT_HAS(html.bytes, r->part);
        text_clear(&html);
        json_decref(document);
    }
}

/* However many features, rounds, classes and columns: the page stays small. */
TEST(tabular_page_is_bounded)
{
    enum { MANY = 20000 };
    json_t *document = example(), *features = json_array(), *rounds = json_array(),
           *columns = json_array();

    for (int i = 0; i < MANY; i++) {
        json_array_append_new(features, json_pack("{s:s, s:f, s:f, s:i}", "feature",
                                                  "a feature with quite a long name", "gain", 1.5,
                                                  "total_gain", 1.0 + i, "splits", 3));
        json_array_append_new(
            rounds, json_pack("{s:i, s:f, s:f}", "round", i + 1, "train", 0.3, "validation", 0.4));
        json_array_append_new(columns, json_pack("{s:s, s:f}", "name", "column", "mean", 1.0));
    }
    json_object_set_new(document, "importance", features);
    json_object_set_new(json_object_get(document, "training"), "rounds", rounds);
    json_object_set_new(document, "columns", columns);
    struct text html = render(document);
    EXPECT(html.length < 400000);
    text_clear(&html);
    json_decref(document);
}
