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

#include <stdbool.h>
#include <stddef.h>

/** Attention of one head: out = softmax(scale q k^T + bias) v, scale > 0. */
struct attend_head {
    float *out;         /* (rows, head_dim), rows ldo apart */
    const float *q;     /* (rows, head_dim), rows ldq apart */
    const float *k, *v; /* (n, head_dim), rows ld apart */
    const float *bias;  /* (n) or NULL */
    size_t ldo, ldq, ld;
    int rows, n, head_dim;
    float scale;
};

struct attend_kernels {
    /** A query has the same bits whichever stand beside it. */
    void (*attend)(const struct attend_head *head, float *scratch);

    /** Floats of scratch memory, on a cache line, for that and for fewer keys. */
    size_t (*scratch)(int n, int head_dim);

    int queries; /* it takes so many at once, and begins by copying keys and values to where it likes them */

    enum cpu_feature feature; /* where it is taken: beyond the level of its table */
    /** Queries, keys, values and weights are rounded to it: PTM_F32, PTM_BF16, PTM_INT16, or PTM_FP16, in which sums of
     * a step are as well and the largest e^bias should be no more than 2^14 times another that counts. In PTM_INT16
     * infinity counts as NaN. */
    ptm_precision precision;
};

/** What becomes of n values of a layer: y = act(y). */
typedef void activation_kernel(float *y, int n);

/** y (rows, columns) = x (rows, n) w^T (columns, n) + bias (columns, or NULL), or y += that; rows ld* apart, n > 0. */
struct float_product {
    float *y;
    const float *x, *w, *bias;
    size_t ldy, ldx, ldw;
    int rows, columns, n;
    bool add;
    activation_kernel *activate; /* of each row then, while it is near; or NULL */
};

/** Float32 products where OpenBLAS is slower. */
struct multiply_kernels {
    /** A row has the same bits whichever stand beside it. */
    void (*multiply)(const struct float_product *product, float *scratch);

    /** Floats of scratch memory, on a cache line. */
    size_t scratch;

    /** The tile of y that suits it, of all columns on one thread: it prepares the weights of each tile anew. */
    int rows, columns;
};

struct kernels {
    enum cpu_level level;

    /** y = (x - mean) / sqrt(var + eps) * w + b over n values, var biased. y may be x. */
    void (*layer_norm)(float *y, const float *x, const float *w, const float *b, int n, float eps);

    const struct attend_kernels *attention;

    /** The same in 16 bits, as beside layers of reduced precision it may be: the first that the processor has is taken.
     * NULL where there are no more. */
    const struct attend_kernels *attention_reduced[3];

    const struct multiply_kernels *multiply; /* NULL at a level where OpenBLAS is not slower */

    /** y = y + b */
    void (*add)(float *y, const float *b, int n);

    /** y = 0.5 y (1 + erf(y / sqrt 2)). */
    activation_kernel *gelu;
    /** y = 0.5 y (1 + tanh(sqrt(2 / pi) (y + 0.044715 y^3))). */
    activation_kernel *gelu_tanh;
    /** y = y / (1 + exp(-1.702 y)). */
    activation_kernel *quick_gelu;

    /** y = y / (1 + exp(-y)) x: the gate of SwiGLU. */
    void (*swiglu)(float *y, const float *x, int n);

    /** y = y + scale x, each of n: the residual under a layer scale. */
    void (*add_scaled)(float *y, const float *x, const float *scale, int n);

    /** Where a score is greater than *best, takes it and its index, `first` + i: the lower index wins a tie. */
    void (*running_best)(float *best, int *index, const float *scores, int first, int n);
};

/** The table for a CPU level; static, never NULL. */
const struct kernels *kernels_for(enum cpu_level level);

/** Attention that has a file of its own: in plain C, of the scalar table, in bf16 and fp16 of AVX-512, and in int16. */
extern const struct attend_kernels attend_portable, attend_avx512bf16, attend_avx512fp16, attend_avx512vnni,
    attend_avxvnni, attend_avx2;

/** The tables themselves, one a file, each only where the architecture has it: for kernels_for(). */
extern const struct kernels kernels_scalar, kernels_neon, kernels_avx2, kernels_avx512, kernels_amx;

#endif
