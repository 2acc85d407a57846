#include "sequence/support.h"

struct journey_config test_config(const char *path)
{
    struct journey_config config;

    config_defaults(&config, journey_source_fields);
    config_defaults(&config, journey_fields);
    config.path = path;
    return config;
}

struct split_config test_split(void)
{
    struct split_config split;

    config_defaults(&split, split_fields);
    return split;
}

bool test_build(const struct journey_config *config, const char *folder, size_t threads,
                struct journey_summary *summary, struct error *err)
{
    const struct split_config split = test_split();
    struct pool *pool = pool_new(threads);
    struct journey_summary own = {0};
    const bool ok =
        journeys_build(config, &split, folder, pool, true, summary ? summary : &own, err);

    pool_free(pool);
    journey_summary_clear(&own);
    return ok;
}

int64_t test_sql(const char *format, ...)
{
    char *sql;
    va_list args;
    struct arena memory = {0};
    struct table_chunk table;
    struct error err = {0};

    va_start(args, format);
    if (vasprintf(&sql, format, args) < 0)
        abort();
    va_end(args);
    EXPECT_OK(table_load(sql, NULL, 0, 1, &table, &memory, &err), &err);
    EXPECT_EQ(table.rows, 1);
    const int64_t value = table.column[0].integer[0];
    arena_clear(&memory);
    free(sql);
    return value;
}

char *test_store(const char *folder)
{
    char *sql, *text;
    struct arena memory = {0};
    struct table_chunk table;
    struct error err = {0};

    if (asprintf(&sql,
                 "SELECT coalesce(string_agg(line, chr(10) ORDER BY journey_id), '') FROM (SELECT "
                 "journey_id, "
                 "concat_ws(' ', journey_id, uid, conversion_status, concat_ws(',', "
                 "*COLUMNS('campaign.*'))) AS line FROM (FROM '%s/feature_store/t*.parquet' "
                 "UNION ALL FROM '%s/feature_store/val.parquet'))",
                 folder, folder) < 0)
        abort();
    EXPECT_OK(table_load(sql, NULL, 0, 1, &table, &memory, &err), &err);
    text = strndup(table.column[0].text[0].bytes, table.column[0].text[0].length);
    arena_clear(&memory);
    free(sql);
    return text;
}

void test_same_outputs(const char *a, const char *b, bool one_hot)
{
    static const char *const names[] = {
        "feature_store/train.parquet",
        "feature_store/test.parquet",
        "feature_store/val.parquet",
        "feature_store/campaigns.json",
        "journeys.bin",
        "feature_store_preprocessed/train.parquet",
        "feature_store_preprocessed/test.parquet",
        "feature_store_preprocessed/val.parquet",
    };
    struct error err = {0};

    for (size_t i = 0; i < (one_hot ? 8 : 5); i++) {
        char *x = file_join(a, names[i]), *y = file_join(b, names[i]);
        uint64_t hash_x, hash_y;
        test_row = (int)i;
        EXPECT_OK(file_hash(x, &hash_x, &err), &err);
        EXPECT_OK(file_hash(y, &hash_y, &err), &err);
        EXPECT(hash_x == hash_y);
        free(x);
        free(y);
    }
}

void test_random_csv(const char *path, size_t rows, size_t users, size_t campaigns, uint64_t seed)
{
    struct rng rng = rng_new(seed, 0);
    FILE *stream = fopen(path, "w");

    if (!stream)
        abort();
    fputs(HEADER, stream);
    for (size_t i = 0; i < rows; i++) {
        const unsigned long long user = rng_below(&rng, users), day = rng_below(&rng, 50),
                                 campaign = rng_below(&rng, campaigns);
        fprintf(stream, "u%llu,%llu,campaign number %llu,%s\n", user, 1500000000 + day, campaign,
                rng_below(&rng, 6) == 0 ? "true" : "false");
    }
    fclose(stream);
}
