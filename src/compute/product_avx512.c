/* SPDX-License-Identifier: MIT */
/* int8 products in AVX-512 (BW) without VNNI. */
#define INT8_TOGETHER 16
#include "compute/product_int8.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

#include "compute/turn_vector.h"

enum { ROWS = INT8_TOGETHER, COLUMNS = LANES, STRIP = 8, DEPTH = 8 };

typedef __m512i sums, factors;
#define t_zero _mm512_setzero_si512
#define t_bytes(from) _mm512_loadu_si512(from)
#define t_whole _mm512_castps_si512
#define t_add _mm512_add_epi32
#define t_pairs _mm512_maddubs_epi16
#define t_add16 _mm512_add_epi16
#define t_widen(pairs) _mm512_madd_epi16(pairs, _mm512_set1_epi16(1))

#include "compute/product_int8_avx512.h"

#include "compute/product_acc16.h"

const struct product product_avx512 = {
    PRODUCT_INT8, .name = "avx512", .level = CPU_AVX512, .together = true, .strip = STRIP,
};
#endif
