#include "model/percentile_map.h"
#include "base/rng.h"
#include "support/test.h"

#include <math.h>

TEST(percentiles_by_hand)
{
    /* Ten rows: 0.1, three at 0.2, 0.3, 0.4 x 4, 0.9. */
    static const double score[] = {.4, .2, .9, .4, .1, .2, .3, .4, .2, .4};
    static const struct {
        double score, percentile;
    } rows[] = {
        {-1, 0}, {.1, .05},  {.2, .25},   {.3, .45},     {.4, .7},       {.9, .95},
        {1, 1},  {.15, .15}, {.35, .575}, {INFINITY, 1}, {-INFINITY, 0},
    };
    struct arena memory = {0};
    struct percentile_map map;
    struct error err = {0};

    EXPECT_OK(percentile_map_fit(&map, score, 10, &memory, &err), &err);
    EXPECT_EQ(map.knots, 5);
    EACH_ROW(rows, r)
        EXPECT_NEAR(percentile_map_apply(&map, r->score), r->percentile, 1e-15);
    EXPECT(isnan(percentile_map_apply(&map, NAN)));
    arena_clear(&memory);
}

TEST(percentile_map_of_one_score)
{
    static const double score[] = {.5, .5, .5};
    struct arena memory = {0};
    struct percentile_map map;
    struct error err = {0};

    EXPECT_OK(percentile_map_fit(&map, score, 3, &memory, &err), &err);
    EXPECT_NEAR(percentile_map_apply(&map, .5), .5, 0);
    EXPECT_NEAR(percentile_map_apply(&map, .4), 0, 0);
    EXPECT_NEAR(percentile_map_apply(&map, .6), 1, 0);
    arena_clear(&memory);
}

TEST(percentile_map_refuses_with_a_sentence)
{
    static const double hole[] = {.5, NAN}, far[] = {INFINITY};
    static const struct {
        size_t n;
        const double *score;
        const char *part;
    } rows[] = {{0, hole, "the calibration split has no rows"},
                {2, hole, "calibration row 2 has no score"},
                {1, far, "calibration row 1 has no score"}};
    struct arena memory = {0};
    struct percentile_map map;
    struct error err;

    EACH_ROW(rows, r)
        EXPECT_ERROR(percentile_map_fit(&map, r->score, r->n, &memory, &err), &err, ERR_DATA,
                     r->part);
    arena_clear(&memory);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Every row's mid-rank is met to a step of the header, with ties in the middle and at the top. */
TEST(percentile_map_keeps_its_word_on_many_rows)
{
    enum { N = 200000 };
    static double score[N];
    static const struct {
        double tied, at; /* share of rows with one score */
    } rows[] = {{0, 0}, {0.3, 0.02}, {0.002, 0.9}};

    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct rng rng = rng_new(7, (uint64_t)test_row);
        struct percentile_map map;
        struct error err = {0};
        double before = 0, sum = 0;
        for (size_t i = 0; i < N; i++) {
            const double p = 1 / (1 + exp(4 - 2 * rng_normal(&rng)));
            score[i] = rng_uniform(&rng) < r->tied ? r->at : p;
        }
        EXPECT_OK(percentile_map_fit(&map, score, N, &memory, &err), &err);
        EXPECT(map.knots <= PERCENTILE_KNOTS_MAX && map.knots > 1000);
        qsort(score, N, sizeof *score, compare);
        for (size_t i = 0, end = 0; i < N; i = end) {
            while (end < N && score[end] == score[i])
                end++;
            const double want = 0.5 * (double)(i + end) / N;
            const double got = percentile_map_apply(&map, score[i]);
            const double step = want < 0.9 ? 0.0009 : 0.01 * (1 - want) + 0.5 / N;
            EXPECT_NEAR(got, want, step * 1.0001);
            EXPECT(got >= before);
            before = got;
            sum += got * (double)(end - i);
        }
        EXPECT_NEAR(sum / N, 0.5, 1e-4);
        arena_clear(&memory);
    }
}

TEST(percentile_map_reads_what_it_wrote)
{
    static const double score[] = {-1e308, 0, 5e-324, 1. / 3, 1e308};
    static const double probe[] = {-INFINITY, -1e308, -5e307, 0,       5e-324,
                                   .1,        1. / 3, 7e307,  INFINITY};
    struct arena memory = {0};
    struct percentile_map map, read;
    struct error err = {0};
    double before = 0;

    EXPECT_OK(percentile_map_fit(&map, score, 5, &memory, &err), &err);
    json_t *document = percentile_map_json(&map);
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));
    json_t *again = json_loads(text, 0, NULL);
    EXPECT_OK(percentile_map_parse(&read, again, &memory, &err), &err);
    EACH_ROW(probe, s) {
        const double got = percentile_map_apply(&map, *s);
        EXPECT(got >= before && got <= 1);
        EXPECT(percentile_map_apply(&read, *s) == got);
        before = got;
    }
    json_decref(document);
    json_decref(again);
    free(text);
    arena_clear(&memory);
}

TEST(percentile_map_documents_are_checked)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"[]", "'kind' must be"},
        {"{\"kind\": \"spline\"}", "'kind' must be"},
        {"{\"kind\": \"percentile\"}", "'scores' must be a list"},
        {"{\"kind\": \"percentile\", \"scores\": []}", "'scores' must be a list"},
        {"{\"kind\": \"percentile\", \"scores\": [0, 1]}", "'percentiles' must be a list"},
        {"{\"kind\": \"percentile\", \"scores\": [0, 0], \"percentiles\": [0, 1]}", "'scores[1]'"},
        {"{\"kind\": \"percentile\", \"scores\": [0, null], \"percentiles\": [0, 1]}",
         "'scores[1]' must be a number"},
        {"{\"kind\": \"percentile\", \"scores\": [0, 1], \"percentiles\": [1, 0]}",
         "'percentiles[1]' is not above"},
        {"{\"kind\": \"percentile\", \"scores\": [0, 1], \"percentiles\": [1]}",
         "2 scores and 1 percentiles"},
        {"{\"kind\": \"percentile\", \"scores\": [0, 1], \"percentiles\": [0.5, 1.5]}",
         "between 0 and 1"},
        {"{\"kind\": \"percentile\", \"scores\": [0, 1], \"percentiles\": [-0.5, 0.5]}",
         "between 0 and 1"},
    };

    EACH_ROW(rows, r) {
        struct arena memory = {0};
        struct percentile_map map;
        struct error err = {0};
        json_t *document = json_loads(r->text, 0, NULL);
        EXPECT(document);
        EXPECT_ERROR(percentile_map_parse(&map, document, &memory, &err), &err, ERR_DATA, r->part);
        json_decref(document);
        arena_clear(&memory);
    }
}

TEST(percentile_map_has_bounded_documents)
{
    struct arena memory = {0};
    struct percentile_map map;
    struct error err = {0};
    json_t *list = json_array();

    for (int i = 0; i <= PERCENTILE_KNOTS_MAX; i++)
        json_array_append_new(list, json_real(i / 1e5));
    json_t *document =
        json_pack("{s:s,s:O,s:o}", "kind", "percentile", "scores", list, "percentiles", list);
    EXPECT_ERROR(percentile_map_parse(&map, document, &memory, &err), &err, ERR_DATA,
                 "1 to 4096 numbers");
    json_decref(document);
    arena_clear(&memory);
}
