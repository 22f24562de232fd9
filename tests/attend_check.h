/* SPDX-License-Identifier: MIT */
/* attend_check: the part of kernel_check that proves and times the attention kernel. */
#ifndef POLYTOME_TESTS_ATTEND_CHECK_H
#define POLYTOME_TESTS_ATTEND_CHECK_H

#include "compute/kernels.h"

#include <stdbool.h>

/** Holds the kernel against plain loops in double over random shapes and values, prints one line; false if it failed.
 */
bool attend_check(const struct kernels *level);

/** Its best rate in GFLOP/s: 384 queries, 1568 keys, head_dim 64. */
double attend_gflops(const struct kernels *level);

#endif
