/* SPDX-License-Identifier: MIT */
/* Powers of 2 for softmax, over the vector operations listed in kernels_vector.h. */
#ifndef POLYTOME_COMPUTE_EXP2_VECTOR_H
#define POLYTOME_COMPUTE_EXP2_VECTOR_H

/** Polynomial in x by Horner's rule, lowest coefficient first. */
static inline vec polynomial(vec x, const float *coefficients, int count) {
    vec sum = v_set(coefficients[count - 1]);
    for (int i = count - 2; i >= 0; i--) sum = v_fma(sum, x, v_set(coefficients[i]));
    return sum;
}

/**
 * 2^x for x <= 127 by a polynomial for [-1/2, 1/2]. What is below 2^-126 may come out as anything up to that: beside
 * the weight of the maximum, 1, it is nothing.
 */
static inline vec exp2_by(vec x, const float *coefficients, int count) {
    const vec clamped = v_max(v_set(-126.0f), x);
    const vec n = v_round(clamped);
    return v_ldexp_normal(polynomial(v_sub(clamped, n), coefficients, count), n);
}

/** A minimax fit of ours with relative error 1.6e-8. */
static inline vec v_exp2(vec x) {
    static const float p[] = {1.0f,           0.693147182f,  0.240226477f,  0.0555033237f,
                              0.00961843692f, 0.0013398875f, 0.00015353362f};
    return exp2_by(x, p, 7);
}

/** Another, with 7.5e-5: a fiftieth of what rounding to bf16 may make of it, and about the unit of int16's weights,
 * 2^-14. For x up to a whole n it is less than 2^n. */
static inline vec v_exp2_16(vec x) {
    static const float p[] = {0.999928057f, 0.693260968f, 0.242611125f, 0.0551716685f};
    return exp2_by(x, p, 4);
}

static const float log2_e = 1.44269504f;

#endif
