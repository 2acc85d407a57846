/* What campaigns caused as text, in any width. */
#include "incremental/columns.h"
#include "incremental/print.h"
#include "support/test.h"

#include <math.h>

static const char *const names[] = {"tv", "a campaign with a name longer than a column is wide",
                                    "mail\ttab"};
static const double credit[] = {1234.5, 20.25, 0, 745.25}, low[] = {1100, 5, 0, 600},
                    high[] = {1300, 41, 12, 900}, value[] = {2469, 81, 0, 1490},
                    cost[] = {617.25, 0, 3};

/* The printed table; free() it. */
static char *print(const struct incremental_amounts *amounts, size_t width)
{
    struct incremental_columns columns;
    struct credit_table table = {.channels = 3, .channel = names, .conversions = 2000};
    struct error err = {0};
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    incremental_columns_make(&columns, amounts, &table.memory);
    table.count = columns.columns;
    memcpy(table.column, columns.column, columns.columns * sizeof *columns.column);
    table.figures = columns.figures;
    memcpy(table.figure, columns.figure, columns.figures * sizeof *columns.figure);
    EXPECT_OK(incremental_print(&table, to, width, &err), &err);
    fclose(to);
    arena_clear(&table.memory);
    return text;
}

static size_t widest_line(const char *text)
{
    size_t widest = 0;

    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > widest)
            widest = strcspn(line, "\n");
    return widest;
}

TEST(caused_conversions_are_a_table_with_a_sentence)
{
    const struct incremental_amounts amounts = {3, credit, low, high, NULL, value, cost};
    char *text = print(&amounts, 140);

    EXPECT_HAS(text, "campaign");
    EXPECT_HAS(text, "caused  95 % interval   of all  value  cost  cost each  return\n"
                     "tv ");
    EXPECT_HAS(text, "1,234  1,100 - 1,300   61.7 %  2,469   617       0.50    4.00\n");
    EXPECT_HAS(text, "20.2    5.00 - 41.0    1.0 %   81.0     0          0       -\n");
    EXPECT_HAS(text, "mail?tab");
    EXPECT_HAS(text, "came anyway");
    EXPECT_HAS(text, "\n745 of 2,000 conversions would have come without any campaign: 37.3 %, "
                     "and with 95 % confidence between 30.0 % and 45.0 %.\n");
    EXPECT(!strchr(text, '\033'));
    free(text);
}

/* Narrow terminals lose columns and letters, never a number; nothing hangs over. */
TEST(caused_conversions_fit_the_terminal)
{
    static const struct {
        size_t width;
        bool ends, cost, returns;
    } rows[] = {{100, true, true, true},
                {60, true, true, false},
                {36, true, false, false},
                {30, false, false, false}};
    const struct incremental_amounts amounts = {3, credit, low, high, NULL, value, cost};

    EACH_ROW(rows, r) {
        char *text = print(&amounts, r->width);
        EXPECT(widest_line(text) <= r->width);
        EXPECT_EQ(strstr(text, "interval") != NULL, r->ends);
        EXPECT_EQ(strstr(text, " cost") != NULL, r->cost);
        EXPECT_EQ(strstr(text, "return") != NULL, r->returns);
        EXPECT_HAS(text, "1,234");
        free(text);
    }
}

TEST(caused_conversions_without_intervals_say_less)
{
    const struct incremental_amounts amounts = {.channels = 3, .credit = credit};
    char *text = print(&amounts, 80);

    EXPECT(!strstr(text, "interval"));
    EXPECT(!strstr(text, "value"));
    EXPECT_HAS(text, "without any campaign: 37.3 %.\n");
    free(text);
}

TEST(returns_are_known_where_something_was_paid)
{
    const struct incremental_amounts amounts = {3, credit, low, high, NULL, value, cost};
    struct incremental_columns c;
    struct arena memory = {0};

    incremental_columns_make(&c, &amounts, &memory);
    EXPECT_EQ(c.columns, 3);
    EXPECT_EQ(c.figures, 3);
    EXPECT_NEAR(c.column[0].baseline_value, 1490, 0);
    EXPECT_NEAR(c.column[1].value[0], 2200, 1e-9);
    EXPECT_NEAR(c.column[2].value[2], 12 * 4040. / 2000, 1e-9); /* caused nothing: of any */
    EXPECT_NEAR(c.figure[1].number[0], 0.5, 1e-12);
    EXPECT(isnan(c.figure[1].number[2]));
    EXPECT_NEAR(c.figure[2].number[0], 4, 1e-12);
    EXPECT(isnan(c.figure[2].number[1]));
    EXPECT_NEAR(c.figure[2].number[2], 0, 0);
    arena_clear(&memory);
}
