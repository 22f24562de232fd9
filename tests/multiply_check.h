/* SPDX-License-Identifier: MIT */
/* multiply_check: the part of kernel_check that proves and times the float32 product. */
#ifndef POLYTOME_TESTS_MULTIPLY_CHECK_H
#define POLYTOME_TESTS_MULTIPLY_CHECK_H

#include "compute/kernels.h"

/** Holds the kernel, where the level has one, against plain loops in double over random shapes, prints one line; false
 * if it failed. */
bool multiply_check(const struct kernels *level);

/** Its best rate in GFLOP/s: 1568 rows, 384 columns, 768 values a row; 0 where the level has none. */
double multiply_gflops(const struct kernels *level);

#endif
