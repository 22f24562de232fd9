/* SPDX-License-Identifier: MIT */
/* int8 products in plain AVX2. */
#define INT8_TOGETHER 16
#include "compute/product_int8.h"

#if defined(__x86_64__)
#include "compute/vector_avx2.h"

#include "compute/turn_vector.h"

enum { ROWS = INT8_TOGETHER, COLUMNS = LANES, STRIP = 4, DEPTH = 8 };

typedef __m256i sums, factors;
#define t_zero _mm256_setzero_si256
#define t_bytes(from) _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define t_whole _mm256_castps_si256
#define t_add _mm256_add_epi32
#define t_pairs _mm256_maddubs_epi16
#define t_add16 _mm256_add_epi16
#define t_widen(pairs) _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))

#include "compute/product_int8_avx2.h"

#include "compute/product_acc16.h"

const struct product product_avx2 = {
    PRODUCT_INT8, .name = "avx2", .level = CPU_AVX2, .together = true, .strip = STRIP,
};
#endif
