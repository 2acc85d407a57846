#include "report/html.h"
#include "report/figure.h"
#include "report/svg.h"
#include "support/test.h"

#include <math.h>

TEST(html_text_is_safe)
{
    static const struct {
        const char *in;
        size_t columns;
        const char *out;
    } rows[] = {
        {"plain", 0, "plain"},
        {"", 0, ""},
        {"<script>alert('x')</script>", 0, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
        {"\" onload=\"x", 0, "&quot; onload=&quot;x"},
        {"a&amp;b", 0, "a&amp;amp;b"},
        {"été ブランド 😀", 0, "été ブランド 😀"},
        {"abcdef", 6, "abcdef"},
        {"abcdefg", 6, "abcde…"},
        {"<<<<", 3, "&lt;&lt;…"},    /* columns count letters, not bytes of escapes */
        {"ブランド", 8, "ブランド"}, /* two columns each */
        {"ブランド", 7, "ブラン…"},
        {"a\tb\nc", 0, "a\tb\nc"}, /* a long text keeps its lines */
        {"a\nb", 10,
         "a\xef\xbf\xbd"
         "b"}, /* a name does not */
        {"a\x01\x7f"
         "b",
         0,
         "a\xef\xbf\xbd\xef\xbf\xbd"
         "b"},
        {"\xff\xc3", 0, "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc0\xaf", 0, "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong '/' */
        {"\xed\xa0\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xf5\x80\x80\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"abc\xe2\x80\xae"
         "def",
         0,
         "abc\xef\xbf\xbd"
         "def"},                             /* right-to-left override */
        {"\xef\xbf\xbf", 0, "\xef\xbf\xbd"}, /* U+FFFF is not XML */
    };
    EACH_ROW(rows, r) {
        struct text out = {0};
        html_text(&out, r->in, r->columns);
        EXPECT_STR(out.bytes ? out.bytes : "", r->out);
        text_clear(&out);
    }
}

#define NB "\xc2\xa0"
#define DASH "\xe2\x80\x93"

TEST(figures_read_well)
{
    static const struct {
        struct figure (*figure)(double);
        double value;
        const char *out;
    } rows[] = {
        {figure_count, 0, "0"},
        {figure_count, 999, "999"},
        {figure_count, 1000, "1,000"},
        {figure_count, 1234567.4, "1,234,567"},
        {figure_count, -1234, "-1,234"},
        {figure_count, -0.2, "0"},
        {figure_count, -123456, "-123,456"},
        {figure_count, 1e300, "1e+300"},
        {figure_count, NAN, DASH},
        {figure_count, INFINITY, DASH},
        {figure_amount, 0, "0"},
        {figure_amount, 1.234, "1.23"},
        {figure_amount, 3, "3"},
        {figure_amount, 9.996, "10.0"},
        {figure_amount, 99.96, "100"},
        {figure_amount, 12345.6, "12,346"},
        {figure_amount, 0.0004, "0.0004"},
        {figure_score, 0.74036, "0.7404"},
        {figure_score, -0.0, "0.0000"},
        {figure_score, NAN, DASH},
        {figure_share, 0.123, "12.3" NB "%"},
        {figure_share, 1, "100.0" NB "%"},
        {figure_share, 0.00456, "0.46" NB "%"},
        {figure_share, 0.000001, "0.0001" NB "%"},
        {figure_share, 0, "0.0" NB "%"},
        {figure_share, 1e308, DASH},
    };
    EACH_ROW(rows, r)
        EXPECT_STR(r->figure(r->value).text, r->out);
}

TEST(ticks_have_the_decimals_of_their_step)
{
    static const struct {
        double value, step;
        enum figure_kind kind;
        const char *out;
    } rows[] = {
        {0.5, 0.1, FIGURE_SCORE, "0.5"},
        {0.5, 0.05, FIGURE_SCORE, "0.50"},
        {20000, 5000, FIGURE_COUNT, "20,000"},
        {0.25, 0.05, FIGURE_SHARE, "25" NB "%"},
        {0.005, 0.005, FIGURE_SHARE, "0.5" NB "%"},
        {2e12, 1e12, FIGURE_AMOUNT, "2e+12"},
    };
    EACH_ROW(rows, r)
        EXPECT_STR(figure_tick(r->value, r->step, r->kind).text, r->out);
}

TEST(axes_have_round_ticks)
{
    static const struct {
        double low, high;
        size_t ticks;
        enum figure_kind kind;
        double want_low, want_high, want_step;
    } rows[] = {
        {0, 97, 5, FIGURE_AMOUNT, 0, 100, 20},
        {0.66, 0.77, 5, FIGURE_SCORE, 0.65, 0.8, 0.05},
        {0, 3, 5, FIGURE_COUNT, 0, 3, 1},
        {0, 1e9, 4, FIGURE_COUNT, 0, 1e9, 5e8},
        {0, 0, 5, FIGURE_AMOUNT, 0, 0.5, 0.1},
        {7, 7, 5, FIGURE_AMOUNT, 2, 12, 2},
        {NAN, NAN, 5, FIGURE_AMOUNT, 0, 1, 0.2},
        {INFINITY, -INFINITY, 5, FIGURE_AMOUNT, 0, 1, 0.2},
        {-1e308, 1e308, 5, FIGURE_AMOUNT, 0, 1, 0.2},
    };
    EACH_ROW(rows, r) {
        const struct axis axis = axis_nice(r->low, r->high, r->ticks, r->kind);
        EXPECT_NEAR(axis.low, r->want_low, 1e-9 * r->want_step);
        EXPECT_NEAR(axis.high, r->want_high, 1e-9 * r->want_step);
        EXPECT_NEAR(axis.step, r->want_step, 1e-9 * r->want_step);
        EXPECT(axis.ticks >= 2 && axis.ticks <= 12);
        EXPECT_NEAR(axis.first + (double)(axis.ticks - 1) * axis.step, axis.high, 1e-6 * axis.step);
    }
    const struct axis exact = axis_exact(1, 12, 8, FIGURE_COUNT);
    EXPECT_NEAR(exact.low, 1, 0);
    EXPECT_NEAR(exact.first, 2, 0);
    EXPECT_EQ(exact.ticks, 6);
    EXPECT_NEAR(axis_place(&exact, 0), 0, 0);
    EXPECT_NEAR(axis_place(&exact, 6.5), 0.5, 1e-15);
    EXPECT_NEAR(axis_place(&exact, NAN), 0, 0);
}

TEST(first_series_differ_in_colour_or_shape)
{
    for (size_t a = 0; a < 16; a++)
        for (size_t b = 0; b < a; b++)
            EXPECT(a % SVG_SHAPES != b % SVG_SHAPES || svg_colour(a) != svg_colour(b));
}
