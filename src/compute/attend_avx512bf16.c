/* SPDX-License-Identifier: MIT */
/* Attention in bf16 with VDPBF16PS on 512 bits. */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

#define ACC_ROWS 8
#include "compute/attend_factors_bf16.h"
#include "compute/attend_vector.h"

const struct attend_kernels attend_avx512bf16 = {ATTEND_KERNELS, .feature = CPU_FAST_BF16, .precision = PTM_BF16};
#endif
