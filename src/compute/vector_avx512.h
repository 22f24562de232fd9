/* SPDX-License-Identifier: MIT */
/* The vector operations that kernels and products are written over, in AVX-512 (F, BW, DQ, VL). */
#ifndef POLYTOME_COMPUTE_VECTOR_AVX512_H
#define POLYTOME_COMPUTE_VECTOR_AVX512_H

#include <immintrin.h>
#include <stddef.h>

#define LANES 16

typedef __m512 vec;
typedef __m512i vec_int;
typedef __mmask16 vec_mask;

#define v_load _mm512_loadu_ps
#define v_store _mm512_storeu_ps
#define v_set _mm512_set1_ps
#define v_add _mm512_add_ps
#define v_sub _mm512_sub_ps
#define v_mul _mm512_mul_ps
#define v_div _mm512_div_ps
#define v_fma _mm512_fmadd_ps
#define v_min _mm512_min_ps
#define v_max _mm512_max_ps
#define v_ldexp _mm512_scalef_ps
#define v_ldexp_normal _mm512_scalef_ps
#define v_round(x) _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define v_greater(a, b) _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ)
#define v_pick(mask, yes, no) _mm512_mask_blend_ps(mask, no, yes)
#define v_sum _mm512_reduce_add_ps
#define v_abs _mm512_abs_ps
#define vi_set _mm512_set1_epi32
#define vi_count() _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define vi_add _mm512_add_epi32
#define vi_pick(mask, yes, no) _mm512_mask_blend_epi32(mask, no, yes)
#define vi_store(to, x) _mm512_storeu_si512(to, x)
#define vi_max _mm512_max_epi32
#define vi_round _mm512_cvtps_epi32
#define vi_floats _mm512_cvtepi32_ps
#define vi_bits _mm512_castps_si512
#define v_bits _mm512_castsi512_ps
#define vi_pairs(a, b) _mm512_mask_blend_epi16(0xaaaaaaaa, a, _mm512_slli_epi32(b, 16))

static inline vec_int vi_neighbours(vec_int a, vec_int b) {
    const __m512i places = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    return _mm512_permutexvar_epi64(places, _mm512_packs_epi32(a, b));
}

/* Four rows, four apart, in the four 128-bit blocks of a vector; what is done within blocks is done to each row alike.
 */
static inline vec v_load_blocks(const float *from, size_t ld) {
    vec x = _mm512_castps128_ps512(_mm_loadu_ps(from));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(from + 4 * ld), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(from + 8 * ld), 2);
    return _mm512_insertf32x4(x, _mm_loadu_ps(from + 12 * ld), 3);
}

#define v_low _mm512_unpacklo_ps
#define v_high _mm512_unpackhi_ps
#define v_low_pair(a, b) _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)))
#define v_high_pair(a, b) _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)))

static inline vec_mask first_lanes(int count) {
    return (vec_mask)((1u << count) - 1);
}

static inline vec v_load_part(const float *from, int count, float fill) {
    return _mm512_mask_loadu_ps(v_set(fill), first_lanes(count), from);
}

static inline void v_store_part(float *to, int count, vec x) {
    _mm512_mask_storeu_ps(to, first_lanes(count), x);
}

#endif
