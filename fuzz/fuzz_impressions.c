/* fuzz_impressions — any bytes as a CSV of impressions, through DuckDB to journeys. */
#include "base/file.h"
#include "sequence/journeys.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journey_config config;
    struct split_config split;
    struct journey_summary summary = {0};
    struct error err = {0};
    char path[64];

    snprintf(path, sizeof path, "/tmp/quern-fuzz-%ld.csv", (long)getpid());
    config_defaults(&config, journey_source_fields);
    config_defaults(&config, journey_fields);
    config_defaults(&split, split_fields);
    config.path = path;
    if (!file_write(path, data, size, &err))
        return 0;
    struct pool *pool = pool_new(1);
    if (journeys_build(&config, &split, NULL, pool, true, &summary, &err)) {
        BUG_ON(summary.impressions == 0 || summary.journeys < summary.entities);
        journey_summary_clear(&summary);
    } else {
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');
    }
    pool_free(pool);
    unlink(path);
    return 0;
}
