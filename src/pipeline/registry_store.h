/*
 * registry_store — the files of one name of a registry, for pipeline/registry*.c only.
 *
 * aliases.json:
 *   {"aliases": {"champion": 3},
 *    "history": [{"at": TIME, "action": "promote", "alias": "champion", "version": 3}, ...]}
 * The oldest of the history are forgotten when there are REGISTRY_HISTORY_MAX.
 */
#ifndef QUERN_PIPELINE_REGISTRY_STORE_H
#define QUERN_PIPELINE_REGISTRY_STORE_H

#include "base/json.h"
#include "base/text.h"
#include "pipeline/registry.h"

#include <stddef.h>
#include <stdint.h>

enum {
    REGISTRY_HISTORY_MAX = 10000,
    REGISTRY_VERSIONS_MAX = 1000000,
    REGISTRY_RECORD_BYTES_MAX = 16 << 20, /* of entry.json and aliases.json */
};

/* What an address says, before anything is looked up. */
struct registry_address {
    char name[REGISTRY_NAME_MAX + 1];
    char alias[REGISTRY_NAME_MAX + 1]; /* empty: none */
    size_t version;                    /* 0: none */
};

MUST_CHECK bool registry_parse_address(struct registry_address *address, const char *text,
                                       struct error *err);
/* `what` is "name" or "alias". */
MUST_CHECK bool registry_check_name(const char *name, const char *what, struct error *err);

/* REGISTRY/NAME, REGISTRY/NAME/versions, ...; free() them. */
char *registry_path(const char *registry, const char *name, const char *file);
char *registry_version_path(const char *registry, const char *name, size_t version,
                            const char *file);

/* Versions of a name, ascending; none for a name that is not there. free() them. */
struct registry_versions {
    size_t count;
    size_t *version;
};
MUST_CHECK bool registry_versions_read(struct registry_versions *versions, const char *registry,
                                       const char *name, struct error *err);
bool registry_versions_have(const struct registry_versions *versions, size_t version);
/* "1, 2, 5"; at most the newest twenty. */
void registry_versions_print(const struct registry_versions *versions, struct text *out);

/* aliases.json, checked; one without aliases where there is none. json_decref() it. */
MUST_CHECK bool registry_aliases_read(json_t **aliases, const char *registry, const char *name,
                                      struct error *err);
/* What an alias means; 0 if there is none of that name. */
size_t registry_aliases_find(const json_t *aliases, const char *alias);
/* What an alias meant before it was last promoted, by the history; 0 if nothing. */
size_t registry_aliases_before(const json_t *aliases, const char *alias);
/* Record what an alias means from now on, in memory. */
void registry_aliases_set(json_t *aliases, const char *alias, size_t version, const char *action,
                          int64_t now);
MUST_CHECK bool registry_aliases_write(const json_t *aliases, const char *registry,
                                       const char *name, struct error *err);

/*
 * Hold the one right to write below REGISTRY/NAME, created if `create`; waits for another writer.
 * Removes what a killed writer left. The kernel gives the lock back when a process ends.
 */
MUST_CHECK bool registry_lock(int *lock, const char *registry, const char *name, bool create,
                              struct error *err);
void registry_unlock(int lock);

#endif
