#include "table/gzip_check.h"

#include "base/arena.h"
#include "base/interrupt.h"

#include <errno.h>
#include <zlib.h>

enum { CHUNK_BYTES = 256 * 1024 };

static bool fail(gzFile file, const char *path, struct error *err)
{
    int code;
    const char *said = gzerror(file, &code);

    if (code == Z_ERRNO)
        return error_set(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    if (code == Z_BUF_ERROR)
        return error_set(err, ERR_DATA, "cannot read '%s': it ends in the middle", path);
    return error_set(err, ERR_DATA, "cannot read '%s': it is damaged (%s)", path, said);
}

bool gzip_check(const char *path, struct error *err)
{
    gzFile file = gzopen(path, "rb");
    char *chunk = memory_take(CHUNK_BYTES, 1);
    bool ok = true;
    int got = 1;

    if (!file) {
        free(chunk);
        return error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    }
    gzbuffer(file, CHUNK_BYTES);
    while (ok && got > 0) {
        got = gzread(file, chunk, CHUNK_BYTES);
        ok = interrupt_check("reading a compressed file", err);
        if (ok && gzdirect(file))
            ok = error_set(err, ERR_DATA, "cannot read '%s': it is not a gzip file", path);
    }
    int code = Z_OK;
    gzerror(file, &code);
    if (ok && (got < 0 || code != Z_OK))
        ok = fail(file, path, err);
    gzclose_r(file);
    free(chunk);
    return ok;
}
