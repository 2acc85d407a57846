#include "wire/csv.h"

#include <stdint.h>
#include <string.h>

/* Fields of one record, unquoted. */
struct names {
    struct table_string *name;
    size_t count;
    bool broken; /* quotes that do not close, or too many fields: no header */
};

/* A quoted field; the cursor behind its closing quote. NULL: it has none. */
static const char *quoted_name(const char *at, const char *end, struct table_string *name,
                               struct arena *memory)
{
    char *bytes = arena_take(memory, (size_t)(end - at), 1);
    size_t length = 0;

    for (at++; at < end; at++) {
        if (*at == '"' && (at + 1 == end || at[1] != '"')) {
            *name = (struct table_string){bytes, length};
            return at + 1;
        }
        at += *at == '"';
        bytes[length++] = *at;
    }
    return NULL;
}

static size_t count_commas(const char *at, const char *end)
{
    size_t count = 0;

    for (; at < end; at++)
        count += *at == ',';
    return count;
}

/* The header ends at the first line end: names with line breaks are not looked for. */
static struct names read_names(const char *at, const char *end, struct arena *memory)
{
    struct names names = {.count = 0};
    const size_t room = count_commas(at, end) + 1;

    if (room > CSV_FIELDS_MAX) {
        names.broken = true;
        return names;
    }
    names.name = ARENA_NEW(memory, struct table_string, room);
    for (;; at++) {
        struct table_string *name = &names.name[names.count++];
        if (at < end && *at == '"') {
            at = quoted_name(at, end, name, memory);
            if (!at || (at < end && *at != ',')) {
                names.broken = true;
                return names;
            }
        } else {
            const char *comma = memchr(at, ',', (size_t)(end - at));
            *name = (struct table_string){at, (size_t)((comma ? comma : end) - at)};
            at = comma ? comma : end;
        }
        if (at == end)
            return names;
    }
}

/* Most of the columns that are used stand there by name, or nothing but names does. */
static bool is_header(const struct schema *schema, const size_t *column, size_t count)
{
    size_t known = 0, known_used = 0, used = 0;

    for (size_t c = 0; c < schema->count; c++)
        used += schema_requires(&schema->column[c], false);
    for (size_t f = 0; f < count; f++)
        if (column[f] != SIZE_MAX) {
            known++;
            known_used += schema_requires(&schema->column[column[f]], false);
        }
    return known > 0 && (known == count || known_used * 2 >= used);
}

/* Whether a column may begin with a byte: most fields of a data row need not be looked up. */
struct first_bytes {
    bool known[256];
};

static void note_first_bytes(struct first_bytes *first, const struct schema *schema)
{
    memset(first, 0, sizeof *first);
    for (size_t c = 0; c < schema->count; c++)
        first->known[(unsigned char)schema->column[c].name[0]] = true;
}

static size_t find_name(const struct schema *schema, const struct first_bytes *first,
                        struct table_string name)
{
    if (name.length == 0 || !first->known[(unsigned char)name.bytes[0]])
        return SIZE_MAX;
    return schema_find(schema, name.bytes, name.length);
}

bool csv_layout_read(struct csv_layout *layout, const struct schema *schema, const char *body,
                     size_t size, size_t *start, struct arena *memory, struct error *err)
{
    const char *at = body, *end = body + size;
    struct first_bytes first;
    size_t *column;

    if (size >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    *start = (size_t)(at - body);
    while (at < end && (*at == '\n' || *at == '\r'))
        at++;
    const char *stop = at;
    while (stop < end && *stop != '\n')
        stop++;
    const char *next = stop < end ? stop + 1 : end;
    if (stop > at && stop[-1] == '\r')
        stop--;

    const struct names names = read_names(at, stop, memory);
    if (!names.broken) {
        column = ARENA_NEW(memory, size_t, names.count);
        note_first_bytes(&first, schema);
        for (size_t f = 0; f < names.count; f++)
            column[f] = find_name(schema, &first, names.name[f]);
        if (is_header(schema, column, names.count)) {
            *start = (size_t)(next - body);
            *layout = (struct csv_layout){names.count, column, true};
            return rows_check_columns(schema, column, names.count, "the header", memory, err);
        }
    }
    column = ARENA_NEW(memory, size_t, schema->count);
    for (size_t c = 0; c < schema->count; c++)
        column[c] = c;
    *layout = (struct csv_layout){schema->count, column, false};
    return true;
}
