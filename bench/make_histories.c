/*
 * make_histories FOLDER [SMALL] — a bundle of temporal attention with random weights at the sizes
 * of the fraud system (109 categorical and 67 numeric features of each order, 297 engineered ones,
 * n_embedding 2070, 51 orders, 64 wide, 6 + 4 layers, two sequences), and requests for it:
 * order.json with lists, joined.json with joined texts, each one order of full length. With SMALL
 * the same with few features, for a quick look.
 */
#include "base/file.h"
#include "base/rng.h"
#include "pipeline/bundle_write.h"
#include "pipeline/config.h"

#include <stdio.h>
#include <string.h>

struct sizes {
    size_t cat, num, engineered, values, orders, width, hidden, order_layers, feature_layers;
};

static const struct sizes full = {109, 67, 297, 1894, 51, 64, 256, 6, 4},
                          small = {3, 2, 4, 12, 8, 16, 32, 1, 1};

/* The first features have one value more where they do not divide evenly. */
static size_t values_of(const struct sizes *s, size_t feature)
{
    return s->values / s->cat + (feature < s->values % s->cat);
}

static void write_pipeline(const struct sizes *s, const char *folder, struct text *out)
{
    text_add_format(out,
                    "name: orders\nsource: {path: %s/orders.csv, time: time, outcome: fraud}\n"
                    "histories:\n  by: [cid, ccid]\n  seq_len: %zu\n  features:\n",
                    folder, s->orders);
    for (size_t i = 0; i < s->cat; i++)
        text_add_format(out, "    - {column: c%zu, type: category}\n", i);
    for (size_t i = 0; i < s->num; i++)
        text_add_format(out, "    - {column: n%zu}\n", i);
    text_add_format(out, "  engineered:\n");
    for (size_t i = 0; i < s->engineered; i++)
        text_add_format(out, "    - {column: e%zu}\n", i);
    text_add_format(out,
                    "split: {train: [2018-01-01, 2018-12-31], calibration: [2019-01-01, "
                    "2019-01-31]}\nmodel: {type: temporal_attention, dim_embedding_table: %zu, "
                    "dim_attn_feedforward: %zu, n_layers_order: %zu, n_layers_feature: %zu}\n",
                    s->width, s->hidden, s->order_layers, s->feature_layers);
}

/* Value `which` of a column of order `row`; every category appears among the first orders. */
static void add_value(struct text *out, const struct sizes *s, char kind, size_t column, size_t row)
{
    struct rng rng = rng_new(column * 3 + (kind == 'c' ? 0 : kind == 'n' ? 1 : 2), row);

    if (kind == 'c')
        text_add_format(out, "v%zu", row % values_of(s, column));
    else
        text_add_format(out, "%.4f", rng_uniform(&rng) * 100);
}

static void write_orders(const struct sizes *s, struct text *out)
{
    text_add_format(out, "time,cid,ccid,fraud");
    for (size_t i = 0; i < s->cat; i++)
        text_add_format(out, ",c%zu", i);
    for (size_t i = 0; i < s->num; i++)
        text_add_format(out, ",n%zu", i);
    for (size_t i = 0; i < s->engineered; i++)
        text_add_format(out, ",e%zu", i);
    for (size_t row = 0; row < 2 * s->orders; row++) {
        text_add_format(out, "\n2018-%02zu-%02zu 10:00:00,a,b,%zu", row / 28 % 12 + 1, row % 28 + 1,
                        row % 2);
        for (size_t i = 0; i < s->cat + s->num + s->engineered; i++) {
            const char kind = i < s->cat ? 'c' : i < s->cat + s->num ? 'n' : 'e';
            text_add_format(out, ",");
            add_value(out, s, kind,
                      kind == 'c'   ? i
                      : kind == 'n' ? i - s->cat
                                    : i - s->cat - s->num,
                      row);
        }
    }
    text_add_format(out, "\n");
}

static void add_list(struct text *out, const struct sizes *s, const char *key, char kind,
                     size_t column, bool joined)
{
    if (kind == 't')
        text_add_format(out, "\"%s.time\": %s", key, joined ? "\"" : "[");
    else
        text_add_format(out, ", \"%s.%c%zu\": %s", key, kind, column, joined ? "\"" : "[");
    for (size_t row = 0; row < s->orders; row++) {
        const char *quote = joined || kind == 'n' ? "" : "\"";
        text_add_format(out, "%s%s", row == 0 ? "" : joined ? ";SEP;" : ", ", quote);
        if (kind == 't')
            text_add_format(out, "2018-%02zu-%02zu 10:00:00", row / 28 + 1, row % 28 + 1);
        else
            add_value(out, s, kind, column, row);
        text_add_format(out, "%s", quote);
    }
    text_add_format(out, "%s", joined ? "\"" : "]");
}

static void write_request(const struct sizes *s, bool joined, struct text *out)
{
    static const char *const keys[] = {"cid", "ccid"};

    text_add_format(out, "{");
    for (size_t k = 0; k < 2; k++) {
        text_add_format(out, "%s", k ? ", " : "");
        add_list(out, s, keys[k], 't', 0, joined);
        for (size_t i = 0; i < s->cat; i++)
            add_list(out, s, keys[k], 'c', i, joined);
        for (size_t i = 0; i < s->num; i++)
            add_list(out, s, keys[k], 'n', i, joined);
    }
    for (size_t i = 0; i < s->engineered; i++) {
        text_add_format(out, ", \"e%zu\": ", i);
        add_value(out, s, 'e', i, 0);
    }
    text_add_format(out, "}\n");
}

static bool save(const char *folder, const char *name, struct text *text, struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = file_write(path, text->bytes, text->length, err);

    free(path);
    text_clear(text);
    return ok;
}

static bool fit(const struct pipeline_config *config, struct history_fitted *fitted,
                struct error *err)
{
    struct table_source *source = NULL;
    struct history_orders orders;
    struct history_rows train = {0};

    history_orders_init(&orders, &config->history.data, NULL);
    const bool ok = table_source_open(&source, config->history.data.source.path, err) &&
                    history_orders_read(&orders, source, true, err) &&
                    history_select(&train, &orders, &config->history.data, &config->history.split,
                                   HISTORY_TRAIN, err) &&
                    history_fit(fitted, &config->history.data, &orders, &train, err);
    history_rows_clear(&train);
    history_orders_clear(&orders);
    if (source)
        table_source_close(source);
    return ok;
}

static bool write_bundle(const struct pipeline_config *config, const struct history_fitted *fitted,
                         const char *folder, struct error *err)
{
    static const double score[] = {0, 0.25, 0.5, 1}, percentile[] = {0, 0.5, 0.9, 1};
    const struct history_answer answer = {.percentile = {4, score, percentile}};
    struct temporal_attention_config sizes = config->model.temporal_attention;
    char *path = file_join(folder, "weights.safetensors"), *bundle = file_join(folder, "bundle");

    sizes.n_cat_features = fitted->n_cat;
    sizes.n_num_features = fitted->n_num;
    sizes.n_embedding = fitted->n_embedding;
    sizes.n_engineered_num_features = fitted->n_engineered;
    sizes.n_classes = 2;
    sizes.seq_len = config->history.data.histories.seq_len;
    sizes.two_sequences = true;
    bool ok = temporal_attention_check(&sizes, err);
    if (ok) {
        struct temporal_attention *model = temporal_attention_new(&sizes, 1);
        ok = temporal_attention_save(model, path, err);
        temporal_attention_free(model);
    }
    const struct bundle_history_plan plan = {
        .fitted = fitted, .model = path, .answer = &answer, .output = &config->history.output};
    ok = ok && bundle_write(&(struct bundle_plan){.name = "orders", .history = &plan}, bundle, err);
    printf("n_embedding: %zu\n", fitted->n_embedding);
    free(path);
    free(bundle);
    return ok;
}

static bool make(const struct sizes *s, const char *folder, struct error *err)
{
    struct text pipeline = {0}, orders = {0}, lists = {0}, joined = {0};
    struct pipeline_config config = {0};
    struct history_fitted fitted = {0};

    write_pipeline(s, folder, &pipeline);
    write_orders(s, &orders);
    write_request(s, false, &lists);
    write_request(s, true, &joined);
    const bool ok =
        file_make_folders(folder, err) && save(folder, "orders.csv", &orders, err) &&
        save(folder, "order.json", &lists, err) && save(folder, "joined.json", &joined, err) &&
        pipeline_config_parse(&config, "sizes", pipeline.bytes, pipeline.length, NULL, 0, err) &&
        fit(&config, &fitted, err) && write_bundle(&config, &fitted, folder, err);
    text_clear(&pipeline);
    history_fitted_clear(&fitted);
    pipeline_config_clear(&config);
    return ok;
}

int main(int argc, char **argv)
{
    struct error err = {0};

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: make_histories FOLDER [SMALL]\n");
        return 2;
    }
    if (make(argc == 3 ? &small : &full, argv[1], &err))
        return 0;
    fprintf(stderr, "make_histories: %s\n", err.text);
    return 1;
}
