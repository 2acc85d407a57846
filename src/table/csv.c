#include "table/csv.h"

#include "base/text.h"
#include "table/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The delimiter that stands most often outside quotes; a comma when there is none. */
static char find_delimiter(const char *line, size_t length)
{
    static const char candidates[] = ",;\t|";
    size_t seen[sizeof candidates - 1] = {0}, best = 0;
    bool quoted = false;

    for (size_t i = 0; i < length; i++) {
        if (line[i] == '"')
            quoted = !quoted;
        const char *at = quoted || !line[i] ? NULL : strchr(candidates, line[i]);
        if (at)
            seen[at - candidates]++;
    }
    for (size_t i = 1; i < sizeof seen / sizeof *seen; i++)
        if (seen[i] > seen[best])
            best = i;
    return candidates[best];
}

/* One field from *at; steps over the delimiter after it. False when a quote is not closed. */
static bool take_field(const char **at, const char *end, char delimiter, struct text *field)
{
    const char *p = *at;

    field->length = 0;
    text_add(field, "", 0);
    if (p < end && *p == '"') {
        for (p++;; p++) {
            if (p == end)
                return false;
            if (*p == '"' && ++p < end && *p != '"')
                break;
            if (p == end)
                break; /* the quote that closes is the last byte */
            text_add(field, p, 1);
        }
    }
    const char *stop = p < end ? memchr(p, delimiter, (size_t)(end - p)) : NULL;
    text_add(field, p, (size_t)((stop ? stop : end) - p));
    *at = stop ? stop + 1 : NULL;
    return true;
}

static const char *field_name(const struct text *field, size_t index, struct arena *memory)
{
    return field->length ? arena_string(memory, field->bytes, field->length)
                         : arena_format(memory, "column_%zu", index + 1);
}

static bool check_names(const struct csv_header *header, struct error *err)
{
    for (size_t i = 0; i < header->count && header->count <= 1000; i++)
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(header->name[i], header->name[j]) == 0)
                return error_set(err, ERR_DATA, "the header has column '%s' twice",
                                 header->name[i]);
    return true;
}

bool csv_header_read(struct csv_header *header, const char *line, size_t length,
                     struct arena *memory, struct error *err)
{
    struct text field = {0};
    size_t room = 16;
    bool ok = true;

    if (length > CSV_HEADER_MAX)
        return error_set(err, ERR_LIMIT, "the header line is longer than %d bytes", CSV_HEADER_MAX);
    if (length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        length -= 3;
    }
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (length == 0)
        return error_set(err, ERR_DATA, "the header line is empty");
    if (memchr(line, '\0', length))
        return error_set(err, ERR_DATA, "the header line holds a NUL byte");
    *header = (struct csv_header){.delimiter = find_delimiter(line, length)};
    const char **names = memory_take(room, sizeof *names);
    for (const char *at = line; ok && at;) {
        if (header->count == room)
            names = memory_resize(names, room *= 2, sizeof *names);
        if (header->count == TABLE_COLUMNS_MAX)
            ok =
                error_set(err, ERR_LIMIT, "the header has more than %d columns", TABLE_COLUMNS_MAX);
        else if (!take_field(&at, line + length, header->delimiter, &field))
            ok = error_set(err, ERR_DATA, "a quote in the header line is not closed");
        else {
            names[header->count] = field_name(&field, header->count, memory);
            header->count++;
        }
    }
    header->name = ARENA_NEW(memory, const char *, header->count ? header->count : 1);
    memcpy(header->name, names, header->count * sizeof *names);
    free(names);
    text_clear(&field);
    return ok && check_names(header, err);
}
