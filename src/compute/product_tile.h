/* SPDX-License-Identifier: MIT */
/*
 * The tile of a product over a few vector operations, for one table in one file. Before it is included:
 *     LANES, ROWS          floats of a vector; rows of a tile, all of whose sums stay in registers
 *     W_BYTES              of the weights that one vector of sums takes in a step; a row of x gives 4 bytes
 *     sums, factors        vectors of sums and of what is multiplied
 *     t_zero, t_w, t_x, t_dot     no sums; weights from memory; 4 bytes of x to all lanes; sums + x . w
 *     t_finish(sum, i, j)  sums of row i and columns j .. as float32
 *     v_load, v_store, v_store_part, v_load_part, v_add      as in kernels_vector.h
 */
enum { VECTORS = 2, COLUMNS = VECTORS * LANES };

#include "compute/product_fetch.h"
#include "compute/product_store.h"

static inline void multiply_tile(const struct product_panel *panel, struct product_fetch fetch) {
    sums sum[ROWS][VECTORS];
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 2
        for (int v = 0; v < VECTORS; v++) sum[i][v] = t_zero();

    /* y is in no near cache: its lines travel while the sums are made */
    for (int i = 0; i < ROWS && i < panel->rows; i++) {
        const float *y = panel->y + (size_t)i * panel->ldy;
        for (int j = 0; j < COLUMNS; j += 16) __builtin_prefetch(y + j, 1);
    }

    const char *x = panel->x, *w = panel->w;
    const size_t ldx = panel->x_bytes;
    /* two loops, as a condition in the inner one costs 2 % */
    for (int first = 0; first < panel->groups; first += FETCH_GROUPS) {
        const int end = smaller(first + FETCH_GROUPS, panel->groups);
        product_fetch_part(&fetch);
        for (int g = first; g < end; g++, x += 4, w += VECTORS * W_BYTES) {
            const factors w0 = t_w(w), w1 = t_w(w + W_BYTES);
#pragma GCC unroll 16
            for (int i = 0; i < ROWS; i++) {
                const factors value = t_x(x + (size_t)i * ldx);
                sum[i][0] = t_dot(sum[i][0], value, w0);
                sum[i][1] = t_dot(sum[i][1], value, w1);
            }
        }
    }

#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
        if (i >= panel->rows) break;
        store_sums(panel, sum[i][0], i, 0);
        store_sums(panel, sum[i][1], i, LANES);
    }
}

static void multiply(const struct product_panel *panel) {
    const int tiles = tiles_count(panel->rows, ROWS);
    struct product_panel rest = *panel;
    for (int tile = 0; tile < tiles; tile++, product_pass(&rest, ROWS))
        multiply_tile(&rest, product_fetch(panel, tile, tiles));
}
