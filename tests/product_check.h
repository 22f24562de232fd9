/* SPDX-License-Identifier: MIT */
/* product_check: the part of kernel_check that proves and times the products in int8 and bf16. */
#ifndef POLYTOME_TESTS_PRODUCT_CHECK_H
#define POLYTOME_TESTS_PRODUCT_CHECK_H

#include <stdbool.h>

/**
 * Every table that this processor can run: of int8 the same bits as the scalar one, of bf16 within the bound of its
 * roundings of what double precision gives. Random shapes with odd ends, rows of every kind of value; a line for each.
 */
bool product_check(void);

/** Prints the rate of each in GFLOP/s beside float32: 1568 x 768 x 768, one thread. */
void product_bench(void);

#endif
