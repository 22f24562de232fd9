/* SPDX-License-Identifier: MIT */
/* Attention in int16 with VPDPWSSD on 256 bits, which processors without AVX-512 have as AVX-VNNI. */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx2.h"

/** The instruction itself, as by its intrinsic gcc 12 moves sums from register to register; {vex} as assemblers know
 * the form of AVX-512 as well, and prefer it. */
static inline __m256i add_products(__m256i sum, __m256i a, __m256i b) {
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
    return sum;
}

#define v_dot add_products
#define ACC_ROWS 4

#include "compute/attend_int16.h"

const struct attend_kernels attend_avxvnni = {ATTEND_KERNELS, .feature = CPU_AVX_VNNI};
#endif
