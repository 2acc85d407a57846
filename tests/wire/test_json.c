/* Rows as JSON and JSON lines. */
#include <string.h>

#include "support/test.h"
#include "wire/shown.h"

struct json_case {
    const char *body, *shown;
};

static void check_case(enum wire_media media, const struct json_case *r)
{
    EXPECT_STR(rows_shown(media, &rows_schema, r->body, strlen(r->body)), r->shown);
}

TEST(json_shapes_are_read)
{
    static const struct json_case rows[] = {
        {"{\"instances\": [[\"KS\", 128, \"x\", 137.5], [\"OH\", 1, null, 2]]}",
         "KS|128|137.5;OH|1|2"},
        {"{\"instances\": [{\"State\": \"KS\", \"Length\": 1, \"Mins\": 2, \"Churn?\": [1]}]}",
         "KS|1|2"},
        {"{\"instances\": [{\"features\": [\"KS\", 1, 0, 2]}]}", "KS|1|2"},
        {"{\"instances\":[{\"data\":{\"features\":{\"values\":[\"KS\",1,0,2]}}}]}", "KS|1|2"},
        {"{\"data\":{\"features\":{\"values\":[\"KS\",1,0,2]}}}", "KS|1|2"},
        {"{\"features\":[\"KS\",1,0,2]}", "KS|1|2"},
        {"{\"data\":[[\"KS\",1,0,2]]}", "KS|1|2"},
        {"{\"dataframe_records\": [{\"Mins\": 2, \"State\": \"KS\", \"Length\": 1}]}", "KS|1|2"},
        {"{\"dataframe_split\": {\"index\": [0], \"columns\": [\"Mins\", \"a\", \"State\", "
         "\"Length\"], \"data\": [[2, 0, \"KS\", 1]]}}",
         "KS|1|2"},
        {"{\"dataframe_split\": {\"data\": [[2, \"KS\", 1], [4, \"OH\", 3]], \"columns\": "
         "[\"Mins\", \"State\", \"Length\"]}, \"params\": {\"a\": [1, {}]}}",
         "KS|1|2;OH|3|4"},
        {"{\"dataframe_split\": {\"data\": [[\"KS\", 1, 0, 2]]}}", "KS|1|2"},
        {"{\"inputs\": {\"State\": [\"KS\", \"OH\"], \"Mins\": [2, 4], \"Length\": [1, 3]}}",
         "KS|1|2;OH|3|4"},
        {"{\"inputs\": {\"State\": [[\"KS\"], [\"OH\"]], \"Mins\": [[2], [4]], \"Length\": [1, "
         "3], \"Phone\": [[], [1, 2]], \"other\": 5}}",
         "KS|1|2;OH|3|4"},
        {"{\"inputs\": {\"State\": \"KS\", \"Mins\": 2, \"Length\": 1}}", "KS|1|2"},
        {"{\"inputs\": [[\"KS\", 1, 0, 2]]}", "KS|1|2"},
        {"{\"input\":[{\"name\":\"State\",\"type\":\"string\",\"val\":\"KS\"},{\"val\":\"1.0\","
         "\"name\":\"Length\",\"type\":\"float\"},{\"name\":\"x\",\"val\":3},{\"name\":\"Mins\","
         "\"val\":2}],\"output\":{\"name\":\"features\",\"type\":\"double\"}}",
         "KS|1|2"},
        {"[[\"KS\", 1, 0, 2]]", "KS|1|2"},
        {"[\"KS\", 1, 0, 2]", "KS|1|2"},
        {"[{\"State\": \"KS\", \"Length\": 1, \"Mins\": 2}]", "KS|1|2"},
        {"{\"State\": \"KS\", \"Length\": 1, \"Mins\": 2}", "KS|1|2"},
        {" \n[ [ \"KS\" , 1 , 0 , 2 ] ] \r\n", "KS|1|2"},
        {"\xef\xbb\xbf[[\"KS\",1,0,2]]", "KS|1|2"},
    };
    EACH_ROW(rows, r)
        check_case(WIRE_JSON, r);
}

TEST(json_values_become_what_the_column_is)
{
    static const struct json_case rows[] = {
        {"[[415, \"12.5\", 0, true]]", "415|12.5|1"},
        {"[[415.0, false, 0, \" 1e3 \"]]", "415.0|0|1000"},
        {"[[true, null, 0, NaN]]", "true|-|-"},
        {"[[null, \"\", 0, \"nan\"]]", "-|-|-"},
        {"[[\"\", \"NA\", 0, \"null\"]]", "|-|-"},
        {"[[NaN, 1, 0, 2]]", "-|1|2"},
        {"[[\"a\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\", 1, 0, 2]]",
         "a\xc3\xa9\xf0\x9f\x98\x80\n\"\\/|1|2"},
        {"[[\"K\", 123456789012345678901234567890, 0, -0.1e-2]]",
         "K|1.2345678901234568e+29|-0.001"},
        {"[[\"K\", [1], 0, [2]]]", "K|1|2"},
        {"[[\"K\", 1, {\"a\": [1, {}]}, 2]]", "K|1|2"},
    };
    EACH_ROW(rows, r)
        check_case(WIRE_JSON, r);
}

TEST(json_faults_stay_in_their_row)
{
    static const struct json_case rows[] = {
        {"[[\"KS\", \"abc\", 0, 2], [\"OH\", 1, 0, 2]]", "!Length: 'abc' is not a number;OH|1|2"},
        {"[[\"KS\", 1, 0], [\"OH\", 1, 0, 2]]", "!row: has 3 values, not 4;OH|1|2"},
        {"[[\"KS\", 1, 0, 2, 3]]", "!row: has 5 values, not 4"},
        {"[[\"KS\", [1, 2], 0, 2]]", "!Length: must be one value, not a list or an object"},
        {"[[\"KS\", {}, 0, 2]]", "!Length: must be one value, not a list or an object"},
        {"[[\"KS\", [], 0, 2]]", "!Length: must be one value, not a list or an object"},
        {"[[\"KS\", 1e999, 0, 2]]", "!Length: '1e999' is not finite"},
        {"[[\"KS\", -Infinity, 0, 2]]", "!Length: '-Infinity' is not finite"},
        {"[[\"KS\", 1, 0, 2], 7, [\"KS\", 1, 0, 2]]",
         "KS|1|2;!row: must be a list or an object of 4 values;KS|1|2"},
        {"[{\"State\": \"KS\", \"Length\": 1}, {\"State\": \"KS\", \"Length\": 1, \"Mins\": 3}]",
         "!Mins: is not there;KS|1|3"},
        {"[{\"State\": \"KS\", \"Length\": 1, \"Mins\": 3, \"State\": \"OH\"}]",
         "!State: is there twice"},
        {"{\"inputs\": {\"State\": [\"KS\", \"OH\"], \"Mins\": [2, \"x\"], \"Length\": [1, 3]}}",
         "KS|1|2;!Mins: 'x' is not a number"},
        {"{\"input\":[{\"name\":\"State\",\"val\":\"KS\"}]}", "!Length: is not there"},
        {"[{}]", "!State: is not there"},
        {"{\"instances\": [{\"features\": [1]}]}", "!row: has 1 values, not 4"},
    };
    EACH_ROW(rows, r)
        check_case(WIRE_JSON, r);
}

TEST(json_mistakes_name_their_place)
{
    static const struct json_case rows[] = {
        {"{", "JSON, line 1, column 2: the end came too early"},
        {"[[\"KS\", 1, 0, 2]", "JSON, line 1, column 17: the end came too early"},
        {"[\n  [\"KS\", 1, 0, 2],\n]", "JSON, line 3, column 1: expected a value"},
        {"[[\"KS\", 1 0, 2]]", "JSON, line 1, column 11: expected ',' or ']'"},
        {"[[\"KS\", 1, 0, 2]] x", "JSON, line 1, column 19: something follows the end"},
        {"[[\"KS\", 01, 0, 2]]", "column 9: not a number"},
        {"[[\"KS\", 1., 0, 2]]", "column 9: not a number"},
        {"[[\"KS\", .5, 0, 2]]", "column 9: expected a value"},
        {"[[\"KS\", 1e, 0, 2]]", "column 9: not a number"},
        {"[[\"KS\", 1.e5, 0, 2]]", "column 9: not a number"},
        {"[[\"KS\", -, 0, 2]]", "column 9: not a number"},
        {"[[\"KS\", nul, 0, 2]]", "column 9: expected a value"},
        {"[[\"KS, 1, 0, 2]]", "this string never ends"},
        {"[[\"KS\\", "this string never ends"},
        {"[[\"K\tS\", 1, 0, 2]]", "a control character in this string"},
        {"[[\"\\x\", 1, 0, 2]]", "an escape in this string is wrong"},
        {"[[\"\\ud800\", 1, 0, 2]]", "an escape in this string is wrong"},
        {"[[\"\\udc00\", 1, 0, 2]]", "an escape in this string is wrong"},
        {"[[\"\\u12\", 1, 0, 2]]", "an escape in this string is wrong"},
        {"{\"instances\" [1]}", "expected ':'"},
        {"{instances: [1]}", "expected a key in quotes"},
        {"[[\"K\xff\", 1, 0, 2]]", "the body is not UTF-8"},
        {"{\"a\": "
         "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
         "too deeply nested"},
        {"{\"instances\": []}", "there are no rows"},
        {"[]", "there are no rows"},
        {"{}", "the body must be a list of rows, or an object with exactly one of 'instances'"},
        {"{\"rows\": [[1]]}", "an object with exactly one of 'instances'"},
        {"{\"instances\": [[1]], \"inputs\": [[1]]}", "must have exactly one of 'instances'"},
        {"3", "rows must be a list or an object"},
        {"\"instances\"", "rows must be a list or an object"},
        {"", "the body is empty"},
        {" ", "rows must be a list or an object"},
        {"{\"inputs\": {\"State\": [\"KS\"], \"Mins\": [2, 3], \"Length\": [1]}}",
         "column 'Mins' has 2 values, those before it 1"},
        {"{\"inputs\": {\"State\": [\"KS\"], \"Mins\": [2]}}", "column 'Length' is not there"},
        {"{\"inputs\": {\"State\": [\"KS\"], \"State\": [\"KS\"]}}",
         "column 'State' is there twice"},
        {"{\"dataframe_split\": {\"columns\": [\"State\"], \"data\": [[1]]}}",
         "'dataframe_split' has no column 'Length'"},
        {"{\"dataframe_split\": {\"columns\": [\"State\"]}}", "'dataframe_split' has no 'data'"},
        {"{\"dataframe_split\": {\"columns\": [\"State\", \"Length\", \"Mins\", \"State\"], "
         "\"data\": [[1]]}}",
         "'dataframe_split' has column 'State' twice"},
        {"{\"dataframe_split\": {\"data\": [1]}}", "a list of lists as 'data'"},
        {"{\"dataframe_split\": {\"data\": [[1]}}", "expected ',' or ']'"},
    };
    EACH_ROW(rows, r) {
        const char *shown = rows_shown(WIRE_JSON, &rows_schema, r->body, strlen(r->body));
        EXPECT_HAS(shown, "error: ");
        EXPECT_HAS(shown, r->shown);
    }
}

TEST(json_lines_are_read)
{
    static const struct json_case rows[] = {
        {"[\"KS\", 1, 0, 2]\n{\"State\": \"OH\", \"Length\": 3, \"Mins\": 4}\n", "KS|1|2;OH|3|4"},
        {"\n  \r\n[\"KS\", 1, 0, 2]\r\n\n{\"features\": [\"OH\", 3, 0, 4]}", "KS|1|2;OH|3|4"},
        {"[\"KS\", 1, 0, 2\n[\"OH\", 3, 0, 4]\n",
         "!row: is broken JSON at column 15: the end came too early;OH|3|4"},
        {"[\"KS\", 1, 0, 2] 3\n[\"OH\", 3, 0, 4]\n",
         "!row: is broken JSON at column 17: something follows the end;OH|3|4"},
        {"[\"K\xffS\", 1, 0, 2]\n[\"OH\", 3, 0, 4]\n", "!row: is not UTF-8;OH|3|4"},
        {"3\n", "!row: must be a list or an object of 4 values"},
        {"\n\n", "error: there are no rows"},
    };
    EACH_ROW(rows, r)
        check_case(WIRE_JSONL, r);
}

TEST(json_one_column_may_be_bare)
{
    static const struct schema_column column[] = {{"x", SCHEMA_NUMBER, SCHEMA_REQUIRED}};
    static const struct schema one = {1, column};
    static const struct {
        enum wire_media media;
        const char *body, *shown;
    } rows[] = {
        {WIRE_JSON, "{\"instances\": [1, 2, [3], {\"x\": 4}]}", "1;2;3;4"},
        {WIRE_JSON, "[1.5, null]", "1.5;-"},
        {WIRE_JSON, "{\"inputs\": {\"x\": [1, 2]}}", "1;2"},
        {WIRE_JSONL, "1\n[2]\n", "1;2"},
        {WIRE_CSV, "x\n1\n2\n", "1;2"},
        {WIRE_CSV, "1\n2\n", "1;2"},
    };
    EACH_ROW(rows, r)
        EXPECT_STR(rows_shown(r->media, &one, r->body, strlen(r->body)), r->shown);
}

TEST(json_rows_are_limited)
{
    struct text body = {0};

    text_add_format(&body, "{\"instances\": [");
    for (int i = 0; i < 101; i++)
        text_add_format(&body, "%s[\"KS\", %d, 0, 2]", i ? "," : "", i);
    text_add_format(&body, "]}");
    EXPECT_STR(rows_shown(WIRE_JSON, &rows_schema, body.bytes, body.length),
               "error: more than 100 rows");
    text_clear(&body);
}
