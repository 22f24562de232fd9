/* SPDX-License-Identifier: MIT */
/* activations: what the kernels compute, in double precision. */
#ifndef POLYTOME_TESTS_ACTIVATIONS_H
#define POLYTOME_TESTS_ACTIVATIONS_H

#include "compute/activation.h"

#include <math.h>

static inline double exact_gelu(double z) {
    return 0.5 * z * (1 + erf(z * sqrt(0.5)));
}

static inline double exact_gelu_tanh(double z) {
    return 0.5 * z * (1 + tanh(sqrt(2 / acos(-1.0)) * (z + 0.044715 * z * z * z)));
}

static inline double exact_quick_gelu(double z) {
    return z / (1 + exp(-1.702 * z));
}

static inline double exact_activation(enum activation activation, double z) {
    switch (activation) {
    case ACTIVATION_GELU: return exact_gelu(z);
    case ACTIVATION_GELU_TANH: return exact_gelu_tanh(z);
    case ACTIVATION_QUICK_GELU: return exact_quick_gelu(z);
    default: return z;
    }
}

#endif
