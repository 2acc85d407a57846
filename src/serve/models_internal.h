/* models_internal — what models.c and models_refresh.c share. */
#ifndef QUERN_SERVE_MODELS_INTERNAL_H
#define QUERN_SERVE_MODELS_INTERNAL_H

#include "serve/models.h"

#include <pthread.h>
#include <stdatomic.h>

/* A model with what only writers see. */
struct model_entry {
    struct served_model model; /* first: sets point at it */
    size_t references;         /* sets that hold it, under the lock */
    char *refused;             /* the version or hash that did not open and was told of */
};

/* A slot by itself in its cache line, so that workers do not slow each other. */
struct model_hazard {
    _Alignas(64) _Atomic(const struct model_set *) set;
};

struct models {
    _Atomic(const struct model_set *) current;
    struct model_hazard *hazard; /* [workers] */
    size_t workers;
    char *registry; /* or NULL */
    pthread_mutex_t lock;
    const struct model_set **retired; /* [retired_count], under the lock */
    size_t retired_count;
};

/* Open a bundle as a model nobody serves yet. `name` NULL: its own. */
MUST_CHECK bool model_open(struct model_entry **entry, const struct models *models,
                           const char *name, const char *address, struct error *err);
void model_entry_free(struct model_entry *entry);

/*
 * Swap in a set: the present one with `entry` in the place of `old`, or at the end where `old` is
 * NULL, or without `old` where `entry` is NULL. Under the lock.
 */
void models_swap(struct models *models, const struct served_model *old, struct model_entry *entry);

/* The present set, for writers. Under the lock. */
const struct model_set *models_current(struct models *models);

#endif
