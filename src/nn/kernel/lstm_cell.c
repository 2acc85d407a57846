#include "nn/kernel/declare.h"
#include "nn/kernel/elementary_vector.h"

/* Whole vectors through plain loads, the tail of a row through partial ones. */
INLINE vec load(const real *x, size_t n)
{
    return n == LANES ? vec_load(x) : vec_load_part(x, n);
}

INLINE void store(real *x, vec v, size_t n)
{
    if (n == LANES)
        vec_store(x, v);
    else
        vec_store_part(x, v, n);
}

/* n numbers of a row, from unit u on. */
INLINE void forward_lanes(const struct lstm_cell *cell, size_t row, size_t u, size_t n)
{
    const size_t units = cell->units, at = row * units + u;
    real *gate = cell->gate + row * 4 * units + u;
    const vec i = vec_sigmoid(load(gate, n));
    const vec f = vec_sigmoid(load(gate + units, n));
    const vec g = vec_tanh(load(gate + 2 * units, n));
    const vec o = vec_sigmoid(load(gate + 3 * units, n));
    vec c = i * g;

    if (cell->cell_before)
        c += f * load(cell->cell_before + at, n);
    const vec c_tanh = vec_tanh(c);
    store(gate, i, n);
    store(gate + units, f, n);
    store(gate + 2 * units, g, n);
    store(gate + 3 * units, o, n);
    store(cell->cell + at, c, n);
    store(cell->cell_tanh + at, c_tanh, n);
    store(cell->out + at, o * c_tanh, n);
}

void KERNEL(kernel_lstm_forward)(const struct lstm_cell *cell)
{
    for (size_t row = 0; row < cell->rows; row++) {
        size_t u = 0;
        for (; u + LANES <= cell->units; u += LANES)
            forward_lanes(cell, row, u, LANES);
        if (u < cell->units)
            forward_lanes(cell, row, u, cell->units - u);
    }
}

INLINE void backward_lanes(const struct lstm_cell_back *cell, size_t row, size_t u, size_t n)
{
    const size_t units = cell->units, at = row * units + u;
    const real *gate = cell->gate + row * 4 * units + u;
    real *d_gate = cell->d_gate + row * 4 * units + u;
    const vec i = load(gate, n), f = load(gate + units, n);
    const vec g = load(gate + 2 * units, n), o = load(gate + 3 * units, n);
    const vec c_tanh = load(cell->cell_tanh + at, n), dh = load(cell->d_out + at, n);
    const vec dc = load(cell->d_cell + at, n) + dh * o * (1 - c_tanh * c_tanh);
    vec df = {0};

    if (cell->cell_before)
        df = dc * load(cell->cell_before + at, n) * f * (1 - f);
    store(d_gate, dc * g * i * (1 - i), n);
    store(d_gate + units, df, n);
    store(d_gate + 2 * units, dc * i * (1 - g * g), n);
    store(d_gate + 3 * units, dh * c_tanh * o * (1 - o), n);
    store(cell->d_cell + at, dc * f, n);
}

void KERNEL(kernel_lstm_backward)(const struct lstm_cell_back *cell)
{
    for (size_t row = 0; row < cell->rows; row++) {
        size_t u = 0;
        for (; u + LANES <= cell->units; u += LANES)
            backward_lanes(cell, row, u, LANES);
        if (u < cell->units)
            backward_lanes(cell, row, u, cell->units - u);
    }
}
