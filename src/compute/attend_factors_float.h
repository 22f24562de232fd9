/* SPDX-License-Identifier: MIT */
/* What attend_vector.h multiplies, in float32: one value a lane. */
#ifndef POLYTOME_COMPUTE_ATTEND_FACTORS_FLOAT_H
#define POLYTOME_COMPUTE_ATTEND_FACTORS_FLOAT_H

#include "compute/accumulate_vector.h"
#include "compute/exp2_vector.h"
#include "compute/transpose.h"

#include <string.h>

enum { GROUP = 1 };

static inline int groups(int count) {
    return count;
}

/* In their wide rows keys and values would lie whole KiB apart and evict each other. */
static void pack_keys(float *to, const float *from, size_t ld, int n, int head_dim) {
    const size_t row = (size_t)head_dim;
    for (int i = 0; i < n; i++) memcpy(to + (size_t)i * row, from + (size_t)i * ld, row * sizeof *to);
}

static void pack_values(float *to, const float *from, size_t ld, int n, int head_dim) {
    pack_keys(to, from, ld, n, head_dim);
}

/** to (head_dim, WIDTH) = q (count, head_dim), transposed; zeros in what is left of the last vector in use. */
static void turn_queries(float *to, float *unused, const float *q, size_t ldq, int count, int head_dim) {
    const int whole = count - count % LANES;
    (void)unused;
    for (int d = 0; count % LANES && d < head_dim; d++) v_store(to + d * WIDTH + whole, v_set(0));
    transpose(to, WIDTH, q, ldq, count, head_dim);
}

/** weights (LANES) = 2^(scale scores + shift): what they add to the sum. */
static ALWAYS_INLINE vec weigh_group(float *weights, const float *scores, int keys, vec scale, vec shift) {
    (void)keys;
    const vec weight = v_exp2(v_fma(v_load(scores), scale, shift));
    v_store(weights, weight);
    return weight;
}

#endif
