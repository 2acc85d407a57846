/* Panels from files: order, gaps, what is refused. */
#include "forecast/panel.h"
#include "support/test.h"

#include <math.h>

static bool load(struct panel *panel, const char *sales, const char *stock, const char *objectives,
                 struct error *err)
{
    const char *file[PANEL_FILES] = {
        [PANEL_SALES] = test_file("sales.csv", sales),
        [PANEL_STOCK] = stock ? test_file("stock.csv", stock) : NULL,
        [PANEL_OBJECTIVES] = objectives ? test_file("objectives.csv", objectives) : NULL,
    };

    return panel_load(panel, file, 0, err);
}

TEST(calendar_counts_months)
{
    static const struct {
        const char *text, *first;
        int fiscal;
    } rows[] = {{"2023-07-01", "2023-07-01", 2024},
                {"2023-06-30", "2023-06-01", 2023},
                {"1969-12-31", "1969-12-01", 1970},
                {"2000-02-29", "2000-02-01", 2000},
                {"0001-01-01", "0001-01-01", 1},
                {"9999-12-31", "9999-12-01", 10000},
                {"1970-01-01T00:00:00Z", "1970-01-01", 1970}};

    EACH_ROW(rows, r) {
        int month = 0;
        char text[CALENDAR_TEXT_SIZE];
        EXPECT(calendar_from_text(r->text, &month));
        calendar_text(month, text);
        EXPECT_STR(text, r->first);
        EXPECT_EQ(calendar_fiscal_year(month), r->fiscal);
    }
}

TEST(calendar_refuses_what_is_no_date)
{
    static const char *const rows[] = {"", "july", "2023-13-01", "2023-02-30", "0000-12-31"};
    int month;

    EACH_ROW(rows, r)
        EXPECT(!calendar_from_text(*r, &month));
}

TEST(panel_takes_rows_in_any_order_and_leaves_gaps)
{
    struct panel p;
    struct error err = {0};

    EXPECT_OK(load(&p,
                   "dates,item_id,sales\n2020-03-01,b,5\n2020-01-01,a,1\n2020-04-01,a,4\n"
                   "2020-02-01,a,2\n2020-04-15,b,\n",
                   NULL, NULL, &err),
              &err);
    EXPECT_EQ(p.items, 2);
    EXPECT_EQ(p.months, 4);
    EXPECT_EQ(p.sales_end, 4);
    EXPECT_STR(p.item[0], "b");
    EXPECT_STR(p.item[1], "a");
    EXPECT_NEAR(panel_sold(&p, 0, 2, 0), 5, 0);
    EXPECT_NEAR(panel_sold(&p, 1, 3, 2), 2, 0);
    EXPECT(isnan(panel_sold(&p, 0, 3, 0)));
    EXPECT(isnan(panel_sold(&p, 1, 2, 0)));
    EXPECT(isnan(panel_sold(&p, 1, 3, 4)));
    panel_clear(&p);
}

/* Stock: 10 + 5 in January, 1 in February; 15 sold, then 1: out at the end of both months. */
TEST(panel_follows_the_stock)
{
    struct panel p;
    struct error err = {0};

    EXPECT_OK(load(&p, "dates,item_id,sales\n2020-01-01,a,15\n2020-02-01,a,1\n2020-03-01,a,2\n",
                   "date,item_id,stock_refill\n2020-02-09,a,1\n2019-12-31,a,10\n2020-01-31,a,5\n"
                   "2020-03-01,a,3\n2020-03-01,other,9\n",
                   NULL, &err),
              &err);
    EXPECT_NEAR(panel_stock(&p, 0, 0), 15, 0);
    EXPECT_NEAR(panel_stock(&p, 0, 1), 1, 0);
    EXPECT_NEAR(panel_stock(&p, 0, 2), 3, 0);
    EXPECT(panel_stock_out(&p, 0, 0) && panel_stock_out(&p, 0, 1) && !panel_stock_out(&p, 0, 2));
    panel_clear(&p);
}

/* Of 100 by June 2020, 85 were sold by May: 15 are within reach of June. */
TEST(panel_knows_what_an_objective_lacks)
{
    static const struct {
        const char *objective;
        double left;
    } rows[] = {{"100", 15}, {"85", NAN}, {"80", NAN}, {"106.25", NAN}, {"106", 21}};

    EACH_ROW(rows, r) {
        char text[128];
        struct panel p;
        struct error err = {0};
        snprintf(text, sizeof text, "item_id,fiscal_year,objective\na,2020,%s\na,2021,1\n",
                 r->objective);
        EXPECT_OK(load(&p,
                       "dates,item_id,sales\n2020-04-01,a,35\n2020-05-01,a,50\n"
                       "2020-06-01,a,7\n2020-07-01,a,9\n",
                       NULL, text, &err),
                  &err);
        if (isnan(r->left))
            EXPECT(isnan(panel_objective_left(&p, 0, 2)));
        else
            EXPECT_NEAR(panel_objective_left(&p, 0, 2), r->left, 1e-9);
        EXPECT(isnan(panel_objective_left(&p, 0, 1)) && isnan(panel_objective_left(&p, 0, 3)));
        panel_clear(&p);
    }
}

TEST(panel_refuses_bad_rows)
{
    static const struct {
        const char *sales, *stock, *objectives, *part;
    } rows[] = {
        {"dates,item_id,sales\n2020-01-01,a,1\n2020-02-01,a,1\n2020-01-31,a,2\n", NULL, NULL,
         "row 3 of '"},
        {"dates,item_id,sales\n2020-01-01,a,1\n2020-01-31,a,2\n", NULL, NULL,
         "item 'a' already has a row for 2020-01-01"},
        {"dates,item_id,sales\n", NULL, NULL, "has no rows"},
        {"dates,item_id\n2020-01-01,a\n", NULL, NULL, "has no column 'sales'"},
        {"dates,item_id,sales\nsoon,a,1\n", NULL, NULL, "soon"},
        {"dates,item_id,sales\n2020-01-01,a,many\n", NULL, NULL, "many"},
        {"dates,item_id,sales\n2020-01-01,a,inf\n", NULL, NULL, "sales"},
        {"dates,item_id,sales\n,a,1\n", NULL, NULL, "column 'dates' is missing"},
        {"dates,item_id,sales\n2020-01-01,,1\n", NULL, NULL, "column 'item_id' is"},
        {"dates,item_id,sales\n1020-01-01,a,1\n2020-01-01,a,1\n", NULL, NULL, "at most 1200"},
        {"dates,item_id,sales\n2020-01-01,a,1\n",
         "date,item_id,stock_refill\n2020-01-01,a,1\n2020-01-01,a,2\n", NULL,
         "already has a row for 2020-01-01"},
        {"dates,item_id,sales\n2020-01-01,a,1\n", "date,item_id,stock_refill\n2020-01-01,a,-1\n",
         NULL, "'stock_refill' must not be negative"},
        {"dates,item_id,sales\n2020-01-01,a,1\n", NULL,
         "item_id,fiscal_year,objective\na,2020,1\na,2020,1\n", "already has a row for 2020"},
        {"dates,item_id,sales\n2020-01-01,a,1\n", NULL, "item_id,fiscal_year,objective\na,2020,0\n",
         "'objective' must be above 0"},
        {"dates,item_id,sales\n2020-01-01,a,1\n", NULL,
         "item_id,fiscal_year,objective\na,99999999999,1\n", "'fiscal_year' is not in the years"},
    };

    EACH_ROW(rows, r) {
        struct panel p;
        struct error err = {0};
        EXPECT(!load(&p, r->sales, r->stock, r->objectives, &err));
        EXPECT_HAS(err.text, r->part);
    }
}
