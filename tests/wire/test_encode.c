/* Answers in each format. */
#include <math.h>
#include <string.h>

#include "support/test.h"
#include "wire/wire.h"

static const struct schema_column columns[] = {{"label", SCHEMA_TEXT, SCHEMA_REQUIRED},
                                               {"score", SCHEMA_NUMBER, SCHEMA_REQUIRED}};
static const struct schema two = {2, columns}, one = {1, columns + 1};
static const struct table_string labels[] = {{"False", 5}, {"a,\"b\"\n\t", 7}, {NULL, 0}};
static const double scores[] = {0.1, 1, NAN};
static const struct frame_column both[] = {{NULL, labels}, {scores, NULL}};
static const struct frame answer = {&two, 3, both}, bare = {&one, 3, both + 1};

TEST(answers_are_encoded)
{
    static const size_t label[] = {0}, swapped[] = {1, 0};
    static const struct {
        enum wire_media media;
        const struct frame *answer;
        const size_t *csv;
        size_t count;
        const char *text;
    } rows[] = {
        {WIRE_CSV, &answer, label, 1, "False\n\"a,\"\"b\"\"\n\t\"\n\n"},
        {WIRE_CSV, &answer, swapped, 2, "0.1,False\n1,\"a,\"\"b\"\"\n\t\"\n,\n"},
        {WIRE_JSON, &answer, label, 1,
         "{\"predictions\": [{\"label\": \"False\", \"score\": 0.1}, {\"label\": "
         "\"a,\\\"b\\\"\\n\\u0009\", \"score\": 1}, {\"label\": null, \"score\": null}]}\n"},
        {WIRE_JSON, &bare, label, 1, "{\"predictions\": [0.1, 1, null]}\n"},
        {WIRE_JSONL, &bare, label, 1, "0.1\n1\nnull\n"},
        {WIRE_JSONL, &answer, label, 1,
         "{\"label\": \"False\", \"score\": 0.1}\n{\"label\": \"a,\\\"b\\\"\\n\\u0009\", "
         "\"score\": 1}\n{\"label\": null, \"score\": null}\n"},
    };
    EACH_ROW(rows, r) {
        struct text out = {0};
        struct error err = {0};
        EXPECT_OK(wire_encode(&out, r->media, r->answer, r->csv, r->count, NULL, &err), &err);
        EXPECT_STR(out.bytes, r->text);
        text_clear(&out);
    }
}

TEST(answers_have_faults_in_their_place)
{
    static const size_t label[] = {0};
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};
    struct text out = {0};
    struct error err = {0};

    row_errors_add(&errors, 2, NULL, "has 3 values, not 4");
    row_errors_add(&errors, 1, "Day \"Mins\"", "'abc' is not a number");
    EXPECT_OK(wire_encode(&out, WIRE_JSON, &answer, label, 1, &errors, &err), &err);
    EXPECT_STR(out.bytes,
               "{\"predictions\": [{\"label\": \"False\", \"score\": 0.1}, {\"error\": \"'abc' is "
               "not a number\", \"row\": 2, \"column\": \"Day \\\"Mins\\\"\"}, {\"error\": \"has 3 "
               "values, not 4\", \"row\": 3}]}\n");
    EXPECT_ERROR(wire_encode(&out, WIRE_CSV, &answer, label, 1, &errors, &err), &err, ERR_DATA,
                 "row 2, column 'Day \"Mins\"': 'abc' is not a number");
    text_clear(&out);
    arena_clear(&memory);
}
