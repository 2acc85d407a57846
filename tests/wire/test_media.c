/* Media types and Accept. */
#include <string.h>

#include "support/test.h"
#include "wire/wire.h"

TEST(media_types_are_compared_without_parameters)
{
    static const struct {
        const char *type, *body;
        int media; /* -1: not ours */
    } rows[] = {
        {"text/csv", "", WIRE_CSV},
        {"text/csv; charset=utf-8", "", WIRE_CSV},
        {" Text/CSV ;header=absent", "", WIRE_CSV},
        {"application/json", "", WIRE_JSON},
        {"application/json;charset=UTF-8", "", WIRE_JSON},
        {"application/jsonlines", "", WIRE_JSONL},
        {"application/x-ndjson", "", WIRE_JSONL},
        {"application/jsonl", "", WIRE_JSONL},
        {NULL, "KS,1", WIRE_CSV},
        {"", " {\"instances\": []}", WIRE_JSON},
        {" ", "[[1]]", WIRE_JSON},
        {NULL, "", WIRE_CSV},
        {"text/html", "", -1},
        {"text/csvx", "", -1},
        {"text", "", -1},
        {"application/x-www-form-urlencoded", "", -1},
        {";", "", -1},
    };
    EACH_ROW(rows, r) {
        enum wire_media media = WIRE_MEDIA_COUNT;
        const bool known = wire_media_of(r->type, r->body, strlen(r->body), &media);
        EXPECT_EQ(known ? (int)media : -1, r->media);
    }
    EXPECT_STR(wire_media_name(WIRE_CSV), "text/csv");
    EXPECT_STR(wire_media_name(WIRE_JSON), "application/json");
    EXPECT_STR(wire_media_name(WIRE_JSONL), "application/jsonlines");
}

TEST(media_charsets_other_than_utf8_are_told)
{
    static const struct {
        const char *type, *foreign; /* NULL: none */
    } rows[] = {
        {NULL, NULL},
        {"", NULL},
        {"text/csv", NULL},
        {"text/csv;", NULL},
        {"text/csv; charset=utf-8", NULL},
        {"text/csv; CharSet=\"UTF-8\"", NULL},
        {"text/csv;charset=US-ASCII;header=present", NULL},
        {"text/csv; header=present ; charset = utf8 ", NULL},
        {"text/csv; note=\"; charset=utf-16\"; charset=utf-8", NULL},
        {"text/csv; note=\"a\\\"; charset=utf-16\"", NULL},
        {"text/csv; xcharset=utf-16", NULL},
        {"text/csv; charset=utf-16", "utf-16"},
        {"text/csv; charset=\"UTF-16LE\" ; header=present", "UTF-16LE"},
        {"application/json;CHARSET=latin1 ;x=y", "latin1"},
        {"text/csv; charset=utf-8; charset=utf-16", "utf-16"},
        {"text/csv; charset=utf-8x", "utf-8x"},
        {"text/csv; charset=", ""},
        {"text/csv; charset", ""},
        {"text/csv; charset=\"utf-16", "utf-16"},
        {"text/csv; charset=\"utf-16\\", "utf-16\\"},
    };
    EACH_ROW(rows, r) {
        size_t length = 0;
        const char *found = wire_foreign_charset(r->type, &length);
        EXPECT_EQ(found != NULL, r->foreign != NULL);
        if (found) {
            EXPECT_EQ(length, strlen(r->foreign));
            EXPECT(memcmp(found, r->foreign, length) == 0);
        }
    }
}

TEST(accept_is_negotiated)
{
    static const struct {
        const char *accept;
        enum wire_media preferred;
        int media;
    } rows[] = {
        {NULL, WIRE_JSON, WIRE_JSON},
        {"", WIRE_CSV, WIRE_CSV},
        {"*/*", WIRE_CSV, WIRE_CSV},
        {"*/*", WIRE_JSONL, WIRE_JSONL},
        {"*", WIRE_JSON, WIRE_JSON},
        {"application/json", WIRE_CSV, WIRE_JSON},
        {"application/json; verbose=true", WIRE_CSV, WIRE_JSON},
        {"application/*", WIRE_CSV, WIRE_JSON},
        {"application/*", WIRE_JSONL, WIRE_JSONL},
        {"text/*", WIRE_JSON, WIRE_CSV},
        {"application/json, text/plain, */*", WIRE_CSV, WIRE_JSON},
        {"text/html, */*;q=0.8", WIRE_JSON, WIRE_JSON},
        {"text/csv;q=0.3, application/json;q=0.9", WIRE_CSV, WIRE_JSON},
        {"text/csv; q=1.0, application/json; q=0.999", WIRE_JSON, WIRE_CSV},
        {"*/*;q=0.1, application/jsonlines", WIRE_CSV, WIRE_JSONL},
        {"*/*, text/csv;q=0", WIRE_CSV, WIRE_JSON},
        {"application/x-ndjson", WIRE_CSV, WIRE_JSONL},
        {"text/html", WIRE_CSV, -1},
        {"text/html, image/png;q=0.5", WIRE_JSON, -1},
        {"application/json;q=0", WIRE_JSON, -1},
        {"*/*;q=0", WIRE_CSV, -1},
        {",,", WIRE_CSV, WIRE_CSV},
        {"/", WIRE_CSV, -1},
        {";q=1", WIRE_CSV, -1},
    };
    EACH_ROW(rows, r) {
        enum wire_media media;
        const bool found = wire_accept(r->accept, r->preferred, &media);
        EXPECT_EQ(found ? (int)media : -1, r->media);
    }
}
