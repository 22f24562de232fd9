/* SPDX-License-Identifier: MIT */
/* attention: softmax(scale Q K^T + log size) V, head by head; heads are views into wider rows. */
#ifndef POLYTOME_COMPUTE_ATTENTION_H
#define POLYTOME_COMPUTE_ATTENTION_H

#include "compute/compute.h"

/** What attends beside layers of `product`, which is NULL where they are float32: in 16 bits beside reduced
 * ones, where the processor is faster at it. */
const struct attend_kernels *attention_for(const struct kernels *kernels, const struct product *product);

/** Floats of scratch memory that attention_run() needs for each worker, for up to n keys of head_dim: whole cache
 * lines. */
size_t attention_scratch(const struct compute *compute, int n, int head_dim);

struct attention {
    struct attend_head first; /* each further head lies head_dim further in the same rows; their bias is the same */
    int heads;
    float *scratch; /* attention_scratch() floats for each worker, one after the other, on a cache line */
};

void attention_run(const struct compute *compute, const struct attention *attention);

#endif
