/* The hand-computed case of src/nn/op/lstm.c. */
#include "nn/graph.h"
#include "nn/initialise.h"
#include "support/test.h"

#include "base/arena.h"

TEST(lstm_agrees_with_the_case_computed_by_hand)
{
    struct graph *g = graph_new(1, 2);
    const size_t x = graph_input(g, "x", SHAPE_STEPS(1));
    const size_t w = graph_parameter(g, "w", SHAPE_FIXED(1, 4));
    const size_t r = graph_parameter(g, "r", SHAPE_FIXED(1, 4));
    const size_t b = graph_parameter(g, "b", SHAPE_FIXED(4));
    const size_t h = graph_add(g, (struct graph_node){.op = &op_lstm, .in = {x, w, r, b}});
    struct arena arena = {0};

    graph_finish(g);
    real *parameters = ARENA_ZERO(&arena, real, graph_parameters_size(g));
    real *packed = ARENA_ZERO(&arena, real, graph_packed_size(g));
    const real kernel[] = {.5, .25, 1, -.5}, recurrent[] = {.1, .2, .3, .4};
    memcpy(parameters + graph_parameter_find(g, "w")->offset, kernel, sizeof kernel);
    memcpy(parameters + graph_parameter_find(g, "r")->offset, recurrent, sizeof recurrent);
    graph_pack(g, parameters, packed);
    struct graph_run *run = graph_run_new(g, false);
    graph_run_begin(run, &(struct graph_batch){.rows = 1});
    graph_run_input(run, x)[0] = 1;
    graph_run_input(run, x)[1] = 2;
    graph_forward(run, parameters, packed);
    EXPECT_NEAR(graph_run_value(run, h)[0], 0.16667476437297848, 1e-12);
    EXPECT_NEAR(graph_run_value(run, h)[1], 0.21603821145593105, 1e-12);
    graph_run_free(run);
    graph_free(g);
    arena_clear(&arena);
}

TEST(initialise_orthogonal_rows_are_orthonormal)
{
    enum { ROWS = 16, COLUMNS = 64 };
    real w[ROWS * COLUMNS];

    initialise_orthogonal(w, ROWS, COLUMNS, 1, 2);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < ROWS; j++) {
            double product = 0;
            for (size_t k = 0; k < COLUMNS; k++)
                product += w[i * COLUMNS + k] * w[j * COLUMNS + k];
            EXPECT_NEAR(product, i == j, 1e-12);
        }
}
