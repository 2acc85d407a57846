/* Models: by hand, against known parameters, and what they must not see. */
#include "forecast/equation.h"
#include "forecast/predict.h"
#include "panels.h"
#include "support/test.h"

#include <math.h>

static const struct feature *const sales_only[] = {&feature_past_sales};
static const struct feature *const known_ahead[] = {&feature_past_sales, &feature_marketing,
                                                    &feature_price};

/* One item, S = 3 + 2 S[-1] + (small, alternating): Ridge by hand below. */
TEST(ridge_solves_the_normal_equations)
{
    static const struct feature *const features[] = {&feature_last_month};
    struct panel p = made_panel(1, 6);
    const double sales[] = {1, 5, 12, 28, 60, 120};
    struct forecast_model model;
    struct error err = {0};
    double out, mean_x = 0, mean_y = 0, xx = 0, xy = 0;

    memcpy(p.sales, sales, sizeof sales);
    for (size_t m = 1; m < 5; m++) {
        mean_x += sales[m - 1] / 4;
        mean_y += sales[m] / 4;
    }
    for (size_t m = 1; m < 5; m++) {
        xx += (sales[m - 1] - mean_x) * (sales[m - 1] - mean_x);
        xy += (sales[m - 1] - mean_x) * (sales[m] - mean_y);
    }
    const struct forecast_task task = {&p, 5, features, 1, 2.5, NULL};
    EXPECT_OK(forecast_fit(&model, &forecast_kind_ridge, &task, &err), &err);
    EXPECT_EQ(model.rows, 4);
    EXPECT_NEAR(model.parameter[1], xy / (xx + 2.5), 1e-12);
    EXPECT_NEAR(model.parameter[0], mean_y - mean_x * xy / (xx + 2.5), 1e-9);
    forecast_month(&model, &p, 5, &out);
    EXPECT_NEAR(out, model.parameter[0] + model.parameter[1] * 60, 1e-9);
    forecast_model_clear(&model);
    panel_clear(&p);
}

TEST(ridge_says_what_it_cannot_do)
{
    static const struct feature *const growth[] = {&feature_growth};
    static const struct feature *const twice[] = {&feature_last_month, &feature_last_month};
    static const struct feature *const none[] = {&feature_stock};
    static const struct {
        const struct feature *const *feature;
        size_t features, end;
        const char *part;
    } rows[] = {
        {growth, 1, 15, "15 months of sales"},
        {twice, 2, 20, "use an alpha above 0"},
        {none, 1, 20, "no column to learn from"},
    };
    struct panel p = made_panel(2, 30);

    EACH_ROW(rows, r) {
        const struct forecast_task task = {&p, r->end, r->feature, r->features, 0, NULL};
        struct forecast_model model;
        struct error err = {0};
        EXPECT_ERROR(forecast_fit(&model, &forecast_kind_ridge, &task, &err), &err, ERR_DATA,
                     r->part);
    }
    panel_clear(&p);
}

/* Without noise the parameters are found again, and the months ahead are predicted exactly. The
 * start-up months are wrong guesses of the equation only where nothing is known: none here. */
TEST(the_equation_finds_its_parameters)
{
    struct panel p = made_panel(30, 51);
    const struct forecast_task task = {&p, 45, known_ahead, 3, 1, NULL};
    struct forecast_model model;
    struct error err = {0};
    double *out = memory_take(30 * 6, sizeof *out);

    EXPECT_OK(forecast_fit(&model, &forecast_kind_custom, &task, &err), &err);
    EXPECT_NEAR(model.parameter[EQUATION_a], 0.3, 1e-3);
    EXPECT_NEAR(model.parameter[EQUATION_b], 0.3, 1e-3);
    EXPECT_NEAR(model.parameter[EQUATION_c], 0.4, 1e-3);
    EXPECT_NEAR(model.parameter[EQUATION_d], 0.25, 1e-3);
    EXPECT_NEAR(model.parameter[EQUATION_e], 0.8, 1e-3);
    EXPECT_NEAR(model.parameter[EQUATION_f], -0.5, 1e-3);
    EXPECT_NEAR(model.parameter[EQUATION_g], 0, 0); /* no file of stock */
    forecast_predict(&model, &p, 45, 51, FORECAST_KNOWS_START, out, NULL);
    for (size_t i = 0; i < 30; i++)
        for (size_t m = 0; m < 6; m++)
            EXPECT_NEAR(out[i * 6 + m] / panel_sold(&p, i, 45 + m, 0), 1, 1e-3);
    free(out);
    forecast_model_clear(&model);
    panel_clear(&p);
}

/* Threads divide the items; the sums are the same. */
TEST(the_equation_is_the_same_on_any_number_of_threads)
{
    double parameter[3][EQUATION_COUNT];

    for (size_t turn = 0; turn < 3; turn++) {
        struct panel p = made_panel(17, 40);
        struct pool *pool = turn ? pool_new(turn * 3) : NULL;
        const struct forecast_task task = {&p, 36, known_ahead, 3, 1, pool};
        struct forecast_model model;
        struct error err = {0};
        for (size_t k = 0; k < p.items * p.months; k++)
            p.sales[k] *= 0.9 + 0.2 * (double)(k * 31 % 17) / 16;
        EXPECT_OK(forecast_fit(&model, &forecast_kind_custom, &task, &err), &err);
        memcpy(parameter[turn], model.parameter, sizeof parameter[turn]);
        forecast_model_clear(&model);
        pool_free(pool);
        panel_clear(&p);
    }
    EXPECT(memcmp(parameter[0], parameter[1], sizeof parameter[0]) == 0);
    EXPECT(memcmp(parameter[0], parameter[2], sizeof parameter[0]) == 0);
}

/* An item sells 100 a month; in month 20 the stock ends at 60, and 40 g are bought the month after.
 * The month after that is as ever. */
TEST(the_equation_follows_a_stock_out)
{
    static const struct feature *const features[] = {&feature_past_sales, &feature_stock};
    struct panel p = made_panel(1, 24);
    const double scale = 100;
    const double parameter[EQUATION_COUNT] = {
        [EQUATION_a] = 0.5, [EQUATION_b] = 0.5, [EQUATION_g] = 0.5, [EQUATION_k] = 1};
    struct equation_data data;
    struct arena memory = {0};
    double wanted[24];

    p.refill = ARENA_ZERO(&p.memory, double, p.months);
    p.stock_end = p.months;
    for (size_t m = 0; m < p.months; m++) {
        p.sales[m] = m == 20 ? 60 : m == 21 ? 120 : 100;
        p.refill[m] = m == 20 ? 60 - 50 : m == 0 ? 150 : m == 21 ? 200 : 100;
    }
    EXPECT(panel_stock_out(&p, 0, 20) && !panel_stock_out(&p, 0, 19));
    equation_data_init(&data, &p, p.months, &scale, features, 2, &memory);
    equation_run(&data, parameter, 1e-6, 0, wanted);
    EXPECT_NEAR(wanted[20], 100, 1e-3);
    EXPECT_NEAR(wanted[21], 120, 1e-3);
    EXPECT_NEAR(wanted[22], 100, 1e-3);
    arena_clear(&memory);
    panel_clear(&p);
}

/* A June of 100 lacks 130 to the objective: h of the 30 is pushed, and July falls by i of what is
 * usual and j of what June sold beyond it. */
TEST(the_equation_follows_an_objective)
{
    static const struct feature *const features[] = {&feature_past_sales, &feature_objectives};
    struct panel p = made_panel(1, 20);
    const double scale = 100;
    const double parameter[EQUATION_COUNT] = {
        [EQUATION_a] = 0.5, [EQUATION_b] = 0.5,  [EQUATION_h] = 0.5,
        [EQUATION_i] = 0.1, [EQUATION_j] = 0.25, [EQUATION_k] = 1};
    struct equation_data data;
    struct arena memory = {0};
    double wanted[20];

    p.objective = ARENA_NEW(&p.memory, double, p.months);
    for (size_t m = 0; m < p.months; m++) { /* June 2021 is month 17 */
        p.objective[m] = m > 6 ? 1230 : NAN;
        p.sales[m] = m == 17 ? 120 : m == 18 ? 85 : 100;
    }
    equation_data_init(&data, &p, p.months, &scale, features, 2, &memory);
    equation_run(&data, parameter, 0.1, 0, wanted);
    EXPECT_NEAR(wanted[17], 115, 1e-9);
    EXPECT_NEAR(wanted[18], 100 - 0.1 * 100 - 0.25 * 20 + 2.5 / 12, 0.5);
    arena_clear(&memory);
    panel_clear(&p);
}

/* What happens from `start` on changes neither a fit nor, where only the start is known, what is
 * predicted. */
TEST(models_do_not_look_ahead)
{
    static const struct forecast_kind *const kinds[] = {
#define X(name) &forecast_kind_##name,
        FORECAST_KINDS(X)
#undef X
    };

    EACH_ROW(kinds, kind) {
        double out[2][5 * 6];
        for (size_t turn = 0; turn < 2; turn++) {
            struct panel p = made_panel(5, 51);
            const struct forecast_task task = {&p, 45, known_ahead, 3, 1, NULL};
            struct forecast_model model;
            struct error err = {0};
            for (size_t i = 0; turn == 1 && i < p.items; i++)
                for (size_t m = 45; m < p.months; m++)
                    p.sales[i * p.months + m] = m % 2 ? NAN : 1e9;
            EXPECT_OK(forecast_fit(&model, *kind, &task, &err), &err);
            forecast_predict(&model, &p, 45, 51, FORECAST_KNOWS_START, out[turn], NULL);
            forecast_model_clear(&model);
            panel_clear(&p);
        }
        EXPECT(memcmp(out[0], out[1], sizeof out[0]) == 0);
    }
}

/* The second month ahead of PrevMonthSale is the first again, unless its sales are known. */
TEST(horizons_put_predictions_in_the_place_of_sales)
{
    struct panel p = made_panel(2, 20);
    const struct forecast_task task = {&p, 16, NULL, 0, 0, NULL};
    struct forecast_model model;
    struct error err = {0};
    double out[2 * 4];

    EXPECT_OK(forecast_fit(&model, &forecast_kind_prev_month, &task, &err), &err);
    forecast_predict(&model, &p, 16, 20, FORECAST_KNOWS_START, out, NULL);
    for (size_t k = 0; k < 4; k++)
        EXPECT_NEAR(out[4 + k], panel_sold(&p, 1, 15, 0), 0);
    p.sales[p.months + 18] = NAN;
    forecast_predict(&model, &p, 16, 20, FORECAST_KNOWS_SALES, out, NULL);
    EXPECT_NEAR(out[4 + 2], panel_sold(&p, 1, 17, 0), 0);
    EXPECT_NEAR(out[4 + 3], panel_sold(&p, 1, 17, 0), 0); /* a gap: its prediction */
    forecast_model_clear(&model);
    panel_clear(&p);
}

TEST(the_backtest_uses_the_past_only)
{
    struct panel p = made_panel(40, 51);
    const struct forecast_task task = {&p, 45, sales_only, 1, 1, NULL};
    struct backtest b;
    struct error err = {0};
    double lower, upper;
    size_t inside = 0;

    EXPECT_OK(backtest_run(&b, &forecast_kind_ridge, &task, 20, 6, FORECAST_KNOWS_SALES, &err),
              &err);
    EXPECT_EQ(b.origins, 4); /* 39, 33, 27, 21: at 15 no month has all features before it */
    EXPECT_EQ(b.first, 21);
    EXPECT_EQ(b.count, 4 * 6 * 40);
    EXPECT(backtest_interval(&b, 2, 0.8, &lower, &upper));
    for (size_t k = 0; k < b.count; k++) {
        EXPECT(b.row[k].month < 45 && b.row[k].step < 6);
        const double miss = (b.row[k].truth - b.row[k].prediction) / b.row[k].scale;
        inside += b.row[k].step == 2 && miss >= lower && miss <= upper;
    }
    EXPECT_NEAR((double)inside / (4 * 40), 0.8, 0.02);
    backtest_clear(&b);
    panel_clear(&p);
}
