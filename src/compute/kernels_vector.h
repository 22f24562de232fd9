/* SPDX-License-Identifier: MIT */
/*
 * The vector kernels, once for every instruction set. A file that includes this has defined before:
 *
 *     LANES      floats in a vector
 *     vec        LANES floats;  vec_int  LANES 32-bit integers;  vec_mask  LANES truths
 *     v_load v_store            LANES floats, any alignment
 *     v_load_part v_store_part  the first `count` < LANES floats; the lanes after them load as `fill`
 *     v_set v_add v_sub v_mul v_div v_round, v_fma(a, b, c) = a b + c
 *     v_min v_max               the second argument where either is NaN
 *     v_ldexp(x, n)             x 2^n, n whole, -150 <= n <= 128; NaN where n is NaN
 *     v_ldexp_normal(x, n)      the same for -126 <= n <= 127, where 2^n is a normal float; NaN where x is NaN
 *     v_greater, v_pick(mask, yes, no); vi_set vi_count (0, 1, 2 ...) vi_add vi_pick vi_store
 *     v_sum                     over the lanes
 *     v_abs vi_max, vi_round and vi_floats to and from floats, vi_bits and v_bits their bits, vi_pairs(a, b), the lower
 *                               16 bits of each lane of b above those of a, vi_neighbours(a, b), 2 LANES in a row in 16
 *                               bits each: on x86, for attend_int16.h
 *     v_load_blocks, v_low v_high v_low_pair v_high_pair      rows in 128-bit blocks, interleaved: for turn_vector.h
 *
 * and KERNELS_TABLE and KERNELS_LEVEL, and included the attention and, where OpenBLAS is slower, the products of the
 * table: attend_vector.h and multiply_vector.h, or those of AMX, where `count` may be LANES. A row's tail goes through
 * the same arithmetic as its body, so a value gives the same bits wherever in a row it stands.
 */
#include "compute/exp2_vector.h"
#include "compute/kernels.h"

#include <math.h>

/*
 * e^x = 2^n e^r with |r| <= ln 2 / 2, the range reduction and the polynomial of expf in the Cephes library (S.
 * Moshier). Beyond the clamps the result is 0 or infinity by itself. Measured over every float: under 1.1 ulp.
 */
static inline vec v_exp(vec x) {
    static const float taylor[] = {
        0.5f, 1.6666665459e-1f, 4.1665795894e-2f, 8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
    const vec clamped = v_min(v_set(89.0f), v_max(v_set(-104.0f), x));
    const vec n = v_round(v_mul(clamped, v_set(log2_e)));
    const vec r = v_fma(n, v_set(2.12194440e-4f), v_fma(n, v_set(-0.693359375f), clamped));
    const vec tail = v_fma(polynomial(r, taylor, 6), v_mul(r, r), r);
    return v_ldexp(v_add(tail, v_set(1.0f)), n);
}

/* The standard normal distribution function, 0.5 (1 + erf(z / sqrt 2)), from z P(z^2) / Q(z^2): a minimax fit of ours
 * on [0, 5.7] with error 2.4e-8, 4e-7 with its rounding. Below -5.7 it is under 6e-9 and taken as 0. */
static inline vec normal_cdf(vec z) {
    static const float p[] = {0.797884405f,    0.0698824152f,   0.00948166568f,
                              0.000358789286f, 1.27483954e-05f, 4.31605578e-08f};
    static const float q[] = {1.0f, 0.254250079f, 0.0292607192f, 0.00194455695f, 7.67681559e-05f, 1.1649629e-06f};
    const vec limit = v_set(5.7f), low = v_set(-5.7f);
    const vec clamped = v_min(limit, v_max(low, z));
    const vec u = v_mul(clamped, clamped);
    const vec erf = v_div(v_mul(clamped, polynomial(u, p, 6)), polynomial(u, q, 6));
    const vec cdf = v_fma(erf, v_set(0.5f), v_set(0.5f));
    return v_pick(v_greater(low, z), v_set(0.0f), cdf);
}

static inline vec gelu_of(vec z) {
    return v_mul(z, normal_cdf(z));
}

/* z / (1 + e^-t): both approximations of gelu are this, as 0.5 (1 + tanh(t / 2)) = 1 / (1 + e^-t), and so is silu. */
static inline vec sigmoid_unit(vec z, vec minus_t) {
    return v_div(z, v_add(v_set(1.0f), v_exp(minus_t)));
}

static inline vec gelu_tanh_of(vec z) {
    const vec cubic = v_fma(v_mul(v_mul(z, z), v_set(0.044715f)), z, z);
    return sigmoid_unit(z, v_mul(cubic, v_set(-1.59576912f)));
}

static inline vec quick_gelu_of(vec z) {
    return sigmoid_unit(z, v_mul(z, v_set(-1.702f)));
}

/** y = function(y). */
static inline void map(float *y, int n, vec function(vec)) {
    int i = 0;
    for (; i + LANES <= n; i += LANES) v_store(y + i, function(v_load(y + i)));
    if (i < n) v_store_part(y + i, n - i, function(v_load_part(y + i, n - i, 0)));
}

static void gelu(float *y, int n) {
    map(y, n, gelu_of);
}

static void gelu_tanh(float *y, int n) {
    map(y, n, gelu_tanh_of);
}

static void quick_gelu(float *y, int n) {
    map(y, n, quick_gelu_of);
}

static inline vec swiglu_of(vec gate, vec x) {
    return v_mul(sigmoid_unit(gate, v_sub(v_set(0), gate)), x);
}

static void swiglu(float *y, const float *x, int n) {
    int i = 0;
    for (; i + LANES <= n; i += LANES) v_store(y + i, swiglu_of(v_load(y + i), v_load(x + i)));
    if (i < n) v_store_part(y + i, n - i, swiglu_of(v_load_part(y + i, n - i, 0), v_load_part(x + i, n - i, 0)));
}

static inline float row_sum(const float *x, int n) {
    vec sum0 = v_set(0), sum1 = v_set(0);
    int i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        sum0 = v_add(sum0, v_load(x + i));
        sum1 = v_add(sum1, v_load(x + i + LANES));
    }
    for (; i + LANES <= n; i += LANES) sum0 = v_add(sum0, v_load(x + i));
    if (i < n) sum1 = v_add(sum1, v_load_part(x + i, n - i, 0));
    return v_sum(v_add(sum0, sum1));
}

/* Two passes, the second about the mean of the first: what rounding left in that mean is measured and taken out. */
static void layer_norm(float *y, const float *x, const float *w, const float *b, int n, float eps) {
    const float rough_mean = row_sum(x, n) / (float)n;
    const vec center = v_set(rough_mean);
    vec sum = v_set(0), squares0 = v_set(0), squares1 = v_set(0);
    int i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        const vec d0 = v_sub(v_load(x + i), center), d1 = v_sub(v_load(x + i + LANES), center);
        sum = v_add(sum, v_add(d0, d1));
        squares0 = v_fma(d0, d0, squares0);
        squares1 = v_fma(d1, d1, squares1);
    }
    for (; i < n; i += LANES) {
        const vec value = i + LANES <= n ? v_load(x + i) : v_load_part(x + i, n - i, rough_mean);
        const vec d = v_sub(value, center);
        sum = v_add(sum, d);
        squares0 = v_fma(d, d, squares0);
    }
    const float rest = v_sum(sum) / (float)n;
    const float variance = v_sum(v_add(squares0, squares1)) / (float)n - rest * rest;
    if (!(variance <= 1e30f)) { /* squares beyond a float, or NaN */
        kernels_scalar.layer_norm(y, x, w, b, n, eps);
        return;
    }
    const float scale = 1 / sqrtf(fmaxf(variance, 0) + eps);
    const vec scales = v_set(scale), shift = v_set(-rest * scale);
    for (i = 0; i + LANES <= n; i += LANES) {
        const vec d = v_sub(v_load(x + i), center);
        v_store(y + i, v_fma(v_fma(d, scales, shift), v_load(w + i), v_load(b + i)));
    }
    if (i < n) {
        const int m = n - i;
        const vec d = v_sub(v_load_part(x + i, m, 0), center);
        const vec weight = v_load_part(w + i, m, 0), bias = v_load_part(b + i, m, 0);
        v_store_part(y + i, m, v_fma(v_fma(d, scales, shift), weight, bias));
    }
}

static void add(float *y, const float *b, int n) {
    int i = 0;
    for (; i + LANES <= n; i += LANES) v_store(y + i, v_add(v_load(y + i), v_load(b + i)));
    if (i < n) v_store_part(y + i, n - i, v_add(v_load_part(y + i, n - i, 0), v_load_part(b + i, n - i, 0)));
}

static void add_scaled(float *y, const float *x, const float *scale, int n) {
    int i = 0;
    for (; i + LANES <= n; i += LANES) v_store(y + i, v_fma(v_load(scale + i), v_load(x + i), v_load(y + i)));
    if (i < n) {
        const vec branch = v_load_part(x + i, n - i, 0);
        v_store_part(y + i, n - i, v_fma(v_load_part(scale + i, n - i, 0), branch, v_load_part(y + i, n - i, 0)));
    }
}

/* Each lane keeps the first of its own best scores; of the lanes that hold the best, the lowest index wins. */
static void running_best(float *best, int *index, const float *scores, int first, int n) {
    vec top = v_set(*best);
    vec_int where = vi_set(*index), here = vi_add(vi_set(first), vi_count());
    for (int i = 0; i < n; i += LANES) {
        const vec score = i + LANES <= n ? v_load(scores + i) : v_load_part(scores + i, n - i, -INFINITY);
        const vec_mask better = v_greater(score, top);
        top = v_pick(better, score, top);
        where = vi_pick(better, here, where);
        here = vi_add(here, vi_set(LANES));
    }
    float tops[LANES];
    int wheres[LANES];
    v_store(tops, top);
    vi_store(wheres, where);
    for (int lane = 0; lane < LANES; lane++) {
        const bool tie = tops[lane] == *best && wheres[lane] < *index;
        if (tops[lane] > *best || tie) {
            *best = tops[lane];
            *index = wheres[lane];
        }
    }
}

static const struct attend_kernels attend_kernels = {ATTEND_KERNELS};
#ifdef MULTIPLY_KERNELS
static const struct multiply_kernels multiply_kernels = MULTIPLY_KERNELS;
#endif

const struct kernels KERNELS_TABLE = {
    .level = KERNELS_LEVEL,
    .layer_norm = layer_norm,
    .attention = &attend_kernels,
#ifdef ATTENTION_REDUCED
    .attention_reduced = {ATTENTION_REDUCED},
#endif
#ifdef MULTIPLY_KERNELS
    .multiply = &multiply_kernels,
#endif
    .add = add,
    .gelu = gelu,
    .gelu_tanh = gelu_tanh,
    .quick_gelu = quick_gelu,
    .swiglu = swiglu,
    .add_scaled = add_scaled,
    .running_best = running_best,
};
