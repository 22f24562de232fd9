/* SPDX-License-Identifier: MIT */
/* The scalar kernels, which are the specification, and the choice of a table. */
#include "compute/kernels.h"

#include <math.h>

static void layer_norm(float *y, const float *x, const float *w, const float *b, int n, float eps) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    const double mean = sum / n;
    for (int i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
    const double scale = 1 / sqrt(squares / n + (double)eps);
    for (int i = 0; i < n; i++) y[i] = (float)((x[i] - mean) * scale) * w[i] + b[i];
}

static void add(float *y, const float *b, int n) {
    for (int i = 0; i < n; i++) y[i] += b[i];
}

static void gelu(float *y, int n) {
    for (int i = 0; i < n; i++) y[i] = 0.5f * y[i] * (1 + erff(y[i] * 0.70710678f));
}

static void gelu_tanh(float *y, int n) {
    for (int i = 0; i < n; i++) {
        const float z = y[i];
        y[i] = 0.5f * z * (1 + tanhf(0.79788456f * (z + 0.044715f * z * z * z)));
    }
}

static void quick_gelu(float *y, int n) {
    for (int i = 0; i < n; i++) y[i] = y[i] / (1 + expf(-1.702f * y[i]));
}

static void swiglu(float *y, const float *x, int n) {
    for (int i = 0; i < n; i++) y[i] = y[i] / (1 + expf(-y[i])) * x[i];
}

static void add_scaled(float *y, const float *x, const float *scale, int n) {
    for (int i = 0; i < n; i++) y[i] += scale[i] * x[i];
}

static void running_best(float *best, int *index, const float *scores, int first, int n) {
    for (int i = 0; i < n; i++) {
        if (scores[i] > *best) {
            *best = scores[i];
            *index = first + i;
        }
    }
}

const struct kernels kernels_scalar = {
    .level = CPU_SCALAR,
    .layer_norm = layer_norm,
    .attention = &attend_portable,
    .add = add,
    .gelu = gelu,
    .gelu_tanh = gelu_tanh,
    .quick_gelu = quick_gelu,
    .swiglu = swiglu,
    .add_scaled = add_scaled,
    .running_best = running_best,
};

const struct kernels *kernels_for(enum cpu_level level) {
    switch (level) {
#if defined(__x86_64__)
    case CPU_AMX: return &kernels_amx;
    case CPU_AVX512: return &kernels_avx512;
    case CPU_AVX2: return &kernels_avx2;
#elif defined(__aarch64__)
    case CPU_NEON: return &kernels_neon;
#endif
    default: return &kernels_scalar;
    }
}
