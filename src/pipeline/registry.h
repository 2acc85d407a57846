/*
 * registry — versions of bundles in a folder, and names that point at them.
 *
 *   REGISTRY/NAME/versions/3/bundle/...   the bundle, never changed once there
 *   REGISTRY/NAME/versions/3/entry.json   metrics, lineage, load test, when, by what program
 *   REGISTRY/NAME/aliases.json            {"aliases": {"champion": 3}, "history": [...]}
 *
 * Versions are whole numbers from 1, given in order. A push appears by one rename, an alias moves
 * by one rename: kill -9 leaves the old state or the new. Writers take REGISTRY/NAME/.lock; readers
 * need no lock. REGISTRY may be s3://bucket/key (registry_remote.h). docs/registry.md has the files
 * key by key.
 *
 * A name or alias is letters, digits, '.', '_' and '-', not beginning with '.' or '-'; an alias is
 * not a number.
 */
#ifndef QUERN_PIPELINE_REGISTRY_H
#define QUERN_PIPELINE_REGISTRY_H

#include "base/error.h"
#include "base/json.h"

#include <stddef.h>
#include <stdint.h>

enum { REGISTRY_NAME_MAX = 128, REGISTRY_ADDRESS_MAX = 512 };

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
 * What an address means now, "registry:" in front or not; without alias or version, `champion`,
 * else the newest. registry_version_clear() when done.
 *
 * ERR_ARG   not an address
 * ERR_DATA  no such name, alias or version; the sentence lists those there are
 */
MUST_CHECK bool registry_resolve(struct registry_version *found, const char *registry,
                                 const char *address, struct error *err);
/* The name in an address, without alias or version. */
void registry_address_name(const char *address, char *name, size_t room);
void registry_version_clear(struct registry_version *version);

struct registry_push {
    const char *registry, *name;
    const char *bundle;      /* folder, .tar.gz or s3:// */
    const char *alias;       /* to move to the new version, or NULL */
    const json_t *load_test; /* kept in the entry, or NULL */
    int64_t now;             /* microseconds UTC */
};

/* Copy a bundle in, as the next version. The version is there before its alias moves. */
MUST_CHECK bool registry_push(size_t *version, const struct registry_push *push, struct error *err);

/* Let `alias` mean the version of an address. */
MUST_CHECK bool registry_promote(size_t *version, const char *registry, const char *address,
                                 const char *alias, int64_t now, struct error *err);

/*
 * Let `alias` mean what it meant before it was last promoted; a second time, what it meant before
 * that. ERR_DATA: nothing before.
 */
MUST_CHECK bool registry_rollback(size_t *version, const char *registry, const char *name,
                                  const char *alias, int64_t now, struct error *err);

/*
 * Every name with its versions and aliases; and all about one address: a single version with its
 * entry, or, of a bare name, all versions and the history. json_decref() them.
 */
MUST_CHECK bool registry_list(json_t **list, const char *registry, struct error *err);
MUST_CHECK bool registry_show(json_t **shown, const char *registry, const char *address,
                              struct error *err);

#endif
