#include "serve/models.h"

#include "pipeline/registry.h"
#include "serve/models_internal.h"

#include <string.h>

static struct model_set *set_new(size_t count)
{
    struct model_set *set = memory_take_zeroed(1, sizeof *set + count * sizeof set->model[0]);

    set->count = count;
    return set;
}

struct models *models_new(const struct models_options *options)
{
    struct models *models = memory_take_zeroed(1, sizeof *models);

    models->workers = options->workers;
    models->hazard = aligned_alloc(64, options->workers * sizeof *models->hazard);
    if (!models->hazard)
        BUG("no memory for hazard slots");
    for (size_t i = 0; i < options->workers; i++)
        atomic_init(&models->hazard[i].set, NULL);
    models->registry = options->registry ? strdup(options->registry) : NULL;
    atomic_init(&models->current, set_new(0));
    pthread_mutex_init(&models->lock, NULL);
    return models;
}

/* A set points at the first member of an entry, and only writers ask for the entry. */
static struct model_entry *entry_of(const struct served_model *model)
{
    return (struct model_entry *)(uintptr_t)model;
}

void model_entry_free(struct model_entry *entry)
{
    if (!entry)
        return;
    bundle_close(entry->model.bundle);
    free((char *)(uintptr_t)entry->model.name);
    free((char *)(uintptr_t)entry->model.version);
    free((char *)(uintptr_t)entry->model.address);
    free(entry->model.metrics);
    free(entry->refused);
    free(entry);
}

static void set_free(const struct model_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct model_entry *entry = entry_of(set->model[i]);
        if (--entry->references == 0)
            model_entry_free(entry);
    }
    free((struct model_set *)(uintptr_t)set);
}

void models_free(struct models *models)
{
    if (!models)
        return;
    for (size_t i = 0; i < models->retired_count; i++)
        set_free(models->retired[i]);
    set_free(atomic_load(&models->current));
    pthread_mutex_destroy(&models->lock);
    free(models->retired);
    free(models->hazard);
    free(models->registry);
    free(models);
}

const struct model_set *models_enter(struct models *models, size_t worker)
{
    _Atomic(const struct model_set *) *slot = &models->hazard[worker].set;
    const struct model_set *set = atomic_load(&models->current);

    /* Announced and still current: whoever swaps it out later sees the announcement. */
    for (;;) {
        atomic_store(slot, set);
        const struct model_set *again = atomic_load(&models->current);
        if (again == set)
            return set;
        set = again;
    }
}

void models_leave(struct models *models, size_t worker)
{
    atomic_store_explicit(&models->hazard[worker].set, NULL, memory_order_release);
}

const struct model_set *models_current(struct models *models)
{
    return atomic_load(&models->current);
}

const struct served_model *model_set_find(const struct model_set *set, const char *name,
                                          size_t length)
{
    for (size_t i = 0; i < set->count; i++)
        if (strncmp(set->model[i]->name, name, length) == 0 && set->model[i]->name[length] == '\0')
            return set->model[i];
    return NULL;
}

void models_swap(struct models *models, const struct served_model *old, struct model_entry *entry)
{
    const struct model_set *before = models_current(models);
    const size_t count = before->count + (entry && !old) - (old && !entry);
    struct model_set *after = set_new(count);
    size_t at = 0;

    for (size_t i = 0; i < before->count; i++) {
        if (before->model[i] != old)
            after->model[at++] = before->model[i];
        else if (entry)
            after->model[at++] = &entry->model;
    }
    if (entry && !old)
        after->model[at++] = &entry->model;
    for (size_t i = 0; i < count; i++)
        entry_of(after->model[i])->references++;
    atomic_store(&models->current, after);
    models->retired =
        memory_resize(models->retired, models->retired_count + 1, sizeof *models->retired);
    models->retired[models->retired_count++] = before;
}

static bool is_announced(const struct models *models, const struct model_set *set)
{
    for (size_t i = 0; i < models->workers; i++)
        if (atomic_load(&models->hazard[i].set) == set)
            return true;
    return false;
}

void models_collect(struct models *models)
{
    size_t kept = 0;

    pthread_mutex_lock(&models->lock);
    for (size_t i = 0; i < models->retired_count; i++) {
        if (is_announced(models, models->retired[i]))
            models->retired[kept++] = models->retired[i];
        else
            set_free(models->retired[i]);
    }
    models->retired_count = kept;
    pthread_mutex_unlock(&models->lock);
}

static bool open_bundle(struct model_entry *entry, const struct models *models, const char *address,
                        struct error *err)
{
    struct registry_version found = {0};
    char version[32];
    bool ok;

    if (!registry_is_address(address)) {
        entry->model.version = strdup("1");
        return bundle_open(&entry->model.bundle, address, err);
    }
    if (!registry_resolve(&found, models->registry ? models->registry : registry_default(), address,
                          err))
        return false;
    snprintf(version, sizeof version, "%zu", found.version);
    entry->model.version = strdup(version);
    ok = bundle_open(&entry->model.bundle, found.bundle, err);
    registry_version_clear(&found);
    return ok;
}

bool model_open(struct model_entry **entry, const struct models *models, const char *name,
                const char *address, struct error *err)
{
    struct model_entry *made = memory_take_zeroed(1, sizeof *made);

    if (strlen(address) > MODEL_ADDRESS_MAX) {
        model_entry_free(made);
        return error_set(err, ERR_LIMIT, "the address of a bundle is longer than %d bytes",
                         MODEL_ADDRESS_MAX);
    }
    made->model.address = strdup(address);
    if (!open_bundle(made, models, address, err)) {
        model_entry_free(made);
        return false;
    }
    made->model.name = strdup(name ? name : bundle_name(made->model.bundle));
    made->model.metrics = memory_take_zeroed(models->workers, sizeof *made->model.metrics);
    *entry = made;
    return true;
}

/* Whether one more model of this name can be served. Under the lock. */
static enum models_outcome check_room(struct models *models, const char *name, struct error *err)
{
    const struct model_set *set = models_current(models);

    if (model_set_find(set, name, strlen(name))) {
        error_set(err, ERR_ARG, "a model named '%s' is served already", name);
        return MODELS_EXISTS;
    }
    if (set->count >= MODELS_MAX) {
        error_set(err, ERR_LIMIT, "%d models are served, which is the limit", MODELS_MAX);
        return MODELS_FULL;
    }
    return MODELS_DONE;
}

enum models_outcome models_add(struct models *models, const char *name, const char *address,
                               struct error *err)
{
    enum models_outcome outcome = MODELS_DONE;
    struct model_entry *entry = NULL;

    if (name) { /* known before the bundle is opened, which may take long */
        pthread_mutex_lock(&models->lock);
        outcome = check_room(models, name, err);
        pthread_mutex_unlock(&models->lock);
        if (outcome != MODELS_DONE)
            return outcome;
    }
    if (!model_open(&entry, models, name, address, err))
        return MODELS_FAILED;
    pthread_mutex_lock(&models->lock);
    outcome = check_room(models, entry->model.name, err);
    if (outcome == MODELS_DONE)
        models_swap(models, NULL, entry);
    else
        model_entry_free(entry);
    pthread_mutex_unlock(&models->lock);
    return outcome;
}

enum models_outcome models_remove(struct models *models, const char *name, size_t length,
                                  struct error *err)
{
    pthread_mutex_lock(&models->lock);
    const struct served_model *found = model_set_find(models_current(models), name, length);
    if (found)
        models_swap(models, found, NULL);
    pthread_mutex_unlock(&models->lock);
    if (found)
        return MODELS_DONE;
    error_set(err, ERR_DATA, "no model is named '%.*s'", (int)(length < 256 ? length : 256), name);
    return MODELS_UNKNOWN;
}
