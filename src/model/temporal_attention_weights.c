#include "model/temporal_attention_layers.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Pieces of one tensor are told apart by their first row. */
static void parameter_name(const struct temporal_attention_piece *piece, char name[GRAPH_NAME_MAX])
{
    int length;

    if (piece->rows == piece->shape[0])
        length = snprintf(name, GRAPH_NAME_MAX, "%s", piece->tensor);
    else
        length = snprintf(name, GRAPH_NAME_MAX, "%s.%zu", piece->tensor, piece->first);
    BUG_ON(length < 0 || length >= GRAPH_NAME_MAX);
}

static struct shape parameter_shape(const struct temporal_attention_piece *piece)
{
    struct shape shape = {.lead = SHAPE_LEAD_FIXED, .rank = piece->dims};

    for (size_t i = 0; i < piece->dims; i++)
        shape.d[i] = i ? piece->shape[i] : piece->rows;
    if (piece->transposed)
        shape = SHAPE_FIXED(piece->shape[1], piece->rows);
    return piece->flat ? SHAPE_FIXED(shape_width(&shape)) : shape;
}

size_t temporal_weight(struct temporal_layers *l, struct temporal_attention_piece piece)
{
    struct temporal_attention_net *net = l->net;
    char name[GRAPH_NAME_MAX];

    if (piece.rows == 0)
        piece.rows = piece.shape[0];
    parameter_name(&piece, name);
    const struct graph_parameter *known = graph_parameter_find(l->g, name);
    if (known)
        return known->value;
    piece.parameter = graph_parameter_count(l->g);
    net->piece = memory_resize(net->piece, net->pieces + 1, sizeof *net->piece);
    net->piece[net->pieces++] = piece;
    return graph_parameter(l->g, name, parameter_shape(&piece));
}

static void copy_name(char *to, const char *name)
{
    const int length = snprintf(to, GRAPH_NAME_MAX, "%s", name);

    BUG_ON(length < 0 || length >= GRAPH_NAME_MAX);
}

void temporal_alias(struct temporal_layers *l, const char *alias, const char *tensor)
{
    struct temporal_attention_net *net = l->net;

    BUG_ON(net->aliases == TEMPORAL_ATTENTION_ALIASES_MAX);
    copy_name(net->alias[net->aliases].alias, alias);
    copy_name(net->alias[net->aliases++].tensor, tensor);
}

size_t temporal_table(struct temporal_layers *l, const char *tensor, size_t rows, size_t columns)
{
    struct temporal_attention_piece piece = {
        .dims = 2, .shape = {rows, columns}, .start = TEMPORAL_START_TABLE};

    copy_name(piece.tensor, tensor);
    return temporal_weight(l, piece);
}

/* A stream of its own for each parameter, from its name. */
static uint64_t stream_of(const char *name)
{
    uint64_t value = 0xcbf29ce484222325;

    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * 0x100000001b3;
    return value;
}

static void start_piece(const struct temporal_attention_piece *piece,
                        const struct graph_parameter *parameter, uint64_t seed, real *x)
{
    struct rng rng = rng_new(seed, stream_of(parameter->name));
    const size_t fixed = piece->start == TEMPORAL_START_TABLE ? piece->shape[1] : 0;

    for (size_t i = 0; i < parameter->count; i++) {
        if (piece->start == TEMPORAL_START_UNIFORM)
            x[i] = (real)(piece->low + (piece->high - piece->low) * rng_uniform(&rng));
        else if (piece->start == TEMPORAL_START_NORMAL || piece->start == TEMPORAL_START_TABLE)
            x[i] = i < fixed ? 0 : (real)rng_normal(&rng);
        else
            x[i] = piece->start == TEMPORAL_START_ONE;
    }
}

void temporal_attention_net_start(const struct temporal_attention_net *net, uint64_t seed,
                                  real *parameters)
{
    memset(parameters, 0, graph_parameters_size(net->graph) * sizeof *parameters);
    for (size_t i = 0; i < net->pieces; i++) {
        const struct graph_parameter *p = graph_parameter_at(net->graph, net->piece[i].parameter);
        start_piece(&net->piece[i], p, seed, parameters + p->offset);
    }
}
