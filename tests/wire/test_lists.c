/* Cells that hold lists, and columns that need not be there. */
#include <string.h>

#include "support/test.h"
#include "wire/shown.h"

static const struct schema_column columns[] = {
    {.name = "id", .kind = SCHEMA_TEXT},
    {.name = "amount", .kind = SCHEMA_NUMBER, .need = SCHEMA_OPTIONAL},
    {.name = "time", .kind = SCHEMA_TEXT, .need = SCHEMA_UNLESS_LISTS},
    {.name = "c.amount", .kind = SCHEMA_LIST, .need = SCHEMA_OPTIONAL},
    {.name = "c.kind", .kind = SCHEMA_LIST, .need = SCHEMA_OPTIONAL},
};
static const struct schema schema = {5, columns};

TEST(lists_are_read)
{
    static const struct {
        enum wire_media media;
        const char *body, *shown;
    } rows[] = {
        {WIRE_JSON, "{\"id\": \"a\", \"c.amount\": [1, 2.50, null], \"c.kind\": [\"x\", true, 7]}",
         "a|-|-|1;SEP;2.50;SEP;|x;SEP;true;SEP;7"},
        {WIRE_JSON, "{\"c.amount\": \"1;SEP;2\", \"id\": 5}", "5|-|-|1;SEP;2|-"},
        {WIRE_JSON, "{\"c.amount\": [1], \"id\": 5, \"amount\": 3}", "5|3|-|1|-"},
        {WIRE_JSON,
         "{\"input\": [{\"name\": \"id\", \"val\": 5}, {\"name\": \"c.kind\", \"val\": "
         "[\"x\"]}]}",
         "5|-|-|-|x"},
        {WIRE_JSON, "[{\"id\": 1, \"c.kind\": []}, {\"id\": 2, \"time\": 9, \"c.kind\": null}]",
         "1|-|-|-|;2|-|9|-|-"},
        {WIRE_JSON, "{\"instances\": [{\"id\": 1, \"c.kind\": [\"\\u00e9\", NaN]}]}",
         "1|-|-|-|\xc3\xa9;SEP;"},
        {WIRE_JSON, "{\"instances\": [{\"id\": 1, \"c.kind\": [[1]]}, {\"id\": 2, \"time\": 1}]}",
         "!c.kind: must be a list of plain values;2|-|1|-|-"},
        {WIRE_JSON, "[{\"id\": 1, \"c.kind\": [\"a;SEP;b\"]}]",
         "!c.kind: 'a;SEP;b' holds the separator ;SEP;"},
        {WIRE_JSON, "[{\"id\": 1, \"c.amount\": [Infinity]}]",
         "!c.amount: 'Infinity' is not finite"},
        {WIRE_JSON, "[{\"id\": 1, \"time\": 1, \"c.amount\": {\"x\": 1}}]",
         "!c.amount: must be one value, not a list or an object"},
        {WIRE_JSON, "{\"c.amount\": [1]}", "!id: is not there"},
        {WIRE_JSON, "[{\"id\": 1}, {\"id\": 2, \"c.kind\": null}, {\"id\": 3, \"c.kind\": \"\"}]",
         "!time: is not there;!time: is not there;3|-|-|-|"},
        {WIRE_JSON, "[{\"id\": 1, \"c.amount\": [1, }]",
         "error: JSON, line 1, column 28: expected a value"},
        {WIRE_JSON, "{\"id\": 1, \"c.amount\": [-0, 1e5,-0.5E+2 , 10.250e-1]}",
         "1|-|-|-0;SEP;1e5;SEP;-0.5E+2;SEP;10.250e-1|-"},
        {WIRE_JSON, "{\"id\": 1, \"c.kind\": [\"]\", \"a\\\"b\", \"\", 1,2,3,4,5,6,7,8,9]}",
         "1|-|-|-|];SEP;a\"b;SEP;;SEP;1;SEP;2;SEP;3;SEP;4;SEP;5;SEP;6;SEP;7;SEP;8;SEP;9"},
        {WIRE_JSON, "{\"id\": 1, \"c.amount\": [01]}",
         "error: JSON, line 1, column 24: not a number"},
        {WIRE_JSON, "{\"id\": 1, \"c.amount\": [1.]}",
         "error: JSON, line 1, column 24: not a number"},
        {WIRE_JSON, "{\"id\": 1, \"c.amount\": [-]}",
         "error: JSON, line 1, column 24: not a number"},
        {WIRE_JSON, "{\"id\": 1, \"c.amount\": [1e]}",
         "error: JSON, line 1, column 24: not a number"},
        {WIRE_JSON, "{\"id\": 1, \"c.amount\": [1.2.3]}",
         "error: JSON, line 1, column 24: not a number"},
        /* A key that announces rows may come after others, which then mean nothing. */
        {WIRE_JSON,
         "{\"c.kind\": [\"x\"], \"amount\": 5, \"instances\": [{\"id\": 2, \"time\": 1}]}",
         "2|-|1|-|-"},
        {WIRE_JSON,
         "{\"c.kind\": [\"x\"], \"c.kind\": [[1]], \"data\": {\"id\": 2, \"time\": 1}, \"q\": 0}",
         "2|-|1|-|-"},
        {WIRE_JSON, "{\"id\": 1, \"inputs\": [{\"id\": 2, \"time\": 1}], \"data\": []}",
         "error: the body must have exactly one of 'instances', 'inputs', 'dataframe_split', "
         "'dataframe_records'"},
        {WIRE_JSON, "{\"id\": 1, \"c.kind\": [\"x\"], \"instances\": 5}", "1|-|-|-|x"},
        {WIRE_JSON, "{\"id\": 1, \"c.kind\": [\"x\"]} 1",
         "error: JSON, line 1, column 28: something follows the end"},
        {WIRE_JSONL, "{\"id\": 1, \"c.amount\": [1, 2]}\n", "1|-|-|1;SEP;2|-"},
        {WIRE_CSV, "id,time\n7,1\n8,\n", "7|-|1|-|-;8|-|-|-|-"},
        {WIRE_CSV, "c.kind,id\nx;SEP;y,7\n,8\n", "7|-|-|-|x;SEP;y;8|-|-|-|-"},
        {WIRE_CSV, "amount,c.kind\n1,x\n", "error: the header has no column 'id'"},
        {WIRE_CSV, "id,amount\n1,x\n", "error: the header has no column 'time'"},
    };
    EACH_ROW(rows, r)
        EXPECT_STR(rows_shown(r->media, &schema, r->body, strlen(r->body)), r->shown);
}

TEST(lists_stay_missing_when_rows_outgrow_their_room)
{
    struct text body = {0}, wanted = {0};

    for (int i = 0; i < 40; i++) {
        text_add_format(&body, "{\"id\": %d, %s}\n", i,
                        i == 39 ? "\"c.kind\": [1, 2]" : "\"time\": 1");
        text_add_format(&wanted, "%s%d|-|%s|-|%s", i ? ";" : "", i, i == 39 ? "-" : "1",
                        i == 39 ? "1;SEP;2" : "-");
    }
    EXPECT_STR(rows_shown(WIRE_JSONL, &schema, body.bytes, body.length), wanted.bytes);
    text_clear(&body);
    text_clear(&wanted);
}

TEST(lists_are_written)
{
    static const struct schema_column column[] = {{.name = "x", .kind = SCHEMA_LIST},
                                                  {.name = "y", .kind = SCHEMA_TEXT}};
    static const struct schema answered = {2, column};
    static const struct table_string x[] = {{"0.5;SEP;;SEP;K\"", 15}, {"", 0}, {NULL, 0}},
                                     y[] = {{"0.5", 3}, {"", 0}, {NULL, 0}};
    static const struct frame_column both[] = {{NULL, x}, {NULL, y}};
    static const struct frame answer = {&answered, 3, both};
    static const size_t all[] = {0, 1};
    struct text out = {0};
    struct error err = {0};

    EXPECT_OK(wire_encode(&out, WIRE_JSONL, &answer, all, 2, NULL, &err), &err);
    EXPECT_STR(out.bytes, "{\"x\": [0.5, null, \"K\\\"\"], \"y\": \"0.5\"}\n"
                          "{\"x\": [], \"y\": \"\"}\n{\"x\": null, \"y\": null}\n");
    out.length = 0;
    EXPECT_OK(wire_encode(&out, WIRE_CSV, &answer, all, 2, NULL, &err), &err);
    EXPECT_STR(out.bytes, "\"0.5;SEP;;SEP;K\"\"\",0.5\n,\n,\n");
    text_clear(&out);
}
