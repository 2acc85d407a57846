#include "pipeline/bundle_history.h"

#include "base/file.h"
#include "base/json.h"
#include "pipeline/bundle_history_internal.h"

#include <string.h>

static bool read_answer(struct bundle_history *h, const char *folder, struct error *err)
{
    char *path = file_join(folder, "calibration.json");
    json_t *document = NULL;
    const bool ok = json_read(path, BUNDLE_JSON_MAX, &document, err) &&
                    (history_answer_parse(&h->answer, document, &h->memory, err) ||
                     error_wrap(err, "calibration.json"));

    json_decref(document);
    free(path);
    return ok;
}

/* model.json says for people and other programs what the weights' metadata says. */
static bool check_description(const struct bundle_history *h, const char *folder, struct error *err)
{
    char *path = file_join(folder, "model.json");
    json_t *document = NULL,
           *config = temporal_attention_config_json(temporal_attention_settings(h->model));
    bool ok = json_read(path, BUNDLE_JSON_MAX, &document, err);
    const char *kind = ok ? json_string_value(json_object_get(document, "kind")) : NULL;

    if (ok && (!kind || strcmp(kind, "temporal_attention") != 0))
        ok = error_set(err, ERR_DATA, "model.json: 'kind' must be temporal_attention");
    if (ok && !json_equal(json_object_get(document, "config"), config))
        ok = error_set(err, ERR_DATA, "model.json: 'config' is not that of model.safetensors");
    json_decref(document);
    json_decref(config);
    free(path);
    return ok;
}

bool bundle_history_sizes(const struct temporal_attention_config *config,
                          const struct history_fitted *fitted, struct error *err)
{
    const struct history_recipe *recipe = &fitted->config.histories;
    const struct {
        const char *name;
        size_t model, data;
    } sizes[] = {
        {"n_cat_features", config->n_cat_features, fitted->n_cat},
        {"n_num_features", config->n_num_features, fitted->n_num},
        {"n_embedding", config->n_embedding, fitted->n_embedding},
        {"n_engineered_num_features", config->n_engineered_num_features, fitted->n_engineered},
        {"seq_len", config->seq_len, recipe->seq_len},
        {"two_sequences", config->two_sequences, recipe->sequences == 2},
        {"n_classes", config->n_classes, 2},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].model != sizes[i].data)
            return error_set(err, ERR_DATA, "the model has %s %zu, history.json has %zu",
                             sizes[i].name, sizes[i].model, sizes[i].data);
    return true;
}

static bool read_parts(struct bundle_history *h, const char *folder, struct error *err)
{
    char *fitted = file_join(folder, "history.json"),
         *model = file_join(folder, "model.safetensors");
    const bool ok = history_load(&h->fitted, fitted, err) &&
                    temporal_attention_load(&h->model, model, err) &&
                    bundle_history_sizes(temporal_attention_settings(h->model), &h->fitted, err);

    free(fitted);
    free(model);
    return ok && check_description(h, folder, err) && read_answer(h, folder, err);
}

bool bundle_history_open(struct bundle_history **history, const char *folder, struct error *err)
{
    struct bundle_history *h = memory_take_zeroed(1, sizeof *h);

    pthread_mutex_init(&h->lock, NULL);
    if (!read_parts(h, folder, err) ||
        !history_request_init(&h->request, &h->fitted, &h->memory, err)) {
        bundle_history_close(h);
        return false;
    }
    const struct history_recipe *recipe = &h->fitted.config.histories;
    history_answer_schema(&h->output, recipe->by, 0, &h->memory);
    history_answer_schema(&h->explained, recipe->by, recipe->sequences, &h->memory);
    *history = h;
    return true;
}

void bundle_history_close(struct bundle_history *history)
{
    if (!history)
        return;
    while (history->idle) {
        struct bundle_scorer *scorer = history->idle;
        history->idle = scorer->next;
        bundle_scorer_free(scorer);
    }
    pthread_mutex_destroy(&history->lock);
    temporal_attention_free(history->model);
    history_fitted_clear(&history->fitted);
    arena_clear(&history->memory);
    free(history);
}

const struct schema *bundle_history_input(const struct bundle_history *history)
{
    return &history->request.schema;
}

const struct schema *bundle_history_output(const struct bundle_history *history, bool explain)
{
    return explain ? &history->explained : &history->output;
}

const struct history_fitted *bundle_history_fitted(const struct bundle_history *history)
{
    return &history->fitted;
}

const struct temporal_attention *bundle_history_model(const struct bundle_history *history)
{
    return history->model;
}

const struct history_answer *bundle_history_answer(const struct bundle_history *history)
{
    return &history->answer;
}

static bool write_json(const char *folder, const char *name, json_t *document, struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = json_write(path, document, err);

    json_decref(document);
    free(path);
    return ok;
}

static bool write_model(const struct temporal_attention *model, const char *folder,
                        struct error *err)
{
    char *path = file_join(folder, "model.safetensors");
    const bool ok = temporal_attention_save(model, path, err);

    free(path);
    return ok;
}

bool bundle_history_write(const struct bundle_history_plan *plan, const char *folder,
                          struct error *err)
{
    struct temporal_attention *loaded;

    if (!temporal_attention_load(&loaded, plan->model, err))
        return false;
    const struct temporal_attention_config *config = temporal_attention_settings(loaded);
    const bool ok =
        bundle_history_sizes(config, plan->fitted, err) &&
        write_json(folder, "history.json", history_json(plan->fitted), err) &&
        write_json(folder, "model.json",
                   json_pack("{s:s, s:o}", "kind", "temporal_attention", "config",
                             temporal_attention_config_json(config)),
                   err) &&
        write_json(folder, "calibration.json", history_answer_json(plan->answer), err) &&
        write_model(loaded, folder, err);
    temporal_attention_free(loaded);
    return ok;
}
