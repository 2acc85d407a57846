#include "sales/book.h"

#include "sales/weeks.h"
#include "support/test.h"

static void put(struct sales_book *book, int64_t year_week, const char *vegetable, double sales)
{
    const struct sales_row row = {.vegetable = vegetable, .posted = "{}", .sales = sales};
    struct sales_row made = row;
    const char *why;

    EXPECT(sales_period_of_week(year_week, &made.period, &why));
    sales_book_put(book, &made);
}

static void expect_monthly(struct sales_book *book, bool remove, bool details, const char *want)
{
    struct text out = {0};

    sales_book_monthly(
        book, &(struct sales_monthly_query){.remove_outliers = remove, .details = details}, &out);
    EXPECT_STR(out.bytes, want);
    text_clear(&out);
}

TEST(book_adds_spellings_and_splits_weeks)
{
    struct sales_book *book = sales_book_new();

    expect_monthly(book, false, false, "[]\n");
    put(book, 202001, "Tomate", 40);
    put(book, 202001, "tomato", 10);
    put(book, 202001, "Peer", 7);
    expect_monthly(book, false, false,
                   "[{\"year_month\": 202001, \"vegetable\": \"pear\", \"sales\": 7}, "
                   "{\"year_month\": 202001, \"vegetable\": \"tomato\", \"sales\": 50}]\n");
    put(book, 202004, "TOMATES", 70); /* 27 January to 2 February: 5 days and 2 */
    put(book, 202001, "Tomate", 20);  /* replaced */
    expect_monthly(book, false, true,
                   "[{\"year_month\": 202001, \"vegetable\": \"pear\", \"sales\": 7, "
                   "\"is_outlier\": false, \"weeks\": 1}, "
                   "{\"year_month\": 202001, \"vegetable\": \"tomato\", \"sales\": 80, "
                   "\"is_outlier\": false, \"weeks\": 2}, "
                   "{\"year_month\": 202002, \"vegetable\": \"tomato\", \"sales\": 20, "
                   "\"is_outlier\": false, \"weeks\": 1}]\n");
    sales_book_free(book);
}

TEST(book_lists_what_is_not_recognised)
{
    struct sales_book *book = sales_book_new();
    struct text out = {0};

    put(book, 202001, "zork", 1);
    put(book, 202002, "zork", 2);
    put(book, 202002, "Bork \"x\"", 2);
    put(book, 202002, "pera", 2);
    sales_book_unrecognised(book, &out);
    EXPECT_STR(out.bytes, "[{\"vegetable\": \"Bork \\\"x\\\"\", \"rows\": 1}, "
                          "{\"vegetable\": \"zork\", \"rows\": 2}]\n");
    text_clear(&out);
    sales_book_free(book);
}

/* 30 weeks of 100 and one of x: with n - 1 below, x is 5 deviations off at 30 of them. */
TEST(book_tags_outliers_of_a_vegetable)
{
    struct sales_book *book = sales_book_new();
    struct arena memory = {0};
    size_t outliers = 0;

    for (int week = 1; week <= 40; week++)
        put(book, 202000 + week, "tomato", week == 20 ? 5000 : 100 + week % 2);
    for (int week = 1; week <= 40; week++)
        put(book, 202000 + week, "pumpkin", 5000); /* usual for another vegetable */
    const struct sales_tables tables = sales_book_tables(book, true, &memory);
    for (size_t i = 0; i < tables.weeklies; i++) {
        const struct sales_weekly *row = &tables.weekly[i];
        outliers += row->is_outlier;
        if (row->is_outlier)
            EXPECT_EQ(row->sales, 5000);
        if (row->is_outlier)
            EXPECT_STR(row->vegetable, "tomato");
    }
    EXPECT_EQ(outliers, 1);
    arena_clear(&memory);
    sales_book_free(book);
}

TEST(book_leaves_outliers_out)
{
    struct sales_book *book = sales_book_new();
    struct text with = {0}, without = {0};

    for (int week = 1; week <= 40; week++)
        put(book, 202000 + week, "tomato", week == 20 ? 5000 : 100);
    sales_book_monthly(book, &(struct sales_monthly_query){.details = true}, &with);
    sales_book_monthly(
        book, &(struct sales_monthly_query){.remove_outliers = true, .details = true}, &without);
    EXPECT_HAS(with.bytes, "\"is_outlier\": true");
    EXPECT(!strstr(without.bytes, "\"is_outlier\": true"));
    EXPECT(strcmp(with.bytes, without.bytes) != 0);
    text_clear(&with);
    text_clear(&without);
    sales_book_free(book);
    /* Two weeks have a deviation and no outlier; one week has none. */
    book = sales_book_new();
    put(book, 202001, "tomato", 1);
    put(book, 202010, "tomato", 1e9);
    expect_monthly(book, true, false,
                   "[{\"year_month\": 202001, \"vegetable\": \"tomato\", \"sales\": 1}, "
                   "{\"year_month\": 202003, \"vegetable\": \"tomato\", \"sales\": 1000000000}]\n");
    sales_book_free(book);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows of tables as sorted lines. */
static char *tables_text(const struct sales_tables *tables)
{
    struct text text = {0}, sorted = {0};
    char **line =
        memory_take(tables->silvers + tables->weeklies + tables->monthlies + 1, sizeof *line);
    size_t lines = 0;

    for (size_t i = 0; i < tables->silvers; i++)
        text_add_format(&text, "s %d %s %s %d %.17g\n", (int)tables->silver[i].period,
                        tables->silver[i].written, tables->silver[i].vegetable,
                        tables->silver[i].recognised, tables->silver[i].sales);
    for (size_t i = 0; i < tables->weeklies; i++)
        text_add_format(&text, "w %d %s %.17g %d\n", (int)tables->weekly[i].start,
                        tables->weekly[i].vegetable, tables->weekly[i].sales,
                        tables->weekly[i].is_outlier);
    for (size_t i = 0; i < tables->monthlies; i++)
        text_add_format(&text, "m %d %s %.17g %.17g %zu %zu\n", (int)tables->monthly[i].year_month,
                        tables->monthly[i].vegetable, tables->monthly[i].sales,
                        tables->monthly[i].safe_sales, tables->monthly[i].weeks,
                        tables->monthly[i].outliers);
    for (char *rest = text.bytes, *at; (at = strsep(&rest, "\n")) && *at;)
        line[lines++] = at;
    qsort(line, lines, sizeof *line, compare_lines);
    for (size_t i = 0; i < lines; i++)
        text_add_format(&sorted, "%s\n", line[i]);
    text_clear(&text);
    free(line);
    return sorted.bytes;
}

/* Changes applied one after the other, in two orders, and a rebuild: the same to the bit. */
TEST(book_does_not_depend_on_the_order)
{
    static const char *const names[] = {"tomato", "Tomate", "tomatto", "pear", "Poire", "zork"};
    enum { ROWS = 600 };
    struct arena memory = {0};
    struct sales_book *forward = sales_book_new(), *backward = sales_book_new();
    char *want = NULL;

    for (int step = 0; step < 2 * ROWS; step++) {
        const int i = step % ROWS, j = ROWS - 1 - i;
        /* The first pass of each has amounts that the second replaces. */
        const double other = step < ROWS ? 1e6 : 0;
        put(forward, 202001 + i % 50, names[i / 50 % 6], other + (i * 7919 % 1000) / 7.0);
        put(backward, 202001 + j % 50, names[j / 50 % 6], other + (j * 7919 % 1000) / 7.0);
        if (step % 97 == 0)
            sales_book_tables(forward, false, &memory);
    }
    /* 600 rows over 300 keys: of each key the last counts, which differs; put one set on top. */
    for (int i = 0; i < ROWS / 2; i++) {
        put(forward, 202001 + i % 50, names[i / 50], i / 7.0);
        put(backward, 202001 + i % 50, names[i / 50], i / 7.0);
    }
    struct sales_tables tables = sales_book_tables(forward, true, &memory);
    want = tables_text(&tables);
    tables = sales_book_tables(backward, true, &memory);
    char *got = tables_text(&tables);
    EXPECT_STR(got, want);
    free(got);
    tables = sales_book_tables(backward, false, &memory);
    EXPECT_EQ(tables.silvers + tables.weeklies + tables.monthlies, 0);
    put(backward, 202010, "pear", 0.25);
    tables = sales_book_tables(backward, false, &memory);
    EXPECT_EQ(tables.silvers, 1);
    EXPECT_EQ(tables.weeklies, 1);
    EXPECT_EQ(tables.monthlies, 1);
    free(want);
    arena_clear(&memory);
    sales_book_free(forward);
    sales_book_free(backward);
}
