#include "nn/golden.h"

#include "base/arena.h"
#include "model/journey_attention_net.h"

#include <string.h>

enum { LENGTH_MAX = 1000, WIDTH_MAX = 4096 };

struct reference {
    size_t rows, steps, vocabulary, embedding, lstm;
    int32_t *token, *length;
    float *label;
    struct arena arena;
};

/* Sizes from the shapes of the weights and of the tokens. */
static bool read_sizes(struct reference *r, const struct safetensors *file, struct error *err)
{
    const struct safetensor *token = safetensors_find(file, "input.token");
    const struct safetensor *table = safetensors_find(file, "param.embedding.kernel");
    const struct safetensor *state = safetensors_find(file, "param.lstm.recurrent_kernel");

    if (!token || !table || !state || token->dims != 2 || table->dims != 2 || state->dims != 2)
        return error_set(err, ERR_DATA, "'%s' lacks tokens or weights of journey attention",
                         file->path);
    r->rows = token->shape[0];
    r->steps = token->shape[1];
    r->vocabulary = table->shape[0];
    r->embedding = table->shape[1];
    r->lstm = state->shape[0];
    if (!r->rows || r->rows > JOURNEY_ATTENTION_ROWS_MAX || !r->steps || r->steps > LENGTH_MAX ||
        !r->vocabulary || !r->embedding || r->embedding > WIDTH_MAX || !r->lstm ||
        r->lstm > WIDTH_MAX)
        return error_set(err, ERR_LIMIT, "'%s' has sizes beyond the limits", file->path);
    return true;
}

static bool read_inputs(struct reference *r, const struct safetensors *file, struct error *err)
{
    r->token = ARENA_NEW(&r->arena, int32_t, r->rows * r->steps);
    r->length = ARENA_NEW(&r->arena, int32_t, r->rows);
    r->label = ARENA_NEW(&r->arena, float, r->rows);
    if (!safetensors_copy(file, "input.token", SAFETENSORS_I32, 2, (size_t[]){r->rows, r->steps},
                          r->token, err) ||
        !safetensors_copy(file, "input.length", SAFETENSORS_I32, 1, &r->rows, r->length, err) ||
        !safetensors_copy(file, "input.label", SAFETENSORS_F32, 1, &r->rows, r->label, err))
        return false;
    for (size_t b = 0; b < r->rows; b++)
        if (r->length[b] < 1 || (size_t)r->length[b] > r->steps)
            return error_set(err, ERR_DATA, "'%s': row %zu has length %d", file->path, b,
                             (int)r->length[b]);
    return true;
}

static bool read_weights(const struct graph *graph, const struct safetensors *file, real *weights,
                         struct error *err)
{
    for (size_t i = 0; i < graph_parameter_count(graph); i++) {
        const struct graph_parameter *p = graph_parameter_at(graph, i);
        char name[GRAPH_NAME_MAX + 8];
        snprintf(name, sizeof name, "param.%s", p->name);
        if (!safetensors_copy(file, name, SAFETENSORS_F32, p->shape.rank, p->shape.d,
                              weights + p->offset, err))
            return false;
    }
    return true;
}

static void fill_run(const struct reference *r, const struct journey_attention_net *net,
                     struct graph_run *run, size_t *order, struct arena *arena)
{
    const int32_t **token = ARENA_NEW(arena, const int32_t *, r->rows);
    size_t *length = ARENA_NEW(arena, size_t, r->rows);
    uint8_t *label = ARENA_NEW(arena, uint8_t, r->rows);

    for (size_t b = 0; b < r->rows; b++) {
        token[b] = r->token + b * r->steps;
        length[b] = (size_t)r->length[b];
        label[b] = r->label[b] > 0.5f;
    }
    journey_attention_net_fill(net, run,
                               &(struct journey_attention_slice){
                                   .rows = r->rows,
                                   .token = token,
                                   .length = length,
                                   .label = label,
                                   .total_weight = (double)r->rows,
                                   .training = true,
                               },
                               order);
}

static bool compare_outputs(struct golden *golden, const struct reference *r,
                            const struct journey_attention_net *net, const struct graph_run *run,
                            const size_t *order, struct error *err)
{
    const char *kind = net->shape.mask ? "masked" : "unmasked";
    struct arena arena = {0};
    float *probability = ARENA_NEW(&arena, float, r->rows);
    float *attention = ARENA_NEW(&arena, float, r->rows * r->steps);
    char name[64];

    journey_attention_net_read(net, run, order, probability, attention);
    snprintf(name, sizeof name, "output.%s.probability", kind);
    bool ok = golden_compare(golden, name, probability, r->rows, err);
    snprintf(name, sizeof name, "output.%s.attention", kind);
    ok = ok && golden_compare(golden, name, attention, r->rows * r->steps, err);
    snprintf(name, sizeof name, "output.%s.loss", kind);
    ok = ok && golden_compare(golden, name, graph_run_value(run, net->loss), 1, err);
    arena_clear(&arena);
    return ok;
}

static bool compare_gradients(struct golden *golden, const struct graph *graph,
                              const real *gradients, struct error *err)
{
    for (size_t i = 0; i < graph_parameter_count(graph); i++) {
        const struct graph_parameter *p = graph_parameter_at(graph, i);
        char name[GRAPH_NAME_MAX + 8];
        snprintf(name, sizeof name, "grad.%s", p->name);
        if (!golden_compare(golden, name, gradients + p->offset, p->count, err))
            return false;
    }
    return true;
}

static bool check_form(struct golden *golden, struct reference *r, bool mask, struct error *err)
{
    struct journey_attention_net net;
    struct arena arena = {0};

    journey_attention_net_init(&net,
                               &(struct journey_attention_shape){
                                   .vocabulary = r->vocabulary,
                                   .steps = r->steps,
                                   .embedding = r->embedding,
                                   .lstm = r->lstm,
                                   .mask = mask,
                               },
                               r->rows);
    struct graph_run *run = graph_run_new(net.graph, true);
    real *weights = ARENA_ZERO(&arena, real, graph_parameters_size(net.graph));
    real *packed = ARENA_NEW(&arena, real, graph_packed_size(net.graph));
    size_t *order = ARENA_NEW(&arena, size_t, r->rows);
    bool ok = read_weights(net.graph, golden->file, weights, err);
    if (ok) {
        graph_pack(net.graph, weights, packed);
        fill_run(r, &net, run, order, &arena);
        graph_forward(run, weights, packed);
        ok = compare_outputs(golden, r, &net, run, order, err);
    }
    if (ok && mask) { /* the gradients in a file are of the masked form */
        graph_backward(run, weights, packed, net.loss);
        ok = compare_gradients(golden, net.graph, graph_run_gradients(run), err);
    }
    graph_run_free(run);
    journey_attention_net_clear(&net);
    arena_clear(&arena);
    return ok;
}

bool golden_journey_attention(struct golden *golden, struct error *err)
{
    struct reference r = {0};
    const bool ok = read_sizes(&r, golden->file, err) && read_inputs(&r, golden->file, err) &&
                    check_form(golden, &r, false, err) && check_form(golden, &r, true, err);

    arena_clear(&r.arena);
    return ok;
}
