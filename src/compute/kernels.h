/* SPDX-License-Identifier: MIT */
/*
 * kernels: the inner loops of the network in float32: element-wise work one row at a time, attention of one head, and
 * products. The scalar C versions are the specification; vector versions override them by CPU level, and
 * tests/kernel_check proves each against the scalar one, attention and products against double, and times all.
 * All sizes are counts of floats; rows need no alignment. A NaN that goes in comes out: none of them hides one, except
 * running_best, which never takes it.
 */
#ifndef POLYTOME_COMPUTE_KERNELS_H
#define POLYTOME_COMPUTE_KERNELS_H

#include "base/cpu.h"
#include "compute/split.h"

#include <stdbool.h>
#include <stddef.h>

/** What attend() works in: at most so many queries at a time, so many keys a step. */
enum { ATTEND_QUERIES = 48, ATTEND_KEYS = 128 };

/** Floats of scratch memory for attend(): the queries of a tile, their output, and the weights of a step. */
static inline size_t attend_scratch(int head_dim) {
    return (2 * (size_t)head_dim + ATTEND_KEYS) * ATTEND_QUERIES;
}

/** What multiply() turns at a time: columns of y and values of a row of w. */
enum { MULTIPLY_COLUMNS = 192, MULTIPLY_DEPTH = 768, MULTIPLY_SCRATCH = MULTIPLY_COLUMNS * MULTIPLY_DEPTH };

struct kernels {
    enum cpu_level level;

    /** y = (x - mean) / sqrt(var + eps) * w + b over n values, var biased. y may be x. */
    void (*layer_norm)(float *y, const float *x, const float *w, const float *b, int n, float eps);

    /**
     * Attention of one head: out (rows, head_dim) = softmax(scale q k^T + bias) v. Rows of out and q lie ld* apart; k
     * and v (n, head_dim) are packed; bias (n) or NULL. scratch: attend_scratch() floats.
     */
    void (*attend)(float *out, int ldo, const float *q, int ldq, const float *k, const float *v, const float *bias,
                   int rows, int n, int head_dim, float scale, float *scratch);

    /**
     * y (rows, columns) = x (rows, n) w^T (columns, n) + bias (columns, or NULL), or y += that; rows ld* apart, n > 0.
     * scratch: MULTIPLY_SCRATCH floats. NULL at a level where OpenBLAS is not slower, or `split` is there.
     */
    void (*multiply)(float *y, int ldy, const float *x, int ldx, const float *w, int ldw, const float *bias, int rows,
                     int columns, int n, bool add, float *scratch);

    /** Products of split factors; NULL at a level that has no unit for them. */
    const struct split_kernels *split;

    /** y = y + b; b (n) may be NULL: nothing to do. */
    void (*add)(float *y, const float *b, int n);

    /** y = 0.5 y (1 + erf(y / sqrt 2)). */
    void (*gelu)(float *y, int n);
    /** y = 0.5 y (1 + tanh(sqrt(2 / pi) (y + 0.044715 y^3))). */
    void (*gelu_tanh)(float *y, int n);
    /** y = y / (1 + exp(-1.702 y)). */
    void (*quick_gelu)(float *y, int n);

    /** y = y + scale[i] * (x + b), the residual under a layer scale; b (n) or NULL. */
    void (*add_scaled)(float *y, const float *x, const float *b, const float *scale, int n);

    /** Where a score is greater than *best, takes it and its index, `first` + i: the lower index wins a tie. */
    void (*running_best)(float *best, int *index, const float *scores, int first, int n);
};

/** The table for a CPU level; static, never NULL. */
const struct kernels *kernels_for(enum cpu_level level);

/** Has a row of a product the same bits whichever rows stand beside it? OpenBLAS does not promise it. */
static inline bool kernels_rows_alone(const struct kernels *kernels) {
    return kernels->multiply || kernels->split;
}

/** attend() in plain C: of the scalar table. */
void attend_portable(float *out, int ldo, const float *q, int ldq, const float *k, const float *v, const float *bias,
                     int rows, int n, int head_dim, float scale, float *scratch);

/** The tables themselves, one a file, each only where the architecture has it: for kernels_for(). */
extern const struct kernels kernels_scalar, kernels_neon, kernels_avx2, kernels_avx512, kernels_amx;

#endif
