/* SPDX-License-Identifier: MIT */
/* The vector kernels in NEON, which every aarch64 has. */
#include "compute/kernels.h"

#if defined(__aarch64__)
#include "compute/vector_neon.h"

#define ACC_ROWS 8
#include "compute/attend_factors_float.h"
#include "compute/attend_vector.h"

#define KERNELS_TABLE kernels_neon
#define KERNELS_LEVEL CPU_NEON

#include "compute/kernels_vector.h"
#endif
