/* What a journey is, by hand and against SQL. */
#include "sequence/support.h"

#include "sequence/journey_file.h"

TEST(journeys_by_hand)
{
    static const struct {
        const char *rows;
        size_t max_length;
        enum journey_keep keep;
        const char *want;
    } cases[] = {
        /* never converting: one journey */
        {"a,1,x,0\na,2,y,0\n", 10, JOURNEY_KEEP_LAST, "0 a false x,y"},
        /* the conversion is included; the tail is one more journey */
        {"a,1,x,0\na,2,y,1\na,3,z,0\na,4,w,0\n", 10, JOURNEY_KEEP_LAST,
         "0 a true x,y\n2 a false z,w"},
        /* the last impression converts: no tail */
        {"a,1,x,0\na,2,y,1\n", 10, JOURNEY_KEEP_LAST, "0 a true x,y"},
        /* two conversions, the second at once */
        {"a,1,x,1\na,2,y,1\n", 10, JOURNEY_KEEP_LAST, "0 a true x\n1 a true y"},
        /* unsorted input: the id is the row of the first impression in time */
        {"a,3,z,1\na,1,x,0\na,2,y,0\n", 10, JOURNEY_KEEP_LAST, "1 a true x,y,z"},
        /* ties keep input order, also between conversions of the same time */
        {"a,5,x,0\na,5,y,1\na,5,z,1\na,5,w,0\n", 10, JOURNEY_KEEP_LAST,
         "0 a true x,y\n2 a true z\n3 a false w"},
        {"a,5,x,1\nb,5,q,0\na,4,y,0\na,5,z,0\n", 10, JOURNEY_KEEP_LAST,
         "1 b false q\n2 a true y,x\n3 a false z"},
        /* too long: the last or the first stay, the outcome is of the whole */
        {"a,1,x,0\na,2,y,0\na,3,z,1\n", 2, JOURNEY_KEEP_LAST, "0 a true y,z"},
        {"a,1,x,0\na,2,y,0\na,3,z,1\n", 2, JOURNEY_KEEP_FIRST, "0 a true x,y"},
        {"a,1,x,0\na,2,y,0\na,3,z,1\n", 1, JOURNEY_KEEP_LAST, "0 a true z"},
        /* 1 with journey 11 and 11 with journey 1 stay apart */
        {"1,1,x,0\n11,1,y,0\n1,2,z,0\n11,2,w,1\n11,3,v,0\n", 10, JOURNEY_KEEP_LAST,
         "0 1 false x,z\n1 11 true y,w\n4 11 false v"},
        /* ids that are no plain integers are text, all of them */
        {"007,1,x,0\n7,1,y,0\n", 10, JOURNEY_KEEP_LAST, "0 007 false x\n1 7 false y"},
        {"-5,1,x,0\n5,1,y,0\n-5,0,z,0\n", 10, JOURNEY_KEEP_LAST, "1 5 false y\n2 -5 false z,x"},
        {"+5,1,x,0\n5,1,y,0\n", 10, JOURNEY_KEEP_LAST, "0 +5 false x\n1 5 false y"},
        /* a missing outcome is none; words are outcomes too */
        {"a,1,x,\na,2,y,TRUE\na,3,z,no\n", 10, JOURNEY_KEEP_LAST, "0 a true x,y\n2 a false z"},
        /* times before 1970, and names with separators */
        {"a,-5,\"x,1\",0\na,-6,\"y \"\"q\"\"\",0\n", 10, JOURNEY_KEEP_LAST,
         "1 a false y \"q\",x,1"},
    };
    struct error err = {0};

    EACH_ROW(cases, c) {
        char text[512];
        snprintf(text, sizeof text, HEADER "%s", c->rows);
        struct journey_config config = test_config(test_file("hand.csv", text));
        config.max_length = c->max_length;
        config.keep = (int)c->keep;
        EXPECT_OK(test_build(&config, test_path("hand"), 2, NULL, &err), &err);
        char *got = test_store(test_path("hand"));
        EXPECT_STR(got, c->want);
        free(got);
    }
}

TEST(journeys_uid_is_bigint_only_when_all_are_plain_integers)
{
    static const struct {
        const char *uid, *type;
    } rows[] = {
        {"12", "BIGINT"},
        {"-1", "BIGINT"},
        {"0", "BIGINT"},
        {"9223372036854775807", "BIGINT"},
        {"-9223372036854775808", "BIGINT"},
        {"9223372036854775808", "VARCHAR"},
        {"-0", "VARCHAR"},
        {"01", "VARCHAR"},
        {"1.0", "VARCHAR"},
        {"-", "VARCHAR"},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        char text[128];
        snprintf(text, sizeof text, HEADER "%s,1,x,0\n3,1,x,0\n", r->uid);
        const struct journey_config config = test_config(test_file("uid.csv", text));
        EXPECT_OK(test_build(&config, test_path("uid"), 1, NULL, &err), &err);
        EXPECT_EQ(test_sql("SELECT count(*) FROM (DESCRIBE FROM '%s') WHERE column_name = 'uid' "
                           "AND column_type = '%s'",
                           test_path("uid/feature_store/train.parquet"), r->type),
                  1);
        EXPECT_EQ(test_sql("SELECT count(*) FROM '%s' WHERE uid::VARCHAR = '%s'",
                           test_path("uid/feature_store/*.parquet"), r->uid),
                  1);
    }
}

/* An independent formulation: window functions and lists. */
static int64_t differences(const char *source, const char *folder, size_t length, bool last)
{
    char *got, *want;
    int64_t count;

    if (asprintf(
            &want,
            "WITH a AS (SELECT *, row_number() OVER () - 1 AS rn FROM %s), b AS (SELECT *, "
            "coalesce(sum(conversion::BOOLEAN::INT) OVER (PARTITION BY uid ORDER BY timestamp, "
            "rn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS cut FROM a), c AS "
            "(SELECT arg_min(rn, (timestamp, rn)) AS journey_id, uid::VARCHAR AS uid, "
            "bool_or(conversion::BOOLEAN) AS s, list(campaign ORDER BY timestamp, rn)%s AS l "
            "FROM b GROUP BY uid, cut) SELECT journey_id, uid, s, array_to_string(l, '|') "
            "FROM c",
            source, last ? "[-%zu:]" : "[:%zu]") < 0 ||
        asprintf(&got,
                 "SELECT journey_id, uid, conversion_status, concat_ws('|', "
                 "*COLUMNS('campaign.*')) FROM read_parquet(['%s/feature_store/"
                 "train.parquet', '%s/feature_store/test.parquet', '%s/feature_store/"
                 "val.parquet'])",
                 folder, folder, folder) < 0)
        abort();
    char *sized;
    if (asprintf(&sized, want, length) < 0)
        abort();
    count = test_sql("SELECT count(*) FROM ((FROM (%s) EXCEPT ALL FROM (%s)) UNION ALL (FROM (%s) "
                     "EXCEPT ALL FROM (%s)))",
                     sized, got, got, sized);
    free(got);
    free(want);
    free(sized);
    return count;
}

TEST(journeys_agree_with_sql)
{
    static const struct {
        size_t rows, users, length;
        enum journey_keep keep;
    } cases[] = {
        {20000, 1500, 10, JOURNEY_KEEP_LAST},
        {20000, 1500, 3, JOURNEY_KEEP_LAST},
        {20000, 1500, 3, JOURNEY_KEEP_FIRST},
        {5000, 3, 40, JOURNEY_KEEP_LAST},
    };
    struct error err = {0};

    EACH_ROW(cases, c) {
        char source[600];
        char *csv = strdup(test_path("random.csv")), *folder = strdup(test_path("random"));
        test_random_csv(csv, c->rows, c->users, 30, c->rows + c->length);
        struct journey_config config = test_config(csv);
        struct journey_summary summary = {0};
        config.max_length = c->length;
        config.keep = (int)c->keep;
        EXPECT_OK(test_build(&config, folder, 2, &summary, &err), &err);
        snprintf(source, sizeof source, "read_csv('%s')", csv);
        EXPECT_EQ(differences(source, folder, c->length, c->keep == JOURNEY_KEEP_LAST), 0);
        EXPECT_EQ(summary.impressions, c->rows);
        EXPECT_EQ(summary.entities, test_sql("SELECT count(DISTINCT uid) FROM %s", source));
        EXPECT_EQ(summary.conversions,
                  test_sql("SELECT count(*) FILTER (conversion) FROM %s", source));
        EXPECT_EQ(summary.journeys,
                  test_sql("SELECT count(*) FROM '%s/feature_store/*.parquet'", folder));
        journey_summary_clear(&summary);
        free(csv);
        free(folder);
    }
}

TEST(journeys_of_the_shared_data_agree_with_sql)
{
    const char *shared = test_shared("data/attribution/impressions.csv");
    struct error err = {0};
    char source[1200];

    if (!shared)
        return;
    const struct journey_config config = test_config(shared);
    EXPECT_OK(test_build(&config, test_path("shared"), 2, NULL, &err), &err);
    snprintf(source, sizeof source, "read_csv('%s')", shared);
    EXPECT_EQ(differences(source, test_path("shared"), 10, true), 0);
}

TEST(journeys_one_hot_repeats_the_store)
{
    struct error err = {0};
    char *csv = strdup(test_path("hot.csv")), *folder = strdup(test_path("hot"));

    test_random_csv(csv, 500, 60, 5, 7);
    struct journey_config config = test_config(csv);
    config.max_length = 4;
    config.one_hot = true;
    EXPECT_OK(test_build(&config, folder, 2, NULL, &err), &err);
    EXPECT_EQ(test_sql("SELECT count(*) FROM (DESCRIBE FROM "
                       "'%s/feature_store_preprocessed/train.parquet')",
                       folder),
              2 + 4 * 5);
    /* Each cell of the wide table is the comparison it is named after. */
    for (int i = 0; i < 4; i++)
        for (int c = 0; c < 5; c++)
            EXPECT_EQ(test_sql("SELECT count(*) FROM '%s/feature_store_preprocessed/train.parquet' "
                               "JOIN '%s/feature_store/train.parquet' s USING (journey_id, "
                               "conversion_status) WHERE \"campaign_nm_at_index_%d_is_campaign "
                               "number %d\" <> coalesce(s.campaign_nm_at_index_%d = 'campaign "
                               "number %d', false)",
                               folder, folder, i, c, i, c),
                      0);
    EXPECT_EQ(test_sql("SELECT (SELECT count(*) FROM '%s/feature_store_preprocessed/val.parquet') "
                       "- (SELECT count(*) FROM '%s/feature_store/val.parquet')",
                       folder, folder),
              0);
    config.max_length = 1000;
    test_random_csv(csv, 2000, 60, 500, 7);
    EXPECT_ERROR(test_build(&config, folder, 2, NULL, &err), &err, ERR_LIMIT, "one_hot");
    free(csv);
    free(folder);
}

TEST(journeys_split_by_entity_and_do_not_move)
{
    struct error err = {0};
    char *csv = strdup(test_path("split.csv")), *few = strdup(test_path("few")),
         *many = strdup(test_path("many"));
    struct journey_summary summary = {0};
    struct journey_config config = test_config(csv);

    test_random_csv(csv, 3000, 20000, 5, 1);
    EXPECT_OK(test_build(&config, few, 2, NULL, &err), &err);
    test_random_csv(csv, 60000, 20000, 5, 1);
    EXPECT_OK(test_build(&config, many, 2, &summary, &err), &err);
    static const char *const names[] = {"train", "test", "val"};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            if (i != j)
                EXPECT_EQ(test_sql("SELECT count(*) FROM '%s/feature_store/%s.parquet' WHERE uid "
                                   "IN (SELECT uid FROM '%s/feature_store/%s.parquet')",
                                   few, names[i], many, names[j]),
                          0);
    EXPECT_NEAR((double)summary.split[SPLIT_TRAIN].entities / (double)summary.entities, 0.8, 0.02);
    EXPECT_NEAR((double)summary.split[SPLIT_TEST].entities / (double)summary.entities, 0.1, 0.02);
    EXPECT_NEAR((double)summary.split[SPLIT_VAL].entities / (double)summary.entities, 0.1, 0.02);
    journey_summary_clear(&summary);
    free(csv);
    free(few);
    free(many);
}

TEST(journeys_split_shares_at_the_edges)
{
    static const struct {
        double train, test, val;
        uint64_t hash;
        enum split want;
    } rows[] = {
        {0.8, 0.1, 0.1, 0, SPLIT_TRAIN},
        {0.8, 0.1, 0.1, UINT64_MAX, SPLIT_VAL},
        {0.7, 0.3, 0, UINT64_MAX, SPLIT_TEST},
        {1, 0, 0, UINT64_MAX, SPLIT_TRAIN},
        {0, 0, 1, 0, SPLIT_VAL},
        {0, 1, 0, 0, SPLIT_TEST},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        const struct split_config split = {r->train, r->test, r->val, 1};
        EXPECT_OK(split_check(&split, &err), &err);
        EXPECT_EQ(split_of(&split, r->hash), r->want);
    }
    EXPECT_ERROR(split_check(&(struct split_config){0.8, 0.1, 0.2, 1}, &err), &err, ERR_CONFIG,
                 "1.1");
}

TEST(journeys_summary_and_histogram)
{
    const struct journey_config config = test_config(
        test_file("sum.csv", HEADER "a,1,x,1\na,2,y,0\na,3,x,0\nb,1,x,0\nc,1,z,0\nd,1,z,0\n"));
    struct journey_summary summary = {0};
    struct error err = {0};

    EXPECT_OK(test_build(&config, NULL, 2, &summary, &err), &err);
    EXPECT_EQ(summary.impressions, 6);
    EXPECT_EQ(summary.entities, 4);
    EXPECT_EQ(summary.journeys, 5);
    EXPECT_EQ(summary.conversions, 1);
    EXPECT_EQ(summary.length[1], 4);
    EXPECT_EQ(summary.length[2], 1);
    EXPECT_EQ(journey_summary_length(&summary, 0.8), 1);
    EXPECT_EQ(journey_summary_length(&summary, 0.81), 2);
    EXPECT_EQ(summary.campaigns, 3);
    EXPECT_STR(summary.campaign[0].name, "x");
    EXPECT_EQ(summary.campaign[0].impressions, 3);
    EXPECT_EQ(summary.campaign[0].conversions, 1);
    EXPECT_STR(summary.campaign[1].name, "z");
    EXPECT_EQ(summary.first_time, 1000000);
    EXPECT_EQ(summary.last_time, 3000000);
    journey_summary_clear(&summary);
}
