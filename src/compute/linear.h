/* SPDX-License-Identifier: MIT */
/*
 * linear: matrix products, cut into tiles, one thread a tile. A tile is computed by the level's own kernel, or where
 * that has none by a library, which only gemm.c knows (OpenBLAS; the threads are ours). Row-major float32; ld* is the
 * distance between rows in floats.
 */
#ifndef POLYTOME_COMPUTE_LINEAR_H
#define POLYTOME_COMPUTE_LINEAR_H

#include "base/threads.h"
#include "compute/kernels.h"

/** What every threaded computation needs. */
struct compute {
    struct threads *threads;
    const struct kernels *kernels;
    float *scratch;                         /* linear_scratch() floats, on a cache line */
    const struct product *product;          /* of the layers in reduced precision; NULL: all is float32 */
    const struct attend_kernels *attention; /* attention_for() these */
};

enum activation { ACTIVATION_NONE, ACTIVATION_GELU, ACTIVATION_GELU_TANH, ACTIVATION_QUICK_GELU };

/** y (n) = act(y) */
void activate_row(const struct kernels *kernels, enum activation activation, float *y, int n);

/** How a product is put into y. */
enum linear_store {
    LINEAR_SET, /* y  = act(x w^T + b) */
    LINEAR_ADD  /* y  = act(y + x w^T + b): the residual of a block */
};

/** Floats that products need beside their factors, for all of `threads` threads; may be 0. */
size_t linear_scratch(const struct kernels *kernels, int threads);

/** Whether a row of a product has the same bits however many rows there are. */
bool linear_keeps_rows(const struct kernels *kernels);

/** One linear layer over many rows: y (rows, out), x (rows, in), w (out, in), b (out) or NULL. */
void linear(const struct compute *compute, float *y, int ldy, const float *x, int ldx, const float *w, const float *b,
            int rows, int in, int out, enum activation activation, enum linear_store store);

/** One tile on the calling thread: c (m, n) = a (m, k) b^T (n, k). */
void gemm_nt(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m, int n, int k);

/** The same, added to what c holds. */
void gemm_nt_add(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m, int n, int k);

/** Memory for products on one thread more at the same time, so that none of them has to ask for it; PTM_ENOMEM. */
ptm_status gemm_reserve(ptm_error *err);

/** The processor whose kernels OpenBLAS has taken, as it names it. */
const char *gemm_kernels(void);

/** Gives up what gemm_reserve() promised for so many threads. */
void gemm_release(int threads);

/** Matrix product rate of this machine with these threads, GFLOP/s: the yardstick of the benchmark. */
double linear_measure_gflops(const struct compute *compute, float *scratch_a, float *scratch_b, float *scratch_c,
                             int size);

#endif
