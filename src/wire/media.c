#include "wire/wire.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum wire_media media;
} names[] = {
    /* The first name of each is the one we answer with. */
    {"text/csv", WIRE_CSV},
    {"application/json", WIRE_JSON},
    {"application/jsonlines", WIRE_JSONL},
    {"application/csv", WIRE_CSV},
    {"text/json", WIRE_JSON},
    {"application/x-ndjson", WIRE_JSONL},
    {"application/ndjson", WIRE_JSONL},
    {"application/jsonl", WIRE_JSONL},
    {"application/x-jsonlines", WIRE_JSONL},
    {"application/json-lines", WIRE_JSONL},
};

const char *wire_media_name(enum wire_media media)
{
    return names[media].name;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cut white space off both ends of [*at, *end). */
static void trim(const char **at, const char **end)
{
    while (*at < *end && is_space(**at))
        (*at)++;
    while (*at < *end && is_space((*end)[-1]))
        (*end)--;
}

static bool name_is(const char *at, size_t length, const char *name)
{
    return strlen(name) == length && strncasecmp(at, name, length) == 0;
}

bool wire_media_of(const char *type, const char *body, size_t size, enum wire_media *media)
{
    if (!type || type[strspn(type, " \t\r\n")] == '\0') {
        size_t i = 0;
        while (i < size && is_space(body[i]))
            i++;
        *media = i < size && (body[i] == '{' || body[i] == '[') ? WIRE_JSON : WIRE_CSV;
        return true;
    }
    const char *end = type + strcspn(type, ";");
    trim(&type, &end);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (name_is(type, (size_t)(end - type), names[i].name)) {
            *media = names[i].media;
            return true;
        }
    return false;
}

/* One "name=value" of a content type; the value without its quotes. */
struct parameter {
    const char *name, *value;
    size_t name_length, value_length;
};

/* The parameter behind the ';' at `at`; returns its end, which is a ';' or the end of all. */
static const char *read_parameter(const char *at, struct parameter *parameter)
{
    const char *start = at + 1, *end = start + strcspn(start, "=;");

    at = *end == '=' ? end + 1 : end;
    trim(&start, &end);
    *parameter = (struct parameter){start, at, (size_t)(end - start), 0};
    at += strspn(at, " \t");
    if (*at == '"') {
        parameter->value = ++at;
        while (*at && *at != '"')
            at += at[0] == '\\' && at[1] ? 2 : 1;
        parameter->value_length = (size_t)(at - parameter->value);
        return at + strcspn(at, ";");
    }
    start = at;
    end = at += strcspn(at, ";");
    trim(&start, &end);
    parameter->value = start;
    parameter->value_length = (size_t)(end - start);
    return at;
}

const char *wire_foreign_charset(const char *type, size_t *length)
{
    static const char *const known[] = {"utf-8", "us-ascii", "utf8", "ascii"};

    for (const char *at = type ? type + strcspn(type, ";") : ""; *at;) {
        struct parameter parameter;
        bool fine = false;
        at = read_parameter(at, &parameter);
        if (!name_is(parameter.name, parameter.name_length, "charset"))
            continue;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            fine |= name_is(parameter.value, parameter.value_length, known[i]);
        *length = parameter.value_length;
        if (!fine)
            return parameter.value;
    }
    return NULL;
}

/* One entry of an Accept header. */
struct range {
    const char *type; /* without parameters */
    size_t length;
    unsigned weight; /* of 1000 */
};

/* "0.8" of "q=0.8" in thousandths; what is not a weight counts as 1, as if it were not there. */
static unsigned weight_of(const char *at, const char *end)
{
    unsigned weight = 1000, unit = 100;

    trim(&at, &end);
    if (at == end || (*at != '0' && *at != '1'))
        return weight;
    weight = *at++ == '1' ? 1000 : 0;
    if (at < end && *at == '.' && weight == 0)
        for (at++; at < end && *at >= '0' && *at <= '9'; at++, unit /= 10)
            weight += (unsigned)(*at - '0') * unit;
    return weight;
}

static struct range read_range(const char *at, const char *end)
{
    const char *stop = memchr(at, ';', (size_t)(end - at));
    struct range range = {.weight = 1000};

    for (const char *parameter = stop; parameter;) {
        const char *first = parameter + 1;
        const char *next = memchr(first, ';', (size_t)(end - first));
        const char *last = next ? next : end;
        trim(&first, &last);
        if (last - first >= 2 && (first[0] == 'q' || first[0] == 'Q') && first[1] == '=')
            range.weight = weight_of(first + 2, last);
        parameter = next;
    }
    if (!stop)
        stop = end;
    trim(&at, &stop);
    range.type = at;
    range.length = (size_t)(stop - at);
    return range;
}

/* How exactly a range names a media type: 3 in full, 2 "text/" with a star, 1 all; 0 not at all. */
static unsigned range_match(const struct range *range, enum wire_media media)
{
    const char *slash = memchr(range->type, '/', range->length);

    if (name_is(range->type, range->length, "*/*") || name_is(range->type, range->length, "*"))
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].media != media)
            continue;
        if (name_is(range->type, range->length, names[i].name))
            return 3;
        const size_t major = slash ? (size_t)(slash - range->type) + 1 : 0;
        if (i < WIRE_MEDIA_COUNT && major > 0 && major + 1 == range->length && slash[1] == '*' &&
            strncasecmp(range->type, names[i].name, major) == 0)
            return 2;
    }
    return 0;
}

/* What an Accept header says of one media type: the most exact range decides (RFC 9110, 12.5.1). */
struct opinion {
    unsigned match, weight;
    size_t place;
};

static struct opinion opinion_of(const char *accept, enum wire_media media)
{
    struct opinion best = {0};
    size_t place = 0;

    for (const char *at = accept; *at; place++) {
        const char *end = at + strcspn(at, ",");
        const struct range range = read_range(at, end);
        const unsigned match = range_match(&range, media);
        if (match > best.match)
            best = (struct opinion){match, range.weight, place};
        at = *end ? end + 1 : end;
    }
    return best;
}

static bool opinion_better(const struct opinion *a, const struct opinion *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    if (a->match != b->match)
        return a->match > b->match;
    return a->place < b->place;
}

bool wire_accept(const char *accept, enum wire_media preferred, enum wire_media *media)
{
    *media = preferred;
    if (!accept || accept[strspn(accept, " \t\r\n,")] == '\0')
        return true;
    struct opinion best = opinion_of(accept, preferred);
    for (enum wire_media other = 0; other < WIRE_MEDIA_COUNT; other++) {
        const struct opinion opinion = opinion_of(accept, other);
        if (opinion_better(&opinion, &best)) {
            best = opinion;
            *media = other;
        }
    }
    return best.match > 0 && best.weight > 0;
}
