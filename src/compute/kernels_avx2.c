/* SPDX-License-Identifier: MIT */
/* The vector kernels in AVX2 with FMA. */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx2.h"

#define ACC_ROWS 4
#include "compute/attend_factors_float.h"
#include "compute/attend_vector.h"
#include "compute/multiply_vector.h"

#define KERNELS_TABLE kernels_avx2
#define KERNELS_LEVEL CPU_AVX2
#define ATTENTION_REDUCED &attend_avxvnni, &attend_avx2

#include "compute/kernels_vector.h"
#endif
