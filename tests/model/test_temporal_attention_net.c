/* The network in training mode: what must add up, what must not depend on the cut. */
#include "base/arena.h"
#include "base/rng.h"
#include "model/temporal_attention_net.h"
#include "sequence/history.h"
#include "support/test.h"

#include <math.h>

enum { ROWS = 12, STEPS = 5, CATEGORIES = 33, NUMBERS = 2, ENGINEERED = 3, TABLE = 60 };

struct fixture {
    struct temporal_attention_net net;
    struct history_row row[ROWS];
    int32_t label[ROWS];
    real *weights, *packed, *gradients; /* gradients: sum of the turns */
    struct graph_run *run;
    struct arena arena;
    double loss;
};

static struct temporal_attention_config config_of(bool two, bool experts, double dropout)
{
    return (struct temporal_attention_config){
        .n_cat_features = CATEGORIES,
        .n_num_features = NUMBERS,
        .n_classes = 2,
        .n_embedding = TABLE,
        .seq_len = STEPS,
        .n_engineered_num_features = ENGINEERED,
        .two_sequences = two,
        .dim_embedding_table = 6,
        .dim_attn_feedforward = 10,
        .num_heads = 2,
        .n_layers_order = 2,
        .n_layers_feature = 2,
        .dropout = dropout,
        .emb_tbl_use_bias = true,
        .use_moe = experts,
        .num_experts = 3,
        .use_time_seq = true,
    };
}

static struct history make_history(struct arena *arena, struct rng *rng)
{
    const size_t orders = 1 + rng_below(rng, STEPS);
    int32_t *categorical = ARENA_NEW(arena, int32_t, orders * CATEGORIES);
    float *numeric = ARENA_NEW(arena, float, orders *NUMBERS);
    float *time = ARENA_ZERO(arena, float, orders);

    for (size_t i = 0; i < orders * CATEGORIES; i++)
        categorical[i] = (int32_t)rng_below(rng, TABLE - NUMBERS);
    for (size_t i = 0; i < orders * NUMBERS; i++)
        numeric[i] = (float)rng_uniform(rng);
    for (size_t i = orders - 1; i-- > 0;)
        time[i] = time[i + 1] + 1e5f * (float)rng_uniform(rng);
    return (struct history){orders, categorical, numeric, time};
}

static void fixture_init(struct fixture *f, const struct temporal_attention_config *config)
{
    struct rng rng = rng_new(2, 2);

    *f = (struct fixture){0};
    temporal_attention_net_init(&f->net, config, ROWS,
                                &(struct temporal_attention_loss){.op = &op_softmax_cross_entropy});
    f->weights = ARENA_NEW(&f->arena, real, graph_parameters_size(f->net.graph));
    f->packed = ARENA_NEW(&f->arena, real, graph_packed_size(f->net.graph));
    f->gradients = ARENA_ZERO(&f->arena, real, graph_parameters_size(f->net.graph));
    f->run = graph_run_new(f->net.graph, true);
    temporal_attention_net_start(&f->net, 3, f->weights);
    graph_pack(f->net.graph, f->weights, f->packed);
    for (size_t b = 0; b < ROWS; b++) {
        float *engineered = ARENA_NEW(&f->arena, float, ENGINEERED);
        for (size_t i = 0; i < ENGINEERED; i++)
            engineered[i] = (float)rng_normal(&rng);
        f->row[b] = (struct history_row){
            {make_history(&f->arena, &rng), make_history(&f->arena, &rng)}, engineered};
        f->label[b] = (int32_t)rng_below(&rng, 2);
    }
}

static void fixture_clear(struct fixture *f)
{
    graph_run_free(f->run);
    temporal_attention_net_clear(&f->net);
    arena_clear(&f->arena);
}

static void run_in_turns(struct fixture *f, size_t rows, uint64_t seed, bool training)
{
    const size_t size = graph_parameters_size(f->net.graph);

    f->loss = 0;
    memset(graph_run_gradients(f->run), 0, size * sizeof(real));
    for (size_t first = 0; first < ROWS; first += rows) {
        temporal_attention_net_fill(
            &f->net, f->run,
            &(struct temporal_attention_turn){.rows = rows < ROWS - first ? rows : ROWS - first,
                                              .row = f->row + first,
                                              .label = f->label + first,
                                              .total_weight = ROWS,
                                              .batch_rows = ROWS,
                                              .training = training,
                                              .seed = seed,
                                              .first_row = first});
        graph_forward(f->run, f->weights, f->packed);
        f->loss += (double)graph_run_value(f->run, f->net.loss)[0];
        graph_backward(f->run, f->weights, f->packed, f->net.loss);
    }
    graph_backward_weights(f->run, f->weights, f->packed);
    memcpy(f->gradients, graph_run_gradients(f->run), size * sizeof(real));
}

static const struct {
    bool two, experts;
    double dropout;
} forms[] = {{false, false, 0}, {true, false, 0.2}, {true, true, 0}, {false, true, 0.2}};

TEST(temporal_attention_turns_of_any_size_add_up)
{
    EACH_ROW(forms, form) {
        const struct temporal_attention_config c =
            config_of(form->two, form->experts, form->dropout);
        struct fixture whole, cut;
        double sum = 0;
        fixture_init(&whole, &c);
        fixture_init(&cut, &c);
        run_in_turns(&whole, ROWS, 4, true);
        for (size_t rows = 1; rows < 6; rows += 4) {
            run_in_turns(&cut, rows, 4, true);
            EXPECT_NEAR(cut.loss, whole.loss, 1e-5);
            for (size_t i = 0; i < graph_parameters_size(cut.net.graph); i++) {
                EXPECT_NEAR(cut.gradients[i], whole.gradients[i],
                            1e-4 + 1e-3 * fabs((double)whole.gradients[i]));
                sum += fabs((double)cut.gradients[i]);
            }
        }
        EXPECT(sum > 1);
        fixture_clear(&whole);
        fixture_clear(&cut);
    }
}

TEST(temporal_attention_training_is_a_function_of_the_seed)
{
    const struct temporal_attention_config c = config_of(true, true, 0.2);
    struct fixture a, b;

    fixture_init(&a, &c);
    fixture_init(&b, &c);
    const size_t size = graph_parameters_size(a.net.graph) * sizeof(real);
    run_in_turns(&a, 3, 4, true);
    run_in_turns(&b, 3, 5, true);
    EXPECT(memcmp(a.gradients, b.gradients, size) != 0);
    run_in_turns(&b, 3, 4, true);
    EXPECT(memcmp(a.gradients, b.gradients, size) == 0);
    EXPECT(a.loss == b.loss);
    fixture_clear(&a);
    fixture_clear(&b);
}

/* The balance of the experts is part of the loss in training and of nothing else. */
TEST(temporal_attention_balances_experts_in_training)
{
    const struct temporal_attention_config c = config_of(false, true, 0);
    struct fixture f;

    fixture_init(&f, &c);
    run_in_turns(&f, ROWS, 4, false);
    const double loss = f.loss;
    run_in_turns(&f, ROWS, 5, false);
    EXPECT(loss == f.loss);
    run_in_turns(&f, ROWS, 4, true);
    EXPECT(f.loss > loss + 0.005); /* two layers, 0.01 each where use is even */
    fixture_clear(&f);
}

/* The weights that are told are those that the network used: values summed by them. */
static double gathered(const struct fixture *f, size_t s, size_t b, size_t i, const float *told)
{
    const struct temporal_attention_last *last = &f->net.last[s];
    const size_t k =
        s ? TEMPORAL_ATTENTION_TRACK_NARROW_APPENDED : TEMPORAL_ATTENTION_TRACK_APPENDED;
    const size_t *begin = graph_run_batch(f->run)->track[k].begin;
    const real *value = graph_run_value(f->run, last->key) + last->value_first + i;
    double sum = 0, left = 1;

    if (begin[b] == begin[b + 1])
        return NAN;
    for (size_t t = begin[b]; t + 1 < begin[b + 1]; t++) {
        const double weight = (double)told[STEPS - (begin[b + 1] - 1 - t)];
        sum += weight * (double)value[t * last->key_stride];
        left -= weight;
    }
    return sum + left * (double)value[(begin[b + 1] - 1) * last->key_stride];
}

TEST(temporal_attention_told_is_the_attention_used)
{
    struct temporal_attention_config c = config_of(true, false, 0);
    struct fixture f;
    float attention[ROWS * 2 * STEPS];
    size_t seen[2] = {0};

    c.num_heads = 1;
    fixture_init(&f, &c);
    run_in_turns(&f, ROWS, 1, false);
    temporal_attention_net_read(&f.net, f.run,
                                &(struct temporal_attention_output){.attention = attention});
    for (size_t s = 0; s < 2; s++)
        for (size_t j = 0; j < ROWS * 2 * c.dim_embedding_table; j++) {
            const size_t b = j / (2 * c.dim_embedding_table);
            const double sum = gathered(&f, s, b, j % (2 * c.dim_embedding_table),
                                        attention + (2 * b + s) * STEPS);
            if (isnan(sum))
                continue;
            EXPECT_NEAR(graph_run_value(f.run, f.net.last[s].gathered)[j], sum, 1e-5);
            seen[s]++;
        }
    EXPECT(seen[0] == ROWS * 12 && seen[1] > 12);
    fixture_clear(&f);
}

TEST(temporal_attention_net_takes_few_rows_at_large_sizes)
{
    struct temporal_attention_config c = config_of(false, false, 0);

    EXPECT(temporal_attention_net_rows(&c, false) > 1);
    EXPECT(temporal_attention_net_rows(&c, true) <= TEMPORAL_ATTENTION_ROWS_MAX);
    c.seq_len = 51;
    c.dim_embedding_table = 64;
    c.dim_attn_feedforward = 256;
    c.n_engineered_num_features = 297;
    EXPECT_EQ(temporal_attention_net_rows(&c, false), 1);
    EXPECT_EQ(temporal_attention_net_rows(&c, true), 2);
    c.n_engineered_num_features = 2000;
    EXPECT_EQ(temporal_attention_net_rows(&c, true), 1);
}
