/* SPDX-License-Identifier: MIT */
/* What attend_vector.h multiplies, in bf16 by VDPBF16PS: two values a lane, which it adds up in float32. */
#ifndef POLYTOME_COMPUTE_ATTEND_FACTORS_BF16_H
#define POLYTOME_COMPUTE_ATTEND_FACTORS_BF16_H

#define v_dot(sum, a, b) _mm512_dpbf16_ps(sum, (__m512bh)(a), (__m512bh)(b))

#include "compute/accumulate_vector.h"
#include "compute/exp2_vector.h"

enum { GROUP = 2 };

static inline int groups(int count) {
    return (count + 1) / 2;
}

/** Lanes of pairs: `first` in their lower halves. */
static inline vec pairs(vec first, vec second) {
    /* of the 32 halves, those of `first` before those of `second` */
    const __m512i places = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                            21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_castsi512_ps(_mm512_permutexvar_epi16(places, (__m512i)_mm512_cvtne2ps_pbh(second, first)));
}

/** to (groups of n) = x (n), zeros behind it: pairs of neighbours. */
static inline void pair_row(float *to, const float *x, int n) {
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        _mm256_storeu_ps(to + i / 2, _mm256_castsi256_ps((__m256i)_mm512_cvtneps_pbh(v_load(x + i))));
    if (i < n) {
        const __m256 rest = _mm256_castsi256_ps((__m256i)_mm512_cvtneps_pbh(v_load_part(x + i, n - i, 0)));
        _mm256_mask_storeu_ps(to + i / 2, (__mmask8)first_lanes(groups(n - i)), rest);
    }
}

/** to (n, groups of head_dim) = from, rows ld apart. */
static void pack_rows(float *to, const float *from, size_t ld, int n, int head_dim) {
    const size_t row = (size_t)groups(head_dim);
    for (int i = 0; i < n; i++) pair_row(to + (size_t)i * row, from + (size_t)i * ld, head_dim);
}

/** to (head_dim) = pairs of a value of `first` and one of `second`, or of zero where that is NULL. */
static inline void pair_rows(float *to, const float *first, const float *second, int head_dim) {
    const vec zero = v_set(0);
    int d = 0;
    for (; d + LANES <= head_dim; d += LANES)
        v_store(to + d, pairs(v_load(first + d), second ? v_load(second + d) : zero));
    if (d < head_dim) {
        const int rest = head_dim - d;
        v_store_part(to + d, rest,
                     pairs(v_load_part(first + d, rest, 0), second ? v_load_part(second + d, rest, 0) : zero));
    }
}

/** to (groups of n, head_dim) = from, rows ld apart: pairs of one row and the next. */
static void pack_values(float *to, const float *from, size_t ld, int n, int head_dim) {
    for (int i = 0; i < n; i += 2, to += head_dim, from += 2 * ld)
        pair_rows(to, from, i + 1 < n ? from + ld : NULL, head_dim);
}

/** weights (LANES) = pairs of 2^(scale scores + shift) of two rows of scores, or of one and zero: what they add to the
 * sum. */
static ALWAYS_INLINE vec weigh_group(float *weights, const float *scores, int keys, vec scale, vec shift) {
    const vec first = v_exp2_16(v_fma(v_load(scores), scale, shift));
    const vec second = keys > 1 ? v_exp2_16(v_fma(v_load(scores + WIDTH), scale, shift)) : v_set(0);
    v_store(weights, pairs(first, second));
    return v_add(first, second);
}

#endif
