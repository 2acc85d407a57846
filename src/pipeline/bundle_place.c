/* bundle_place — a bundle's files as a local folder, whatever they came as. */
#include "pipeline/bundle_internal.h"

#include "base/file.h"
#include "base/tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char manifest[] = "manifest.json";

/* A folder of our own below $TMPDIR. */
static bool make_scratch(char **scratch, struct error *err)
{
    const char *base = getenv("TMPDIR");
    char *path = file_join(base && base[0] ? base : "/tmp", "quern-bundle-XXXXXX");

    if (!mkdtemp(path)) {
        error_set(err, ERR_IO, "cannot make a folder '%s': %s", path, strerror(errno));
        free(path);
        return false;
    }
    *scratch = path;
    return true;
}

/* An archive holds the files themselves, or one folder "bundle" with them. */
static bool unpack(struct bundle_place *place, const char *path, struct error *err)
{
    if (!make_scratch(&place->scratch, err))
        return false;
    char *root = file_join(place->scratch, "bundle"), *below = file_join(root, "bundle");
    char *plain = file_join(root, manifest), *nested = file_join(below, manifest);
    const bool ok = tar_extract(path, root, err);

    if (ok && !file_exists(plain) && file_exists(nested)) {
        place->folder = below;
        below = NULL;
    } else if (ok) {
        place->folder = root;
        root = NULL;
    }
    free(plain);
    free(nested);
    free(root);
    free(below);
    return ok;
}

bool bundle_place_open(struct bundle_place *place, const char *path, struct error *err)
{
    bool ok = true;

    *place = (struct bundle_place){0};
    if (!place_fetch(&place->remote, path, err))
        return false;
    const char *local = place->remote.local;
    if (!file_exists(local))
        ok = error_set(err, ERR_IO, "there is no such file or folder");
    else if (file_is_folder(local))
        place->folder = file_join(NULL, local);
    else
        ok = unpack(place, local, err);
    if (!ok)
        bundle_place_close(place);
    return ok;
}

void bundle_place_close(struct bundle_place *place)
{
    struct error ignored = {0};

    if (place->scratch && !file_remove_tree(place->scratch, &ignored))
        ignored.code = ERR_NONE; /* what is left lies in the temporary folder */
    free(place->scratch);
    free(place->folder);
    place_clear(&place->remote);
    *place = (struct bundle_place){0};
}
