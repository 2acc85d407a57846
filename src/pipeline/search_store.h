/*
 * search_store — trials.json: the plan it belongs to and every finished trial.
 *
 *   {"format": 1,
 *    "search": {"method", "metric", "goal", "seed", "space", "inputs", and for halving "trials",
 *               "factor", "min_epochs", "max_epochs"},
 *    "trials": [{"id", "rung", "epochs" (null: as the pipeline says), "state": "done" | "failed",
 *                "value", "parameters": {...}, "seconds", "error"}, ...]   by rung, then id
 *    "best": {"id", "rung", "value"} or null}
 */
#ifndef QUERN_PIPELINE_SEARCH_STORE_H
#define QUERN_PIPELINE_SEARCH_STORE_H

#include "pipeline/search.h"

/* `result` [count] sorted by rung, then id; `best` may be NULL. */
MUST_CHECK bool search_store_write(const char *path, const struct search_plan *plan,
                                   const struct search_result *result, size_t count,
                                   const struct search_result *best, struct error *err);

/*
 * Finished trials of an earlier run; none where the file is missing. Only id, rung, epochs, state,
 * value, seconds and error are filled; texts live in `memory`.
 */
MUST_CHECK bool search_store_read(const char *path, const struct search_plan *plan,
                                  struct search_result **result, size_t *count,
                                  struct arena *memory, struct error *err);

#endif
