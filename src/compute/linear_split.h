/* SPDX-License-Identifier: MIT */
/* linear_split: the products of linear() at a level whose kernels are split ones. */
#ifndef POLYTOME_COMPUTE_LINEAR_SPLIT_H
#define POLYTOME_COMPUTE_LINEAR_SPLIT_H

#include "compute/linear.h"

/** Floats of scratch memory, whatever the shapes. */
size_t linear_split_scratch(void);

/** As linear(). */
void linear_split(const struct compute *compute, float *y, int ldy, const float *x, int ldx, const float *w,
                  const float *b, int rows, int in, int out, enum activation activation, enum linear_store store);

#endif
