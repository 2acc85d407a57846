#include "base/yaml_internal.h"

#include "base/file.h"

#include <yaml.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool yaml_fail(struct error *err, const struct yaml_node *node, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (node->line)
        return error_set(err, ERR_CONFIG, "%.300s:%zu: %s", node->source, node->line, text);
    return error_set(err, ERR_CONFIG, "%.300s: %s", node->source, text);
}

bool yaml_fail_at(const struct yaml_builder *b, size_t line, struct error *err,
                  const char *sentence)
{
    const struct yaml_node place = {.source = b->source, .line = b->numbered ? line : 0};

    return yaml_fail(err, &place, "%s", sentence);
}

void yaml_attach(struct yaml_node *parent, struct yaml_node *node)
{
    node->parent = parent;
    node->index = parent->count++;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
}

struct yaml_node *yaml_add_node(struct yaml_builder *b, enum yaml_kind kind, size_t line,
                                struct error *err)
{
    if (b->tree->nodes == YAML_NODES_MAX) {
        yaml_fail_at(b, line, err, "more than 100000 values");
        return NULL;
    }
    b->tree->nodes++;
    struct yaml_node *node = ARENA_ZERO(&b->tree->memory, struct yaml_node, 1);
    node->kind = kind;
    node->line = b->numbered ? line : 0;
    node->source = b->source;
    if (!b->open) {
        b->root = node;
        return node;
    }
    if (b->open->kind == YAML_MAP) {
        node->key = b->key[b->depth];
        b->key[b->depth] = NULL;
        if (b->numbered)
            node->line = b->key_line[b->depth]; /* a map starts at its first key, a line too late */
    }
    yaml_attach(b->open, node);
    return node;
}

static bool wants_key(const struct yaml_builder *b)
{
    return b->open && b->open->kind == YAML_MAP && !b->key[b->depth];
}

static bool begin_container(struct yaml_builder *b, enum yaml_kind kind, size_t line,
                            struct error *err)
{
    if (wants_key(b))
        return yaml_fail_at(b, line, err, "a key must be text, not a list or a map");
    if (b->depth == YAML_DEPTH_MAX)
        return yaml_fail_at(b, line, err, "nested more than 32 deep");
    struct yaml_node *node = yaml_add_node(b, kind, line, err);
    if (!node)
        return false;
    b->open = node;
    b->key[++b->depth] = NULL;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct yaml_node *const *left = a, *const *right = b;
    const int order = strcmp((*left)->key, (*right)->key);

    if (order)
        return order;
    return ((*left)->index > (*right)->index) - ((*left)->index < (*right)->index);
}

/* Sorted, so that a hostile file with 100,000 keys costs no quadratic time. */
static bool check_keys(const struct yaml_node *map, struct error *err)
{
    const struct yaml_node *twice = NULL;

    if (map->count < 2)
        return true;
    const struct yaml_node **entry = memory_take(map->count, sizeof *entry);
    for (const struct yaml_node *n = map->first; n; n = n->next)
        entry[n->index] = n;
    qsort(entry, map->count, sizeof *entry, compare_keys);
    for (size_t i = 1; i < map->count; i++)
        if (strcmp(entry[i - 1]->key, entry[i]->key) == 0 &&
            (!twice || entry[i]->index < twice->index))
            twice = entry[i];
    free(entry);
    if (!twice)
        return true;
    char path[YAML_PATH_MAX];
    return yaml_fail(err, twice, "key '%s' is given twice", yaml_path(twice, path));
}

static bool end_container(struct yaml_builder *b, struct error *err)
{
    struct yaml_node *node = b->open;

    b->depth--;
    b->open = node->parent;
    return node->kind != YAML_MAP || check_keys(node, err);
}

static bool add_scalar(struct yaml_builder *b, const yaml_event_t *event, size_t line,
                       struct error *err)
{
    const char *value = (const char *)event->data.scalar.value;
    const size_t length = event->data.scalar.length;
    const yaml_scalar_style_t style = event->data.scalar.style;

    if (strlen(value) != length)
        return yaml_fail_at(b, line, err, "text must not contain the character NUL");
    if (wants_key(b)) {
        if (length == 0)
            return yaml_fail_at(b, line, err, "a key is empty");
        b->key[b->depth] = arena_string(&b->tree->memory, value, length);
        b->key_line[b->depth] = line;
        return true;
    }
    struct yaml_node *node = yaml_add_node(b, YAML_SCALAR, line, err);
    if (!node)
        return false;
    node->quoted = style != YAML_PLAIN_SCALAR_STYLE && style != YAML_ANY_SCALAR_STYLE;
    node->text = arena_string(&b->tree->memory, value, length);
    return true;
}

static bool refuse_properties(const struct yaml_builder *b, const yaml_char_t *anchor,
                              const yaml_char_t *tag, size_t line, struct error *err)
{
    if (anchor)
        return yaml_fail_at(b, line, err, "anchors (&name) are not supported: write the value out");
    if (tag)
        return yaml_fail_at(b, line, err, "tags (!name) are not supported: leave it out");
    return true;
}

static bool take_event(struct yaml_builder *b, const yaml_event_t *event, struct error *err)
{
    const size_t line = event->start_mark.line + 1;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return yaml_fail_at(b, line, err,
                            "aliases (*name) are not supported: write the value out, "
                            "or put quotes around text that starts with *");
    case YAML_SCALAR_EVENT:
        return refuse_properties(b, event->data.scalar.anchor, event->data.scalar.tag, line, err) &&
               add_scalar(b, event, line, err);
    case YAML_SEQUENCE_START_EVENT:
        return refuse_properties(b, event->data.sequence_start.anchor,
                                 event->data.sequence_start.tag, line, err) &&
               begin_container(b, YAML_LIST, line, err);
    case YAML_MAPPING_START_EVENT:
        return refuse_properties(b, event->data.mapping_start.anchor, event->data.mapping_start.tag,
                                 line, err) &&
               begin_container(b, YAML_MAP, line, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end_container(b, err);
    case YAML_DOCUMENT_START_EVENT:
        return !b->root ||
               yaml_fail_at(b, line, err, "a second document starts here; one is allowed");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return true;
}

/* libyaml's own complaint as our sentence. A reader error knows only its byte. */
static bool fail_parser(const struct yaml_builder *b, const yaml_parser_t *parser,
                        const char *bytes, size_t size, struct error *err)
{
    char sentence[256];
    size_t line = parser->problem_mark.line + 1;

    if (parser->error == YAML_MEMORY_ERROR)
        return yaml_fail_at(b, line, err, "out of memory while reading YAML");
    if (parser->error == YAML_READER_ERROR) {
        line = 1;
        for (size_t i = 0; i < parser->problem_offset && i < size; i++)
            line += bytes[i] == '\n';
    }
    snprintf(sentence, sizeof sentence, "not valid YAML: %s%s%s%s",
             parser->problem ? parser->problem : "cannot be read", parser->context ? " (" : "",
             parser->context ? parser->context : "", parser->context ? ")" : "");
    return yaml_fail_at(b, line, err, sentence);
}

bool yaml_build(struct yaml_builder *b, const char *bytes, size_t size, struct error *err)
{
    yaml_parser_t parser;
    bool ok = true, more = true;

    if (!yaml_parser_initialize(&parser))
        return yaml_fail_at(b, 1, err, "out of memory while reading YAML");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
    while (ok && more) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            ok = fail_parser(b, &parser, bytes, size, err);
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        ok = take_event(b, &event, err);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (ok && !b->root)
        return yaml_fail_at(b, 1, err, "the file is empty");
    return ok;
}

bool yaml_parse(struct yaml *tree, const char *name, const char *bytes, size_t size,
                struct error *err)
{
    struct yaml made = {0};
    struct yaml_builder b = {.tree = &made, .numbered = true};

    if (size > YAML_BYTES_MAX)
        return error_set(err, ERR_CONFIG, "'%s' is larger than %d bytes", name, YAML_BYTES_MAX);
    b.source = arena_string(&made.memory, name, strlen(name));
    if (!yaml_build(&b, bytes, size, err)) {
        yaml_clear(&made);
        return false;
    }
    made.root = b.root;
    *tree = made;
    return true;
}

bool yaml_load(struct yaml *tree, const char *path, struct error *err)
{
    char *bytes;
    size_t size;

    if (!file_read(path, YAML_BYTES_MAX, &bytes, &size, err))
        return false;
    const bool ok = yaml_parse(tree, path, bytes, size, err);
    free(bytes);
    return ok;
}

void yaml_clear(struct yaml *tree)
{
    arena_clear(&tree->memory);
    *tree = (struct yaml){0};
}

const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml_node *n = map->first; n; n = n->next)
        if (strcmp(n->key, key) == 0)
            return n;
    return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    if (!node)
        return true;
    if (node->kind != YAML_SCALAR || node->quoted)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(node->text, words[i]) == 0)
            return true;
    return false;
}

const char *yaml_path(const struct yaml_node *node, char path[YAML_PATH_MAX])
{
    const struct yaml_node *step[YAML_DEPTH_MAX + 2];
    size_t count = 0, used = 0;

    for (; node->parent && count < YAML_DEPTH_MAX + 2; node = node->parent)
        step[count++] = node;
    path[0] = '\0';
    while (count-- > 0 && used < YAML_PATH_MAX - 1) {
        const size_t room = YAML_PATH_MAX - used;
        const int wrote =
            step[count]->key
                ? snprintf(path + used, room, "%s%s", used ? "." : "", step[count]->key)
                : snprintf(path + used, room, "[%zu]", step[count]->index);
        used += (size_t)wrote < room ? (size_t)wrote : room - 1;
    }
    return path;
}
