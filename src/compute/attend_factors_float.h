/* SPDX-License-Identifier: MIT */
/* What attend_vector.h multiplies, in float32: one value a lane. */
#ifndef POLYTOME_COMPUTE_ATTEND_FACTORS_FLOAT_H
#define POLYTOME_COMPUTE_ATTEND_FACTORS_FLOAT_H

#include "compute/accumulate_vector.h"
#include "compute/exp2_vector.h"

#include <string.h>

enum { GROUP = 1 };

static inline int groups(int count) {
    return count;
}

/** to (n, head_dim) = from, rows ld apart. */
static void pack_rows(float *to, const float *from, size_t ld, int n, int head_dim) {
    const size_t row = (size_t)head_dim;
    for (int i = 0; i < n; i++) memcpy(to + (size_t)i * row, from + (size_t)i * ld, row * sizeof *to);
}

static void pack_values(float *to, const float *from, size_t ld, int n, int head_dim) {
    pack_rows(to, from, ld, n, head_dim);
}

/** weights (LANES) = 2^(scale scores + shift): what they add to the sum. */
static ALWAYS_INLINE vec weigh_group(float *weights, const float *scores, int keys, vec scale, vec shift) {
    (void)keys;
    const vec weight = v_exp2(v_fma(v_load(scores), scale, shift));
    v_store(weights, weight);
    return weight;
}

#endif
