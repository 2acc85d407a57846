/*
 * search_config — the `search` section of a pipeline file.
 *
 * The default space is that of the tuner this search replaces. With successive halving the full
 * number of epochs is train.epochs, so epochs are not in its default space.
 */
#ifndef QUERN_PIPELINE_SEARCH_CONFIG_H
#define QUERN_PIPELINE_SEARCH_CONFIG_H

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/yaml.h"
#include "pipeline/search_space.h"

struct search_config {
    int method; /* enum search_method */
    size_t trials, parallel, seed;
    size_t factor, min_epochs;       /* of halving */
    const char *maximize, *minimize; /* exactly one is set after reading */
    struct search_range *range;
    size_t ranges;
};

extern const struct config_field search_fields[];

/* `section` may be NULL; starts from the defaults. */
MUST_CHECK bool search_config_read(const struct yaml_node *section, struct search_config *out,
                                   struct arena *memory, struct error *err);

void search_config_write(struct text *out, const struct search_config *config, size_t indent);

#endif
