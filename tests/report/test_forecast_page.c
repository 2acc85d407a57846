/* The page of a forecast. */
#include "base/json.h"
#include "markup.h"
#include "report/report.h"
#include "support/test.h"

static const char whole[] =
    "{\"report\": \"forecast\", \"title\": \"sales <now>\", \"subtitle\": \"s.csv\", \"items\": 2,"
    " \"model\": {\"model\": \"CustomModel\", \"features\": [\"past_sales\"], \"fit\": \"L-BFGS\","
    "   \"parameters\": [{\"name\": \"d\", \"value\": 0.25, \"meaning\": \"per unit of <b>\"}]},"
    " \"months\": [{\"month\": \"2023-07-01\", \"sales\": 90, \"prediction\": 99,"
    "   \"regression_metrics\": {\"r2\": {\"value\": 0.5}}}],"
    " \"worst\": [{\"item\": \"a&b\", \"sales\": 50, \"prediction\": 40, \"error\": 1234}],"
    " \"charts\": [{\"item\": \"item_7\", \"months\": [\"2023-06-01\", \"2023-07-01\"],"
    "   \"sales\": [80, 90], \"prediction\": [null, 99], \"lower\": [null, 95], \"upper\": [null, "
    "110]}],"
    " \"evaluation\": {\"regression_metrics\": {\"r2\": {\"value\": 0.9663}, \"mape\": {\"value\": "
    "0.064}},"
    "   \"interval\": {\"share\": 0.8, \"covered\": 0.89}},"
    " \"provenance\": {\"version\": \"quern 1\", \"pipeline\": \"name: x\"}}";

static const char *const ids[][2] = {
    {"months", "id=\"months\""}, {"evaluation", "id=\"evaluation\""},
    {"worst", "id=\"worst\""},   {"charts", "id=\"charts\""},
    {"model", "id=\"model\""},   {"provenance", "id=\"provenance\""}};

/* The page of a document, checked; text_clear() it. */
static struct text render(const json_t *document)
{
    struct text html = {0};
    struct error err = {0};
    char why[256];

    EXPECT_OK(report_html(&html, document, &err), &err);
    EXPECT(html.length < REPORT_BYTES_MAX);
    if (!markup_check(html.bytes, html.length, why))
        fail_msg("row %d: the page has %s", test_row, why);
    EXPECT(!strstr(html.bytes, ">nan") && !strstr(html.bytes, "Mnan"));
    return html;
}

TEST(forecast_page_has_every_section)
{
    static const char *const parts[] = {"sales &lt;now&gt;",
                                        "0.9663",
                                        "per unit of &lt;b&gt;",
                                        "a&amp;b",
                                        "1,234",
                                        "item_7",
                                        "10.0",
                                        "89.0"};
    json_t *document = json_loads(whole, 0, NULL);
    struct text html = render(document);

    EACH_ROW(ids, id)
        EXPECT_HAS(html.bytes, (*id)[1]);
    EACH_ROW(parts, part)
        EXPECT_HAS(html.bytes, *part);
    text_clear(&html);
    json_decref(document);
}

TEST(forecast_page_leaves_out_what_is_missing)
{
    EACH_ROW(ids, gone) {
        json_t *document = json_loads(whole, 0, NULL);
        json_object_del(document, (*gone)[0]);
        struct text html = render(document);
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
            EXPECT(!strstr(html.bytes, ids[i][1]) == (&ids[i] == gone));
        text_clear(&html);
        json_decref(document);
    }
}

/* Every value replaced by something of the wrong kind, one key at a time. */
TEST(forecast_page_bears_any_document)
{
    static const char *const wrong[] = {"null",
                                        "[]",
                                        "{}",
                                        "\"<b>&\"",
                                        "-1e308",
                                        "[{}, null, {\"months\": [1, 2], \"prediction\": 3}]",
                                        "{\"regression_metrics\": {\"a\": 1}}"};
    json_t *all = json_loads(whole, 0, NULL), *value;
    const char *key;

    EACH_ROW(wrong, text) {
        json_object_foreach(all, key, value)
        {
            if (strcmp(key, "report") == 0)
                continue;
            json_t *document = json_deep_copy(all);
            json_object_set_new(document, key, json_loads(*text, JSON_DECODE_ANY, NULL));
            struct text html = render(document);
            text_clear(&html);
            json_decref(document);
        }
    }
    json_decref(all);
}

/* However many months, items, charts and parameters: the page stays small. */
TEST(forecast_page_is_bounded)
{
    enum { MANY = 5000 };
    json_t *document = json_loads(whole, 0, NULL), *chart = json_object();
    static const char *const lists[] = {"months", "worst", "charts"};
    static const char *const series[] = {"months", "sales", "prediction", "lower", "upper"};

    for (size_t s = 0; s < sizeof series / sizeof *series; s++) {
        json_t *values = json_array();
        for (int i = 0; i < MANY; i++)
            json_array_append_new(values, json_integer(i));
        json_object_set_new(chart, series[s], values);
    }
    json_array_set_new(json_object_get(document, "charts"), 0, chart);
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        json_t *list = json_object_get(document, lists[k]);
        for (int i = 0; i < MANY; i++)
            json_array_append(list, json_array_get(list, 0));
    }
    struct text html = render(document);
    text_clear(&html);
    json_decref(document);
}
