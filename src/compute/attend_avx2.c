/* SPDX-License-Identifier: MIT */
/* Attention in int16 with VPMADDWD on 256 bits: as many instructions as FMA takes, but a processor has more places to
 * add in than to multiply. */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx2.h"

/** The addition itself: gcc 12 would add up into registers of products, and move what it has, for a tenth of the time.
 */
static inline __m256i add_product(__m256i sum, __m256i product) {
    __asm__("vpaddd %1, %0, %0" : "+x"(sum) : "x"(product));
    return sum;
}

#define v_dot(sum, a, b) add_product(sum, _mm256_madd_epi16(a, b))
#define ACC_ROWS 3 /* products take a register as well */

#include "compute/attend_int16.h"

const struct attend_kernels attend_avx2 = {ATTEND_KERNELS};
#endif
