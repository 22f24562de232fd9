/* SPDX-License-Identifier: MIT */
/* The vector operations that kernels and products are written over, in NEON. */
#ifndef POLYTOME_COMPUTE_VECTOR_NEON_H
#define POLYTOME_COMPUTE_VECTOR_NEON_H

#include <arm_neon.h>

#define LANES 4

typedef float32x4_t vec;
typedef int32x4_t vec_int;
typedef uint32x4_t vec_mask;

#define v_load vld1q_f32
#define v_store vst1q_f32
#define v_set vdupq_n_f32
#define v_add vaddq_f32
#define v_sub vsubq_f32
#define v_mul vmulq_f32
#define v_div vdivq_f32
#define v_fma(a, b, c) vfmaq_f32(c, a, b)
#define v_round vrndnq_f32
#define v_greater vcgtq_f32
#define v_pick(mask, yes, no) vbslq_f32(mask, yes, no)
#define v_sum vaddvq_f32
#define vi_set vdupq_n_s32
#define vi_add vaddq_s32
#define vi_pick(mask, yes, no) vbslq_s32(mask, yes, no)
#define vi_store vst1q_s32

static inline vec_int vi_count(void) {
    static const int counts[LANES] = {0, 1, 2, 3};
    return vld1q_s32(counts);
}

/* By comparison, as vminq_f32 and vmaxq_f32 treat NaN in a way of their own. */
static inline vec v_min(vec a, vec b) {
    return v_pick(vcltq_f32(a, b), a, b);
}

static inline vec v_max(vec a, vec b) {
    return v_pick(v_greater(a, b), a, b);
}

static inline vec v_load_part(const float *from, int count, float fill) {
    float lanes[LANES] = {fill, fill, fill, fill};
    for (int i = 0; i < count; i++) lanes[i] = from[i];
    return v_load(lanes);
}

static inline void v_store_part(float *to, int count, vec x) {
    float lanes[LANES];
    v_store(lanes, x);
    for (int i = 0; i < count; i++) to[i] = lanes[i];
}

/* 2^n alone may lie beyond the exponents of a float: two factors reach zero, subnormals and infinity. */
static inline vec v_ldexp(vec x, vec n) {
    const vec_int whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1), bias = vi_set(127);
    const vec_int first = vshlq_n_s32(vi_add(half, bias), 23);
    const vec_int second = vshlq_n_s32(vi_add(vsubq_s32(whole, half), bias), 23);
    return v_mul(v_mul(x, vreinterpretq_f32_s32(first)), vreinterpretq_f32_s32(second));
}

static inline vec v_ldexp_normal(vec x, vec n) {
    return v_mul(x, vreinterpretq_f32_s32(vshlq_n_s32(vi_add(vcvtq_s32_f32(n), vi_set(127)), 23)));
}

#endif
