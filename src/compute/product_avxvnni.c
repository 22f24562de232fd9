/* SPDX-License-Identifier: MIT */
/* int8 products with VPDPBUSD on 256 bits, which processors without AVX-512 have as AVX-VNNI. */
#include "compute/product_int8.h"

#if defined(__x86_64__)
#include "compute/vector_avx2.h"

enum { ROWS = 6, W_BYTES = 32, DEPTH = 4 };

typedef __m256i sums, factors;
#define t_zero _mm256_setzero_si256
#define t_x four_bytes
#define t_w(from) _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define t_dot _mm256_dpbusd_avx_epi32

#include "compute/product_int8_avx2.h"

#include "compute/product_tile.h"

const struct product product_avxvnni = {
    PRODUCT_INT8,
    .name = "avx-vnni",
    .level = CPU_AVX2,
    .feature = CPU_AVX_VNNI,
};
#endif
