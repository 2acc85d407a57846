#include "nn/golden.h"

#include "base/arena.h"
#include "base/json.h"
#include "model/temporal_attention_internal.h"
#include "sequence/history.h"

#include <string.h>

enum { ROWS_MAX = TEMPORAL_ATTENTION_ROWS_MAX };

struct reference {
    struct temporal_attention_config config;
    size_t rows;
    struct history_row row[ROWS_MAX];
    int32_t label[ROWS_MAX];
    struct safetensors weights; /* param.NAME of the file as NAME */
    struct arena arena;
};

/* The settings of the metadata; "batch" is not one of the model's. */
static bool read_config(struct reference *r, const struct safetensors *file, struct error *err)
{
    const char *text = safetensors_metadata(file, "config");
    json_error_t problem;
    json_t *json = text ? json_loads(text, 0, &problem) : NULL;

    if (!json)
        return error_set(err, ERR_DATA, "'%s' has no config", file->path);
    r->rows = (size_t)json_integer_value(json_object_get(json, "batch"));
    json_object_del(json, "batch");
    const bool ok = temporal_attention_config_parse(json, &r->config, err);
    json_decref(json);
    if (ok && (r->rows < 1 || r->rows > ROWS_MAX))
        return error_set(err, ERR_LIMIT, "'%s' has sizes beyond the limits", file->path);
    return ok;
}

/* One input of rows x seq_len x width numbers. */
static void *read_input(struct reference *r, const struct safetensors *file, const char *name,
                        const char *suffix, size_t width, struct error *err)
{
    const size_t L = r->config.seq_len;
    const bool integers = strcmp(name, "x_cat") == 0, flat = strcmp(name, "keep") == 0;
    void *out = arena_take(&r->arena, r->rows * L * width, 4);
    char full[64];

    snprintf(full, sizeof full, "input.%s%s", name, suffix);
    if (!safetensors_copy(file, full, integers ? SAFETENSORS_I32 : SAFETENSORS_F32, flat ? 2 : 3,
                          (size_t[]){r->rows, L, width}, out, err))
        return NULL;
    return out;
}

/* The orders that are kept: padding is on the left. */
static bool read_sequence(struct reference *r, const struct safetensors *file, size_t which,
                          const char *suffix, struct error *err)
{
    const size_t L = r->config.seq_len, C = r->config.n_cat_features;
    const size_t N = r->config.n_num_features;
    const int32_t *cat = read_input(r, file, "x_cat", suffix, C, err);
    const float *num = cat ? read_input(r, file, "x_num", suffix, N, err) : NULL;
    const float *time = num ? read_input(r, file, "time", suffix, 1, err) : NULL;
    const float *keep = time ? read_input(r, file, "keep", suffix, 1, err) : NULL;

    for (size_t b = 0; keep && b < r->rows; b++) {
        size_t first = 0;
        while (first < L && !(keep[b * L + first] > 0))
            first++;
        for (size_t t = first; t < L; t++)
            if (!(keep[b * L + t] > 0))
                return error_set(err, ERR_DATA, "'%s': row %zu is padded within", file->path, b);
        r->row[b].sequence[which] = (struct history){
            .orders = L - first,
            .categorical = cat + (b * L + first) * C,
            .numeric = num + (b * L + first) * N,
            .time = time + b * L + first,
        };
    }
    return keep != NULL;
}

static bool read_rows(struct reference *r, const struct safetensors *file, struct error *err)
{
    const size_t G = r->config.n_engineered_num_features;
    float *engineered = ARENA_NEW(&r->arena, float, r->rows *G);
    int64_t label[ROWS_MAX];

    if (!safetensors_copy(file, "input.x_engineered", SAFETENSORS_F32, 2, (size_t[]){r->rows, G},
                          engineered, err) ||
        !safetensors_copy(file, "input.label", SAFETENSORS_I64, 1, &r->rows, label, err))
        return false;
    for (size_t b = 0; b < r->rows; b++) {
        r->label[b] = (int32_t)label[b];
        r->row[b].engineered = engineered + b * G;
    }
    if (!r->config.two_sequences)
        return read_sequence(r, file, 0, "", err);
    return read_sequence(r, file, 0, "_cid", err) && read_sequence(r, file, 1, "_ccid", err);
}

static void list_weights(struct reference *r, const struct safetensors *file)
{
    r->weights = (struct safetensors){
        .path = file->path, .tensor = ARENA_NEW(&r->arena, struct safetensor, file->count)};
    for (size_t i = 0; i < file->count; i++)
        if (strncmp(file->tensor[i].name, "param.", 6) == 0) {
            r->weights.tensor[r->weights.count] = file->tensor[i];
            r->weights.tensor[r->weights.count++].name += 6;
        }
}

/* The estimator's answers for all rows. */
static bool compare_scores(struct golden *golden, struct reference *r,
                           const struct temporal_attention *model, struct error *err)
{
    const size_t width = temporal_attention_ensemble_width(&r->config);
    float *logit = ARENA_NEW(&r->arena, float, r->rows * r->config.n_classes);
    float *ensemble = ARENA_NEW(&r->arena, float, r->rows *width);
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);

    temporal_attention_score(
        scorer, r->row, r->rows,
        &(struct temporal_attention_output){.logit = logit, .ensemble = ensemble});
    temporal_attention_scorer_free(scorer);
    return golden_compare(golden, "output.scores", logit, r->rows * r->config.n_classes, err) &&
           golden_compare(golden, "output.ensemble", ensemble, r->rows * width, err);
}

/* The gradient of one tensor from all its pieces, in the layout of the file. */
static bool compare_gradient(struct golden *golden, struct reference *r,
                             const struct temporal_attention_net *net, const real *gradients,
                             const char *tensor, struct error *err)
{
    char name[GRAPH_NAME_MAX + 8];
    float *gathered = NULL;
    size_t count = 0;
    double sum = 0;

    for (size_t i = 0; i < net->pieces; i++) {
        const struct temporal_attention_piece *piece = &net->piece[i];
        const struct graph_parameter *p = graph_parameter_at(net->graph, piece->parameter);
        if (strcmp(piece->tensor, tensor) != 0)
            continue;
        if (!gathered)
            gathered = ARENA_ZERO(&r->arena, float, p->count / piece->rows * piece->shape[0]);
        for (size_t j = 0; j < p->count; j++) {
            gathered[temporal_attention_place(piece, j)] = (float)gradients[p->offset + j];
            sum += (double)(gradients[p->offset + j] * gradients[p->offset + j]);
        }
        count += p->count;
    }
    snprintf(name, sizeof name, "grad.%s", tensor);
    if (safetensors_find(golden->file, name))
        return golden_compare(golden, name, gathered, count, err);
    return sum == 0 ||
           error_set(err, ERR_CHECK, "'%s': '%s' has a gradient", golden->file->path, tensor);
}

static bool compare_gradients(struct golden *golden, struct reference *r,
                              const struct temporal_attention_net *net, const real *gradients,
                              struct error *err)
{
    const size_t before = golden->tensors;
    size_t want = 0;

    for (size_t i = 0; i < golden->file->count; i++)
        want += strncmp(golden->file->tensor[i].name, "grad.", 5) == 0;
    for (size_t i = 0; i < net->pieces; i++)
        if (net->piece[i].first == 0 &&
            !compare_gradient(golden, r, net, gradients, net->piece[i].tensor, err))
            return false;
    if (golden->tensors - before == want)
        return true;
    return error_set(err, ERR_CHECK, "'%s': %zu of %zu gradients compared", golden->file->path,
                     golden->tensors - before, want);
}

/* The network for training: all rows in one turn, outside training mode as the reference did. */
static bool compare_training(struct golden *golden, struct reference *r,
                             const struct temporal_attention *model, struct error *err)
{
    struct temporal_attention_net net;

    temporal_attention_net_init(&net, &r->config, r->rows,
                                &(struct temporal_attention_loss){.op = &op_softmax_cross_entropy});
    struct graph_run *run = graph_run_new(net.graph, true);
    real *packed = ARENA_NEW(&r->arena, real, graph_packed_size(net.graph));
    graph_pack(net.graph, model->parameters, packed);
    temporal_attention_net_fill(&net, run,
                                &(struct temporal_attention_turn){.rows = r->rows,
                                                                  .row = r->row,
                                                                  .label = r->label,
                                                                  .total_weight = (double)r->rows,
                                                                  .batch_rows = r->rows});
    graph_forward(run, model->parameters, packed);
    memset(graph_run_gradients(run), 0, graph_parameters_size(net.graph) * sizeof(real));
    graph_backward(run, model->parameters, packed, net.loss);
    graph_backward_weights(run, model->parameters, packed);
    const bool ok = golden_compare(golden, "output.probability", graph_run_value(run, net.score),
                                   r->rows * r->config.n_classes, err) &&
                    golden_compare(golden, "output.loss", graph_run_value(run, net.loss), 1, err) &&
                    compare_gradients(golden, r, &net, graph_run_gradients(run), err);
    graph_run_free(run);
    temporal_attention_net_clear(&net);
    return ok;
}

bool golden_temporal_attention(struct golden *golden, struct error *err)
{
    struct reference r = {0};
    struct temporal_attention *model = NULL;
    bool ok = read_config(&r, golden->file, err) && read_rows(&r, golden->file, err);

    if (ok) {
        list_weights(&r, golden->file);
        ok = temporal_attention_import_tensors(&model, &r.config, &r.weights, err) &&
             compare_scores(golden, &r, model, err) && compare_training(golden, &r, model, err);
    }
    temporal_attention_free(model);
    arena_clear(&r.arena);
    return ok;
}
