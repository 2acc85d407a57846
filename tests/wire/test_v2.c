/* The Open Inference Protocol: bodies of the stock client, and bodies that are wrong. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "support/test.h"
#include "wire/shown.h"
#include "wire/v2.h"

static const struct schema_column answer_columns[] = {{"label", SCHEMA_TEXT, SCHEMA_REQUIRED},
                                                      {"score", SCHEMA_NUMBER, SCHEMA_REQUIRED}};
static const struct schema answer_schema = {2, answer_columns};

TEST(v2_golden_file_is_the_recorded_one)
{
    struct error err = {0};
    char *bytes, want[64];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;

    EXPECT_OK(file_read(test_source("tests/golden/wire/v2.json"), 1 << 22, &bytes, &size, &err),
              &err);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    free(bytes);
    snprintf(want, sizeof want, "fnv1a %016llx", (unsigned long long)hash);
    EXPECT_OK(file_read(test_source("tests/golden/wire/PROVENANCE"), 1 << 16, &bytes, &size, &err),
              &err);
    EXPECT_HAS(bytes, want);
    free(bytes);
}

static unsigned hex(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void check_golden(const json_t *golden)
{
    const char *text = json_string_value(json_object_get(golden, "body"));
    const size_t size = strlen(text) / 2;
    const size_t json_size = (size_t)json_integer_value(json_object_get(golden, "json_size"));
    char *body = memory_take(size, 1);
    struct arena memory = {0};
    struct v2_request request;
    struct error err = {0};

    for (size_t i = 0; i < size; i++)
        body[i] = (char)(hex(text[2 * i]) << 4 | hex(text[2 * i + 1]));
    if (!v2_decode(&request, &rows_schema, &answer_schema, body, size, json_size, &rows_limits,
                   &memory, &err))
        fail_msg("%s: %s", json_string_value(json_object_get(golden, "name")), err.text);
    EXPECT_STR(rows_text(&request.rows), json_string_value(json_object_get(golden, "rows")));
    /* Every piece that is cut off must be noticed. */
    for (size_t cut = json_size ? 1 : 2; cut < size; cut += 7) {
        char *less = memory_take(size - cut, 1);
        memcpy(less, body, size - cut);
        EXPECT(!v2_decode(&request, &rows_schema, &answer_schema, less, size - cut, json_size,
                          &rows_limits, &memory, &err));
        free(less);
    }
    arena_clear(&memory);
    free(body);
}

TEST(v2_bodies_of_the_stock_client_are_read)
{
    struct error err = {0};
    json_t *document;

    EXPECT_OK(json_read(test_source("tests/golden/wire/v2.json"), 1 << 22, &document, &err), &err);
    const json_t *cases = json_object_get(document, "cases");
    EXPECT(json_array_size(cases) > 30);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_golden(json_array_get(cases, i));
    json_decref(document);
}

#define INPUT(name, shape, type, rest)                                                             \
    "{\"name\":\"" name "\",\"shape\":" shape ",\"datatype\":\"" type "\"," rest "}"
#define STATE INPUT("State", "[1]", "BYTES", "\"data\":[\"KS\"]")
#define LENGTH INPUT("Length", "[1]", "INT64", "\"data\":[1]")
#define MINS INPUT("Mins", "[1]", "FP64", "\"data\":[2.5]")
#define BODY(inputs) "{\"inputs\":[" inputs "]}"

TEST(v2_documents_are_read)
{
    static const struct {
        const char *body, *shown;
    } rows[] = {
        {BODY(STATE "," LENGTH "," MINS), "KS|1|2.5"},
        {BODY(STATE "," LENGTH "," INPUT("Mins", "[1,1]", "FP32", "\"data\":[[2.5]]")), "KS|1|2.5"},
        {BODY(STATE "," LENGTH "," MINS "," INPUT("Phone", "[1]", "INT8", "\"data\":[0]")),
         "KS|1|2.5"},
        {BODY(INPUT("State", "[1]", "INT64", "\"data\":[415]") "," LENGTH "," MINS), "415|1|2.5"},
        {BODY(STATE "," LENGTH "," INPUT("Mins", "[1]", "FP64", "\"data\":[null]")), "KS|1|-"},
        {BODY(INPUT("in", "[2,3]", "BYTES", "\"data\":[[\"KS\",\"1\",2],[\"OH\",3,4]]")),
         "KS|1|2;OH|3|4"},
        {BODY(INPUT("in", "[1,4]", "BYTES", "\"data\":[\"KS\",\"x\",0,4]")),
         "!Length: 'x' is not a number"},
        {"{\"parameters\":{\"a\":1},\"inputs\":[" STATE "," LENGTH "," MINS
         "],\"outputs\":[],\"id\":\"x\"}",
         "KS|1|2.5"},
        {BODY(STATE "," LENGTH), "error: there is no input 'Mins' in the request"},
        {BODY(STATE "," STATE "," LENGTH "," MINS), "error: input 'State' is there twice"},
        {BODY(STATE "," LENGTH "," INPUT("Min", "[1]", "FP64", "\"data\":[1]")),
         "error: there is no input 'Min'; there are: State, Length, Phone, Mins"},
        {BODY(STATE "," LENGTH "," INPUT("Mins", "[2]", "FP64", "\"data\":[1,2]")),
         "error: input 'Mins' must have shape [1] or [1, 1] as the first one"},
        {BODY(STATE "," LENGTH "," INPUT("Mins", "[1]", "FP64", "\"data\":[1,2]")),
         "error: input 'Mins' has 2 values, its shape needs 1"},
        {BODY(STATE "," LENGTH "," INPUT("Mins", "[1]", "FP64", "\"data\":[]")),
         "error: input 'Mins' has 0 values, its shape needs 1"},
        {BODY(INPUT("in", "[1,2]", "FP64", "\"data\":[1,2]")),
         "error: input 'in' is neither a column nor a tensor [rows, 4] of all of them"},
        {BODY(INPUT("in", "[1,2,3]", "FP64", "\"data\":[1]")),
         "error: a shape must be [rows] or [rows, columns], not of 3 dimensions"},
        {BODY(INPUT("in", "[-1,4]", "FP64", "\"data\":[1]")),
         "error: a dimension must be a whole number, not -1"},
        {BODY(INPUT("in", "[1.5,4]", "FP64", "\"data\":[1]")),
         "error: a dimension must be a whole number, not 1.5"},
        {BODY(INPUT("in", "[9007199254740992,4]", "FP64", "\"data\":[1]")),
         "error: more than 100 rows"},
        {BODY(INPUT("in", "[99,4]", "FP64", "\"data\":[1]")),
         "error: input 'in' has 99 rows, more than the body has bytes"},
        {BODY(INPUT("in", "[0,4]", "FP64", "\"data\":[]")), "error: there are no rows"},
        {BODY(INPUT("in", "[1,4]", "FLOAT", "\"data\":[1]")),
         "error: there is no datatype 'FLOAT'"},
        {BODY(INPUT("in", "[1,4]", "FP64", "\"x\":[1]")),
         "error: an input must have name, shape, datatype, and either data or "
         "parameters.binary_data_size"},
        {BODY(INPUT("in", "[1,4]", "FP64", "\"parameters\":{\"binary_data_size\":32}")),
         "error: input 'in' has binary_data_size 32, but only 0 bytes are left"},
        {BODY(INPUT("in", "[1,4]", "FP64", "\"parameters\":{\"shared_memory_region\":\"x\"}")),
         "error: shared memory is not offered here"},
        {"{\"inputs\":[]}", "error: the body has no inputs"},
        {"{}", "error: the body has no inputs"},
        {"[]", "error: JSON, line 1, column 1: expected an object"},
        {"{\"inputs\":[" STATE, "error: JSON, line 1, column 73: the end came too early"},
        {"{\"inputs\":[" STATE "," LENGTH "," MINS "],\"outputs\":[{\"name\":\"x\"}]}",
         "error: there is no output 'x'; there are: label, score"},
        {"{\"inputs\":[" STATE "," LENGTH "," MINS
         "],\"outputs\":[{\"name\":\"label\",\"parameters\":{\"classification\":1}}]}",
         "error: classification is not offered here: ask for the outputs"},
    };
    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct v2_request request;
        struct error err = {0};
        char *exact = memory_take(strlen(r->body), 1);
        memcpy(exact, r->body, strlen(r->body));
        if (v2_decode(&request, &rows_schema, &answer_schema, exact, strlen(r->body), V2_JSON_ALL,
                      &rows_limits, &memory, &err)) {
            EXPECT_STR(rows_text(&request.rows), r->shown);
        } else {
            error_wrap(&err, "error");
            EXPECT_STR(err.text, r->shown);
        }
        free(exact);
        arena_clear(&memory);
    }
}

TEST(v2_answers_are_encoded)
{
    static const struct table_string labels[] = {{"False", 5}, {NULL, 0}};
    static const double scores[] = {0.1, NAN};
    static const struct frame_column columns[] = {{NULL, labels}, {scores, NULL}};
    static const struct frame answer = {&answer_schema, 2, columns};
#define ASKED(more) "{\"inputs\":[" STATE "," LENGTH "," MINS "]" more "}"
    static const struct {
        const char *body, *json;
        size_t json_size;
        const char *binary;
        size_t binary_size;
    } rows[] = {
        {ASKED(""),
         "{\"model_name\":\"churn\",\"model_version\":\"3\",\"outputs\":[{\"name\":\"label\","
         "\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"False\",null]},{\"name\":\"score\","
         "\"datatype\":\"FP64\",\"shape\":[2],\"data\":[0.1,null]}]}",
         V2_JSON_ALL, "", 0},
        {ASKED(",\"id\":\"a\\\"b\",\"outputs\":[{\"name\":\"score\"}]"),
         "{\"model_name\":\"churn\",\"model_version\":\"3\",\"id\":\"a\\\"b\",\"outputs\":[{"
         "\"name\":\"score\",\"datatype\":\"FP64\",\"shape\":[2],\"data\":[0.1,null]}]}",
         V2_JSON_ALL, "", 0},
        {ASKED(",\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"score\","
               "\"parameters\":{\"binary_data\":false}},{\"name\":\"label\"}]"),
         "{\"model_name\":\"churn\",\"model_version\":\"3\",\"outputs\":[{\"name\":\"score\","
         "\"datatype\":\"FP64\",\"shape\":[2],\"data\":[0.1,null]},{\"name\":\"label\","
         "\"datatype\":\"BYTES\",\"shape\":[2],\"parameters\":{\"binary_data_size\":13}}]}",
         1, "\x05\0\0\0False\0\0\0\0", 13},
    };
    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct v2_request request;
        struct text out = {0};
        struct error err = {0};
        size_t json_size;
        EXPECT_OK(v2_decode(&request, &rows_schema, &answer_schema, r->body, strlen(r->body),
                            V2_JSON_ALL, &rows_limits, &memory, &err),
                  &err);
        EXPECT_OK(v2_encode(&out, &json_size, &request, "churn", "3", &answer, NULL, &err), &err);
        EXPECT_EQ(json_size, r->binary_size ? strlen(r->json) : r->json_size);
        EXPECT_EQ(out.length, strlen(r->json) + r->binary_size);
        EXPECT(memcmp(out.bytes + strlen(r->json), r->binary, r->binary_size) == 0);
        out.bytes[strlen(r->json)] = '\0';
        EXPECT_STR(out.bytes, r->json);
        text_clear(&out);
        arena_clear(&memory);
    }
}
