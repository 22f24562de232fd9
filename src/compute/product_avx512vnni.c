/* SPDX-License-Identifier: MIT */
/* int8 products with VPDPBUSD on 512 bits. */
#include "compute/product_int8.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

enum { ROWS = 12, W_BYTES = 64, DEPTH = 4 };

typedef __m512i sums, factors;
#define t_zero _mm512_setzero_si512
#define t_x four_bytes
#define t_w(from) _mm512_loadu_si512(from)
#define t_dot _mm512_dpbusd_epi32

#include "compute/product_int8_avx512.h"

#include "compute/product_tile.h"

const struct product product_avx512vnni = {
    PRODUCT_INT8,
    .name = "avx512-vnni",
    .level = CPU_AVX512,
    .feature = CPU_AVX512_VNNI,
};
#endif
