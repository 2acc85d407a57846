/* One line of a CSV store's files, to and from fields. */
#include "sales/store_csv.h"

#include <string.h>

void csv_line_add_text(struct text *out, const char *text)
{
    const size_t length = strlen(text);
    const bool quoted =
        strpbrk(text, ",\"") || (length && (text[0] == ' ' || text[length - 1] == ' '));

    if (quoted)
        text_add(out, "\"", 1);
    for (const char *at = text; *at; at += strcspn(at, "\\\n\r\"")) {
        static const char special[] = "\\\n\r\"";
        static const char *const written[] = {"\\\\", "\\n", "\\r", "\"\""};
        const char *which;
        while (*at && (which = strchr(special, *at))) {
            text_add(out, written[which - special], 2);
            at++;
        }
        text_add(out, at, strcspn(at, special));
    }
    text_add(out, quoted ? "\"," : ",", quoted ? 2 : 1);
}

/* What a backslash and `c` stand for; 0 for nothing. */
static char escaped(char c)
{
    return (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == '\\' ? '\\' : 0);
}

/* One field into `to`, which has room for it; gives the end of both, or NULL. */
static const char *read_field(const char *at, const char *end, char **to)
{
    const bool quoted = at < end && *at == '"';

    for (at += quoted; at < end; at++) {
        char c = *at;
        if (c == '\0')
            return NULL;
        if (quoted && c == '"') {
            if (at + 1 == end || at[1] != '"')
                break;
            at++;
        } else if (!quoted && c == ',') {
            break;
        } else if (c == '\\') {
            if (++at == end || !(c = escaped(*at)))
                return NULL;
        }
        *(*to)++ = c;
    }
    *(*to)++ = '\0';
    if (!quoted)
        return at;
    return at < end ? at + 1 : NULL; /* a quote that is not closed */
}

bool csv_line_split(struct csv_line *line, const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;

    line->fields = 0;
    line->scratch.length = 0;
    text_add(&line->scratch, bytes, length);
    text_add(&line->scratch, "\0", 1); /* fields never need more than the line and one byte */
    char *to = line->scratch.bytes;
    for (;;) {
        if (line->fields == CSV_FIELDS)
            return false;
        line->field[line->fields++] = to;
        at = read_field(at, end, &to);
        if (!at)
            return false;
        if (at == end)
            return true;
        if (*at++ != ',')
            return false;
    }
}

void csv_line_clear(struct csv_line *line)
{
    text_clear(&line->scratch);
}
