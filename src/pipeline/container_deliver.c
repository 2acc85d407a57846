/* container_deliver — the outputs of a job, where the contract wants them. */
#include "pipeline/container_internal.h"

#include "base/file.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Both may be mounts, so nothing is renamed from one to the other. */
static bool copy_file(const char *from, const char *to, struct error *err)
{
    struct file_map map;

    if (!file_map_open(&map, from, err))
        return false;
    const bool ok = file_write(to, map.bytes, map.size, err);
    file_map_close(&map);
    return ok;
}

static const char last_file[] = "manifest.json"; /* its presence says that a bundle is whole */

static bool copy_tree(const char *from, const char *to, struct error *err);

static bool copy_any(const char *from, const char *to, struct error *err)
{
    return file_is_folder(from) ? copy_tree(from, to, err) : copy_file(from, to, err);
}

/* One entry of `from`, into `to`. */
static bool copy_named(const char *from, const char *to, const char *name, struct error *err)
{
    char *source = file_join(from, name), *target = file_join(to, name);
    const bool ok = copy_any(source, target, err);

    free(source);
    free(target);
    return ok;
}

/* Hidden entries stay, and so do those called `but` and `nor`. */
static bool copy_entries(const char *from, const char *to, const char *but, const char *nor,
                         struct error *err)
{
    DIR *entries = opendir(from);
    bool ok = true;

    if (!entries)
        return error_set(err, ERR_IO, "cannot read '%s': %s", from, strerror(errno));
    for (const struct dirent *e; ok && (e = readdir(entries));)
        if (e->d_name[0] != '.' && strcmp(e->d_name, but) != 0 && strcmp(e->d_name, nor) != 0)
            ok = copy_named(from, to, e->d_name, err);
    closedir(entries);
    return ok;
}

static bool copy_tree(const char *from, const char *to, struct error *err)
{
    char *last_from = file_join(from, last_file), *last_to = file_join(to, last_file);
    const bool ok = file_make_folders(to, err) && file_remove_tree(last_to, err) &&
                    copy_entries(from, to, last_file, "", err) &&
                    (!file_exists(last_from) || copy_file(last_from, last_to, err));

    free(last_from);
    free(last_to);
    return ok;
}

/* Where runs leave what they trained, below their output folder. */
static const char *model_folder(const char *out)
{
    char *bundle = file_join(out, "bundle");
    const bool is_bundle = file_is_folder(bundle);

    free(bundle);
    return is_bundle ? "bundle" : "model";
}

bool container_deliver(const struct container_job *job, const char *out, struct error *err)
{
    const char *name = model_folder(out);
    char *model = file_join(out, name);
    const bool ok = (!file_is_folder(model) || copy_tree(model, job->model, err)) &&
                    file_make_folders(job->output_data, err) &&
                    copy_entries(out, job->output_data, "bundle", "model", err);

    free(model);
    return ok;
}

void container_write_failure(const struct container_job *job, const struct error *failure)
{
    struct error err = {0};
    size_t length = strlen(failure->text);

    if (length > CONTAINER_FAILURE_MAX)
        length = CONTAINER_FAILURE_MAX;
    while (length < strlen(failure->text) && length > 0 &&
           ((unsigned char)failure->text[length] & 0xC0) == 0x80)
        length--; /* not inside a character */
    if (!file_make_parents(job->failure, &err) ||
        !file_write(job->failure, failure->text, length, &err))
        log_warning("%s", err.text);
}
