/* The page of a run on histories, of a made-up one. */
#include "history_document.h"
#include "markup.h"
#include "report/report.h"
#include "support/test.h"

#include <math.h>

/* The page of a document, checked; text_clear() it. */
static struct text render(const json_t *document)
{
    static const char *const raw[] = {"\"nan", "\"-nan", "\"inf", " nan", ">nan", "Mnan", "Vnan"};
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
} sections[] = {{"comparison", "id=\"comparison\""}, {"evaluation", "id=\"evaluation\""},
                {"evaluation", "id=\"top\""},        {"calibration", "id=\"percentiles\""},
                {"attention", "id=\"attention\""},   {"training", "id=\"training\""},
                {"provenance", "id=\"provenance\""}};

TEST(history_page_has_every_section)
{
    static const char *const parts[] = {
        "Calibration by score",
        "class=\"bar c0\"",
        "calibration error",
        "95 % from",
        "Precision and recall at k",
        "all positives",
        "Found by day",
        "Day by day",
        "2018-08-08",
        ">08-08<",
        "Of 50 checks a day",
        "Score by percentile",
        "99.9 %",
        "Fraud",
        "Genuine",
        "among the k payments",
        "Boosted trees",
        "Daily precision",
        "651,520",
        "Attention by place: CUSTOMER_ID",
        "10 min",
        ">older<",
        "Validation loss",
        "2018-07-25",
        ">0.66",
        "the test days",
    };
    json_t *document = history_document();
    struct text html = render(document);

    EACH_ROW(sections, s)
        EXPECT_HAS(html.bytes, s->id);
    EACH_ROW(parts, part)
        EXPECT_HAS(html.bytes, *part);
    text_clear(&html);
    json_decref(document);
}

TEST(history_page_leaves_out_what_is_missing)
{
    EACH_ROW(sections, gone) {
        json_t *document = history_document();
        json_object_del(document, gone->key);
        struct text html = render(document);
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
            EXPECT(!strstr(html.bytes, sections[i].id) ==
                   (strcmp(sections[i].key, gone->key) == 0));
        text_clear(&html);
        json_decref(document);
    }
}

static const char *const wrong[] = {"null",     "[]",     "{}",
                                    "\"<b>&\"", "-1e308", "[[{}], null, 3, \"x\"]"};

/* Every value replaced by something of the wrong kind: of the document, and of what it measures. */
TEST(history_page_bears_any_document)
{
    json_t *whole = history_document(), *value;
    json_t *metrics =
        json_object_get(json_object_get(whole, "evaluation"), "binary_classification_metrics");
    json_t *of[] = {
        whole,
        metrics,
        json_object_get(metrics, "top"),
        json_object_get(metrics, "daily_top"),
        json_object_get(metrics, "calibration"),
        json_object_get(json_object_get(whole, "calibration"), "percentile"),
        json_object_get(whole, "words"),
        json_object_get(whole, "data"),
        json_object_get(whole, "attention"),
        json_object_get(whole, "split"),
        json_array_get(json_object_get(json_object_get(whole, "attention"), "sequences"), 0)};
    const char *key;

    EACH_ROW(of, object) {
        void *next;
        json_object_foreach_safe(*object, next, key, value)
        {
            if (strcmp(key, "report") == 0)
                continue;
            char *name = strdup(key);
            json_incref(value);
            for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
                json_object_set_new(*object, name, json_loads(wrong[w], JSON_DECODE_ANY, NULL));
                struct text html = render(whole);
                EXPECT(!strstr(html.bytes, "<b>&"));
                text_clear(&html);
            }
            json_object_set_new(*object, name, value);
            free(name);
        }
    }
    json_decref(whole);
}

/* However many steps, days, models and knots: the page stays small. */
TEST(history_page_is_bounded)
{
    enum { MANY = 20000 };
    json_t *document = history_document(), *models = json_array(), *days = json_array(),
           *knots = json_array();
    json_t *metrics =
        json_object_get(json_object_get(document, "evaluation"), "binary_classification_metrics");

    for (int i = 0; i < MANY; i++) {
        json_array_append_new(models, json_pack("{s:s,s:f}", "name", "a model", "auc", 0.5));
        json_array_append_new(days, json_pack("{s:i,s:i}", "day", i, "found", i));
        json_array_append_new(knots, json_real((double)i / MANY));
    }
    json_object_set_new(document, "comparison", models);
    json_object_set_new(json_object_get(metrics, "daily_top"), "days", days);
    json_object_set_new(
        metrics, "top",
        json_pack("{s:O,s:O,s:O}", "k", knots, "precisions", knots, "recalls", knots));
    json_object_set_new(
        document, "calibration",
        json_pack("{s:{s:O,s:O}}", "percentile", "scores", knots, "percentiles", knots));
    for (size_t s = 0; s < 2; s++) {
        json_t *sequence =
            json_array_get(json_object_get(json_object_get(document, "attention"), "sequences"), s);
        json_object_set(sequence, "places", models);
        json_object_set(sequence, "ages", models);
    }
    json_decref(knots);
    struct text html = render(document);
    EXPECT(html.length < 400000);
    text_clear(&html);
    json_decref(document);
}
