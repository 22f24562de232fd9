/* SPDX-License-Identifier: MIT */
/* activation: what becomes of the values of a linear layer. */
#ifndef POLYTOME_COMPUTE_ACTIVATION_H
#define POLYTOME_COMPUTE_ACTIVATION_H

#include "compute/kernels.h"

enum activation { ACTIVATION_NONE, ACTIVATION_GELU, ACTIVATION_GELU_TANH, ACTIVATION_QUICK_GELU };

/** NULL for ACTIVATION_NONE. */
activation_kernel *activation_of(const struct kernels *kernels, enum activation activation);

#endif
