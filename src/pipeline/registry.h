/*
 * registry — versions of bundles in a folder, and names that point at them.
 *
 *   REGISTRY/NAME/versions/3/bundle/...   the bundle, never changed once there
 *   REGISTRY/NAME/versions/3/entry.json   metrics, lineage, load test, when, by what program
 *   REGISTRY/NAME/aliases.json            {"aliases": {"champion": 3}, "history": [...]}
 *
 * Versions are whole numbers from 1, given in order. A push appears by one rename, an alias moves
 * by one rename: kill -9 leaves the old state or the new. Writers take REGISTRY/NAME/.lock; readers
 * need no lock.
 */
#ifndef QUERN_PIPELINE_REGISTRY_H
#define QUERN_PIPELINE_REGISTRY_H

#include "base/error.h"
#include "base/json.h"

#include <stddef.h>

/* Where to look when --registry is not given: $QUERN_REGISTRY, else "registry". */
const char *registry_default(void);

/* Whether a bundle is named as "registry:NAME", "registry:NAME@ALIAS" or "registry:NAME/3". */
bool registry_is_address(const char *text);

struct registry_version {
    char *name;
    size_t version;
    char *bundle; /* path of its folder */
};

/*
 * What an address means now; without alias or version, `champion`, else the newest.
 * registry_version_clear() when done.
 *
 * ERR_DATA  no such name, alias or version; the sentence lists those there are
 */
MUST_CHECK bool registry_resolve(struct registry_version *found, const char *registry,
                                 const char *address, struct error *err);
void registry_version_clear(struct registry_version *version);

#endif
