#include "pipeline/registry_print.h"

#include <string.h>

static void print_json(const json_t *document, FILE *out)
{
    json_dumpf(document, out, JSON_INDENT(2));
    fputc('\n', out);
}

static void print_aliases(const json_t *aliases, FILE *out)
{
    const char *alias, *separator = "";
    json_t *version;

    json_object_foreach((json_t *)aliases, alias, version)
    {
        fprintf(out, "%s%s %" JSON_INTEGER_FORMAT, separator, alias, json_integer_value(version));
        separator = ", ";
    }
}

void registry_print_list(const json_t *list, bool json, FILE *out)
{
    const char *name;
    json_t *listed;

    if (json) {
        print_json(list, out);
        return;
    }
    if (json_object_size(list) > 0)
        fprintf(out, "%-24s %9s %7s  %s\n", "name", "versions", "newest", "aliases");
    json_object_foreach((json_t *)list, name, listed)
    {
        const json_t *versions = json_object_get(listed, "versions");
        const size_t count = json_array_size(versions);
        fprintf(out, "%-24s %9zu %7" JSON_INTEGER_FORMAT "  ", name, count,
                json_integer_value(json_array_get(versions, count - 1)));
        print_aliases(json_object_get(listed, "aliases"), out);
        fputc('\n', out);
    }
}

/* A value on one line; a text without quotes. */
static void print_value(const char *key, const json_t *value, FILE *out)
{
    char *text =
        json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

    fprintf(out, "  %-22s %s\n", key, text ? text : json_string_value(value));
    free(text);
}

static void print_entry(const json_t *entry, FILE *out)
{
    const char *key, *inner;
    json_t *value, *part;

    json_object_foreach((json_t *)entry, key, value)
    {
        if (json_is_object(value)) {
            fprintf(out, "  %s\n", key);
            json_object_foreach(value, inner, part)
            {
                fputs("  ", out);
                print_value(inner, part, out);
            }
        } else if (!json_is_null(value)) {
            print_value(key, value, out);
        }
    }
}

static double metric(const json_t *entry, const char *part, const char *name)
{
    const json_t *value = json_object_get(json_object_get(entry, part), name);

    return json_is_number(value) ? json_number_value(value) : -1;
}

static void print_figure(double value, int width, int digits, FILE *out)
{
    if (value < 0)
        fprintf(out, " %*s", width, "-");
    else
        fprintf(out, " %*.*f", width, digits, value);
}

static void print_versions(const json_t *shown, FILE *out)
{
    const json_t *versions = json_object_get(shown, "versions"), *history, *entry;
    size_t i;

    fprintf(out, "%8s  %-24s  %-16s %7s %7s %11s %9s  %s\n", "version", "pushed at", "bundle",
            "auc", "f1", "requests/s", "p99 ms", "aliases");
    json_array_foreach(versions, i, entry)
    {
        const json_t *aliases = json_object_get(entry, "aliases"), *alias;
        const char *at = json_string_value(json_object_get(entry, "pushed_at"));
        const char *hash = json_string_value(json_object_get(entry, "bundle_hash"));
        size_t k;
        fprintf(out, "%8" JSON_INTEGER_FORMAT "  %-24s  %-16s",
                json_integer_value(json_object_get(entry, "version")), at ? at : "-",
                hash ? hash : "-");
        print_figure(metric(entry, "metrics", "auc"), 7, 4, out);
        print_figure(metric(entry, "metrics", "f1"), 7, 4, out);
        print_figure(metric(entry, "load_test", "throughput"), 11, 0, out);
        print_figure(metric(entry, "load_test", "p99_ms"), 9, 3, out);
        fputs(" ", out);
        json_array_foreach(aliases, k, alias) fprintf(out, " %s", json_string_value(alias));
        fputc('\n', out);
    }
    history = json_object_get(shown, "history");
    if (json_array_size(history) > 0)
        fputs("\nhistory\n", out);
    json_array_foreach(history, i, entry)
    {
        const char *at = json_string_value(json_object_get(entry, "at"));
        fprintf(out, "  %-24s  %-8s  %s to %" JSON_INTEGER_FORMAT "\n", at ? at : "-",
                json_string_value(json_object_get(entry, "action")),
                json_string_value(json_object_get(entry, "alias")),
                json_integer_value(json_object_get(entry, "version")));
    }
}

void registry_print_show(const json_t *shown, bool json, FILE *out)
{
    if (json)
        print_json(shown, out);
    else if (json_object_get(shown, "versions"))
        print_versions(shown, out);
    else
        print_entry(shown, out);
}
