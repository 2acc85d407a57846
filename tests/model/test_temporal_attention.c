#include "base/arena.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/safetensors.h"
#include "model/temporal_attention.h"
#include "sequence/history_support.h"
#include "support/test.h"

#include <math.h>

enum {
    ROWS = 40,
    STEPS = 6,
    CATEGORIES = 3,
    NUMBERS = 2,
    ENGINEERED = 4,
    TABLE = 20,
    EMBEDDING = 8
};

/* Rows with histories of 1 .. STEPS + 2 orders; every fourth second sequence is trivial. */
struct rows {
    struct history_row row[ROWS];
    struct arena arena;
};

static struct history make_history(struct arena *arena, struct rng *rng, size_t orders)
{
    int32_t *categorical = ARENA_NEW(arena, int32_t, orders * CATEGORIES);
    float *numeric = ARENA_NEW(arena, float, orders *NUMBERS);
    float *time = ARENA_NEW(arena, float, orders);

    for (size_t i = 0; i < orders * CATEGORIES; i++)
        categorical[i] = 1 + (int32_t)rng_below(rng, TABLE - NUMBERS);
    for (size_t i = 0; i < orders * NUMBERS; i++)
        numeric[i] = (float)rng_uniform(rng);
    for (size_t i = 0; i < orders; i++)
        time[i] = 1e5f * (float)(orders - 1 - i);
    return (struct history){orders, categorical, numeric, time};
}

static void rows_init(struct rows *r)
{
    struct rng rng = rng_new(3, 4);

    *r = (struct rows){0};
    for (size_t b = 0; b < ROWS; b++) {
        float *engineered = ARENA_NEW(&r->arena, float, ENGINEERED);
        for (size_t i = 0; i < ENGINEERED; i++)
            engineered[i] = (float)rng_normal(&rng);
        r->row[b].engineered = engineered;
        for (size_t s = 0; s < 2; s++)
            r->row[b].sequence[s] = make_history(&r->arena, &rng, 1 + rng_below(&rng, STEPS + 2));
        if (b % 4 == 3) /* the current order alone */
            r->row[b].sequence[1] = make_history(&r->arena, &rng, 1);
    }
}

static struct temporal_attention_config small(void)
{
    struct temporal_attention_config c = {0};

    config_defaults(&c, temporal_attention_fields);
    config_defaults(&c, temporal_attention_data_fields);
    c.n_cat_features = CATEGORIES;
    c.n_num_features = NUMBERS;
    c.n_embedding = TABLE;
    c.seq_len = STEPS;
    c.n_engineered_num_features = ENGINEERED;
    c.dim_embedding_table = EMBEDDING;
    c.dim_attn_feedforward = 12;
    c.num_heads = 2;
    c.n_layers_order = c.n_layers_feature = 2;
    return c;
}

/* Forms of the model: one setting or another turned. */
static struct temporal_attention_config form(size_t which)
{
    struct temporal_attention_config c = small();

    c.two_sequences = which % 2 == 1;
    c.use_mlp = which == 0;
    c.use_moe = which / 2 == 1;
    c.num_experts = 3;
    c.aggregation = which / 2 == 2 ? TEMPORAL_ATTENTION_FM : TEMPORAL_ATTENTION_MLP;
    c.return_seq = which / 2 == 3;
    c.use_time_seq = which != 6;
    c.emb_tbl_use_bias = which != 5;
    return c;
}
enum { FORMS = 8 };

struct answers {
    float score[ROWS], logit[2 * ROWS], ensemble[4 * EMBEDDING * ROWS];
    float attention[ROWS * 2 * STEPS], sequence[ROWS * (STEPS + 1) * 2 * EMBEDDING];
};

static void score_in_blocks(const struct temporal_attention *model, const struct history_row *row,
                            size_t block, struct answers *a)
{
    const struct temporal_attention_config *c = temporal_attention_settings(model);
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);
    const size_t attention = (c->two_sequences ? 2 : 1) * STEPS;

    memset(a, 0, sizeof *a);
    for (size_t b = 0; b < ROWS; b += block)
        temporal_attention_score(
            scorer, row + b, block < ROWS - b ? block : ROWS - b,
            &(struct temporal_attention_output){
                .score = a->score + b,
                .logit = a->logit + 2 * b,
                .ensemble = a->ensemble + b * temporal_attention_ensemble_width(c),
                .attention = a->attention + b * attention,
                .sequence = a->sequence + b * (STEPS + 1) * 2 * EMBEDDING});
    temporal_attention_scorer_free(scorer);
}

TEST(temporal_attention_answers_do_not_depend_on_the_rows_beside)
{
    static struct answers whole, single, some;
    struct rows r;

    rows_init(&r);
    for (size_t i = 0; i < FORMS; i++) {
        const struct temporal_attention_config c = form(i);
        struct temporal_attention *model = temporal_attention_new(&c, 1);
        score_in_blocks(model, r.row, ROWS, &whole);
        score_in_blocks(model, r.row, 1, &single);
        score_in_blocks(model, r.row, 7, &some);
        EXPECT(memcmp(&whole, &single, sizeof whole) == 0);
        EXPECT(memcmp(&whole, &some, sizeof whole) == 0);
        for (size_t b = 1; b < ROWS; b++)
            EXPECT(whole.score[b] > 0 && whole.score[b] < 1 && whole.score[b] != whole.score[0]);
        temporal_attention_free(model);
    }
    arena_clear(&r.arena);
}

/* Weights and shapes are the same, so only the last layer's arithmetic differs. */
TEST(temporal_attention_of_the_last_step_is_that_of_all_steps)
{
    static struct answers last, all;
    struct rows r;

    rows_init(&r);
    for (size_t i = 0; i < 4; i++) {
        struct temporal_attention_config c = form(i);
        struct temporal_attention *one = temporal_attention_new(&c, 1), *every;
        struct error err = {0};
        const char *path = test_path("last.safetensors");
        EXPECT_OK(temporal_attention_save(one, path, &err), &err);
        c.return_seq = true;
        EXPECT_OK(temporal_attention_import(&every, &c, path, &err), &err);
        score_in_blocks(one, r.row, ROWS, &last);
        score_in_blocks(every, r.row, ROWS, &all);
        for (size_t b = 0; b < ROWS; b++)
            EXPECT_NEAR(all.score[b], last.score[b], 1e-6);
        for (size_t b = 0; b < ROWS * 2 * STEPS; b++)
            EXPECT_NEAR(all.attention[b], last.attention[b], 1e-6);
        /* The last step is what the classifier of one sequence reads. */
        const size_t end = STEPS * 2 * EMBEDDING;
        for (size_t e = 0; !c.two_sequences && e < 2 * EMBEDDING; e++)
            EXPECT_NEAR(all.sequence[end + e], all.ensemble[e], 1e-6);
        temporal_attention_free(one);
        temporal_attention_free(every);
    }
    arena_clear(&r.arena);
}

TEST(temporal_attention_explains_itself_by_past_orders)
{
    static struct answers a;
    struct rows r;
    const struct temporal_attention_config c = form(1);
    struct temporal_attention *model = temporal_attention_new(&c, 2);
    size_t open = 0;

    rows_init(&r);
    score_in_blocks(model, r.row, ROWS, &a);
    for (size_t b = 0; b < ROWS; b++)
        for (size_t s = 0; s < 2; s++) {
            const float *at = a.attention + (2 * b + s) * STEPS;
            size_t orders = r.row[b].sequence[s].orders;
            double sum = 0;
            orders = orders < STEPS ? orders : STEPS;
            for (size_t t = 0; t < STEPS; t++) {
                EXPECT(at[t] >= 0 && (t >= STEPS - orders || at[t] == 0));
                sum += (double)at[t];
            }
            EXPECT(sum < 1); /* the learned step looks at itself too */
            EXPECT(s == 1 || sum > 0);
            EXPECT(s == 0 || b % 4 != 3 || sum == 0);
            open += s == 1 && sum > 0;
        }
    EXPECT(open > 5);
    temporal_attention_free(model);
    arena_clear(&r.arena);
}

TEST(temporal_attention_reads_the_last_orders_of_a_long_history)
{
    struct rows r;
    const struct temporal_attention_config c = form(1);
    struct temporal_attention *model = temporal_attention_new(&c, 2);
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);
    struct rng rng = rng_new(9, 9);
    float score[3];

    rows_init(&r);
    struct history_row row[3] = {r.row[0], r.row[0], r.row[0]};
    row[0].sequence[0] = make_history(&r.arena, &rng, STEPS + 3);
    row[1].sequence[0] =
        (struct history){STEPS, row[0].sequence[0].categorical + 3 * CATEGORIES,
                         row[0].sequence[0].numeric + 3 * NUMBERS, row[0].sequence[0].time + 3};
    row[2].sequence[0] = row[1].sequence[0];
    row[2].sequence[0].orders--; /* without the current one */
    temporal_attention_score(scorer, row, 3, &(struct temporal_attention_output){.score = score});
    EXPECT(score[0] == score[1]);
    EXPECT(score[0] != score[2]);
    /* No second history is the current order alone, which is no history. */
    row[1] = row[0];
    row[0].sequence[1] = (struct history){0};
    const size_t at = row[1].sequence[0].orders - 1;
    row[1].sequence[1] =
        (struct history){1, row[1].sequence[0].categorical + at * CATEGORIES,
                         row[1].sequence[0].numeric + at * NUMBERS, row[1].sequence[0].time + at};
    temporal_attention_score(scorer, row, 2, &(struct temporal_attention_output){.score = score});
    EXPECT(score[0] == score[1]);
    temporal_attention_scorer_free(scorer);
    temporal_attention_free(model);
    arena_clear(&r.arena);
}

/* Categories from anywhere cannot lead astray. */
TEST(temporal_attention_reads_foreign_categories_as_padding)
{
    struct rows r;
    const struct temporal_attention_config c = form(1);
    struct temporal_attention *model = temporal_attention_new(&c, 2);
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);
    int32_t foreign[3][CATEGORIES] = {{5, 0, 6}, {5, -7, 6}, {5, INT32_MAX, 6}};
    float score[3];

    rows_init(&r);
    struct history_row row[3];
    for (size_t i = 0; i < 3; i++) {
        row[i] = r.row[0];
        row[i].sequence[0].orders = 1;
        row[i].sequence[0].categorical = foreign[i];
    }
    temporal_attention_score(scorer, row, 3, &(struct temporal_attention_output){.score = score});
    EXPECT(score[0] == score[1] && score[0] == score[2] && isfinite(score[0]));
    temporal_attention_scorer_free(scorer);
    temporal_attention_free(model);
    arena_clear(&r.arena);
}

TEST(temporal_attention_file_gives_the_same_model)
{
    static struct answers before, after;
    struct rows r;
    struct error err = {0};

    rows_init(&r);
    for (size_t i = 0; i < FORMS; i++) {
        const struct temporal_attention_config c = form(i);
        struct temporal_attention *model = temporal_attention_new(&c, 1), *loaded;
        char *bytes[2];
        size_t size[2];
        EXPECT_OK(temporal_attention_save(model, test_path("one.safetensors"), &err), &err);
        EXPECT_OK(temporal_attention_load(&loaded, test_path("one.safetensors"), &err), &err);
        EXPECT_OK(temporal_attention_save(loaded, test_path("two.safetensors"), &err), &err);
        EXPECT_OK(file_read(test_path("one.safetensors"), 1 << 24, &bytes[0], &size[0], &err),
                  &err);
        EXPECT_OK(file_read(test_path("two.safetensors"), 1 << 24, &bytes[1], &size[1], &err),
                  &err);
        EXPECT(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0);
        score_in_blocks(model, r.row, ROWS, &before);
        score_in_blocks(loaded, r.row, ROWS, &after);
        EXPECT(memcmp(&before, &after, sizeof before) == 0);
        for (size_t k = 0; k < 2; k++)
            free(bytes[k]);
        temporal_attention_free(model);
        temporal_attention_free(loaded);
    }
    arena_clear(&r.arena);
}

/* Every tensor of the shared reference is in our file, in the reference's shape. */
TEST(temporal_attention_file_has_the_names_of_the_reference)
{
    static const char *const files[] = {
        "golden/tsa_single_dense.safetensors",
        "golden/tsa_single_mlp_notime.safetensors",
        "golden/tsa_single_moe.safetensors",
        "golden/tsa_two_sequences.safetensors",
    };

    EACH_ROW(files, name) {
        struct safetensors reference, ours;
        struct temporal_attention_config c;
        struct error err = {0};
        size_t weights = 0;
        const char *path = test_shared(*name);
        if (!path)
            continue;
        EXPECT_OK(safetensors_open(&reference, path, &err), &err);
        json_t *json = json_loads(safetensors_metadata(&reference, "config"), 0, NULL);
        json_object_del(json, "batch");
        EXPECT_OK(temporal_attention_config_parse(json, &c, &err), &err);
        json_decref(json);
        struct temporal_attention *model = temporal_attention_new(&c, 1);
        EXPECT_OK(temporal_attention_save(model, test_path("names.safetensors"), &err), &err);
        EXPECT_OK(safetensors_open(&ours, test_path("names.safetensors"), &err), &err);
        for (size_t i = 0; i < reference.count; i++) {
            const struct safetensor *want = &reference.tensor[i];
            if (strncmp(want->name, "param.", 6) != 0)
                continue;
            const struct safetensor *got = safetensors_find(&ours, want->name + 6);
            weights++;
            if (!got)
                fail_msg("no tensor '%s'", want->name + 6);
            EXPECT_EQ(got->dims, want->dims);
            EXPECT(memcmp(got->shape, want->shape, want->dims * sizeof *want->shape) == 0);
        }
        EXPECT_EQ(ours.count, weights);
        safetensors_close(&reference);
        safetensors_close(&ours);
        temporal_attention_free(model);
    }
}

/* A saved model with one tensor or text changed. */
static const char *changed(const char *name, struct safetensor replacement, const char *format,
                           const char *config)
{
    struct safetensors file = {0};
    struct error err = {0};
    const char *path = test_path("changed.safetensors");

    EXPECT_OK(safetensors_open(&file, test_path("whole.safetensors"), &err), &err);
    for (size_t i = 0; name && i < file.count; i++)
        if (strcmp(file.tensor[i].name, name) == 0)
            file.tensor[i] = replacement;
    const struct safetensors_text text[] = {
        {"format", format ? format : safetensors_metadata(&file, "format")},
        {"config", config ? config : safetensors_metadata(&file, "config")}};
    EXPECT_OK(safetensors_write(path, file.tensor, file.count, text, 2, &err), &err);
    safetensors_close(&file);
    return path;
}

TEST(temporal_attention_refuses_files_of_other_models)
{
    static const float zeros[4096], nan[8] = {[3] = NAN};
    static const struct {
        const char *tensor;
        struct safetensor by;
        const char *format, *config, *says;
    } rows[] = {
        {"clf.3.weight",
         {"clf.3.weight", SAFETENSORS_F32, 2, {2, 512}, zeros, 0, 0},
         NULL,
         NULL,
         "tensor 'clf.3.weight' is [2, 512], the model's is [2, 1024]"},
        {"embedding.weight",
         {"embedding.weight", SAFETENSORS_F32, 2, {22, 4}, zeros, 0, 0},
         NULL,
         NULL,
         "tensor 'embedding.weight' is [22, 4], the model's is [22, 8]"},
        {"clf.0.bias",
         {"other", SAFETENSORS_F32, 1, {3}, zeros, 0, 0},
         NULL,
         NULL,
         "tensor 'clf.0.bias' is missing"},
        {"feature_attention.embedding.weight",
         {"extra", SAFETENSORS_F32, 1, {3}, zeros, 0, 0},
         NULL,
         NULL,
         "the model has no tensor 'extra'"},
        {"feature_attention.embedding.weight",
         {"feature_attention.embedding.weight", SAFETENSORS_F32, 2, {22, 8}, zeros, 0, 0},
         NULL,
         NULL,
         "'feature_attention.embedding.weight' differs from 'embedding.weight'"},
        {"clf.3.bias",
         {"clf.3.bias", SAFETENSORS_I32, 1, {2}, zeros, 0, 0},
         NULL,
         NULL,
         "tensor 'clf.3.bias' is not float32"},
        {"feature_attention.layer_norm_engineered.bias",
         {"feature_attention.layer_norm_engineered.bias", SAFETENSORS_F32, 1, {8}, nan, 0, 0},
         NULL,
         NULL,
         "holds a number that is not finite"},
        {NULL, {0}, "quern journey_attention 1", NULL, "not a 'quern temporal_attention 1' model"},
        {NULL, {0}, NULL, "{", "config"},
        {NULL, {0}, NULL, "{\"seq_len\": 6}", "'n_cat_features' is missing"},
    };
    const struct temporal_attention_config c = small();
    struct temporal_attention *model = temporal_attention_new(&c, 1);
    struct error err = {0};

    EXPECT_OK(temporal_attention_save(model, test_path("whole.safetensors"), &err), &err);
    temporal_attention_free(model);
    EACH_ROW(rows, r) {
        const char *path = changed(r->tensor, r->by, r->format, r->config);
        EXPECT_ERROR(temporal_attention_load(&model, path, &err), &err, ERR_DATA, r->says);
    }
}

TEST(temporal_attention_checks_its_settings)
{
    static const char good[] = "{\"n_cat_features\":3,\"n_num_features\":2,\"n_classes\":2,"
                               "\"n_embedding\":20,\"seq_len\":6,\"n_engineered_num_features\":4,"
                               "\"dim_embedding_table\":8,\"num_heads\":2";
    static const struct {
        const char *more, *says;
    } rows[] = {
        {"", NULL},
        {",\"use_moe\":1,\"num_experts\":2,\"aggregation\":\"fm\",\"dropout\":0.5", NULL},
        {",\"use_moe\":1,\"num_experts\":1", "at least 2 num_experts"},
        {",\"use_mlp\":true,\"two_sequences\":true", "use_mlp"},
        {",\"num_heads\":3", "not a multiple of num_heads 3"},
        {",\"n_embedding\":1", "no row for each of 2 numeric"},
        {",\"n_embedding\":10000000,\"dim_embedding_table\":4096", "weights above"},
        {",\"n_cat_features\":4096,\"n_engineered_num_features\":4096,\"n_layers_feature\":64",
         "a row takes above"},
        {",\"seq_len\":0", "'seq_len': must be"},
        {",\"seq_len\":\"6\"", "'seq_len' is of the wrong type"},
        {",\"use_moe\":2", "'use_moe' is of the wrong type"},
        {",\"aggregation\":\"sum\"", "'aggregation': must be"},
        {",\"dropout\":1", "'dropout': must be"},
        {",\"n_heads\":1", "unknown key 'n_heads'"},
    };

    EACH_ROW(rows, r) {
        struct temporal_attention_config c, again;
        struct error err = {0};
        char text[1024];
        snprintf(text, sizeof text, "%s%s}", good, r->more);
        json_t *json = json_loads(text, 0, NULL);
        EXPECT(json != NULL);
        const bool ok = temporal_attention_config_parse(json, &c, &err);
        json_decref(json);
        EXPECT(ok == (r->says == NULL));
        if (!ok) {
            EXPECT_HAS(err.text, r->says);
            continue;
        }
        json = temporal_attention_config_json(&c);
        EXPECT_OK(temporal_attention_config_parse(json, &again, &err), &err);
        json_t *twice = temporal_attention_config_json(&again);
        EXPECT(json_equal(json, twice));
        json_decref(json);
        json_decref(twice);
    }
}

/* Mean and spread of the numbers of a saved tensor. */
static void moments(const struct safetensors *file, const char *name, double *mean, double *spread)
{
    const struct safetensor *tensor = safetensors_find(file, name);
    double sum = 0, squares = 0;

    EXPECT(tensor != NULL);
    for (size_t i = 0; i < tensor->count; i++) {
        float x;
        memcpy(&x, (const char *)tensor->data + i * sizeof x, sizeof x);
        sum += (double)x;
        squares += (double)x * (double)x;
    }
    *mean = sum / (double)tensor->count;
    *spread = sqrt(squares / (double)tensor->count - *mean * *mean);
}

TEST(temporal_attention_starts_as_torch_does)
{
    static const struct {
        const char *tensor;
        double mean, spread; /* a uniform draw from -x to x spreads by x / sqrt(3) */
    } rows[] = {
        {"embedding.weight", 0, 1},
        {"order_attention.dummy_order", 0.5, 0.2887},
        {"order_attention.layer_stack.0.multi_attn.in_proj_weight", 0, 0.1768 / 1.4142},
        {"order_attention.layer_stack.1.multi_attn.in_proj_weight", 0, 0.1768 / 1.4142},
        {"order_attention.layer_stack.0.multi_attn.in_proj_bias", 0, 0},
        {"order_attention.layer_stack.0.multi_attn.out_proj.weight", 0, 0.1768 / 1.7321},
        {"order_attention.layer_stack.0.multi_attn.out_proj.bias", 0, 0},
        {"order_attention.layer_stack.0.layer_norm1.weight", 1, 0},
        {"order_attention.layer_stack.0.feedforward.gate.w_gating", 0, 1},
        {"order_attention.layer_stack.0.feedforward.experts.w1", 0, 0.1291 / 1.7321},
        {"order_attention.layer_stack.0.feedforward.experts.w2", 0, 0.1768 / 1.7321},
        {"feature_attention.emb_tbl_bias", 0, 1},
        {"clf.0.weight", 0, 0.1443 / 1.7321},
        {"clf.0.bias", 0, 0.1443 / 1.7321},
        {"clf.3.weight", 0, 0.03125 / 1.7321},
    };
    struct temporal_attention_config c = small();
    struct safetensors file;
    struct error err = {0};

    c.n_embedding = 300;
    c.n_cat_features = 30;
    c.dim_embedding_table = 16;
    c.dim_attn_feedforward = 60;
    c.use_moe = true;
    struct temporal_attention *model = temporal_attention_new(&c, 7);
    EXPECT_OK(temporal_attention_save(model, test_path("start.safetensors"), &err), &err);
    EXPECT_OK(safetensors_open(&file, test_path("start.safetensors"), &err), &err);
    EACH_ROW(rows, r) {
        double mean, spread;
        moments(&file, r->tensor, &mean, &spread);
        EXPECT_NEAR(mean, r->mean, 0.15 * r->spread + (r->mean != 0 && r->spread > 0 ? 0.1 : 0));
        EXPECT_NEAR(spread, r->spread, 0.12 * r->spread);
    }
    const struct safetensor *table = safetensors_find(&file, "embedding.weight");
    float first[17];
    memcpy(first, table->data, sizeof first);
    for (size_t i = 0; i < 16; i++)
        EXPECT(first[i] == 0);
    EXPECT(first[16] != 0);
    safetensors_close(&file);
    temporal_attention_free(model);
}

static const char settings[] =
    "source: {path: x.csv, time: at, outcome: bad, outcome_after: 1 day}\n"
    "histories:\n"
    "  by: [who, where]\n"
    "  seq_len: 4\n"
    "  features:\n"
    "    - {column: kind, type: category}\n"
    "    - {column: amount}\n"
    "  engineered:\n"
    "    - {column: amount, log: true}\n"
    "split:\n"
    "  train: [2024-01-01, 2024-01-02]\n"
    "  test: [2024-01-03, 2024-01-04]\n";

static const char *orders_table(void)
{
    static char text[16384];
    struct rng rng = rng_new(1, 1);
    size_t used = (size_t)snprintf(text, sizeof text, "at,who,where,kind,amount,bad\n");

    for (size_t i = 0; i < 200; i++)
        used += (size_t)snprintf(
            text + used, sizeof text - used, "2024-01-%02zu %02zu:%02zu:00,%d,%d,k%d,%d,%d\n",
            1 + i / 50, i % 50 / 3, i % 3 * 10, (int)rng_below(&rng, 9), (int)rng_below(&rng, 20),
            (int)rng_below(&rng, 4), 1 + (int)rng_below(&rng, 90), (int)rng_below(&rng, 9) == 0);
    return test_file("orders.csv", text);
}

TEST(temporal_attention_predicts_a_set_on_any_number_of_threads)
{
    static float one[200], two[200], attention[200 * 2 * 4], by_hand[200];
    struct history_case h;
    struct error err = {0};

    EXPECT_OK(history_case_open(&h, settings, orders_table(), &err), &err);
    struct temporal_attention_config c = small();
    c.two_sequences = true;
    c.seq_len = h.fitted.config.histories.seq_len;
    c.n_cat_features = h.fitted.n_cat;
    c.n_num_features = h.fitted.n_num;
    c.n_embedding = h.fitted.n_embedding;
    c.n_engineered_num_features = h.fitted.n_engineered;
    struct temporal_attention *model = temporal_attention_new(&c, 5);
    struct pool *pools[] = {pool_new(1), pool_new(3)};
    EXPECT_EQ(h.test.count, 100);
    temporal_attention_predict(model, &h.set, h.test.row, h.test.count,
                               &(struct temporal_attention_output){.score = one}, pools[0]);
    temporal_attention_predict(
        model, &h.set, h.test.row, h.test.count,
        &(struct temporal_attention_output){.score = two, .attention = attention}, pools[1]);
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);
    for (size_t i = 0; i < h.test.count; i++) {
        struct history_row row;
        history_cut(&h.set, h.test.row[i], &h.buffers, &row);
        temporal_attention_score(scorer, &row, 1,
                                 &(struct temporal_attention_output){.score = by_hand + i});
        EXPECT(attention[i * 8 + 3] > 0);
    }
    EXPECT(memcmp(one, two, h.test.count * sizeof *one) == 0);
    EXPECT(memcmp(one, by_hand, h.test.count * sizeof *one) == 0);
    temporal_attention_scorer_free(scorer);
    for (size_t i = 0; i < 2; i++)
        pool_free(pools[i]);
    temporal_attention_free(model);
    history_case_close(&h);
}
