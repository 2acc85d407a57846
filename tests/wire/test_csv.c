/* Rows as CSV. */
#include <string.h>

#include "support/test.h"
#include "wire/csv.h"
#include "wire/shown.h"

struct csv_case {
    const char *body, *shown;
};

static void check_cases(const struct csv_case *r)
{
    EXPECT_STR(rows_shown(WIRE_CSV, &rows_schema, r->body, strlen(r->body)), r->shown);
}

TEST(csv_rows_are_read)
{
    static const struct csv_case rows[] = {
        {"KS,128,555,137.5\n", "KS|128|137.5"},
        {"KS,128,555,137.5", "KS|128|137.5"},
        {"KS,128,555,137.5\r\nOH,1,,2\r\n", "KS|128|137.5;OH|1|2"},
        {"KS,128,555,137.5\r", "KS|128|137.5"},
        {"KS,1,x,2\n\n\r\n\n", "KS|1|2"},
        {"\n\nKS,1,x,2\n", "KS|1|2"},
        {"\xef\xbb\xbfKS,1,x,2\n", "KS|1|2"},
        {"\"K,S\",\"1\",\"x\ny\",2\n", "K,S|1|2"},
        {"\"K\"\"S\",1,\"\"\"\",2\n", "K\"S|1|2"},
        {"K\"S,1,x,2\n", "K\"S|1|2"},
        {" KS ,1,x,2\n", " KS |1|2"},
        {"M\xc3\xbcnchen,1,x,2\n", "M\xc3\xbcnchen|1|2"},
        {",,,\n", "-|-|-"},
        {"\"\",\"\",\"\",\"\"\n", "-|-|-"},
        {"KS,NaN,x,NA\nnan,nan,x,null\n", "KS|-|-;nan|-|-"},
        {"NA,1,x,2\n", "NA|1|2"},
        {"KS, 12 ,x,\t3\n", "KS|12|3"},
        {"KS,-0.5e3,x,+7.\n", "KS|-500|7"},
        {"KS,.5,x,1E2\n", "KS|0.5|100"},
        {"KS,9007199254740993,x,0.1\n", "KS|9007199254740992|0.10000000000000001"},
    };
    EACH_ROW(rows, r)
        check_cases(r);
}

TEST(csv_header_is_found)
{
    static const struct csv_case rows[] = {
        {"State,Length,Phone,Mins\nKS,1,x,2\n", "KS|1|2"},
        {"\xef\xbb\xbfState,Length,Phone,Mins\r\nKS,1,x,2\r\n", "KS|1|2"},
        {"Mins,State,Churn?,Length\n2,KS,True.,1\n", "KS|1|2"},
        {"Mins,Length,State\n2,1,KS\n", "KS|1|2"},
        {"\"State\",\"Length\",\"Mins\"\nKS,1,2\n", "KS|1|2"},
        {"State,Length\nKS,1\n", "error: the header has no column 'Mins'"},
        {"State,Length,Other,Another\nKS,1,2,3\n", "error: the header has no column 'Mins'"},
        {"State,Length,Mins,State\nKS,1,2,3\n", "error: the header has column 'State' twice"},
        {"State,Length,Phone,Mins\n", "error: there are no rows"},
        {"State,Length,Phone,Mins", "error: there are no rows"},
        {"State,Length,Mins,x\nKS,1,2,3\nKS,1,2\nOH,1,2,3,4\nOH,3,4,5",
         "KS|1|2;!row: has 3 fields, not 4 as the header;!row: has 5 fields, not 4 as the "
         "header;OH|3|4"},
        /* A row may hold a word that is a name. */
        {"State,1,x,2\n", "State|1|2"},
    };
    EACH_ROW(rows, r)
        check_cases(r);
}

TEST(csv_faults_stay_in_their_row)
{
    static const struct csv_case rows[] = {
        {"KS,abc,x,2\nOH,1,x,2\n", "!Length: 'abc' is not a number;OH|1|2"},
        {"KS,1,x,2\nOH,1,x\n", "KS|1|2;!row: has 3 fields, not 4"},
        {"KS,1,x,2,\n", "!row: has 5 fields, not 4"},
        {"KS\n", "!row: has 1 fields, not 4"},
        {"KS,abc,2\n", "!row: has 3 fields, not 4"},
        {"KS,1e999,x,2\n", "!Length: '1e999' is not finite"},
        {"KS,inf,x,-Infinity\n", "!Length: 'inf' is not finite"},
        {"KS,1,x,0x10\n", "!Mins: '0x10' is not a number"},
        {"KS,1 2,x,3\n", "!Length: '1 2' is not a number"},
        {"KS,1,x,true\n", "!Mins: 'true' is not a number"},
        {"KS,-,x,2\n", "!Length: '-' is not a number"},
        {"KS,a,x,b\n", "!Length: 'a' is not a number"},
        {"\"KS\"x,1,x,2\n", "!State: has text after its closing quote"},
        {"M\xfcnchen,1,x,2\nOH,1,\xfc,2\n", "!State: 'M?nchen' is not UTF-8;OH|1|2"},
        {"KS,\x01\x02,x,2\n", "!Length: '  ' is not a number"},
        {"KS,aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee,x,2\n",
         "!Length: 'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...' is not a number"},
        {"KS,\"1,x,2\nOH,1,x,2\n", "error: row 1: a quote is never closed"},
        {"", "error: the body is empty"},
        {"\n\n", "error: there are no rows"},
    };
    EACH_ROW(rows, r)
        check_cases(r);
}

TEST(csv_rows_are_limited)
{
    struct text body = {0};

    for (int i = 0; i < 100; i++)
        text_add_format(&body, "KS,%d,x,2\n", i);
    EXPECT_HAS(rows_shown(WIRE_CSV, &rows_schema, body.bytes, body.length), "KS|99|2");
    text_add_format(&body, "KS,100,x,2\n");
    EXPECT_STR(rows_shown(WIRE_CSV, &rows_schema, body.bytes, body.length),
               "error: more than 100 rows");
    text_clear(&body);
}

TEST(csv_number_may_be_as_long_as_it_likes)
{
    struct text body = {0};

    text_add_format(&body, "KS,1%0400d,x,0.%0400d1\n", 0, 0);
    EXPECT_HAS(rows_shown(WIRE_CSV, &rows_schema, body.bytes, body.length), "is not finite");
    text_clear(&body);
    text_add_format(&body, "KS,1%0600d,x,2\n", 0);
    EXPECT_HAS(rows_shown(WIRE_CSV, &rows_schema, body.bytes, body.length), "is not a number");
    text_clear(&body);
}

TEST(csv_is_cut_between_records)
{
    static const struct {
        const char *body;
        size_t target;
        bool last;
        size_t cut;
    } rows[] = {
        {"a,b\nc,d\n", 5, false, 4},
        {"a,b\nc,d\n", 8, false, 8},
        {"a,b\nc,d", 7, false, 4},
        {"a,b\nc,d", 7, true, 7},
        {"a,b", 2, false, 0},
        {"a,b\n", 2, false, 4},
        {"\"a\nb\",c\nd,e\n", 3, false, 8},
        {"\"a\nb\",c\nd,e\n", 9, false, 12},
        {"\"a\n\"\"b\n\",c\nd", 12, false, 11},
        {"\"a\nb", 4, false, 0},
        {"\"a\nb", 4, true, 4},
        {"a\"b\nc\"d\n", 5, false, 8}, /* quotes within a field are none */
        {"a\"b\nc,d\n", 2, false, 4},
        {"\"a\"\r", 4, false, 0},
        {"\"a\"\r\n", 4, false, 5},
    };
    EACH_ROW(rows, r)
        EXPECT_EQ(csv_cut(r->body, strlen(r->body), r->target, r->last), r->cut);
}

/* Texts of the few bytes that matter, decoded whole and block by block. */
TEST(csv_blocks_are_the_whole)
{
    static const char bytes[] = "a1,,\"\n\r";
    uint64_t seed = 88172645463325252u;
    char body[41];

    for (size_t i = 0; i < 40000; i++) {
        struct arena memory = {0};
        struct wire_rows whole, part;
        struct csv_layout layout;
        struct error err = {0};
        size_t size = 0, start, rows = 0, faults = 0;
        bool ok = true;

        do {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            body[size++] = bytes[(seed >> 40) % (sizeof bytes - 1)];
        } while (size < 1 + (seed >> 20) % 40);
        EXPECT_OK(csv_layout_read(&layout, &rows_schema, body, size, &start, &memory, &err), &err);
        const bool want = csv_decode_block(&whole, &layout, &rows_schema, body + start,
                                           size - start, NULL, &memory, &err);
        while (ok && start < size) {
            const size_t cut = csv_cut(body + start, size - start, 1 + i % 9, true);
            EXPECT(cut > 0 && cut <= size - start);
            ok = csv_decode_block(&part, &layout, &rows_schema, body + start, cut, NULL, &memory,
                                  &err);
            rows += part.frame.rows;
            faults += part.errors.count;
            start += cut;
        }
        EXPECT_EQ(ok, want);
        if (ok) {
            EXPECT_EQ(rows, whole.frame.rows);
            EXPECT_EQ(faults, whole.errors.count);
        }
        arena_clear(&memory);
    }
}
