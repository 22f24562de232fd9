/* SPDX-License-Identifier: MIT */
/* Attention in int16 with VPDPWSSD on 512 bits. */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

/** The instruction itself: by its intrinsic gcc 12 moves sums from register to register. */
static inline __m512i add_products(__m512i sum, __m512i a, __m512i b) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}

#define v_dot add_products
#define ACC_ROWS 8

#include "compute/attend_int16.h"

const struct attend_kernels attend_avx512vnni = {ATTEND_KERNELS, .feature = CPU_AVX512_VNNI};
#endif
