#include "serve/models.h"

#include "base/log.h"
#include "pipeline/registry.h"
#include "serve/models_internal.h"

#include <string.h>

/* Say it once for each thing that was refused, not at every look. */
static void refuse(struct models *models, struct model_entry *entry, const char *what,
                   const struct error *err)
{
    pthread_mutex_lock(&models->lock);
    const bool told = entry->refused && strcmp(entry->refused, what) == 0;
    if (!told) {
        free(entry->refused);
        entry->refused = strdup(what);
    }
    pthread_mutex_unlock(&models->lock);
    if (!told)
        log_warning("model '%s' stays at version %s: %s", entry->model.name, entry->model.version,
                    err->text);
}

/* Whether the registry means another version now; `want` [32] becomes its number. */
static bool has_moved(struct models *models, struct model_entry *entry, char *want, size_t room)
{
    const char *folder = models->registry ? models->registry : registry_default();
    struct registry_version found = {0};
    struct error err = {0};

    if (!registry_resolve(&found, folder, entry->model.address, &err)) {
        refuse(models, entry, err.text, &err);
        return false;
    }
    snprintf(want, room, "%zu", found.version);
    registry_version_clear(&found);
    return strcmp(want, entry->model.version) != 0 &&
           !(entry->refused && strcmp(entry->refused, want) == 0);
}

/* Open what the address means now and put it in the place of `entry`. */
static void reopen(struct models *models, struct model_entry *entry, const char *what)
{
    struct model_entry *fresh = NULL;
    struct error err = {0};
    bool swapped = false;

    if (!model_open(&fresh, models, entry->model.name, entry->model.address, &err)) {
        refuse(models, entry, what, &err);
        return;
    }
    pthread_mutex_lock(&models->lock);
    const struct model_set *set = models_current(models);
    const bool same =
        strcmp(bundle_hash(fresh->model.bundle), bundle_hash(entry->model.bundle)) == 0 &&
        strcmp(fresh->model.version, entry->model.version) == 0;
    const char *name = entry->model.name;
    if (!same && model_set_find(set, name, strlen(name)) == &entry->model) {
        models_swap(models, &entry->model, fresh);
        swapped = true;
    }
    pthread_mutex_unlock(&models->lock);
    if (swapped)
        log_line("model '%s' is now version %s (%s)", fresh->model.name, fresh->model.version,
                 bundle_hash(fresh->model.bundle));
    else
        model_entry_free(fresh);
}

void models_refresh(struct models *models, bool all)
{
    pthread_mutex_lock(&models->lock);
    const struct model_set *set = models_current(models);
    struct model_entry **entry = memory_take(set->count + 1, sizeof *entry);
    const size_t count = set->count;
    for (size_t i = 0; i < count; i++) {
        entry[i] = (struct model_entry *)(uintptr_t)set->model[i];
        entry[i]->references++; /* kept while it is looked at, whoever removes it */
        if (all) {              /* asked for: what was refused is tried again */
            free(entry[i]->refused);
            entry[i]->refused = NULL;
        }
    }
    pthread_mutex_unlock(&models->lock);

    for (size_t i = 0; i < count; i++) {
        char want[32] = "the bundle";
        if (registry_is_address(entry[i]->model.address)) {
            if (has_moved(models, entry[i], want, sizeof want))
                reopen(models, entry[i], want);
        } else if (all) {
            reopen(models, entry[i], want);
        }
    }

    pthread_mutex_lock(&models->lock);
    for (size_t i = 0; i < count; i++)
        if (--entry[i]->references == 0)
            model_entry_free(entry[i]);
    pthread_mutex_unlock(&models->lock);
    free(entry);
}
