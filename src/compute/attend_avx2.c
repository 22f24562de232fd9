/* SPDX-License-Identifier: MIT */
/* Attention in int16 with VPMADDWD on 256 bits: as many instructions as FMA takes, half of them additions, for which
 * there are ports that do not multiply. */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx2.h"

/** The addition itself: by its intrinsic gcc 12 puts the sum where the product is, and copies it back. */
static inline __m256i add_product(__m256i sum, __m256i product) {
    __asm__("vpaddd %1, %0, %0" : "+x"(sum) : "x"(product));
    return sum;
}

#define v_dot(sum, a, b) add_product(sum, _mm256_madd_epi16(a, b))
#define ACC_ROWS 3 /* products take a register as well */

#include "compute/attend_int16.h"

const struct attend_kernels attend_avx2 = {ATTEND_KERNELS, .feature = CPU_FAST_MADD};
#endif
