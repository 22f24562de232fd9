/* SPDX-License-Identifier: MIT */
/*
 * int8 products in plain AVX2. Its own product of bytes saturates at 16 bits, so values are widened to 16 bits and
 * pairs of products added in 32: exact.
 */
#include <stdint.h>

#define INT8_VALUE int16_t
#define INT8_SHIFT 0
#include "compute/product_int8.h"

#if defined(__x86_64__)
#include "compute/vector_avx2.h"

enum { ROWS = 6, W_BYTES = 16, DEPTH = 2 };

typedef __m256i sums, factors;
#define t_zero _mm256_setzero_si256
#define t_w(from) _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(from)))
#define t_dot add_products

/** The sums stay in their registers from step to step: left alone, compilers start all products first and spill. */
static inline sums add_products(sums sum, factors x, factors w) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, w));
    __asm__("" : "+x"(sum));
    return sum;
}

#include "compute/product_int8_avx2.h"

const struct product product_avx2 = {
    .name = "avx2",
    .precision = PTM_INT8,
    .level = CPU_AVX2,
    .rows = ROWS,
    .columns = COLUMNS,
    .group = 2,
    .depth = DEPTH,
    .value_bytes = 2,
    .prepare = prepare,
    .multiply = multiply,
};
#endif
