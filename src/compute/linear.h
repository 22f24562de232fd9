/* SPDX-License-Identifier: MIT */
/*
 * linear: matrix products, cut into tiles, one thread a tile. A tile is computed by the level's own kernel, or where
 * that has none by a library, which only gemm.c knows (OpenBLAS; the threads are ours). Row-major float32; ld* is the
 * distance between rows in floats.
 */
#ifndef POLYTOME_COMPUTE_LINEAR_H
#define POLYTOME_COMPUTE_LINEAR_H

#include "compute/activation.h"
#include "compute/compute.h"

/** A layer in float32. */
struct linear_layer {
    const float *w, *b; /* (out, in); (out) or NULL */
    int in, out;
};

/** What a layer is applied to, and where that goes. */
struct linear_rows {
    float *y;       /* (rows, out), rows ldy apart */
    const float *x; /* (rows, in), rows ldx apart */
    size_t ldy, ldx;
    int rows;
    enum activation activation;
    bool add; /* y = act(y + x w^T + b), the residual of a block; else y = act(x w^T + b) */
};

/** Floats that products need beside their factors, for all of `threads` threads; may be 0. */
size_t linear_scratch(const struct kernels *kernels, int threads);

/** Whether a row of a product has the same bits however many rows there are, and a column however many columns. */
bool linear_keeps_rows(const struct kernels *kernels);

/** One product on the calling thread, which is number `worker`: by the level's own kernel, or by OpenBLAS. */
void linear_multiply(const struct compute *compute, const struct float_product *product, int worker);

/** y = act(x w^T + b) */
void linear(const struct compute *compute, const struct linear_layer *layer, const struct linear_rows *rows);

#endif
