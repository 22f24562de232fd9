/* SPDX-License-Identifier: MIT */
/* mean: many tokens become one. */
#ifndef POLYTOME_MODELS_MEAN_H
#define POLYTOME_MODELS_MEAN_H

#include "compute/compute.h"

/**
 * mean (width) = sum of weights[i] * rows[i] / sum of weights, over `count` > 0 rows `ld` apart. `mean` may be one of
 * the rows; it is written when all of them have been read.
 */
void mean_rows(const struct compute *compute, float *mean, const float *rows, int ld, const float *weights, int count,
               int width);

#endif
