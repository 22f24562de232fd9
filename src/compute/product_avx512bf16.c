/* SPDX-License-Identifier: MIT */
/* bf16 products with VDPBF16PS on 512 bits. It rounds its sums twice and takes subnormals for zero. */
#include "compute/product.h"

#if defined(__x86_64__)
#include "base/bf16.h"
#include "compute/vector_avx512.h"

enum { ROWS = 12, W_BYTES = 64, DEPTH = 2 };

typedef vec sums;
typedef __m512i factors;
#define t_zero _mm512_setzero_ps
#define t_w(from) _mm512_loadu_si512(from)
#define t_dot(sum, x, w) _mm512_dpbf16_ps(sum, (__m512bh)(x), (__m512bh)(w))
#define t_finish(panel, sum, i, j) (sum)

static inline factors t_x(const char *from) {
    int32_t pair;
    memcpy(&pair, from, sizeof pair);
    return _mm512_set1_epi32(pair);
}

#include "compute/product_tile.h"

#include "compute/product_bf16_avx512.h"

const struct product product_avx512bf16 = {
    PRODUCT_BF16,
    .name = "avx512-bf16",
    .level = CPU_AVX512,
    .feature = CPU_AVX512_BF16,
};
#endif
