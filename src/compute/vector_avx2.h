/* SPDX-License-Identifier: MIT */
/* The vector operations that kernels and products are written over, in AVX2 with FMA. */
#ifndef POLYTOME_COMPUTE_VECTOR_AVX2_H
#define POLYTOME_COMPUTE_VECTOR_AVX2_H

#include <immintrin.h>
#include <stddef.h>

#define LANES 8

typedef __m256 vec;
typedef __m256i vec_int;
typedef __m256 vec_mask; /* a sign bit a lane */

#define v_load _mm256_loadu_ps
#define v_store _mm256_storeu_ps
#define v_set _mm256_set1_ps
#define v_add _mm256_add_ps
#define v_sub _mm256_sub_ps
#define v_mul _mm256_mul_ps
#define v_div _mm256_div_ps
#define v_fma _mm256_fmadd_ps
#define v_min _mm256_min_ps
#define v_max _mm256_max_ps
#define v_round(x) _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define v_greater(a, b) _mm256_cmp_ps(a, b, _CMP_GT_OQ)
#define v_pick(mask, yes, no) _mm256_blendv_ps(no, yes, mask)
#define v_abs(x) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x)
#define vi_set _mm256_set1_epi32
#define vi_count() _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)
#define vi_add _mm256_add_epi32
#define vi_pick(mask, yes, no) _mm256_blendv_epi8(no, yes, _mm256_castps_si256(mask))
#define vi_store(to, x) _mm256_storeu_si256((__m256i *)(to), x)
#define vi_max _mm256_max_epi32
#define vi_round _mm256_cvtps_epi32
#define vi_floats _mm256_cvtepi32_ps
#define vi_bits _mm256_castps_si256
#define v_bits _mm256_castsi256_ps
#define vi_pairs(a, b) _mm256_blend_epi16(a, _mm256_slli_epi32(b, 16), 0xaa)
#define vi_neighbours(a, b) _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8)

/* Two rows, four apart, in the two 128-bit blocks of a vector; what is done within blocks is done to each row alike. */
static inline vec v_load_blocks(const float *from, size_t ld) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from)), _mm_loadu_ps(from + 4 * ld), 1);
}

#define v_low _mm256_unpacklo_ps
#define v_high _mm256_unpackhi_ps
#define v_low_pair(a, b) _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)))
#define v_high_pair(a, b) _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)))

static inline __m256i first_lanes(int count) {
    return _mm256_cmpgt_epi32(vi_set(count), vi_count());
}

static inline vec v_load_part(const float *from, int count, float fill) {
    const __m256i lanes = first_lanes(count);
    return v_pick(_mm256_castsi256_ps(lanes), _mm256_maskload_ps(from, lanes), v_set(fill));
}

static inline void v_store_part(float *to, int count, vec x) {
    _mm256_maskstore_ps(to, first_lanes(count), x);
}

/* 2^n alone may lie beyond the exponents of a float: two factors reach zero, subnormals and infinity. */
static inline vec v_ldexp(vec x, vec n) {
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = vi_set(127);
    const __m256i first = _mm256_slli_epi32(vi_add(half, bias), 23);
    const __m256i second = _mm256_slli_epi32(vi_add(_mm256_sub_epi32(whole, half), bias), 23);
    return v_mul(v_mul(x, _mm256_castsi256_ps(first)), _mm256_castsi256_ps(second));
}

static inline vec v_ldexp_normal(vec x, vec n) {
    return v_mul(x, _mm256_castsi256_ps(_mm256_slli_epi32(vi_add(_mm256_cvtps_epi32(n), vi_set(127)), 23)));
}

static inline float v_sum(vec x) {
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

#endif
