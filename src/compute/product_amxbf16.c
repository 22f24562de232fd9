/* SPDX-License-Identifier: MIT */
/* bf16 products in the tiles of AMX, which take subnormals for zero. */
#include "compute/product.h"

#if defined(__x86_64__)
#include "base/bf16.h"
#include "compute/vector_avx512.h"

enum { DEPTH = 32 };

typedef vec sums;
#define t_dot _tile_dpbf16ps
#define t_load(from) _mm512_load_ps((const float *)(const void *)(from))
#define t_finish(panel, sum, i, j) (sum)

#include "compute/product_tile_amx.h"

#include "compute/product_bf16_avx512.h"

const struct product product_amxbf16 = {
    PRODUCT_BF16, .name = "amx-bf16", .level = CPU_AMX, .enter = enter, .leave = leave,
};
#endif
