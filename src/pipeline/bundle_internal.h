/* bundle_internal — shared by the files of pipeline/bundle. */
#ifndef QUERN_PIPELINE_BUNDLE_INTERNAL_H
#define QUERN_PIPELINE_BUNDLE_INTERNAL_H

#include "pipeline/bundle.h"
#include "pipeline/bundle_history.h"
#include "pipeline/decision.h"
#include "pipeline/scorer.h"
#include "remote/place.h"

struct bundle {
    json_t *document; /* bundle.json */
    const char *name;
    const char *model_file; /* "model.ubj", or NULL */
    char hash[17];
    struct schema input, output;
    size_t *csv, csv_count;
    struct bundle_history *history; /* or NULL; then there is none of the parts below */
    struct transform *transform;    /* or NULL */
    struct trees *trees;            /* or NULL */
    bool decides;
    struct decision decision;
    struct scorer scorer; /* of the two above */
    struct arena memory;
};

/* bundle_evaluate_history() with a bundle that is open. */
MUST_CHECK bool bundle_evaluate_orders(const struct bundle *bundle, const char *data,
                                       const char *history, json_t **document, struct error *err);

/* A folder that holds the files of a bundle; for an archive or a remote place a copy. */
struct bundle_place {
    char *folder;
    char *scratch; /* what an archive was unpacked into, or NULL */
    struct place remote;
};
MUST_CHECK bool bundle_place_open(struct bundle_place *place, const char *path, struct error *err);
void bundle_place_close(struct bundle_place *place);

/* Open the bundle of a folder. */
MUST_CHECK bool bundle_open_folder(struct bundle **bundle, const char *folder, struct error *err);

/*
 * What the scores of a model, or the features of a transform, are called where no decision follows.
 * Lives in `memory`. ERR_LIMIT: too many columns, or a name is too long
 */
MUST_CHECK bool bundle_scorer_output(const struct scorer *scorer, struct schema *output,
                                     struct arena *memory, struct error *err);

/*
 * manifest.json: {"format": 1, "files": [{"name", "size", "xxh3"}]}, sorted by name. Reading checks
 * every file; `hash` gets the hash of the list.
 */
MUST_CHECK bool bundle_manifest_check(const char *folder, char hash[17], struct error *err);
MUST_CHECK bool bundle_manifest_write(const char *folder, struct error *err);

#endif
