/* yaml_internal — a document being made, from a file (yaml.c) or from --set (yaml_set.c). */
#ifndef QUERN_BASE_YAML_INTERNAL_H
#define QUERN_BASE_YAML_INTERNAL_H

#include "base/yaml.h"

/* The document while it is read: the open containers are the parents of `open`. */
struct yaml_builder {
    struct yaml *tree;
    const char *source;
    bool numbered;          /* lines mean something: a file, not --set */
    struct yaml_node *open; /* innermost container, NULL outside the root */
    struct yaml_node *root;
    size_t depth;
    const char *key[YAML_DEPTH_MAX + 1]; /* of the open map at each depth, waiting for its value */
    size_t key_line[YAML_DEPTH_MAX + 1];
};

/* ERR_CONFIG at this line of the source; false, to be returned. */
bool yaml_fail_at(const struct yaml_builder *b, size_t line, struct error *err,
                  const char *sentence);

/* `node` becomes the last child of `parent`. */
void yaml_attach(struct yaml_node *parent, struct yaml_node *node);

/* A node of its own, child of the open container, if there is one. NULL at YAML_NODES_MAX. */
struct yaml_node *yaml_add_node(struct yaml_builder *b, enum yaml_kind kind, size_t line,
                                struct error *err);

/* Read YAML; b->root is what it says. */
MUST_CHECK bool yaml_build(struct yaml_builder *b, const char *bytes, size_t size,
                           struct error *err);

#endif
