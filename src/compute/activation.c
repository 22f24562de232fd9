/* SPDX-License-Identifier: MIT */
#include "compute/activation.h"

#include <stddef.h>

activation_kernel *activation_of(const struct kernels *kernels, enum activation activation) {
    switch (activation) {
    case ACTIVATION_GELU: return kernels->gelu;
    case ACTIVATION_GELU_TANH: return kernels->gelu_tanh;
    case ACTIVATION_QUICK_GELU: return kernels->quick_gelu;
    case ACTIVATION_NONE: break;
    }
    return NULL;
}
