/*
 * models — the bundles being served, changed while requests are answered.
 *
 * The set of models is immutable; a change makes a new set and swaps a pointer. A worker announces
 * the set it reads in a slot of its own (a hazard pointer) and takes no lock; an old set, and the
 * models only it held, are freed once no worker announces it. A model that does not open leaves
 * everything as it was.
 *
 * Workers call models_enter() and models_leave() around each request and nothing else that blocks
 * in between; any thread may change the set outside of that pair.
 */
#ifndef QUERN_SERVE_MODELS_H
#define QUERN_SERVE_MODELS_H

#include "pipeline/bundle.h"
#include "serve/metrics.h"

enum { MODELS_MAX = 1000, MODEL_NAME_MAX = 256, MODEL_ADDRESS_MAX = 4096 };

struct served_model {
    const char *name;
    const char *version; /* of the registry, else "1" */
    const char *address; /* as it was asked for */
    struct bundle *bundle;
    struct model_metrics *metrics; /* [workers] */
};

struct model_set {
    size_t count;
    const struct served_model *model[]; /* [count], oldest first; the first is the default */
};

struct models;

struct models_options {
    size_t workers;
    const char *registry; /* folder; NULL: registry_default() */
};

struct models *models_new(const struct models_options *options);
/* No worker may be inside. */
void models_free(struct models *models);

/* The present set, valid until models_leave() of the same worker. Never NULL. */
const struct model_set *models_enter(struct models *models, size_t worker);
void models_leave(struct models *models, size_t worker);

/* A model by name (`length` bytes); NULL if there is none. */
const struct served_model *model_set_find(const struct model_set *set, const char *name,
                                          size_t length);

enum models_outcome { MODELS_DONE, MODELS_FAILED, MODELS_EXISTS, MODELS_FULL, MODELS_UNKNOWN };

/*
 * Open `address` (a folder, a .tar.gz, s3://..., registry:NAME@ALIAS) and add it under `name`, or
 * under its own name where that is NULL. Any but MODELS_DONE comes with a sentence.
 */
MUST_CHECK enum models_outcome models_add(struct models *models, const char *name,
                                          const char *address, struct error *err);
MUST_CHECK enum models_outcome models_remove(struct models *models, const char *name, size_t length,
                                             struct error *err);

/*
 * Look whether aliases of the registry have moved (and, if `all`, whether bundles given by path
 * have changed), open what is new beside the old and swap. A failure is logged once and keeps the
 * old. Called by one thread.
 */
void models_refresh(struct models *models, bool all);

/* Free what no worker reads any more. Called now and then by one thread. */
void models_collect(struct models *models);

#endif
