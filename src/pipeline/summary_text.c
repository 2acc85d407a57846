#include "pipeline/summary_text.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>

void summary_number(const char *label, const json_t *value, int width, FILE *to)
{
    if (json_is_number(value))
        fprintf(to, "  %-*s %.4f\n", width, label, json_number_value(value));
    else
        fprintf(to, "  %-*s -\n", width, label);
}

void summary_figures(const json_t *metrics, const struct summary_figure *figure, size_t count,
                     int width, FILE *to)
{
    for (size_t i = 0; i < count; i++)
        summary_number(figure[i].label,
                       json_object_get(json_object_get(metrics, figure[i].key), "value"), width,
                       to);
}

void summary_path(const char *out, const char *shown, const char *label, const char *name, FILE *to)
{
    char *path = file_join(out, name), *told = file_join(shown, name);

    if (file_exists(path))
        fprintf(to, "%s: %s\n", label, told);
    free(path);
    free(told);
}

bool summary_end(FILE *to, struct error *err)
{
    if (fflush(to) != 0)
        return error_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    return true;
}
