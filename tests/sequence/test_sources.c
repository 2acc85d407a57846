/* The same data in every form, at any number of threads, in memory or not: the same bytes. */
#include "sequence/support.h"

#include "sequence/journey_file.h"

#include <dirent.h>

/* The random CSV as typed Parquet, JSON lines and compressed CSV, through our own reader. */
static void convert(const char *csv, const char *to)
{
    static const struct table_field fields[] = {{"uid", TABLE_TEXT},
                                                {"timestamp", TABLE_INT64},
                                                {"campaign", TABLE_TEXT},
                                                {"conversion", TABLE_BOOL}};
    struct arena memory = {0};
    struct table_chunk table;
    struct error err = {0};

    EXPECT_OK(table_load(csv, fields, 4, 1000000, &table, &memory, &err), &err);
    EXPECT_OK(table_write(to, table.column, table.count, table.rows, &err), &err);
    arena_clear(&memory);
}

TEST(sources_of_every_kind_give_the_same_bytes)
{
    static const char *const names[] = {"f.parquet", "f.csv.gz", "f.jsonl", "f.jsonl.gz",
                                        "f.tsv",     "SQL",      "doubles"};
    struct error err = {0};
    char *csv = strdup(test_path("f.csv")), *want = strdup(test_path("want"));

    test_random_csv(csv, 30000, 2500, 40, 3);
    struct journey_config config = test_config(csv);
    config.one_hot = true;
    EXPECT_OK(test_build(&config, want, 2, NULL, &err), &err);
    EACH_ROW(names, name) {
        char sql[600];
        config.path = test_path(*name);
        if (strcmp(*name, "SQL") == 0) {
            snprintf(sql, sizeof sql, "SELECT * FROM '%s' -- all of it", test_path("f.parquet"));
            config.path = sql;
        } else if (strcmp(*name, "doubles") == 0) {
            snprintf(sql, sizeof sql,
                     "SELECT uid, timestamp::DOUBLE AS timestamp, campaign, "
                     "conversion::BOOLEAN::INTEGER::DOUBLE AS conversion FROM '%s'",
                     test_path("f.parquet"));
            config.path = sql;
        } else {
            convert(csv, config.path);
        }
        char *got = strdup(test_path("got"));
        EXPECT_OK(test_build(&config, got, 2, NULL, &err), &err);
        const int row = test_row;
        test_same_outputs(want, got, true);
        test_row = row;
        free(got);
    }
    free(csv);
    free(want);
}

/* Cut a CSV into Parquet files part-N.parquet: each is at least one piece for parallel readers. */
static void cut_files(const char *csv, const char *folder, size_t files, size_t rows)
{
    struct error err = {0};

    EXPECT_OK(file_make_folders(folder, &err), &err);
    for (size_t i = 0; i < files; i++) {
        static const struct table_field fields[] = {{"uid", TABLE_TEXT},
                                                    {"timestamp", TABLE_INT64},
                                                    {"campaign", TABLE_TEXT},
                                                    {"conversion", TABLE_BOOL}};
        struct arena memory = {0};
        struct table_chunk table;
        char *sql, *path;
        if (asprintf(&sql,
                     "SELECT * EXCLUDE rn FROM (SELECT *, row_number() OVER () - 1 AS rn FROM "
                     "read_csv('%s', types={'uid': 'VARCHAR'})) WHERE rn >= %zu AND rn < %zu",
                     csv, i * rows / files, (i + 1) * rows / files) < 0 ||
            asprintf(&path, "%s/part-%zu.parquet", folder, i) < 0)
            abort();
        EXPECT_OK(table_load(sql, fields, 4, 1000000, &table, &memory, &err), &err);
        EXPECT_OK(table_write(path, table.column, table.count, table.rows, &err), &err);
        arena_clear(&memory);
        free(sql);
        free(path);
    }
}

TEST(sources_threads_and_memory_do_not_show)
{
    static const struct {
        size_t threads, memory_mib;
    } cases[] = {{2, 1536}, {3, 1536}, {1, 1}, {2, 1}, {4, 2}};
    enum { ROWS = 200000 };
    struct error err = {0};
    char *csv = strdup(test_path("g.csv")), *one = strdup(test_path("one")),
         *other = strdup(test_path("other")), *parts = strdup(test_path("parts"));
    char glob[600];

    test_random_csv(csv, ROWS, 9000, 300, 11);
    cut_files(csv, parts, 5, ROWS);
    struct journey_config config = test_config(csv);
    EXPECT_OK(test_build(&config, one, 1, NULL, &err), &err);
    snprintf(glob, sizeof glob, "%s/part-*.parquet", parts);
    config.path = glob;
    EACH_ROW(cases, c) {
        config.memory_mib = c->memory_mib;
        EXPECT_OK(test_build(&config, other, c->threads, NULL, &err), &err);
        const int row = test_row;
        test_same_outputs(one, other, false);
        test_row = row;
    }
    free(csv);
    free(one);
    free(other);
    free(parts);
}

/* A thousand places make row groups small, so that they begin and end inside partitions. */
TEST(sources_row_groups_across_partitions_do_not_show)
{
    struct error err = {0};
    char *csv = strdup(test_path("wide.csv")), *one = strdup(test_path("wide-one")),
         *other = strdup(test_path("wide-other"));

    test_random_csv(csv, 60000, 20000, 30, 12);
    struct journey_config config = test_config(csv);
    config.max_length = 1000;
    EXPECT_OK(test_build(&config, one, 1, NULL, &err), &err);
    config.memory_mib = 1;
    EXPECT_OK(test_build(&config, other, 3, NULL, &err), &err);
    test_same_outputs(one, other, false);
    EXPECT(test_sql("SELECT count(*) FROM parquet_metadata('%s/feature_store/train.parquet') "
                    "WHERE column_id = 0",
                    one) > 2);
    /* Every journey is in the store once, with its own entity, outcome and first campaign. */
    EXPECT_EQ(test_sql("SELECT count(*) FROM '%s/feature_store/*.parquet' s JOIN (SELECT *, "
                       "row_number() OVER () - 1 AS rn FROM '%s') c ON s.journey_id = c.rn AND "
                       "s.uid::VARCHAR = c.uid::VARCHAR AND s.campaign_nm_at_index_0 = c.campaign",
                       one, csv),
              test_sql("SELECT count(DISTINCT journey_id) FROM '%s/feature_store/*.parquet'", one));
    EXPECT_EQ(test_sql("SELECT count(*) FROM '%s/feature_store/*.parquet'", one),
              test_sql("SELECT count(DISTINCT journey_id) FROM '%s/feature_store/*.parquet'", one));
    EXPECT_EQ(test_sql("SELECT (SELECT sum(conversion::INT)::BIGINT FROM '%s') - (SELECT count(*) "
                       "FROM '%s/feature_store/*.parquet' WHERE conversion_status)",
                       csv, one),
              0);
    free(csv);
    free(one);
    free(other);
}

TEST(sources_one_entity_with_everything_is_not_quadratic)
{
    struct error err = {0};
    char *csv = strdup(test_path("one.csv"));
    FILE *stream = fopen(csv, "w");

    fputs(HEADER, stream);
    for (int i = 0; i < 400000; i++)
        fprintf(stream, "7,%d,c,0\n", 400000 - i);
    fclose(stream);
    struct journey_config config = test_config(csv);
    EXPECT_OK(test_build(&config, test_path("big"), 2, NULL, &err), &err);
    char *got = test_store(test_path("big"));
    EXPECT_STR(got, "399999 7 false c,c,c,c,c,c,c,c,c,c");
    free(got);
    free(csv);
}

TEST(sources_times_in_every_unit)
{
    static const struct {
        const char *time;
        enum time_unit unit;
        int64_t want; /* microseconds */
    } rows[] = {
        {"1500000000", TIME_UNIT_AUTO, 1500000000000000},
        {"1500000000123", TIME_UNIT_AUTO, 1500000000123000},
        {"1500000000123456", TIME_UNIT_AUTO, 1500000000123456},
        {"1500000000123456789", TIME_UNIT_AUTO, 1500000000123456},
        {"-1500000000123456789", TIME_UNIT_AUTO, -1500000000123457},
        {"99999999999", TIME_UNIT_AUTO, 99999999999000000},
        {"100000000000", TIME_UNIT_AUTO, 100000000000000},
        {"7", TIME_UNIT_MILLISECONDS, 7000},
        {"7", TIME_UNIT_MICROSECONDS, 7},
        {"7999", TIME_UNIT_NANOSECONDS, 7},
        {"1500000000123", TIME_UNIT_SECONDS, 1500000000123000000},
        {"2017-07-14", TIME_UNIT_AUTO, 1499990400000000},
        {"2017-07-14 02:40:00", TIME_UNIT_ISO, 1500000000000000},
        {"2017-07-14T02:40:00.25Z", TIME_UNIT_AUTO, 1500000000250000},
        {"2017-07-14T04:40:00+02:00", TIME_UNIT_AUTO, 1500000000000000},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        char text[256];
        struct journey_file file;
        snprintf(text, sizeof text, HEADER "a,%s,x,0\n", r->time);
        struct journey_config config = test_config(test_file("time.csv", text));
        config.time_unit = (int)r->unit;
        EXPECT_OK(test_build(&config, test_path("time"), 1, NULL, &err), &err);
        EXPECT_OK(journey_file_open(&file, test_path("time/journeys.bin"), &err), &err);
        EXPECT_EQ(file.set.count, 1);
        EXPECT_EQ(file.set.time[0], r->want);
        journey_file_close(&file);
    }
}

TEST(sources_times_typed_in_sql)
{
    static const struct {
        const char *expression;
        int64_t want;
    } rows[] = {
        {"TIMESTAMP '2017-07-14 02:40:00.000001'", 1500000000000001},
        {"TIMESTAMP_S '2017-07-14 02:40:00'", 1500000000000000},
        {"TIMESTAMP_MS '2017-07-14 02:40:00.5'", 1500000000500000},
        {"TIMESTAMP_NS '2017-07-14 02:40:00.123456789'", 1500000000123456},
        {"TIMESTAMPTZ '2017-07-14 04:40:00+02'", 1500000000000000},
        {"DATE '2017-07-14'", 1499990400000000},
        {"1500000000::INTEGER", 1500000000000000},
        {"1500000000::UBIGINT", 1500000000000000},
        {"'1500000000'", 1500000000000000},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        char sql[300];
        struct journey_file file;
        snprintf(sql, sizeof sql,
                 "SELECT 1 AS uid, %s AS timestamp, 2 AS campaign, 0 AS conversion", r->expression);
        const struct journey_config config = test_config(sql);
        EXPECT_OK(test_build(&config, test_path("typed"), 1, NULL, &err), &err);
        EXPECT_OK(journey_file_open(&file, test_path("typed/journeys.bin"), &err), &err);
        EXPECT_EQ(file.set.time[0], r->want);
        EXPECT_STR(file.set.campaign[0], "2");
        journey_file_close(&file);
    }
}

TEST(sources_leave_nothing_but_outputs)
{
    struct error err = {0};
    char *folder = strdup(test_path("clean"));
    const struct journey_config config = test_config(test_file("clean.csv", HEADER "a,1,x,0\n"));
    size_t entries = 0;

    EXPECT_OK(test_build(&config, folder, 2, NULL, &err), &err);
    DIR *dir = opendir(folder);
    EXPECT(dir != NULL);
    while (readdir(dir))
        entries++;
    closedir(dir);
    EXPECT_EQ(entries, 4); /* ., .., feature_store, journeys.bin */
    free(folder);
}
