#include "nn/trainer.h"

#include "base/rng.h"
#include "support/test.h"

/* Logistic regression on made-up rows: the smallest graph with a loss. */
enum { FEATURES = 5, BATCH = 24, SLICE = 10, SLICES = 3, STEPS = 300 };

struct problem {
    struct graph *graph;
    size_t x, label, weight, total, loss;
    real poison; /* put into an input at step `poisoned` */
    size_t poisoned;
};

static void problem_init(struct problem *p)
{
    struct graph *g = graph_new(SLICE, 1);

    *p = (struct problem){.graph = g, .poisoned = SIZE_MAX};
    p->x = graph_input(g, "x", SHAPE_ROWS(FEATURES));
    p->label = graph_input(g, "label", SHAPE_ROWS(1));
    p->weight = graph_input(g, "weight", SHAPE_ROWS(1));
    p->total = graph_input(g, "total_weight", SHAPE_FIXED(1));
    const size_t kernel = graph_parameter(g, "kernel", SHAPE_FIXED(FEATURES, 1));
    const size_t bias = graph_parameter(g, "bias", SHAPE_FIXED(1));
    const size_t y = graph_add(g, (struct graph_node){.op = &op_dense, .in = {p->x, kernel, bias}});
    p->loss = graph_add(g, (struct graph_node){.op = &op_binary_cross_entropy,
                                               .in = {y, p->label, p->weight, p->total}});
    graph_finish(g);
}

/* Row r of step s: features uniform, the label by the sign of feature 0 minus feature 1. */
static void fill_rows(const struct problem *p, size_t step, size_t first, size_t rows,
                      struct graph_run *run)
{
    graph_run_begin(run, &(struct graph_batch){.rows = rows, .first_row = first});
    for (size_t i = 0; i < rows; i++) {
        struct rng rng = rng_new(1, (step % 100) * BATCH + first + i);
        real *x = graph_run_input(run, p->x) + i * FEATURES;
        for (size_t j = 0; j < FEATURES; j++)
            x[j] = (real)rng_uniform(&rng) - (real)0.5;
        graph_run_input(run, p->label)[i] = x[0] > x[1];
        graph_run_input(run, p->weight)[i] = 1;
    }
    graph_run_input(run, p->total)[0] = BATCH;
    if (step == p->poisoned && rows)
        graph_run_input(run, p->x)[0] = p->poison;
}

static void fill(void *context, size_t step, size_t slice, size_t turn, struct graph_run *run)
{
    const size_t first = slice * SLICE, left = BATCH - first;

    BUG_ON(turn != 0);
    fill_rows(context, step, first, left < SLICE ? left : SLICE, run);
}

/* The whole batch is one slice: its turns are what are slices in fill(), but for one more without
 * rows. */
static void fill_turn(void *context, size_t step, size_t slice, size_t turn, struct graph_run *run)
{
    const size_t first = turn * SLICE, left = first < BATCH ? BATCH - first : 0;

    BUG_ON(slice != 0);
    fill_rows(context, step, first, left < SLICE ? left : SLICE, run);
}

static struct trainer *start(struct problem *p, struct pool *pool, double average)
{
    struct trainer_settings settings = {.graph = p->graph,
                                        .loss = p->loss,
                                        .slices = SLICES,
                                        .adam = adam_defaults(),
                                        .average = average};

    settings.adam.rate = 0.02;
    return trainer_new(&settings, pool);
}

TEST(trainer_learns_the_same_at_any_thread_count)
{
    static const size_t threads[] = {1, 2, 4};
    struct trainer_state first = {0};
    struct problem problem;
    struct trainer *trainers[3];
    struct error err = {0};
    double loss[3], early;

    problem_init(&problem);
    EACH_ROW(threads, n) {
        struct pool *pool = pool_new(*n);
        const size_t i = (size_t)(n - threads);
        trainers[i] = start(&problem, pool, 0.9);
        EXPECT_OK(trainer_run(trainers[i], 1, fill, &problem, "x", &early, &err), &err);
        EXPECT_OK(trainer_run(trainers[i], STEPS, fill, &problem, "x", &loss[i], &err), &err);
        pool_free(pool);
        const struct trainer_state *now = trainer_state(trainers[i]);
        EXPECT_EQ(now->step, STEPS + 1);
        EXPECT_NEAR(early, 0.693147, 1e-5); /* all weights zero: log 2 */
        EXPECT(loss[i] < 0.45);
        if (i == 0)
            first = *now;
        EXPECT(loss[i] == loss[0]);
        EXPECT(memcmp(first.parameters, now->parameters, now->size * sizeof(real)) == 0);
        EXPECT(memcmp(first.first, now->first, now->size * sizeof(real)) == 0);
        EXPECT(memcmp(first.second, now->second, now->size * sizeof(real)) == 0);
        EXPECT(memcmp(first.average, now->average, now->size * sizeof(real)) == 0);
        EXPECT(memcmp(now->average, now->parameters, now->size * sizeof(real)) != 0);
    }
    for (size_t i = 0; i < 3; i++)
        trainer_free(trainers[i]);
    graph_free(problem.graph);
}

TEST(trainer_turns_add_up_to_the_batch)
{
    struct problem problem;
    struct error err = {0};
    double loss, loss_turns;

    problem_init(&problem);
    struct pool *pool = pool_new(1);
    struct trainer *slices = start(&problem, pool, 0);
    struct trainer *turns =
        trainer_new(&(struct trainer_settings){.graph = problem.graph,
                                               .loss = problem.loss,
                                               .slices = 1,
                                               .turns = SLICES + 1,
                                               .adam = {.rate = 0.02,
                                                        .beta1 = adam_defaults().beta1,
                                                        .beta2 = adam_defaults().beta2,
                                                        .epsilon = adam_defaults().epsilon}},
                    pool);
    EXPECT_OK(trainer_run(slices, 100, fill, &problem, "x", &loss, &err), &err);
    EXPECT_OK(trainer_run(turns, 100, fill_turn, &problem, "x", &loss_turns, &err), &err);
    EXPECT_NEAR(loss, loss_turns, 1e-5);
    for (size_t i = 0; i < trainer_state(slices)->size; i++)
        EXPECT_NEAR(trainer_state(slices)->parameters[i], trainer_state(turns)->parameters[i],
                    1e-4);
    trainer_free(slices);
    trainer_free(turns);
    pool_free(pool);
    graph_free(problem.graph);
}

TEST(trainer_averages_weights_by_the_formula)
{
    struct problem problem;
    struct error err = {0};
    double loss, average[64] = {0};

    problem_init(&problem);
    struct pool *pool = pool_new(1);
    struct trainer *trainer = start(&problem, pool, 0.9);
    const struct trainer_state *now = trainer_state(trainer);
    EXPECT(now->size <= 64);
    for (size_t t = 0; t < 200; t++) {
        EXPECT_OK(trainer_run(trainer, 1, fill, &problem, "x", &loss, &err), &err);
        const double decay = (double)t / (double)(t + 9) < 0.9 ? (double)t / (double)(t + 9) : 0.9;
        for (size_t i = 0; i < now->size; i++) {
            average[i] += (1 - decay) * ((double)now->parameters[i] - average[i]);
            EXPECT_NEAR(now->average[i], average[i], 1e-5);
        }
    }
    trainer_free(trainer);
    pool_free(pool);
    graph_free(problem.graph);
}

TEST(trainer_stops_before_a_loss_that_is_not_finite)
{
    static const size_t threads[] = {1, 2};
    EACH_ROW(threads, n) {
        struct problem problem;
        struct error err = {0};
        double loss;
        problem_init(&problem);
        struct pool *pool = pool_new(*n);
        struct trainer *trainer = start(&problem, pool, 0);
        EXPECT_OK(trainer_run(trainer, 7, fill, &problem, "x", &loss, &err), &err);
        problem.poisoned = 3;
        problem.poison = (real)__builtin_inf();
        EXPECT_ERROR(trainer_run(trainer, 20, fill, &problem, "x", &loss, &err), &err, ERR_DATA,
                     "step 11");
        EXPECT_EQ(trainer_state(trainer)->step, 10);
        for (size_t i = 0; i < trainer_state(trainer)->size; i++)
            EXPECT(__builtin_isfinite(trainer_state(trainer)->parameters[i]));
        problem.poisoned = SIZE_MAX;
        EXPECT_OK(trainer_run(trainer, 20, fill, &problem, "x", &loss, &err), &err);
        EXPECT(__builtin_isfinite(loss));
        trainer_free(trainer);
        pool_free(pool);
        graph_free(problem.graph);
    }
}

/* A step that fails leaves no gradients behind, and every thread sees what the caller writes. */
TEST(trainer_goes_on_from_its_state_alone)
{
    static const size_t threads[] = {1, 2, 3};
    struct trainer *trainers[4];
    struct problem problem;
    struct error err = {0};
    double loss;

    problem_init(&problem);
    for (size_t i = 0; i < 4; i++) {
        struct pool *pool = pool_new(threads[i % 3]);
        trainers[i] = start(&problem, pool, 0);
        problem.poison = (real)__builtin_inf();
        problem.poisoned = i < 3 ? 3 : SIZE_MAX;
        if (i < 3)
            EXPECT_ERROR(trainer_run(trainers[i], 20, fill, &problem, "x", &loss, &err), &err,
                         ERR_DATA, "step 4");
        else
            EXPECT_OK(trainer_run(trainers[i], 3, fill, &problem, "x", &loss, &err), &err);
        problem.poisoned = SIZE_MAX;
        const struct trainer_state *now = trainer_state(trainers[i]);
        EXPECT_EQ(now->step, 3);
        for (size_t j = 0; j < now->size; j++)
            now->parameters[j] = (real)j / 8;
        EXPECT_OK(trainer_run(trainers[i], 10, fill, &problem, "x", &loss, &err), &err);
        pool_free(pool);
    }
    const struct trainer_state *last = trainer_state(trainers[3]);
    for (size_t i = 0; i < 3; i++)
        EXPECT(memcmp(last->parameters, trainer_state(trainers[i])->parameters,
                      last->size * sizeof(real)) == 0);
    for (size_t i = 0; i < 4; i++)
        trainer_free(trainers[i]);
    graph_free(problem.graph);
}
