#include "model/trees_document.h"

#include <string.h>

/* A bounded reader of UBJSON; `at` never passes `size`. */
struct ubj {
    const unsigned char *bytes;
    size_t size, at, values;
    struct arena *memory;
    struct error *err;
};

static bool truncated(struct ubj *u)
{
    return error_set(u->err, ERR_DATA, "byte %zu: the file ends in the middle of a value", u->at);
}

static bool next(struct ubj *u, char *type)
{
    if (u->at == u->size)
        return truncated(u);
    *type = (char)u->bytes[u->at++];
    return true;
}

/* Bytes of a number of this type; 0 where it is none. */
static size_t number_size(char type)
{
    switch (type) {
    case 'i':
    case 'U':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

static bool read_number(struct ubj *u, char type, double *number)
{
    const struct document_value one = {.type = type, .packed = u->bytes + u->at};
    const size_t size = number_size(type);

    if (size > u->size - u->at)
        return truncated(u);
    *number = document_number(&one, 0);
    u->at += size;
    return true;
}

/* A length: how many of something that takes at least `unit` bytes each follow. */
static bool read_length(struct ubj *u, size_t unit, size_t *length)
{
    const size_t start = u->at;
    char type = 0;
    double number;

    if (!next(u, &type))
        return false;
    if (!number_size(type) || type == 'd' || type == 'D')
        return error_set(u->err, ERR_DATA, "byte %zu: a length is expected", start);
    if (!read_number(u, type, &number))
        return false;
    if (!(number >= 0 && number <= (double)((u->size - u->at) / unit)))
        return error_set(u->err, ERR_DATA,
                         "byte %zu: a length of %.0f is more than the rest of the file", start,
                         number);
    *length = (size_t)number;
    return true;
}

static bool read_text(struct ubj *u, const char **text, size_t *length)
{
    const size_t start = u->at;

    if (!read_length(u, 1, length))
        return false;
    if (memchr(u->bytes + u->at, 0, *length))
        return error_set(u->err, ERR_DATA, "byte %zu: a text holds a zero byte", start);
    *text = arena_string(u->memory, (const char *)u->bytes + u->at, *length);
    u->at += *length;
    return true;
}

static bool read_value(struct ubj *u, char type, size_t depth, struct document_value *value);

/* Items while they are read; the list moves into the arena when it is complete. */
struct growing {
    struct document_value *item;
    size_t count, room;
    bool numbers;
};

static bool add_item(struct ubj *u, char type, size_t depth, struct growing *list)
{
    if (list->count == list->room) {
        list->room = list->room * 2 + 16;
        list->item = memory_resize(list->item, list->room, sizeof *list->item);
    }
    struct document_value *item = &list->item[list->count];

    *item = (struct document_value){0};
    if (!read_value(u, type, depth, item))
        return false;
    list->count++;
    list->numbers &= item->kind == DOCUMENT_NUMBER;
    return true;
}

/* Items up to ']', or `count` of them. */
static bool read_items(struct ubj *u, size_t depth, bool counted, size_t count,
                       struct growing *list)
{
    char type = 0;

    while (!counted || list->count < count) {
        if (!next(u, &type))
            return false;
        if (!counted && type == ']')
            return true;
        if (type != 'N' && !add_item(u, type, depth, list))
            return false;
    }
    return true;
}

static void keep_list(struct ubj *u, const struct growing *list, struct document_value *value)
{
    value->count = list->count;
    if (list->numbers && list->count) {
        double *numbers = ARENA_NEW(u->memory, double, list->count);

        value->kind = DOCUMENT_NUMBERS;
        value->numbers = numbers;
        for (size_t i = 0; i < list->count; i++)
            numbers[i] = list->item[i].number;
        return;
    }
    struct document_value *item = ARENA_NEW(u->memory, struct document_value, list->count);

    if (list->count)
        memcpy(item, list->item, list->count * sizeof *item);
    value->kind = DOCUMENT_LIST;
    value->item = item;
}

/* "$ type # count": the numbers stay where they are. */
static bool read_packed(struct ubj *u, struct document_value *value)
{
    const size_t start = u->at;
    char type = 0, sign = 0;

    if (!next(u, &type) || !next(u, &sign))
        return false;
    if (!number_size(type) || sign != '#')
        return error_set(u->err, ERR_DATA, "byte %zu: a typed list is not of counted numbers",
                         start);
    if (!read_length(u, number_size(type), &value->count))
        return false;
    value->kind = DOCUMENT_NUMBERS;
    value->type = type;
    value->packed = u->bytes + u->at;
    u->at += value->count * number_size(type);
    return true;
}

static bool read_list(struct ubj *u, size_t depth, struct document_value *value)
{
    struct growing list = {.numbers = true};
    size_t count = 0;
    bool counted = false;

    if (u->at < u->size && u->bytes[u->at] == '$') {
        u->at++;
        return read_packed(u, value);
    }
    if (u->at < u->size && u->bytes[u->at] == '#') {
        u->at++;
        counted = true;
        if (!read_length(u, 1, &count))
            return false;
    }
    const bool ok = read_items(u, depth, counted, count, &list);

    if (ok)
        keep_list(u, &list, value);
    free(list.item);
    return ok;
}

static bool read_members(struct ubj *u, size_t depth, struct document_member **member,
                         size_t *count)
{
    size_t room = 0, length;
    char type = 0;

    while (u->at < u->size && u->bytes[u->at] != '}') {
        if (*count == room) {
            room = room * 2 + 16;
            *member = memory_resize(*member, room, sizeof **member);
        }
        struct document_member *m = &(*member)[*count];

        *m = (struct document_member){0};
        if (!read_text(u, &m->key, &length) || !next(u, &type) ||
            !read_value(u, type, depth, &m->value))
            return false;
        (*count)++;
    }
    return next(u, &type);
}

static bool read_map(struct ubj *u, size_t depth, struct document_value *value)
{
    struct document_member *member = NULL;
    const bool ok = read_members(u, depth, &member, &value->count);

    if (ok) {
        struct document_member *kept = ARENA_NEW(u->memory, struct document_member, value->count);

        if (value->count)
            memcpy(kept, member, value->count * sizeof *kept);
        value->kind = DOCUMENT_MAP;
        value->member = kept;
    }
    free(member);
    return ok;
}

static bool read_value(struct ubj *u, char type, size_t depth, struct document_value *value)
{
    if (depth > DOCUMENT_DEPTH_MAX)
        return error_set(u->err, ERR_DATA, "byte %zu: values are nested more than %d deep", u->at,
                         DOCUMENT_DEPTH_MAX);
    if (++u->values > DOCUMENT_VALUES_MAX)
        return error_set(u->err, ERR_LIMIT, "there are more than %d values", DOCUMENT_VALUES_MAX);
    switch (type) {
    case '{':
        return read_map(u, depth + 1, value);
    case '[':
        return read_list(u, depth + 1, value);
    case 'S':
        value->kind = DOCUMENT_TEXT;
        return read_text(u, &value->text, &value->count);
    case 'T':
    case 'F':
        value->kind = DOCUMENT_NUMBER;
        value->number = type == 'T';
        return true;
    case 'Z':
        return true;
    default:
        value->kind = DOCUMENT_NUMBER;
        return number_size(type)
                   ? read_number(u, type, &value->number)
                   : error_set(u->err, ERR_DATA, "byte %zu: 0x%02x is not a type of value",
                               u->at - 1, (unsigned char)type);
    }
}

bool document_read_ubj(struct document_value *document, const char *bytes, size_t size,
                       struct arena *memory, struct error *err)
{
    struct ubj u = {(const unsigned char *)bytes, size, 0, 0, memory, err};
    char type = 0;

    *document = (struct document_value){0};
    if (!next(&u, &type) || !read_value(&u, type, 0, document))
        return false;
    return u.at == u.size ||
           error_set(err, ERR_DATA, "byte %zu: there is more after the model", u.at);
}
