/* SPDX-License-Identifier: MIT */
/* int8 products with VPDPBUSD on 512 bits. */
#include "compute/product_int8.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

enum { ROWS = 12, W_BYTES = 64 };

typedef __m512i sums, factors;
#define t_zero _mm512_setzero_si512
#define t_w(from) _mm512_loadu_si512(from)
#define t_dot _mm512_dpbusd_epi32

static inline factors t_x(const char *from) {
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm512_set1_epi32(bytes);
}

static inline vec t_finish(const struct product_tile *tile, sums sum, int i, int j) {
    const struct product_row row = tile->row[i];
    const factors offset = _mm512_mullo_epi32(_mm512_set1_epi32(row.zero), _mm512_loadu_si512(tile->sums + j));
    const vec scale = v_mul(v_set(row.scale), v_load(tile->scale + j));
    return v_mul(_mm512_cvtepi32_ps(_mm512_sub_epi32(sum, offset)), scale);
}

#include "compute/product_tile.h"

static inline void put_values(INT8_VALUE *q, vec x, vec inverse, __m512i zero) {
    const __m512i whole = _mm512_add_epi32(_mm512_cvtps_epi32(v_mul(x, inverse)), zero);
    const __m512i positive = _mm512_max_epi32(whole, _mm512_setzero_si512());
    _mm_storeu_si128((__m128i *)(void *)q, _mm512_cvtusepi32_epi8(positive));
}

#include "compute/product_prepare.h"

const struct product product_avx512vnni = {
    .name = "avx512-vnni",
    .precision = PTM_INT8,
    .level = CPU_AVX512,
    .feature = CPU_AVX512_VNNI,
    .rows = ROWS,
    .columns = COLUMNS,
    .group = 4,
    .value_bytes = 1,
    .prepare = prepare,
    .tile = multiply_tile,
};
#endif
