/* bundle_place — a bundle's files as a local folder, whatever they came as. */
#include "pipeline/bundle_internal.h"

#include "base/file.h"

#include <stdlib.h>

bool bundle_place_open(struct bundle_place *place, const char *path, struct error *err)
{
    *place = (struct bundle_place){0};
    if (!file_exists(path))
        return error_set(err, ERR_IO, "there is no such file or folder");
    if (!file_is_folder(path))
        return error_set(err, ERR_DATA, "is not a folder");
    place->folder = file_join(NULL, path);
    return true;
}

void bundle_place_close(struct bundle_place *place)
{
    struct error ignored = {0};

    if (place->scratch && !file_remove_tree(place->scratch, &ignored))
        ignored.code = ERR_NONE; /* what is left lies in the temporary folder */
    free(place->scratch);
    free(place->folder);
    *place = (struct bundle_place){0};
}
