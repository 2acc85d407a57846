#include "remote/s3_xml.h"

#include "base/text.h"
#include "base/utf8.h"
#include "remote/s3_address.h"

#include <ctype.h>

/* One element's start or end as it passes; `text` is what stood since the last start. */
struct scan {
    const char *at, *end;
    char names[S3_XML_DEPTH_MAX][S3_XML_NAME_MAX];
    size_t depth;
    struct text text;
};

enum event { XML_START, XML_END, XML_DONE, XML_BAD };

/* After '&'; false when it is no entity we know. */
static bool take_entity(struct scan *s)
{
    static const struct {
        const char *name;
        char value;
    } entities[] = {{"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}};
    char digits[12] = "", bytes[UTF8_MAX], *stop;
    const size_t left = (size_t)(s->end - s->at);

    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        const size_t length = strlen(entities[i].name);
        if (left >= length && memcmp(s->at, entities[i].name, length) == 0) {
            text_add(&s->text, &entities[i].value, 1);
            s->at += length;
            return true;
        }
    }
    const bool hex = left > 1 && s->at[1] == 'x';
    if (left < 3 || s->at[0] != '#')
        return false;
    s->at += hex ? 2 : 1;
    for (size_t i = 0; i < sizeof digits - 1 && s->at < s->end && *s->at != ';'; i++)
        digits[i] = *s->at++;
    const unsigned long c = strtoul(digits, &stop, hex ? 16 : 10);
    if (s->at == s->end || *s->at != ';' || !isxdigit((unsigned char)digits[0]) || *stop || !c ||
        c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    s->at++;
    text_add(&s->text, bytes, utf8_encode(bytes, (uint32_t)c));
    return true;
}

static bool skip_past(struct scan *s, const char *mark)
{
    const char *found = memmem(s->at, (size_t)(s->end - s->at), mark, strlen(mark));

    if (found)
        s->at = found + strlen(mark);
    return found;
}

static size_t name_length(const struct scan *s)
{
    size_t length = 0;

    while (s->at + length < s->end && (isalnum((unsigned char)s->at[length]) ||
                                       (s->at[length] && strchr("-._:", s->at[length]))))
        length++;
    return length;
}

static enum event take_end(struct scan *s)
{
    const size_t length = name_length(s);

    if (!s->depth || strlen(s->names[s->depth - 1]) != length ||
        memcmp(s->names[s->depth - 1], s->at, length) != 0)
        return XML_BAD;
    s->at += length;
    if (!skip_past(s, ">"))
        return XML_BAD;
    s->depth--;
    return XML_END;
}

static enum event take_start(struct scan *s, bool *empty)
{
    const size_t length = name_length(s);

    if (!length || length >= S3_XML_NAME_MAX || s->depth == S3_XML_DEPTH_MAX)
        return XML_BAD;
    memcpy(s->names[s->depth], s->at, length);
    s->names[s->depth++][length] = '\0';
    if (!skip_past(s, ">"))
        return XML_BAD;
    *empty = s->at[-2] == '/';
    s->text.length = 0;
    text_add(&s->text, "", 0);
    return XML_START;
}

/* The name of the element that started or ended is names[depth - 1] or names[depth]. */
static enum event next(struct scan *s, bool *empty)
{
    if (*empty) {
        *empty = false;
        s->depth--;
        return XML_END;
    }
    while (s->at < s->end) {
        const char c = *s->at++;
        if (c == '&') {
            if (!take_entity(s))
                return XML_BAD;
        } else if (c != '<') {
            text_add(&s->text, &c, 1);
        } else if (s->at < s->end && *s->at == '?') {
            if (!skip_past(s, "?>"))
                return XML_BAD;
        } else if (s->end - s->at >= 3 && memcmp(s->at, "!--", 3) == 0) {
            if (!skip_past(s, "-->"))
                return XML_BAD;
        } else if (s->at < s->end && *s->at == '/') {
            s->at++;
            return take_end(s);
        } else {
            return take_start(s, empty);
        }
    }
    return s->depth ? XML_BAD : XML_DONE;
}

bool s3_xml_find(const char *bytes, size_t size, const char *name, char *out, size_t room)
{
    struct scan s = {.at = bytes, .end = bytes + size};
    bool empty = false, found = false, leaf = false;

    for (enum event event; !found && (event = next(&s, &empty)) < XML_DONE;) {
        if (event == XML_END && leaf && strcmp(s.names[s.depth], name) == 0) {
            snprintf(out, room, "%s", s.text.bytes ? s.text.bytes : "");
            found = true;
        }
        leaf = event == XML_START;
    }
    text_clear(&s.text);
    return found;
}

static bool take_field(struct s3_object *object, const char *name, const struct text *text,
                       struct arena *memory)
{
    int64_t size;

    if (strcmp(name, "Key") == 0) {
        object->key = arena_string(memory, text->bytes, text->length);
        return object->key[0];
    }
    if (strcmp(name, "ETag") == 0)
        object->etag = arena_string(memory, text->bytes, text->length);
    if (strcmp(name, "LastModified") == 0)
        return text_to_time(text->bytes, text->length, &object->modified);
    if (strcmp(name, "Size") != 0)
        return true;
    if (!text_to_int64(text->bytes, text->length, &size) || size < 0)
        return false;
    object->size = (uint64_t)size;
    return true;
}

static bool add_object(struct s3_page *page, struct s3_object *object, size_t first)
{
    if (!object->key || page->count - first == S3_PAGE_OBJECTS_MAX)
        return false;
    if (!object->etag)
        object->etag = (char *)"";
    if (page->count == page->room) {
        page->room = page->room ? page->room * 2 : 64;
        page->object = memory_resize(page->object, page->room, sizeof *page->object);
    }
    page->object[page->count++] = *object;
    *object = (struct s3_object){0};
    return true;
}

/* The end of an element at depth 1 (of the listing) or 2 (of one object). */
static bool take_element(struct s3_page *page, struct s3_object *object, const struct scan *s,
                         size_t first, bool *encoded, struct arena *memory)
{
    const char *name = s->names[s->depth];

    if (s->depth == 2 && strcmp(s->names[1], "Contents") == 0)
        return take_field(object, name, &s->text, memory);
    if (s->depth != 1)
        return true;
    if (strcmp(name, "Contents") == 0)
        return add_object(page, object, first);
    if (strcmp(name, "EncodingType") == 0)
        *encoded = strcmp(s->text.bytes, "url") == 0;
    if (strcmp(name, "NextContinuationToken") == 0)
        page->next = arena_string(memory, s->text.bytes, s->text.length);
    return true;
}

/* Not every store honours encoding-type=url; the answer says whether it did, after the keys. */
static bool key_settle(char *key, bool encoded)
{
    return (!encoded || s3_decode(key)) && key[0] && strlen(key) <= S3_KEY_MAX;
}

bool s3_page_parse(struct s3_page *page, const char *bytes, size_t size, struct arena *memory,
                   struct error *err)
{
    struct scan s = {.at = bytes, .end = bytes + size};
    struct s3_object object = {0};
    const size_t first = page->count;
    bool empty = false, ok = true, seen = false, encoded = false;
    enum event event;

    page->next = NULL;
    while (ok && (event = next(&s, &empty)) != XML_DONE) {
        if (event == XML_START && s.depth == 1)
            seen = strcmp(s.names[0], "ListBucketResult") == 0;
        if (event == XML_END)
            ok = take_element(page, &object, &s, first, &encoded, memory);
        ok = ok && event != XML_BAD && seen;
    }
    for (size_t i = first; i < page->count; i++)
        ok = ok && key_settle(page->object[i].key, encoded);
    text_clear(&s.text);
    if (page->next && !page->next[0])
        page->next = NULL;
    return (ok && seen) || error_set(err, ERR_IO, "the store's listing cannot be understood");
}

void s3_page_clear(struct s3_page *page)
{
    free(page->object);
    *page = (struct s3_page){0};
}
