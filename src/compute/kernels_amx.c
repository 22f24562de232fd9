/* SPDX-License-Identifier: MIT */
/* The vector kernels in AVX-512 with products in the tiles of AMX. */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

#include "compute/attend_amx.h"
#include "compute/multiply_amx.h"

#define KERNELS_TABLE kernels_amx
#define KERNELS_LEVEL CPU_AMX

#include "compute/kernels_vector.h"
#endif
