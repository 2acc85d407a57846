#include "base/json.h"

#include "base/file.h"

#include <math.h>

bool json_read(const char *path, size_t limit, json_t **document, struct error *err)
{
    char *text;
    size_t size;
    json_error_t problem;

    if (!file_read(path, limit, &text, &size, err))
        return false;
    *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    free(text);
    if (!*document)
        return error_set(err, ERR_DATA, "%s: line %d, column %d: %s", path, problem.line,
                         problem.column, problem.text);
    return true;
}

bool json_write(const char *path, const json_t *document, struct error *err)
{
    struct file_writer writer;

    if (!file_writer_open(&writer, path, err))
        return false;
    /* A failure to write stays in ferror() for commit; what else can fail leaves half a document.
     */
    if (json_dumpf(document, writer.stream, JSON_INDENT(2)) != 0 && !ferror(writer.stream)) {
        file_writer_discard(&writer);
        return error_set(err, ERR_IO, "cannot write '%s': no memory for the text", path);
    }
    fputc('\n', writer.stream);
    return file_writer_commit(&writer, err);
}

json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
