#include "pipeline/stage_document.h"

#include "base/file.h"

#include <string.h>

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

bool stage_document_read(json_t **document, const char *folder, const char *name, struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = json_read(path, DOCUMENT_BYTES_MAX, document, err);

    free(path);
    return ok;
}

bool stage_document_hash(char hash[DATA_HASH_LENGTH + 1], const char *folder, struct error *err)
{
    json_t *document = NULL;

    if (!stage_document_read(&document, folder, "data.json", err))
        return false;
    const char *text = json_string_value(json_object_get(document, "hash"));
    const bool ok = text && strlen(text) == DATA_HASH_LENGTH;
    if (ok)
        memcpy(hash, text, DATA_HASH_LENGTH + 1);
    else
        error_set(err, ERR_DATA, "%s/data.json is damaged: remove it to start afresh", folder);
    json_decref(document);
    return ok;
}
