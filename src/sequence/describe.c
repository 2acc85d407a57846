#include "sequence/describe.h"

#include "table/profile.h"

#include <string.h>

static bool has_column(const struct table_source *source, const char *name)
{
    for (size_t i = 0; i < source->column_count; i++)
        if (strcmp(source->column[i].name, name) == 0)
            return true;
    return false;
}

static bool describe_journeys(const struct journey_config *config, const struct split_config *split,
                              FILE *to, size_t columns, size_t threads, bool quiet,
                              struct error *err)
{
    struct journey_summary summary = {0};
    struct pool *pool = pool_new(threads);
    const bool ok = journeys_build(config, split, NULL, pool, quiet, &summary, err);

    pool_free(pool);
    if (!ok)
        return false;
    journey_summary_print(&summary, to, columns ? columns : 80);
    journey_summary_clear(&summary);
    return true;
}

bool describe_table(const struct journey_config *config, const struct split_config *split,
                    bool impressions, FILE *to, size_t columns, size_t threads, bool quiet,
                    struct error *err)
{
    struct journey_config copied = *config;
    struct table_source *source;

    if (!table_source_open(&source, config->path, err))
        return false;
    if (source->place.remote) /* fetched once, read twice */
        copied.path = source->place.local;
    if (!impressions)
        impressions = has_column(source, config->entity) && has_column(source, config->time) &&
                      has_column(source, config->token) && has_column(source, config->outcome);
    const bool ok = impressions
                        ? describe_journeys(&copied, split, to, columns, threads, quiet, err)
                        : table_profile_print(source, to, columns, err);
    if (!ok)
        place_explain(&source->place, err);
    table_source_close(source);
    return ok;
}
