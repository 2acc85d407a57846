#include "base/utf8.h"
#include "support/test.h"

TEST(utf8_tells_characters_from_other_bytes)
{
    static const struct {
        const char *text;
        size_t length, first; /* first: of the character it begins with */
        bool valid;
    } rows[] = {
        {"", 0, 0, true},
        {"a", 1, 1, true},
        {"\0a", 2, 1, true},
        {"eight plain and more", 20, 1, true},
        {"\xc3\xa9", 2, 2, true},
        {"\xc3\xa9", 1, 0, false},
        {"\xe2\x82\xac", 3, 3, true},
        {"\xe2\x82", 2, 0, false},
        {"\xf0\x9f\x98\x80", 4, 4, true},
        {"\xf4\x8f\xbf\xbf", 4, 4, true},
        {"\xf4\x90\x80\x80", 4, 0, false}, /* above U+10FFFF */
        {"\xc0\x80", 2, 0, false},         /* longer than need be */
        {"\xe0\x80\xaf", 3, 0, false},
        {"\xf0\x80\x80\xaf", 4, 0, false},
        {"\xed\xa0\x80", 3, 0, false}, /* a surrogate */
        {"\x80", 1, 0, false},
        {"\xff", 1, 0, false},
        {"seven..\xc3", 8, 1, false},
        {"seven..\xc3\xa9", 9, 1, true},
        {"a\xc3(", 3, 1, false},
    };
    EACH_ROW(rows, r) {
        EXPECT_EQ(utf8_length(r->text, r->length), r->first);
        EXPECT_EQ(utf8_valid(r->text, r->length), r->valid);
    }
    EXPECT_EQ(utf8_plain("eight plain and more", 20), true);
    EXPECT_EQ(utf8_plain("eight plain and mor\xc3", 20), false);
    EXPECT_EQ(utf8_plain("eight\xc3plain", 11), false);
}

TEST(utf8_is_not_cut_inside_a_character)
{
    static const struct {
        const char *text;
        size_t most, cut;
    } rows[] = {
        {"abc", 5, 3},
        {"abc", 2, 2},
        {"a\xc3\xa9", 2, 1},
        {"a\xe2\x82\xac", 3, 1},
        {"a\xe2\x82\xac", 4, 4},
        {"\xf0\x9f\x98\x80x", 3, 0},
        {"\xf0\x9f\x98\x80x", 4, 4},
        {"\x80\x80\x80\x80\x80\x80\x80", 5, 2}, /* no text at all, but not cut to nothing */
    };
    EACH_ROW(rows, r)
        EXPECT_EQ(utf8_cut(r->text, strlen(r->text), r->most), r->cut);
}

TEST(utf8_writes_what_it_reads)
{
    static const uint32_t codes[] = {1,      0x7f,   0x80,   0x7ff,   0x800,   0xd7ff,
                                     0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff};
    EACH_ROW(codes, code) {
        char out[UTF8_MAX];
        const size_t length = utf8_encode(out, *code);
        EXPECT_EQ(utf8_length(out, length), length);
        EXPECT_EQ(length, *code < 0x80 ? 1 : *code < 0x800 ? 2 : *code < 0x10000 ? 3 : 4);
    }
}
