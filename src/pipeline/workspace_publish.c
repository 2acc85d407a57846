#include "pipeline/workspace_internal.h"

#include "base/file.h"

#include <errno.h>
#include <unistd.h>

char *workspace_path(const char *a, const char *b, const char *c)
{
    char *first = file_join(a, b), *path = file_join(first, c);

    free(first);
    return path;
}

/* Paths in records are ours, but the file may be damaged: nothing may point outside OUT. */
static bool path_is_inside(const char *path)
{
    return path && path[0] && path[0] != '/' && strncmp(path, "../", 3) != 0 &&
           !strstr(path, "/../");
}

static bool record_is_sound(const json_t *stages)
{
    const char *name;
    json_t *record, *file;
    size_t i;

    if (!json_is_object(stages))
        return false;
    json_object_foreach((json_t *)stages, name, record)
    {
        if (strchr(name, '/') || name[0] == '.')
            return false;
        json_array_foreach(json_object_get(record, "files"), i,
                           file) if (!path_is_inside(json_string_value(file))) return false;
    }
    return true;
}

bool workspace_read_record(const char *path, json_t **stages, struct error *err)
{
    if (!json_read(path, WORKSPACE_RECORD_BYTES_MAX, stages, err))
        return false;
    if (record_is_sound(*stages))
        return true;
    json_decref(*stages);
    *stages = NULL;
    return error_set(err, ERR_DATA, "%s is damaged: remove it to start afresh", path);
}

static bool is_listed(const json_t *stages, const char *path)
{
    const char *name;
    json_t *record, *file;
    size_t i;

    json_object_foreach((json_t *)stages, name, record)
    {
        json_array_foreach(json_object_get(record, "files"), i, file)
        {
            if (strcmp(json_string_value(file), path) == 0)
                return true;
        }
    }
    return false;
}

/* Rename what is still in the work folder; a file that is not there has been moved already. */
static bool move_files(const struct workspace *space, const char *stage, const json_t *files,
                       struct error *err)
{
    json_t *file;
    size_t i;
    bool ok = true;

    json_array_foreach((json_t *)files, i, file)
    {
        char *folder = file_join(space->work, stage);
        char *from = file_join(folder, json_string_value(file));
        char *to = file_join(space->out, json_string_value(file));
        if (file_exists(from)) {
            ok = file_make_parents(to, err);
            if (ok && file_is_folder(to))
                ok = error_set(err, ERR_IO, "cannot write '%s': a folder is in its place", to);
            if (ok && rename(from, to) != 0)
                ok = error_set(err, ERR_IO, "cannot write '%s': %s", to, strerror(errno));
        }
        free(folder);
        free(from);
        free(to);
        if (!ok)
            return false;
    }
    return true;
}

/* Files of earlier runs that the same stages no longer make. */
static void remove_stale(const struct workspace *space, const json_t *old, const json_t *merged)
{
    const char *name;
    json_t *record, *file;
    size_t i;

    json_object_foreach((json_t *)old, name, record)
    {
        json_array_foreach(json_object_get(record, "files"), i, file)
        {
            if (is_listed(merged, json_string_value(file)))
                continue;
            char *path = file_join(space->out, json_string_value(file));
            unlink(path);
            free(path);
        }
    }
}

bool workspace_complete_publication(struct workspace *space, struct error *err)
{
    char *plan_path = file_join(space->root, "publish.json");
    char *stages_path = file_join(space->root, "stages.json");
    json_t *plan = NULL, *merged = NULL, *record;
    const char *stage;
    bool ok = true;

    if (file_exists(plan_path)) {
        ok = workspace_read_record(plan_path, &plan, err);
        json_object_foreach(plan, stage, record)
        {
            if (ok)
                ok = move_files(space, stage, json_object_get(record, "files"), err);
        }
        if (ok) {
            merged = json_deep_copy(space->published);
            json_object_update(merged, plan);
            remove_stale(space, space->published, merged);
            ok = json_write(stages_path, merged, err);
        }
        /* Records in the work folder speak of files that are gone: the plan outlives them. */
        ok = ok && file_remove_tree(space->work, err);
        if (ok) {
            unlink(plan_path);
            json_decref(space->published);
            space->published = merged;
            merged = NULL;
        }
    }
    json_decref(merged);
    json_decref(plan);
    free(plan_path);
    free(stages_path);
    return ok;
}

static bool plan_publication(const struct workspace *space, json_t *plan, struct error *err)
{
    const char *stage;
    json_t *key, *record = NULL;
    bool ok = true;

    json_object_foreach(space->current, stage, key)
    {
        char *path = workspace_path(space->work, stage, WORKSPACE_STAGE_RECORD);
        ok = ok && json_read(path, WORKSPACE_RECORD_BYTES_MAX, &record, err);
        if (ok)
            json_object_set_new(plan, stage, record);
        free(path);
    }
    return ok;
}

bool workspace_publish(struct workspace *space, struct error *err)
{
    char *path = file_join(space->root, "publish.json");
    json_t *plan = json_object();
    bool ok = plan_publication(space, plan, err);

    if (ok && json_object_size(plan) > 0)
        ok = json_write(path, plan, err) && workspace_complete_publication(space, err);
    if (ok)
        ok = file_remove_tree(space->work, err);
    json_decref(plan);
    free(path);
    return ok;
}
