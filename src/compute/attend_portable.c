/* SPDX-License-Identifier: MIT */
/* Fused attention for a processor without kernels of its own: four lanes that the compiler maps to what there is. */
#include "compute/kernels.h"

#include <stdint.h>
#include <string.h>

#define LANES 4
#define ACC_ROWS 3 /* SSE2 has 16 registers, and without FMA a product takes one */

typedef float vec __attribute__((vector_size(16)));
typedef int32_t vec_int __attribute__((vector_size(16)));

#define v_add(a, b) ((a) + (b))
#define v_sub(a, b) ((a) - (b))
#define v_mul(a, b) ((a) * (b))
#define v_div(a, b) ((a) / (b))
#define v_fma(a, b, c) ((a) * (b) + (c))

static inline vec v_set(float x) {
    return (vec){x, x, x, x};
}

static inline vec v_load(const float *from) {
    vec x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void v_store(float *to, vec x) {
    memcpy(to, &x, sizeof x);
}

static inline vec v_max(vec a, vec b) {
    const vec_int greater = a > b;
    return (vec)(((vec_int)a & greater) | ((vec_int)b & ~greater));
}

/* Of |x| < 2^22: what is added leaves no room for a fraction. */
static inline vec v_round(vec x) {
    const vec big = v_set(0x1.8p23f);
    return x + big - big;
}

static inline vec v_ldexp_normal(vec x, vec n) {
    return x * (vec)((__builtin_convertvector(n, vec_int) + 127) << 23);
}

#include "compute/attend_factors_float.h"
#include "compute/attend_vector.h"

const struct attend_kernels attend_portable = {ATTEND_KERNELS};
