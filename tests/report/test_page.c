#include "report/report.h"
#include "base/file.h"
#include "base/json.h"
#include "markup.h"
#include "support/test.h"

#include <math.h>
#include <sys/wait.h>

static json_t *example(void)
{
    struct error err = {0};
    json_t *document;

    EXPECT_OK(json_read(test_source("tests/report/example.json"), 1 << 24, &document, &err), &err);
    return document;
}

/* The page of a document, checked; text_clear() it. */
static struct text render(const json_t *document)
{
    struct text html = {0};
    struct error err = {0};
    char why[256];

    EXPECT_OK(report_html(&html, document, &err), &err);
    if (html.length >= REPORT_BYTES_MAX)
        fail_msg("row %d: the page has %zu bytes", test_row, html.length);
    if (!markup_check(html.bytes, html.length, why))
        fail_msg("row %d: the page has %s", test_row, why);
    /* Numbers that do not exist never reach the page as C prints them. */
    static const char *const raw[] = {"\"nan", "\"-nan", "\"inf", "\"-inf",
                                      " nan",  ">nan",   ">-nan", "Mnan"};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        if (strstr(html.bytes, raw[i]))
            fail_msg("row %d: the page has '%s'", test_row, raw[i]);
    return html;
}

static const char *const section_ids[] = {
    "id=\"credits\"",     "id=\"truth\"",      "id=\"removal\"",
    "id=\"transitions\"", "id=\"journeys\"",   "id=\"attention\"",
    "id=\"training\"",    "id=\"evaluation\"", "id=\"provenance\"",
};

TEST(page_of_the_example_has_every_section)
{
    json_t *document = example();
    struct text html = render(document);

    for (size_t i = 0; i < sizeof section_ids / sizeof *section_ids; i++)
        EXPECT_HAS(html.bytes, section_ids[i]);
    EXPECT_HAS(html.bytes, "1,284,730");
    EXPECT_HAS(html.bytes, "0.7448");
    EXPECT_HAS(html.bytes, "Été &amp; Soldes &lt;FR&gt;");
    EXPECT_HAS(html.bytes, "other (5 campaigns)");
    EXPECT_HAS(html.bytes, "80\xc2\xa0% whole");
    EXPECT_HAS(html.bytes, "prefers-color-scheme:dark");
    printf("# example page: %zu bytes\n", html.length);
    text_clear(&html);
    json_decref(document);
}

TEST(page_leaves_out_sections_without_data)
{
    static const struct {
        const char *key;
        size_t gone; /* index of its section */
    } rows[] = {{"removal_effects", 2}, {"transition_matrix", 3},
                {"journey_lengths", 4}, {"attention_by_position", 5},
                {"training", 6},        {"evaluation", 7},
                {"provenance", 8},      {"truth", 1},
                {"credits", 0}};

    EACH_ROW(rows, r) {
        json_t *document = example();
        json_object_del(document, r->key);
        struct text html = render(document);
        EXPECT(!strstr(html.bytes, section_ids[r->gone]));
        /* the truth is measured against credits, so it goes with them */
        for (size_t i = 0; i < sizeof section_ids / sizeof *section_ids; i++)
            if (i != r->gone && !(r->gone == 0 && i == 1))
                EXPECT_HAS(html.bytes, section_ids[i]);
        text_clear(&html);
        json_decref(document);
    }
}

/* Each part of "incremental" has its section; without it they are gone and the rest stays. */
TEST(page_shows_what_campaigns_caused)
{
    static const struct {
        const char *part, *section; /* NULL: all of it */
    } rows[] = {
        {"credit", "id=\"incremental\""},
        {"periods", "id=\"weeks\""},
        {"curves", "times as much"},
        {"decay", "days after the impression"},
        {"decay", "what is left of its effect on conversions a day, days after it"},
        {"pairs", "id=\"pairs\""},
        {"pairs", "<td class=\"n\">321"},
        {"experiments", "id=\"experiments\""},
        {"before", "Without experiments"},
        {"doubt", "id=\"doubt\""},
        {"totals", "8,603 would have come anyway"},
        {"low", "caused the most: 774 conversions (95"},
    };
    json_t *document = example();
    struct text whole = render(document);

    EXPECT_HAS(whole.bytes, "Of 12,486 conversions, <b>8,603 would have come anyway</b>");
    EXPECT_HAS(whole.bytes, ">598 \xe2\x80\x93 951</td>");
    EXPECT_HAS(whole.bytes, "Value / cost");
    EACH_ROW(rows, r) {
        json_t *without = json_deep_copy(document);
        EXPECT_HAS(whole.bytes, r->section);
        json_object_del(json_object_get(without, "incremental"), r->part);
        struct text html = render(without);
        EXPECT(!strstr(html.bytes, r->section));
        EXPECT_HAS(html.bytes, "id=\"credits\"");
        text_clear(&html);
        json_decref(without);
    }
    text_clear(&whole);
    json_decref(document);
}

TEST(page_of_nothing_is_a_page)
{
    json_t *document = json_object();
    struct text html = render(document);

    EXPECT_HAS(html.bytes, "nothing to show");
    EXPECT_HAS(html.bytes, "Attribution report");
    text_clear(&html);
    json_decref(document);
}

TEST(page_of_another_kind_is_an_error)
{
    json_t *list = json_array(), *other = json_pack("{s:s}", "report", "astrology");
    struct text html = {0};
    struct error err = {0};

    EXPECT_ERROR(report_html(&html, list, &err), &err, ERR_DATA, "object");
    EXPECT_ERROR(report_html(&html, other, &err), &err, ERR_DATA, "'astrology'");
    json_decref(list);
    json_decref(other);
}

TEST(page_is_the_same_every_time)
{
    json_t *document = example();
    struct text one = render(document), two = render(document);

    EXPECT_EQ(one.length, two.length);
    EXPECT(memcmp(one.bytes, two.bytes, one.length) == 0);
    text_clear(&one);
    text_clear(&two);
    json_decref(document);
}

/* Every text of a document, keys included, replaced by `hostile`. */
static json_t *poisoned(const json_t *value, const char *hostile)
{
    const char *key;
    json_t *item, *copy;
    size_t index;

    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string(hostile);
    case JSON_ARRAY:
        copy = json_array();
        json_array_foreach((json_t *)value, index, item)
            json_array_append_new(copy, poisoned(item, hostile));
        return copy;
    case JSON_OBJECT:
        copy = json_object();
        json_object_foreach((json_t *)value, key, item)
            json_object_set_new(copy, key, poisoned(item, hostile));
        return copy;
    default:
        return json_deep_copy(value);
    }
}

TEST(page_is_safe_from_hostile_names)
{
    static const char *const hostile[] = {
        "<script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "' onload='alert(1)",
        "</title></style></svg><img src=x onerror=alert(1)>",
        "]]>--><!--",
        "&#x3c;script&#62;",
        "javascript:alert(1)//%s%n%d",
        "\342\200\256abc\001\002",
        "",
        "\xf0\x9f\x98\x80\xe3\x83\x96\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
    };
    json_t *document = example();

    EACH_ROW(hostile, h) {
        json_t *bad = poisoned(document, *h);
        json_object_del(bad, "report");
        json_object_set_new(json_object_get(bad, "provenance"), *h, json_string(*h));
        struct text html = render(bad);
        EXPECT(!strstr(html.bytes, "<script"));
        EXPECT(!strstr(html.bytes, "<img"));
        text_clear(&html);
        json_decref(bad);
    }
    json_decref(document);
}

/* A document with everything at the given sizes. */
static json_t *sized(size_t campaigns, size_t methods, size_t states, size_t epochs, size_t lengths,
                     double value)
{
    json_t *names = json_array(), *list = json_array(), *rows = json_array(), *state = json_array();
    json_t *effects = json_array(), *training = json_array(), *journeys = json_array();
    char name[64];

    for (size_t c = 0; c < campaigns; c++) {
        snprintf(name, sizeof name, "campaign %zu with a name", c);
        json_array_append_new(names, json_string(name));
        json_array_append_new(effects, json_number(value));
    }
    for (size_t m = 0; m < methods; m++) {
        json_t *credits = json_array();
        for (size_t c = 0; c < campaigns; c++)
            json_array_append_new(credits,
                                  json_number(value * (double)(1 + (c * 7919 + m) % 1013)));
        snprintf(name, sizeof name, "method %zu", m);
        json_array_append_new(list, json_pack("{s:s,s:o}", "name", name, "credits", credits));
    }
    for (size_t r = 0; r < states; r++) {
        json_t *row = json_array();
        for (size_t c = 0; c < states; c++)
            json_array_append_new(row, json_number(value));
        json_array_append_new(rows, row);
        snprintf(name, sizeof name, "state %zu with a name", r);
        json_array_append_new(state, json_string(name));
    }
    for (size_t e = 0; e < epochs; e++)
        json_array_append_new(training, json_pack("{s:o,s:o}", "train_loss", json_number(value),
                                                  "test_auc", json_number(value)));
    for (size_t l = 0; l < lengths; l++)
        json_array_append_new(journeys, json_number(value));
    /* 'O' borrows: a value that stands in two places is given away at the last. */
    return json_pack("{s:{s:O,s:o},s:{s:O},s:{s:o,s:o},s:{s:o,s:o},s:o,s:{s:O,s:o},s:{s:o}}",
                     "credits", "campaigns", names, "methods", list, "truth", "credits", effects,
                     "removal_effects", "campaigns", names, "effects", effects, "transition_matrix",
                     "states", state, "probabilities", rows, "training", training,
                     "attention_by_position", "converted", journeys, "not_converted", json_array(),
                     "journey_lengths", "journeys", journeys);
}

/* The most of everything, every text the one that grows most when escaped. */
TEST(page_of_the_worst_document_stays_small)
{
    const size_t length = 40000;
    char *name = malloc(length + 1), key[32];
    json_t *document = example(), *sizes = sized(60, 20, 40, 400, 80, 0.4);

    EXPECT(name && sizes);
    memset(name, '"', length);
    name[length] = '\0';
    json_object_update(document, sizes);
    json_t *settings = json_object();
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "setting %d", i);
        json_object_set_new(settings, key, json_string(""));
    }
    json_object_update(json_object_get(document, "provenance"), settings);
    json_decref(settings);
    json_t *doubt = json_object_get(json_object_get(document, "incremental"), "doubt");
    json_t *lifts = json_object_get(json_object_get(document, "incremental"), "experiments");
    for (int i = 0; i < 300; i++)
        json_array_append(lifts, json_array_get(lifts, 0));
    for (int i = 0; i < 300; i++)
        json_array_append_new(json_object_get(doubt, "sentences"), json_pack("{s:s}", "text", ""));
    json_t *bad = poisoned(document, name);
    json_object_del(bad, "report");
    struct text html = render(bad);
    printf("# worst page: %zu bytes\n", html.length);
    text_clear(&html);
    json_decref(bad);
    json_decref(sizes);
    json_decref(document);
    free(name);
}

TEST(page_of_extreme_sizes_and_values)
{
    static const struct {
        size_t campaigns, methods, states, epochs, lengths;
        double value;
    } rows[] = {
        {1, 1, 1, 1, 1, 1},
        {1, 1, 1, 1, 1, 0},
        {2, 1, 2, 0, 0, 0},
        {0, 0, 0, 0, 0, 0},
        {3, 0, 0, 0, 1, 1},
        {5000, 20, 300, 100000, 5000, 1},
        {40, 12, 30, 300, 70, 0},
        {40, 12, 30, 300, 70, NAN}, /* json_number() gives null */
        {40, 12, 30, 300, 70, -1},
        {40, 12, 30, 300, 70, 1e300},
        {40, 12, 30, 300, 70, 1e-300},
        {40, 12, 30, 300, 70, -1e300},
    };
    EACH_ROW(rows, r) {
        json_t *document =
            sized(r->campaigns, r->methods, r->states, r->epochs, r->lengths, r->value);
        EXPECT(document);
        struct text html = render(document);
        text_clear(&html);
        json_decref(document);
    }
}

/* Each value of the example in turn becomes something else; lists only at their start. */
static size_t mutate(json_t *root, json_t *value)
{
    static const char *const others[] = {"null", "-1e308", "1e-320", "\"NaN\"", "[]", "[[]]", "{}"};
    const char *key;
    json_t *item;
    size_t index, count = 0;
    void *next;

    for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
        json_t *other = json_loads(others[o], JSON_DECODE_ANY, NULL);
        EXPECT(other);
        for (size_t i = 0; json_is_array(value) && i < json_array_size(value) && i < 1; i++) {
            json_t *keep = json_incref(json_array_get(value, i));
            json_array_set(value, i, other);
            struct text html = render(root);
            text_clear(&html);
            json_array_set_new(value, i, keep);
            count++;
        }
        if (json_is_object(value))
            json_object_foreach_safe(value, next, key, item)
            {
                if (strcmp(key, "report") == 0)
                    continue;
                json_incref(item);
                json_object_set(value, key, other);
                struct text html = render(root);
                text_clear(&html);
                json_object_set_new(value, key, item);
                count++;
            }
        json_decref(other);
    }
    if (json_is_array(value) && json_array_size(value) > 0)
        count += mutate(root, json_array_get(value, 0));
    if (json_is_object(value))
        json_object_foreach(value, key, item) count += mutate(root, item);
    (void)index;
    return count;
}

TEST(page_survives_any_value_of_another_type)
{
    json_t *document = example();
    const size_t count = mutate(document, document);

    printf("# %zu changed documents\n", count);
    EXPECT(count > 500);
    json_decref(document);
}

/* The check above is ours; where there is a Python, its XML parser must agree. */
TEST(page_parses_as_xml)
{
    struct error err = {0};
    json_t *document = example();
    char *command = NULL;

    if (system("python3 -c 'import xml.dom.minidom' 2>/dev/null") != 0) {
        fprintf(stderr, "*** SKIPPED: no Python here to parse the page as XML ***\n");
        json_decref(document);
        return;
    }
    EXPECT_OK(report_write(test_folder(), document, &err), &err);
    EXPECT(asprintf(&command,
                    "cd %s && python3 -c 'import xml.dom.minidom as m; "
                    "m.parse(\"report.html\")'",
                    test_folder()) > 0);
    const int status = system(command);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    free(command);
    json_t *twin;
    EXPECT_OK(json_read(test_path("report.json"), 1 << 24, &twin, &err), &err);
    EXPECT(json_equal(twin, document));
    json_decref(twin);
    json_decref(document);
}

/* The reader of markup must see what is wrong, or the tests above prove nothing. */
TEST(markup_check_finds_mistakes)
{
    static const struct {
        const char *body;
        bool ok;
    } rows[] = {
        {"<html><p a=\"1\">x &amp; y</p><br/></html>", true},
        {"<html><p></html>", false},
        {"<html><p></b></p></html>", false},
        {"<html><p a=1></p></html>", false},
        {"<html><p a=\"1\" a=\"2\"></p></html>", false},
        {"<html><p a=\"<\"></p></html>", false},
        {"<html>&nbsp;</html>", false},
        {"<html>a < b</html>", false},
        {"<html><script>x</script></html>", false},
        {"<html><p onclick=\"x\"></p></html>", false},
        {"<html><a href=\"#x\"></a></html>", false},
        {"<html><a href=\"#x\" id=\"x\"></a></html>", true},
        {"<html><p id=\"x\"></p><p id=\"x\"></p></html>", false},
        {"<html><link href=\"https://e.org/x\"/></html>", false},
        {"<html>\x01</html>", false},
        {"<html></html><html></html>", false},
    };
    EACH_ROW(rows, r) {
        char page[512], why[256] = "";
        const int length = snprintf(page, sizeof page, "<!DOCTYPE html>\n%s", r->body);
        EXPECT_EQ(markup_check(page, (size_t)length, why), r->ok);
    }
}
