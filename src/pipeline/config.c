#include "pipeline/config.h"

#include "pipeline/config_internal.h"
#include "pipeline/stage_key.h"

#include <stdarg.h>
#include <string.h>

enum { SECTIONS_MAX = 32 };

/* The node that a dotted key was written at, or the nearest around it. */
static const struct yaml_node *find_place(const struct pipeline_config *config, const char *key)
{
    const struct yaml_node *at = config->tree.root;
    char part[YAML_PATH_MAX];

    while (at && *key) {
        const size_t length = strcspn(key, ".");
        snprintf(part, sizeof part, "%.*s", (int)length, key);
        const struct yaml_node *next = yaml_find(at, part);
        if (!next)
            break;
        at = next;
        key += length + (key[length] == '.');
    }
    return at;
}

bool pipeline_config_fail(const struct pipeline_config *config, const char *key, struct error *err,
                          const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    const struct yaml_node *place = find_place(config, key);
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (place && place->parent)
        return yaml_fail(err, place, "key '%s': %s", key, text);
    return error_set(err, ERR_CONFIG, "%s: key '%s': %s", config->file, key, text);
}

/* model.type decides which other keys there may be, so it is read before them. A model that has no
 * settings may stand by its name alone, `model: Ridge`. */
static bool read_type(struct pipeline_config *config, struct error *err)
{
    const struct yaml_node *model = yaml_find(config->tree.root, "model");
    const struct yaml_node *type =
        model && model->kind == YAML_SCALAR ? model : yaml_find(model, "type");
    char path[YAML_PATH_MAX], known[256] = "";

    config->system = &pipeline_systems[0];
    if (yaml_is_null(type))
        return true;
    for (const struct pipeline_system *s = pipeline_systems; s->type; s++) {
        if (type->kind == YAML_SCALAR && strcmp(type->text, s->type) == 0) {
            config->system = s;
            return true;
        }
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", s->type);
    }
    if (type->kind != YAML_SCALAR)
        return yaml_fail(err, type, "key '%s': must be one of %s", yaml_path(type, path), known);
    return yaml_fail(err, type, "key '%s': must be one of %s, not '%.60s'", yaml_path(type, path),
                     known, type->text);
}

static bool read_section(struct pipeline_config *config, const struct pipeline_section *s,
                         struct error *err)
{
    const struct yaml_node *node = yaml_find(config->tree.root, s->name);
    const struct config_part part[] = {
        {s->fields, pipeline_section_settings(config, s)}, {s->more, config}, {NULL, NULL}};

    if (s->read)
        return s->read(node, pipeline_section_settings(config, s), &config->memory, err);
    return config_read(node, part, NULL, &config->memory, err);
}

static bool read_sections(struct pipeline_config *config, struct error *err)
{
    const struct config_part part[] = {{pipeline_root_fields, config}, {NULL, NULL}};
    const char *names[SECTIONS_MAX + 1];
    size_t count = 0;

    for (const struct pipeline_section *s = config->system->section; s->name; s++) {
        BUG_ON(count == SECTIONS_MAX);
        names[count++] = s->name;
    }
    names[count] = NULL;
    if (!config_read(config->tree.root, part, names, &config->memory, err))
        return false;
    for (const struct pipeline_section *s = config->system->section; s->name; s++)
        if (!read_section(config, s, err))
            return false;
    return true;
}

/* Takes over the tree in `config`. */
static bool build(struct pipeline_config *config, const char *const *set, size_t sets,
                  struct error *err)
{
    const struct yaml_node *root = config->tree.root;

    if (root->kind != YAML_MAP)
        return yaml_fail(err, root, "a pipeline file must be a map of keys and values");
    for (size_t i = 0; i < sets; i++)
        if (!yaml_set(&config->tree, set[i], err))
            return false;
    if (!read_type(config, err))
        return false;
    config_defaults(config, pipeline_root_fields);
    config->report = config->system->report;
    for (const struct pipeline_section *s = config->system->section; s->name; s++) {
        config_defaults(pipeline_section_settings(config, s), s->fields);
        if (s->more)
            config_defaults(config, s->more);
    }
    if (!read_sections(config, err) || !pipeline_config_resolve_space(config, err))
        return false;
    if (config->system->derive && !config->system->derive(config, err))
        return false;
    return pipeline_config_check(config, err);
}

static bool finish(struct pipeline_config *made, struct pipeline_config *config, const char *name,
                   const char *const *set, size_t sets, struct error *err)
{
    made->file = arena_string(&made->memory, name, strlen(name));
    if (!build(made, set, sets, err)) {
        pipeline_config_clear(made);
        return false;
    }
    *config = *made;
    return true;
}

bool pipeline_config_parse(struct pipeline_config *config, const char *name, const char *bytes,
                           size_t size, const char *const *set, size_t sets, struct error *err)
{
    struct pipeline_config made = {0};

    return yaml_parse(&made.tree, name, bytes, size, err) &&
           finish(&made, config, name, set, sets, err);
}

bool pipeline_config_load(struct pipeline_config *config, const char *path, const char *const *set,
                          size_t sets, struct error *err)
{
    struct pipeline_config made = {0};

    return yaml_load(&made.tree, path, err) && finish(&made, config, path, set, sets, err);
}

void pipeline_config_clear(struct pipeline_config *config)
{
    yaml_clear(&config->tree);
    arena_clear(&config->memory);
    *config = (struct pipeline_config){0};
}

bool pipeline_config_set(struct pipeline_config *config, const char *key, const char *text,
                         struct error *err)
{
    const char *dot = strchr(key, '.');
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)(dot ? dot - key : 0), key);
    const struct pipeline_section *s = pipeline_section_find(config->system, name);
    const struct config_field *field = s ? config_find(s->fields, dot + 1) : NULL;
    if (!field)
        return error_set(err, ERR_CONFIG, "unknown key '%.100s'", key);
    return config_set(pipeline_section_settings(config, s), field, text, err) ||
           error_wrap(err, "key '%s'", key);
}

static void write_section(const struct pipeline_config *config, const struct pipeline_section *s,
                          size_t indent, struct text *out)
{
    if (s->more)
        config_write(out, s->more, config, indent);
    if (s->write)
        s->write(out, (const char *)config + s->offset, indent);
    else
        config_write(out, s->fields, (const char *)config + s->offset, indent);
}

void pipeline_config_section(const struct pipeline_config *config, enum pipeline_section_id section,
                             struct text *out)
{
    for (const struct pipeline_section *s = config->system->section; s->name; s++)
        if (s->id == section)
            write_section(config, s, 0, out);
}

uint64_t pipeline_config_key(const struct pipeline_config *config, enum pipeline_section_id section,
                             uint64_t key)
{
    struct text text = {0};

    pipeline_config_section(config, section, &text);
    key = stage_key_text(key, text.bytes ? text.bytes : "");
    text_clear(&text);
    return key;
}

void pipeline_config_write(const struct pipeline_config *config, struct text *out)
{
    config_write(out, pipeline_root_fields, config, 0);
    for (const struct pipeline_section *s = config->system->section; s->name; s++) {
        text_add_format(out, "\n%s:\n", s->name);
        write_section(config, s, 2, out);
    }
}

/* A section whose name an earlier system has too is told apart by its type. */
static void section_reference(struct text *out, const struct pipeline_system *system,
                              const struct pipeline_section *s)
{
    if (system == pipeline_systems && s->id != PIPELINE_SECTION_MODEL)
        text_add_format(out, "\n## `%s`\n\n", s->name);
    else if (system->title)
        text_add_format(out, "\n## `%s` with %s\n\n", s->name, system->title);
    else
        text_add_format(out, "\n## `%s` with `type: %s`\n\n", s->name, system->type);
    if (s->fields[0].type != CONFIG_TYPE_END || s->more)
        config_write_reference(out, s->more, s->fields);
    if (s->reference)
        s->reference(out);
}

void pipeline_config_reference(struct text *out)
{
    text_add_format(out, "## Top of the file\n\n");
    config_write_reference(out, NULL, pipeline_root_fields);
    for (const struct pipeline_system *system = pipeline_systems; system->type; system++) {
        if (system > pipeline_systems && system->section == system[-1].section)
            continue; /* another name of the same system */
        for (const struct pipeline_section *s = system->section; s->name; s++)
            section_reference(out, system, s);
    }
}
