#include "history_document.h"

#include "base/arena.h"
#include "base/rng.h"
#include "metric/evaluation.h"
#include "model/percentile_map.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 30000, CUSTOMERS = 4000, DAYS = 7, EPOCHS = 12 };

struct made {
    uint8_t truth[ROWS];
    double score[ROWS];
    int64_t day[ROWS], entity[ROWS];
};

/* A customer in forty is robbed, and pays oddly from some day on. */
static void make_rows(struct made *made)
{
    struct rng rng = rng_new(8, 0);

    for (size_t i = 0; i < ROWS; i++) {
        const size_t customer = rng_below(&rng, CUSTOMERS), day = i * DAYS / ROWS;
        const bool robbed = customer % 40 == 0 && day >= customer / 40 % DAYS;
        made->truth[i] = robbed && rng_uniform(&rng) < 0.6;
        made->day[i] = 17751 + (int64_t)day;
        made->entity[i] = (int64_t)customer;
        made->score[i] = 1 / (1 + exp(4.6 - 4 * made->truth[i] - rng_normal(&rng)));
    }
}

static json_t *make_training(void)
{
    json_t *list = json_array();

    for (int e = 1; e <= EPOCHS; e++)
        json_array_append_new(list,
                              json_pack("{s:i,s:f,s:f,s:f,s:b}", "epoch", e, "train_loss",
                                        0.04 + 0.1 * exp(-0.4 * e), "val_loss",
                                        0.05 + 0.1 * exp(-0.5 * e) + 0.0006 * e, "val_auc",
                                        0.9 - 0.3 * exp(-0.5 * e) - 0.002 * e, "best", e == 7));
    return json_pack("{s:o}", "epochs", list);
}

static json_t *make_comparison(void)
{
    return json_pack("[{s:s,s:f,s:f,s:f,s:b},{s:s,s:f,s:f,s:f},{s:s,s:f,s:f,s:f}]", "name",
                     "Two sequences", "auc", 0.881, "average_precision", 0.671, "daily_top", 0.297,
                     "this", true, "name", "One sequence", "auc", 0.874, "average_precision", 0.655,
                     "daily_top", 0.291, "name", "Boosted trees", "auc", 0.862, "average_precision",
                     0.639, "daily_top", 0.273);
}

static json_t *make_attention(void)
{
    static const char *const keys[] = {"CUSTOMER_ID", "TERMINAL_ID"};
    static const double ends[] = {600, 3600, 21600, 86400, 604800};
    json_t *sequences = json_array();

    for (size_t s = 0; s < 2; s++) {
        json_t *places = json_array(), *ages = json_array();
        for (int i = 0; i < 20; i++)
            json_array_append_new(places,
                                  json_pack("{s:i,s:f,s:o,s:i}", "back", i, "mean",
                                            0.3 * exp(-0.3 * i), "positives",
                                            i < 15 ? json_real(0.25 * exp(-0.2 * i)) : json_null(),
                                            "orders", 5000 - 200 * i));
        for (size_t a = 0; a < 6; a++)
            json_array_append_new(ages, json_pack("{s:o,s:f,s:i}", "to",
                                                  a < 5 ? json_real(ends[a]) : json_null(), "share",
                                                  1. / 6, "orders", 1000));
        json_array_append_new(sequences,
                              json_pack("{s:s,s:i,s:f,s:o,s:o}", "key", keys[s], "rows", 5000,
                                        "itself", 0.2, "places", places, "ages", ages));
    }
    return json_pack("{s:o}", "sequences", sequences);
}

static json_t *make_data(void)
{
    return json_pack("{s:i,s:[{s:s,s:i},{s:s,s:i}],s:{s:{s:i,s:i},s:{s:i,s:i}}}", "orders", 651520,
                     "sequences", "column", "CUSTOMER_ID", "values", 4000, "column", "TERMINAL_ID",
                     "values", 10000, "parts", "train", "rows", 67240, "positives", 598, "test",
                     "rows", 58264, "positives", 385);
}

static json_t *make_split(void)
{
    return json_pack("{s:[s,s],s:[s,s]}", "train", "2018-07-25", "2018-07-31", "test", "2018-08-08",
                     "2018-08-14");
}

json_t *history_document(void)
{
    struct made *made = memory_take(1, sizeof *made);
    struct evaluation_settings settings = evaluation_defaults();
    struct percentile_map map;
    struct arena memory = {0};
    struct error err = {0};
    json_t *evaluation;

    make_rows(made);
    const struct evaluation_daily daily = {{.k = 50}, made->day, made->entity};
    const struct scored rows = {ROWS, made->truth, made->score, NULL};
    settings.daily = &daily;
    if (!evaluation_json(&evaluation, &rows, 1, &settings, &err) ||
        !percentile_map_fit(&map, made->score, ROWS, &memory, &err))
        BUG(err.text);
    json_t *document =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:s,s:s},s:o,s:o,s:s,s:{s:o},s:{s:s,s:s}}", "report",
                  "history", "title", "Card fraud", "subtitle", "made-up payments", "words", "one",
                  "payment", "many", "payments", "yes", "Fraud", "no", "Genuine", "comparison",
                  make_comparison(), "evaluation", evaluation, "evaluation_note", "the test days",
                  "calibration", "percentile", percentile_map_json(&map), "provenance", "version",
                  "Quern", "pipeline", "model: {type: temporal_attention}\n");
    BUG_ON(!document);
    json_object_set_new(document, "training", make_training());
    json_object_set_new(document, "attention", make_attention());
    json_object_set_new(document, "data", make_data());
    json_object_set_new(document, "split", make_split());
    arena_clear(&memory);
    free(made);
    return document;
}
