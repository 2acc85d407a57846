#include "attribution/credit.h"
#include "attribution/truth.h"
#include "base/file.h"
#include "paths.h"
#include "support/test.h"

static const struct attribution_config defaults = {
    .half_life_days = 7, .markov_order = 3, .self_loops = true};

static const struct path_row rows[] = {{"ab", 1, 10, 0}, {"a", 0, 0, 1}, {"b", 2, 2, 0}};

/* The credits of the small example of test_methods.c, with attention credits 1 and 2 given. */
static void make(struct credit_table *credits)
{
    static const double attention[] = {1, 2};
    const struct credit_column extra = {.name = "attention", .conversions = attention};
    struct path_set paths;
    struct error err = {0};

    paths_make(&paths, 2, rows, 3);
    const struct credit_request request = {
        .paths = &paths, .config = &defaults, .extra = &extra, .extras = 1};
    EXPECT_OK(attribution_credits(credits, &request, &err), &err);
    path_set_clear(&paths); /* the table owns what it shows */
}

static void expect_file(const char *name, const char *want)
{
    struct error err = {0};
    char *bytes;
    size_t size;

    EXPECT_OK(file_read(test_path(name), 1 << 20, &bytes, &size, &err), &err);
    EXPECT_STR(bytes, want);
    free(bytes);
}

TEST(credits_hold_every_method_and_what_is_given)
{
    static const char *const names[] = {
        "first_touch", "last_touch", "linear_touch", "time_decay", "position_based",
        "markov_1",    "markov_2",   "markov_3",     "shapley",    "attention",
    };
    struct credit_table credits;

    make(&credits);
    EXPECT_EQ(credits.count, 10);
    for (size_t i = 0; i < 10; i++)
        EXPECT_STR(credits.column[i].name, names[i]);
    EXPECT_EQ(credits.removals, 3);
    EXPECT_NEAR(credit_find(&credits, "markov_1")->conversions[0], 0.75, 1e-14);
    EXPECT_NEAR(credit_find(&credits, "markov_1")->value[1], 9, 1e-13);
    EXPECT_NEAR(credit_find(&credits, "attention")->conversions[1], 2, 0);
    EXPECT(!credit_find(&credits, "attention")->value);
    EXPECT(!credit_find(&credits, "nothing"));
    credit_clear(&credits);
}

TEST(a_lower_order_leaves_chains_out)
{
    struct attribution_config config = defaults;
    struct credit_table credits;
    struct path_set paths;
    struct error err = {0};
    const struct credit_request request = {.paths = &paths, .config = &config};

    config.markov_order = 1;
    paths_make(&paths, 2, rows, 3);
    EXPECT_OK(attribution_credits(&credits, &request, &err), &err);
    EXPECT(credit_find(&credits, "markov_1") && !credit_find(&credits, "markov_2"));
    EXPECT_EQ(credits.removals, 1);
    credit_clear(&credits);
    path_set_clear(&paths);
}

TEST(a_run_writes_six_tables)
{
    static const char *const names[] = {"attribution", "transition_matrix", "removal_effects"};
    struct credit_table credits;
    struct error err = {0};

    make(&credits);
    EXPECT_OK(credit_write_folder(&credits, test_folder(), &err), &err);
    for (size_t i = 0; i < 3; i++) {
        char csv[64], parquet[64];
        snprintf(csv, sizeof csv, "%s.csv", names[i]);
        snprintf(parquet, sizeof parquet, "%s.parquet", names[i]);
        EXPECT(file_exists(test_path(csv)));
        EXPECT(file_exists(test_path(parquet)));
    }
    expect_file("transition_matrix.csv", "channel_from,channel_to,transition_probability\n"
                                         "(start),a,0.5\n(start),b,0.5\na,b,0.5\na,(null),0.5\n"
                                         "b,(conversion),1.0\n");
    credit_clear(&credits);
}

TEST(tables_stand_beside_the_credits)
{
    struct credit_table credits;
    struct error err = {0};

    make(&credits);
    EXPECT_OK(credit_write_beside(&credits, test_path("my.out.csv"), &err), &err);
    EXPECT(file_exists(test_path("my.out.transition_matrix.csv")));
    EXPECT(file_exists(test_path("my.out.removal_effects.csv")));
    EXPECT_OK(credit_write_beside(&credits, test_path("packed.csv.gz"), &err), &err);
    EXPECT(file_exists(test_path("packed.removal_effects.csv.gz")));
    EXPECT_ERROR(credit_write_beside(&credits, test_path("out.txt"), &err), &err, ERR_ARG, "txt");
    credit_clear(&credits);
}

static void expect_print(const struct credit_table *credits, size_t width, const char *part,
                         const char *never)
{
    struct error err = {0};
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    EXPECT_OK(credit_print(credits, to, width, &err), &err);
    fclose(to);
    EXPECT_HAS(text, part);
    if (never && strstr(text, never))
        fail_msg("\"%s\" has \"%s\"", text, never);
    free(text);
}

TEST(printing_fits_the_terminal)
{
    struct credit_table credits;

    make(&credits);
    expect_print(&credits, 200, "attention\n", "left out");
    expect_print(&credits, 32,
                 "channel  first_touch  last_touch\n"
                 "a               1.00        0.00\n",
                 NULL);
    expect_print(&credits, 32, "(left out for want of width:\n linear_touch", NULL);
    expect_print(&credits, 1, "channel  first_touch\n", NULL);
    expect_print(&credits, 0, "channel_name,first_touch_conversions,first_touch_value,",
                 "left out");
    expect_print(&credits, 0, "shapley_value,attention_conversions\na,1,10,0,0,0.5,5,", NULL);
    credit_clear(&credits);
}

/*
 * True shares: a 0.25, b 0.75. Markov 1 has exactly these; attention has 1/3 and 2/3, a distance
 * of (1/12 + 1/12) / 2; first touch 1/3, 2/3 as well.
 */
TEST(distance_from_the_truth_as_computed_by_hand)
{
    struct truth_scores scores = {0};
    struct credit_table credits;
    struct error err = {0};

    make(&credits);
    EXPECT_OK(
        truth_compare(&scores, &credits,
                      test_file("truth.csv", "channel_name,conversions_caused,share\nb,1.5,0.75\n"
                                             "a,0.5,0.25\nelsewhere,0,0\n"),
                      &err),
        &err);
    EXPECT_EQ(scores.count, 10);
    EXPECT_STR(scores.score[0].method, "markov_1");
    EXPECT_NEAR(scores.score[0].distance, 0, 1e-14);
    for (size_t i = 1; i < scores.count; i++) {
        EXPECT(scores.score[i].distance >= scores.score[i - 1].distance);
        if (strcmp(scores.score[i].method, "attention") == 0)
            EXPECT_NEAR(scores.score[i].distance, 1. / 12, 1e-14);
    }
    json_t *document = truth_json(&scores);
    EXPECT_EQ(json_array_size(document), 10);
    EXPECT_STR(json_string_value(json_object_get(json_array_get(document, 0), "method")),
               "markov_1");
    json_decref(document);
    EXPECT_NEAR(scores.caused[0], 0.5, 0);
    truth_scores_clear(&scores);
    credit_clear(&credits);
}

TEST(a_truth_of_other_campaigns_is_refused)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"channel_name,conversions_caused\na,1\nb,1\nradio,2\n", "'radio'"},
        {"channel_name,conversions_caused\na,1\n", "'b'"},
        {"channel_name,conversions_caused\na,1\na,1\nb,1\n", "'a' is named twice"},
        {"channel_name,conversions_caused\na,-1\nb,1\n", "'a' needs a number"},
        {"channel_name,conversions_caused\na,\nb,1\n", "'a' needs a number"},
        {"channel_name,conversions_caused\na,0\nb,0\n", "no campaign caused"},
        {"channel_name,share\na,0\nb,0\n", "conversions_caused"},
    };
    struct credit_table credits;

    make(&credits);
    EACH_ROW(cases, r) {
        struct truth_scores scores = {0};
        struct error err = {0};
        EXPECT_ERROR(truth_compare(&scores, &credits, test_file("truth.csv", r->text), &err), &err,
                     ERR_DATA, r->part);
        EXPECT_HAS(err.text, "truth.csv");
    }
    credit_clear(&credits);
}
