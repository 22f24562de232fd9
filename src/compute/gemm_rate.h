/* SPDX-License-Identifier: MIT */
/* gemm_rate: how fast one large product in float32 is, the yardstick of the benchmark. */
#ifndef POLYTOME_COMPUTE_GEMM_RATE_H
#define POLYTOME_COMPUTE_GEMM_RATE_H

#include "compute/compute.h"

/** GFLOP/s of c = a b^T, each (size, size), of which the caller has the memory. */
double gemm_rate_measure(const struct compute *compute, float *a, float *b, float *c, int size);

#endif
