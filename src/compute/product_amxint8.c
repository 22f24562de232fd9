/* SPDX-License-Identifier: MIT */
/* int8 products in the tiles of AMX. */
#include "compute/product_int8.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

enum { DEPTH = 64 };

typedef __m512i sums, factors;
#define t_dot _tile_dpbusd
#define t_load _mm512_load_si512

#include "compute/product_int8_avx512.h"

#include "compute/product_tile_amx.h"

const struct product product_amxint8 = {
    PRODUCT_INT8, .name = "amx-int8", .level = CPU_AMX, .enter = enter, .leave = leave,
};
#endif
