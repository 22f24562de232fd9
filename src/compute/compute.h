/* SPDX-License-Identifier: MIT */
/* compute: what every threaded computation needs. */
#ifndef POLYTOME_COMPUTE_COMPUTE_H
#define POLYTOME_COMPUTE_COMPUTE_H

#include "base/threads.h"
#include "compute/kernels.h"

struct compute {
    struct threads *threads;
    const struct kernels *kernels;
    float *scratch;                         /* linear_scratch() floats, on a cache line */
    const struct product *product;          /* of the layers in reduced precision; NULL: all is float32 */
    const struct attend_kernels *attention; /* attention_for() these */
};

#endif
