/* SPDX-License-Identifier: MIT */
/* The vector kernels in AVX-512 (F, BW, DQ, VL). */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

#define ACC_ROWS 8
#include "compute/attend_factors_float.h"
#include "compute/attend_vector.h"
#include "compute/multiply_vector.h"

#define ATTENTION_REDUCED &attend_avx512bf16, &attend_avx512fp16, &attend_avx512vnni
#define KERNELS_TABLE kernels_avx512
#define KERNELS_LEVEL CPU_AVX512

#include "compute/kernels_vector.h"
#endif
