/* SPDX-License-Identifier: MIT */
/*
 * kernels: the element-wise work of the network, one row at a time. The scalar C versions are the specification; vector
 * versions override them by CPU level, and tests/kernel_check proves each against the scalar one and times both.
 * All sizes are counts of floats; rows need no alignment.
 */
#ifndef POLYTOME_COMPUTE_KERNELS_H
#define POLYTOME_COMPUTE_KERNELS_H

#include "base/cpu.h"

struct kernels {
    enum cpu_level level;

    /** y = (x - mean) / sqrt(var + eps) * w + b over n values, var biased. y may be x. */
    void (*layer_norm)(float *y, const float *x, const float *w, const float *b, int n, float eps);

    /** x = softmax(scale * x + bias), bias (n) or NULL. */
    void (*softmax)(float *x, const float *bias, float scale, int n);

    /** y = y + b; b (n) may be NULL: nothing to do. */
    void (*add)(float *y, const float *b, int n);

    /** y = act(y + b), b (n) or NULL. gelu: 0.5 z (1 + erf(z / sqrt 2)). */
    void (*gelu)(float *y, const float *b, int n);
    /** gelu_tanh: 0.5 z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))). */
    void (*gelu_tanh)(float *y, const float *b, int n);
    /** quick_gelu: z / (1 + exp(-1.702 z)). */
    void (*quick_gelu)(float *y, const float *b, int n);

    /** y = y + scale[i] * (x + b), the residual under a layer scale; b (n) or NULL. */
    void (*add_scaled)(float *y, const float *x, const float *b, const float *scale, int n);

    /** y = a * y + c * x, the weighted average of two tokens. */
    void (*blend)(float *y, const float *x, float a, float c, int n);

    /** Where a score is greater than *best, takes it and its index, `first` + i: the lower index wins a tie. */
    void (*running_best)(float *best, int *index, const float *scores, int first, int n);
};

/** The table for a CPU level; static, never NULL. */
const struct kernels *kernels_for(enum cpu_level level);

#endif
