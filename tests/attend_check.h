/* SPDX-License-Identifier: MIT */
/* attend_check: the part of kernel_check that proves and times the attention kernel. */
#ifndef POLYTOME_TESTS_ATTEND_CHECK_H
#define POLYTOME_TESTS_ATTEND_CHECK_H

#include "compute/kernels.h"

#include <stdbool.h>

/** Holds the kernels against plain loops in double over random shapes and values, prints a line each; false if it
 * failed.
 */
bool attend_check(const struct kernels *level);

/** The first kernel of the level in `precision`, which is a reduced one, that the processor can run, fast or not; NULL
 * where there is none. */
const struct attend_kernels *attend_reduced_here(const struct kernels *level, ptm_precision precision);

/** The best rate of a kernel in GFLOP/s: 384 queries, 1568 keys, head_dim 64; of NULL 0. */
double attend_gflops(const struct attend_kernels *kernels);

#endif
