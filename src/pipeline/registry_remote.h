/*
 * registry_remote — a registry at s3://bucket/key, behind registry.h only.
 *
 * What says what there is (aliases, entries, manifests) is brought to a local registry without its
 * bundles; the work is done there as on any registry, and what it made is sent. A version counts
 * once its manifest is there, which is sent last; an alias moves by one object after that. A store
 * has no locks: of two writers at the same moment the last one counts, so give a name one writer.
 */
#ifndef QUERN_PIPELINE_REGISTRY_REMOTE_H
#define QUERN_PIPELINE_REGISTRY_REMOTE_H

#include "pipeline/registry.h"

MUST_CHECK bool registry_remote_resolve(struct registry_version *found, const char *registry,
                                        const char *address, struct error *err);
MUST_CHECK bool registry_remote_push(size_t *version, const struct registry_push *push,
                                     struct error *err);
MUST_CHECK bool registry_remote_promote(size_t *version, const char *registry, const char *address,
                                        const char *alias, int64_t now, struct error *err);
MUST_CHECK bool registry_remote_rollback(size_t *version, const char *registry, const char *name,
                                         const char *alias, int64_t now, struct error *err);
MUST_CHECK bool registry_remote_list(json_t **list, const char *registry, struct error *err);
MUST_CHECK bool registry_remote_show(json_t **shown, const char *registry, const char *address,
                                     struct error *err);

#endif
