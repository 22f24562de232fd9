/* SPDX-License-Identifier: MIT */
/* worst: the largest of many errors, where NaN is the worst of all and stays. */
#ifndef POLYTOME_BASE_WORST_H
#define POLYTOME_BASE_WORST_H

#include <math.h>

/** The larger of what was the worst so far and another error. */
static inline double worst_of(double worst, double error) {
    return isnan(worst) || worst >= error ? worst : error;
}

#endif
