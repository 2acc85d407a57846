#include "pipeline/workspace_internal.h"

#include "base/file.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

/* Add the relative paths of all files below `folder`, sorted, to the JSON list. */
static bool list_files(const char *folder, const char *prefix, json_t *files, struct error *err)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    bool ok = true;

    if (count < 0)
        return error_set(err, ERR_IO, "cannot list '%s': %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (ok && name[0] != '.') {
            char *path = file_join(folder, name), *relative = file_join(prefix, name);
            if (file_is_folder(path))
                ok = list_files(path, relative, files, err);
            else
                json_array_append_new(files, json_string(relative));
            free(path);
            free(relative);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static json_t *key_json(uint64_t key)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, key);
    return json_string(text);
}

static bool key_matches(const json_t *record, uint64_t key)
{
    const char *text = json_string_value(json_object_get(record, "key"));
    char want[17];

    snprintf(want, sizeof want, "%016" PRIx64, key);
    return text && strcmp(text, want) == 0;
}

/* What a killed run left of files that are written in place; the lock is held. */
static void remove_partials(const struct workspace *space)
{
    static const char *const names[] = {"publish.json", "stages.json"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = file_join(space->root, names[i]);
        file_remove_partials(path);
        free(path);
    }
}

static bool take_lock(struct workspace *space, struct error *err)
{
    char *path = file_join(space->root, "lock");

    space->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (space->lock < 0) {
        error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    } else if (flock(space->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            error_set(err, ERR_DATA, "another run is writing to '%s'", space->out);
        else
            error_set(err, ERR_IO, "cannot lock '%s': %s", path, strerror(errno));
        close(space->lock);
        space->lock = -1;
    }
    free(path);
    return space->lock >= 0;
}

bool workspace_open(struct workspace *space, const char *out, struct error *err)
{
    *space = (struct workspace){
        .out = file_join(NULL, out),
        .root = file_join(out, ".quern"),
        .work = workspace_path(out, ".quern", "work"),
        .lock = -1,
        .published = json_object(),
        .current = json_object(),
    };
    char *stages_path = file_join(space->root, "stages.json");
    json_t *stages = NULL;

    bool ok = file_make_folders(space->root, err) && take_lock(space, err);
    if (ok)
        remove_partials(space);
    if (ok && file_exists(stages_path)) {
        ok = workspace_read_record(stages_path, &stages, err);
        if (ok) {
            json_decref(space->published);
            space->published = stages;
        }
    }
    ok = ok && workspace_complete_publication(space, err);
    free(stages_path);
    if (!ok)
        workspace_close(space);
    return ok;
}

void workspace_close(struct workspace *space)
{
    if (space->lock >= 0) {
        char *lock = file_join(space->root, "lock");
        rmdir(space->work);
        if (json_object_size(space->published) == 0 && !file_exists(space->work)) {
            unlink(lock);
            if (rmdir(space->root) == 0)
                rmdir(space->out); /* only an empty folder goes */
        }
        free(lock);
        close(space->lock);
    }
    json_decref(space->published);
    json_decref(space->current);
    free(space->out);
    free(space->root);
    free(space->work);
    *space = (struct workspace){.lock = -1};
}

static bool all_files_exist(const char *folder, const json_t *files)
{
    json_t *file;
    size_t i;
    bool all = true;

    json_array_foreach((json_t *)files, i, file)
    {
        char *path = file_join(folder, json_string_value(file));
        all = all && file_exists(path);
        free(path);
    }
    return all;
}

char *workspace_find(const struct workspace *space, const char *stage, uint64_t key)
{
    char *folder = file_join(space->work, stage), *path = file_join(folder, WORKSPACE_STAGE_RECORD);
    json_t *record = NULL;
    struct error ignored = {0};
    char *found = NULL;

    if (file_exists(path) && json_read(path, WORKSPACE_RECORD_BYTES_MAX, &record, &ignored) &&
        key_matches(record, key) && all_files_exist(folder, json_object_get(record, "files"))) {
        found = file_join(NULL, folder);
        json_object_set_new(space->current, stage, key_json(key));
    }
    json_decref(record);
    const json_t *published = json_object_get(space->published, stage);
    if (!found && key_matches(published, key) &&
        all_files_exist(space->out, json_object_get(published, "files")))
        found = file_join(NULL, space->out);
    free(path);
    free(folder);
    return found;
}

/* Outputs of a killed run with other settings would be published beside those of this one. */
static bool remove_outputs(const char *folder, struct error *err)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    bool ok = true;

    if (count < 0)
        return error_set(err, ERR_IO, "cannot list '%s': %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = file_join(folder, entries[i]->d_name);
        if (ok && entries[i]->d_name[0] != '.')
            ok = file_remove_tree(path, err);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool workspace_begin(const struct workspace *space, const char *stage, char **folder,
                     struct error *err)
{
    char *path = file_join(space->work, stage), *record = file_join(path, WORKSPACE_STAGE_RECORD);

    unlink(record);
    free(record);
    if (!file_make_folders(path, err) || !remove_outputs(path, err)) {
        free(path);
        return false;
    }
    *folder = path;
    return true;
}

bool workspace_finish(const struct workspace *space, const char *stage, uint64_t key,
                      struct error *err)
{
    char *folder = file_join(space->work, stage), *path = file_join(folder, WORKSPACE_STAGE_RECORD);
    json_t *files = json_array(), *record = json_object();

    json_object_set_new(record, "key", key_json(key));
    json_object_set_new(record, "files", files);
    const bool ok = list_files(folder, "", files, err) && json_write(path, record, err);
    if (ok)
        json_object_set_new(space->current, stage, key_json(key));
    json_decref(record);
    free(path);
    free(folder);
    return ok;
}

void workspace_abandon(const struct workspace *space, const char *stage)
{
    char *folder = file_join(space->work, stage);
    struct error err = {0};

    if (!file_remove_tree(folder, &err))
        log_warning("%s", err.text);
    free(folder);
}
