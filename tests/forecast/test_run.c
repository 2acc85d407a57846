/* quern run with the keys of a forecast: figures on the reference data, files, errors. */
#include "base/file.h"
#include "base/json.h"
#include "panels.h"
#include "support/test.h"
#include "table/reader.h"

#include <math.h>

static struct test_output run(const char *model, const char *features, const char *more)
{
    const char *file[PANEL_FILES];
    char pipeline[512], out[512];

    EXPECT(reference_files(file));
    snprintf(pipeline, sizeof pipeline, "%s", test_source("apps/forecast/pipeline.yaml"));
    snprintf(out, sizeof out, "%s", test_path("out"));
    return test_quern("run %s --quiet --set data.sales=%s --set data.marketing=%s --set "
                      "data.price=%s --set data.stock=%s --set data.objectives=%s --set "
                      "start_test=2023-07-01 --set model=%s --set 'features=%s' --out %s %s",
                      pipeline, file[PANEL_SALES], file[PANEL_MARKETING], file[PANEL_PRICE],
                      file[PANEL_STOCK], file[PANEL_OBJECTIVES], model, features, out, more);
}

static double figure(const char *name)
{
    json_t *document;
    struct error err = {0};

    EXPECT_OK(json_read(test_path("out/evaluation.json"), 1 << 24, &document, &err), &err);
    const double value = json_number_value(json_object_get(
        json_object_get(json_object_get(document, "regression_metrics"), name), "value"));
    json_decref(document);
    return value;
}

static bool have_reference(void)
{
    const char *file[PANEL_FILES];

    return reference_files(file);
}

TEST(run_reaches_the_figures_of_the_reference_data)
{
    static const struct {
        const char *model, *features;
        double r2, within;
        bool more; /* may be better */
    } rows[] = {
        {"Ridge", "[last_month,same_month_last_year]", 0.8154, 1e-3, false},
        {"Ridge", "[last_month,same_month_last_year,last_year_average]", 0.8412, 1e-3, false},
        {"Ridge", "[last_month,same_month_last_year,last_year_average,growth]", 0.8404, 1e-3,
         false},
        {"Ridge", "[past_sales]", 0.8408, 1e-3, false},
        {"Ridge", "[past_sales,marketing]", 0.878, 0, true},
        {"Ridge", "[past_sales,marketing,price]", 0.879, 0, true},
        {"Ridge", "[past_sales,marketing,price,stock]", 0.92, 0, true},
        {"CustomModel", "[past_sales,marketing,price,stock,objectives]", 0.965, 0, true},
    };

    if (!have_reference())
        return;
    EACH_ROW(rows, r) {
        struct test_output o = run(r->model, r->features, "--set forecast.backtest=0");
        EXPECT_STR(o.err, "");
        EXPECT_EQ(o.status, 0);
        EXPECT(figure("r2") >= r->r2 - r->within);
        EXPECT(r->more || figure("r2") <= r->r2 + r->within);
        test_output_clear(&o);
    }
}

/* Order, dates, items and every digit. */
TEST(naive_models_reproduce_the_reference_predictions)
{
    static const char *const rows[][2] = {
        {"PrevMonthSale", "data/forecast/prediction_prev_month.csv"},
        {"SameMonthLastYearSales", "data/forecast/prediction_same_month_last_year.csv"},
    };
    static const struct table_field fields[] = {
        {"dates", TABLE_TEXT}, {"item_id", TABLE_TEXT}, {"prediction", TABLE_DOUBLE}};

    if (!have_reference())
        return;
    EACH_ROW(rows, r) {
        struct test_output o = run((*r)[0], "[past_sales]", "");
        struct arena memory = {0};
        struct table_chunk want, got;
        struct error err = {0};
        EXPECT_EQ(o.status, 0);
        EXPECT_OK(table_load(test_shared((*r)[1]), fields, 3, 1000, &want, &memory, &err), &err);
        EXPECT_OK(
            table_load(test_path("out/predictions.csv"), fields, 3, 1000, &got, &memory, &err),
            &err);
        EXPECT_EQ(got.rows, 300);
        EXPECT_EQ(want.rows, got.rows);
        for (size_t i = 0; i < got.rows; i++) {
            EXPECT_STR(got.column[0].text[i].bytes, want.column[0].text[i].bytes);
            EXPECT_STR(got.column[1].text[i].bytes, want.column[1].text[i].bytes);
            EXPECT(got.column[2].number[i] == want.column[2].number[i]);
        }
        test_output_clear(&o);
        arena_clear(&memory);
    }
}

TEST(a_run_prints_parameters_and_repeats_to_the_byte)
{
    char *first, *again;
    size_t size;
    struct error err = {0};

    if (!have_reference())
        return;
    struct test_output o = run("CustomModel", "[past_sales,marketing]", "");
    EXPECT_EQ(o.status, 0);
    EXPECT_HAS(o.out, "rise of sales per unit of marketing");
    EXPECT_HAS(o.out, "in the backtest");
    EXPECT(file_exists(test_path("out/report.html")));
    EXPECT_OK(file_read(test_path("out/predictions.csv"), 1 << 20, &first, &size, &err), &err);
    EXPECT_OK(file_remove_tree(test_path("out"), &err), &err);
    test_output_clear(&o);
    o = run("CustomModel", "[past_sales,marketing]", "");
    EXPECT_OK(file_read(test_path("out/predictions.csv"), 1 << 20, &again, &size, &err), &err);
    EXPECT_STR(again, first);
    test_output_clear(&o);
    free(first);
    free(again);
}

/* Two items over three years, in reverse order; the future has no sales to compare with. */
static const char *small_sales(void)
{
    static char text[8192];
    size_t used = (size_t)snprintf(text, sizeof text, "dates,item_id,sales\n");

    for (int m = 35; m >= 0; m--)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%d-%02d-01,a,%d\n%d-%02d-01,b,%d\n", 2020 + m / 12, m % 12 + 1,
                                 100 + (m % 12) * 10, 2020 + m / 12, m % 12 + 1, 50 + m % 7);
    return test_file("small.csv", text);
}

TEST(a_horizon_beyond_the_sales_is_predicted_without_evaluation)
{
    char pipeline[512], sales[512];
    struct error err = {0};
    char *predictions;
    size_t size;

    snprintf(sales, sizeof sales, "%s", small_sales());
    snprintf(pipeline, sizeof pipeline, "%s",
             test_file("p.yaml", "start_test: 2023-01-01\nmodel: SameMonthLastYearSales\n"
                                 "forecast: {horizon: 14}\n"));
    struct test_output o = test_quern("run %s --quiet --set data.sales=%s --out %s", pipeline,
                                      sales, test_path("far"));
    EXPECT_STR(o.err, "");
    EXPECT_EQ(o.status, 0);
    EXPECT(!file_exists(test_path("far/evaluation.json")));
    EXPECT_OK(file_read(test_path("far/predictions.csv"), 1 << 20, &predictions, &size, &err),
              &err);
    EXPECT_HAS(predictions, "2023-01-01,a,100.0\n");
    EXPECT_HAS(predictions, "2024-02-01,a,110.0\n"); /* a year after a predicted month */
    free(predictions);
    test_output_clear(&o);
}

/* What `quern settings` and OUT/pipeline.yaml show reads back as the same. */
TEST(settings_of_a_forecast_read_back)
{
    static const struct {
        const char *yaml, *part;
    } rows[] = {
        {"model: {type: Ridge}\nstart_test: 2022-07-01\nfeatures: [growth, price]\n"
         "data: {sales: s.csv, price: \"a: b.csv\"}\nforecast: {charts: [\"1\", b], alpha: 0.1}\n",
         "  [growth, price]\n"},
        {"model: CustomModel\nstart_test: 2022-07-31\ndata: {sales: s.csv, stock: t.csv}\n",
         "  [past_sales, stock]\n"},
        {"model: PrevMonthSale\nstart_test: 2022-07-31\ndata: {sales: s.csv}\n", "  null\n"},
    };

    EACH_ROW(rows, r) {
        struct test_output first = test_quern("settings %s", test_file("s.yaml", r->yaml));
        EXPECT_STR(first.err, "");
        EXPECT_HAS(first.out, r->part);
        struct test_output again = test_quern("settings %s", test_file("t.yaml", first.out));
        EXPECT_STR(again.out, first.out);
        test_output_clear(&first);
        test_output_clear(&again);
    }
}

/* b has no sale in December: nothing can be repeated. */
TEST(what_cannot_be_predicted_is_empty)
{
    char pipeline[512], *predictions;
    struct error err = {0};
    size_t size;

    test_file("gap.csv", "dates,item_id,sales\n2022-12-01,a,5\n2022-11-01,b,6\n2022-10-01,a,4\n");
    snprintf(pipeline, sizeof pipeline, "%s",
             test_file("gap.yaml", "start_test: 2023-01-01\nmodel: PrevMonthSale\n"
                                   "forecast: {horizon: 1}\n"));
    struct test_output o = test_quern("run %s --quiet --set data.sales=%s --out %s", pipeline,
                                      test_path("gap.csv"), test_path("gap"));
    EXPECT_EQ(o.status, 0);
    EXPECT_OK(file_read(test_path("gap/predictions.csv"), 1 << 20, &predictions, &size, &err),
              &err);
    EXPECT_STR(predictions, "dates,item_id,prediction\n2023-01-01,a,5.0\n2023-01-01,b,\n");
    EXPECT(file_exists(test_path("gap/report.html")));
    free(predictions);
    test_output_clear(&o);
}

TEST(a_run_says_what_is_wrong)
{
    static const struct {
        const char *yaml, *part;
        int status;
    } rows[] = {
        {"model: Ridge\nstart_test: 2022-07-01\nfeatures: [weather]\n",
         "key 'features[0]': must be one of last_month, ", 2},
        {"model: Ridge\nstart_test: 2022-07-01\nfeatures: [growth, growth]\n",
         "'growth' is there twice", 2},
        {"model: Ridge\nstart_test: 2022-07-01\nfeatures: [price]\n",
         "key 'features': 'price' needs 'data.price'", 2},
        {"model: CustomModel\nstart_test: 2022-07-01\nfeatures: [last_month]\n",
         "no place in the equation", 2},
        {"model: Ridge\n", "key 'start_test': is missing", 2},
        {"model: Ridge\nstart_test: soon\n", "key 'start_test': must be a date", 2},
        {"model: Lasso\nstart_test: 2022-07-01\n",
         "must be one of journey_attention, trees, temporal_attention, PrevMonthSale, ", 2},
        {"model: {type: Ridge, depth: 3}\nstart_test: 2022-07-01\n", "depth", 2},
        {"model: Ridge\nstart_test: 2023-07-01\n", "at most one after the last, 2022-12-01", 1},
        {"model: Ridge\nstart_test: 2023-01-01\n", "set forecast.horizon", 1},
        {"model: Ridge\nstart_test: 2020-01-01\n", "must be after the first month", 1},
        {"model: Ridge\nstart_test: 2021-01-01\n", "Ridge: no item has a month before", 1},
        {"model: CustomModel\nstart_test: 2021-01-01\n", "CustomModel: no item has sales", 1},
        {"model: Ridge\nstart_test: 2022-07-01\nforecast: {horizon: 121}\n", "horizon", 2},
        {"model: Ridge\nstart_test: 2022-07-01\nforecast: {charts: [a, c]}\n", "has no item 'c'",
         1},
        {"model: Ridge\nstart_test: 2022-07-01\nforecast: {charts: a}\n", "must be a list", 2},
        {"model: Ridge\nstart_test: 2022-07-01\nsteps: []\n", "unknown key 'steps'", 2},
    };
    char sales[512], pipeline[512];

    EACH_ROW(rows, r) {
        snprintf(sales, sizeof sales, "%s", small_sales());
        snprintf(pipeline, sizeof pipeline, "%s", test_file("bad.yaml", r->yaml));
        struct test_output o = test_quern("run %s --quiet --set data.sales=%s --out %s", pipeline,
                                          sales, test_path("bad"));
        EXPECT_HAS(o.err, r->part);
        EXPECT_EQ(o.status, r->status);
        test_output_clear(&o);
    }
}
