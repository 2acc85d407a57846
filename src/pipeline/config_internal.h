/* config_internal — shared by the files of pipeline/config. */
#ifndef QUERN_PIPELINE_CONFIG_INTERNAL_H
#define QUERN_PIPELINE_CONFIG_INTERNAL_H

#include "pipeline/config.h"

/* Ends with a NULL type; the first is what a file without `model.type` means. */
extern const struct pipeline_system pipeline_systems[];

/* Keys at the top of a file that are values: name, report. */
extern const struct config_field pipeline_root_fields[];

/* The section of a name, or NULL. */
const struct pipeline_section *pipeline_section_find(const struct pipeline_system *system,
                                                     const char *name);

static inline void *pipeline_section_settings(struct pipeline_config *config,
                                              const struct pipeline_section *section)
{
    return (char *)config + section->offset;
}

/*
 * ERR_CONFIG with the place of a dotted key; where that was not written, of the section, or else
 * of the file. The sentence follows "key 'KEY': ". Returns false.
 */
bool pipeline_config_fail(const struct pipeline_config *config, const char *key, struct error *err,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The checks of the systems. */
MUST_CHECK bool pipeline_config_check_journeys(const struct pipeline_config *config,
                                               struct error *err);
MUST_CHECK bool pipeline_config_check_tabular(const struct pipeline_config *config,
                                              struct error *err);
MUST_CHECK bool pipeline_config_check_forecast(const struct pipeline_config *config,
                                               struct error *err);

MUST_CHECK bool pipeline_config_check_histories(const struct pipeline_config *config,
                                                struct error *err);

/* Give the ranges of a search their full keys and check them against the settings they vary. */
MUST_CHECK bool pipeline_config_resolve_space(struct pipeline_config *config, struct error *err);

#endif
