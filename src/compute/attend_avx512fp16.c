/* SPDX-License-Identifier: MIT */
/*
 * Attention in fp16 with AVX512-FP16: the online softmax of attend_vector.h with two queries in each lane. fp16 has
 * bits enough, but only thirty powers of 2, and sums are fp16 as well. So all is brought to where it fits by powers of
 * 2, each query by its own, the keys of a head by one and its values by another; and sums are short, of a few values of
 * a key or of the keys of a step, and are added up apart. A key's size multiplies its value and its weight, which is
 * what its logarithm does to a score.
 */
#include "compute/kernels.h"

#if defined(__x86_64__)
#include "compute/vector_avx512.h"

typedef __m512h halves;
__extension__ typedef _Float16 half; /* ISO C has it from 2023 on, as an option */

#define V_SUMS halves
#define v_factors(lanes) ((halves)(lanes))
#define v_dot(sum, a, b) _mm512_fmadd_ph(a, b, sum)
#define ACC_ROWS 8

#include "compute/accumulate_vector.h"
#include "compute/exp2_vector.h"
#include "compute/turn_vector.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/*
 * A tile is QUERIES queries, a row of it WIDTH lanes. A step is STEP keys: with weights up to 1 their values, below
 * 2^VALUES, have sums below 2^15. DEPTH of the values of a key and a query have a sum of their own, and so have the
 * weights of COUNT keys.
 */
enum { QUERIES = 2 * WIDTH, STEP = 128, VALUES = 8, DEPTH = 16, COUNT = 8 };

/** One tile. Pairs of fp16 stand in the bits of a float: two queries, or the same number twice. */
struct attend_tile {
    float *queries;            /* (head_dim, WIDTH) pairs */
    float *weights;            /* (keys of a step, WIDTH) pairs: scores, then their exponentials */
    float *output;             /* (head_dim, QUERIES) floats, to be divided by `sum` */
    const float *k, *v, *size; /* (n, head_dim), (n, head_dim), (n) pairs */
    int head_dim;
    int exponent;                                          /* of the power of 2 that values were multiplied by */
    halves max[VECTORS], old_max[VECTORS], scale[VECTORS]; /* of scores; a power of 2 that makes them such powers */
    vec sum[2 * VECTORS], rescale[2 * VECTORS];
};

/* ---------------------------------------------------------------- fp16 */

/** The first 16, or the others. */
static inline vec to_floats(halves x, int upper) {
    return _mm512_cvtxph_ps(
        (__m256h)(upper ? _mm512_extracti64x4_epi64((__m512i)x, 1) : _mm512_castsi512_si256((__m512i)x)));
}

static inline halves to_halves(vec lower, vec upper) {
    const __m512i first = _mm512_castsi256_si512((__m256i)_mm512_cvtxps_ph(lower));
    return (halves)_mm512_inserti64x4(first, (__m256i)_mm512_cvtxps_ph(upper), 1);
}

static inline vec twice(vec x) {
    const __m512i once = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtxps_ph(x));
    return (vec)_mm512_or_si512(once, _mm512_slli_epi32(once, 16));
}

/** 2^x for x <= 0 by a minimax fit of ours for [0, 1) among coefficients that fp16 holds: relative error 9.7e-5, a
 * fifth of a rounding. */
static inline halves exp2_halves(halves x) {
    static const float p[] = {1.0f, 0.6953125f, 0.226806641f, 0.0778198242f};
    const halves part = _mm512_reduce_ph(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); /* x - floor(x) */
    halves sum = _mm512_set1_ph((half)p[3]);
    for (int i = 2; i >= 0; i--) sum = _mm512_fmadd_ph(sum, part, _mm512_set1_ph((half)p[i]));
    return _mm512_scalef_ph(sum, x);
}

/* ---------------------------------------------------------------- a tile */

/** Scores of `rows` keys, from number `key` on: into `scores`, and the maxima raised to them. */
static ALWAYS_INLINE void score_rows(struct attend_tile *tile, int rows, int vectors, int key, float *scores) {
#define AT(r, j) (scores + (r)*WIDTH + (j)*LANES)
#define START(r, j) IN_USE(r, j) acc[r][j] = _mm512_setzero_ph();
#define ADD(r, j) IN_USE(r, j) acc[r][j] = _mm512_add_ph(acc[r][j], (halves)v_load(AT(r, j)));
#define STORE(r, j) IN_USE(r, j) v_store(AT(r, j), (vec)acc[r][j]);
#define RAISE(r, j) IN_USE(r, j) tile->max[j] = _mm512_max_ph(acc[r][j], tile->max[j]);
    halves acc[MAX_ROWS][VECTORS];
    const int D = tile->head_dim;
    for (int d = 0, depth; d < D; d += depth) {
        depth = d + DEPTH < D ? DEPTH : D - d;
        EACH(START)
        accumulate(acc, rows, vectors, tile->k + (size_t)key * (size_t)D + d, (size_t)D, 1, tile->queries + d * WIDTH,
                   depth);
        if (d > 0) {
            EACH(ADD)
        }
        EACH(STORE)
        if (d + depth == D) {
            EACH(RAISE)
        }
    }
#undef AT
#undef START
#undef ADD
#undef STORE
#undef RAISE
}

/** Turns this step's scores into weights, relative to the new maxima; what came before is to be scaled by `rescale`. */
static ALWAYS_INLINE void weigh_keys(struct attend_tile *tile, int vectors, int key, int keys) {
    for (int j = 0; j < vectors; j++) {
        const halves max = tile->max[j], scale = tile->scale[j];
        const halves rescale = exp2_halves(_mm512_mul_ph(_mm512_sub_ph(tile->old_max[j], max), scale));
        vec sums[2];
        for (int h = 0; h < 2; h++) {
            tile->rescale[2 * j + h] = to_floats(rescale, h);
            sums[h] = v_mul(tile->sum[2 * j + h], tile->rescale[2 * j + h]);
        }
        float *weights = tile->weights + j * LANES;
        for (int i = 0; i < keys;) {
            const int end = i + COUNT < keys ? i + COUNT : keys;
            halves sum = _mm512_setzero_ph();
            for (; i < end; i++, weights += WIDTH) {
                const halves weight = exp2_halves(_mm512_mul_ph(_mm512_sub_ph((halves)v_load(weights), max), scale));
                v_store(weights, (vec)weight);
                sum = _mm512_fmadd_ph(weight, (halves)v_set(tile->size[key + i]), sum);
            }
            for (int h = 0; h < 2; h++) sums[h] = v_add(sums[h], to_floats(sum, h));
        }
        for (int h = 0; h < 2; h++) tile->sum[2 * j + h] = sums[h];
        tile->old_max[j] = max;
    }
}

static ALWAYS_INLINE void add_output(const struct attend_tile *tile, float *output, int j, halves added) {
    for (int h = 0; h < 2; h++) {
        float *at = output + (2 * j + h) * LANES;
        v_store(at, v_fma(v_load(at), tile->rescale[2 * j + h], to_floats(added, h)));
    }
}

/** Rows d to d + rows of the output: rescaled to the new maxima, and the values of this step's keys added. */
static ALWAYS_INLINE void output_rows(struct attend_tile *tile, int rows, int vectors, int d, int key, int keys) {
#define START(r, j) IN_USE(r, j) acc[r][j] = _mm512_setzero_ph();
#define ADD(r, j) IN_USE(r, j) add_output(tile, output + (r)*QUERIES, j, acc[r][j]);
    halves acc[MAX_ROWS][VECTORS];
    const size_t D = (size_t)tile->head_dim;
    float *output = tile->output + (size_t)d * QUERIES;
    EACH(START)
    accumulate(acc, rows, vectors, tile->v + (size_t)key * D + d, 1, D, tile->weights, keys);
    EACH(ADD)
#undef START
#undef ADD
}

static ALWAYS_INLINE void begin_tile(struct attend_tile *tile, int vectors) {
    for (int j = 0; j < vectors; j++) {
        tile->max[j] = tile->old_max[j] = _mm512_set1_ph((half)-INFINITY);
        tile->sum[2 * j] = tile->sum[2 * j + 1] = v_set(0);
    }
    for (int i = 0; i < tile->head_dim * QUERIES; i += LANES) v_store(tile->output + i, v_set(0));
}

static ALWAYS_INLINE void finish_tile(struct attend_tile *tile, int vectors) {
    const vec power = v_set((float)-tile->exponent);
    for (int j = 0; j < 2 * vectors; j++) {
        const vec norm = v_div(v_set(1), tile->sum[j]);
        for (int d = 0; d < tile->head_dim; d++) {
            float *output = tile->output + d * QUERIES + j * LANES;
            v_store(output, v_ldexp(v_mul(v_load(output), norm), power));
        }
    }
}

#include "compute/attend_steps.h"

/* ---------------------------------------------------------------- what fits */

/** max, raised to the magnitudes of x that are finite. */
static inline vec raise_magnitude(vec max, vec x) {
    const vec magnitude = _mm512_abs_ps(x);
    return v_pick(v_greater(magnitude, v_set(FLT_MAX)), max, v_max(magnitude, max));
}

/** to (n, head_dim) = from, rows ld apart. The exponent of the power of 2 that brings it below 2^power and near it. */
static int copy_rows(float *to, const float *from, size_t ld, int n, int head_dim, int power) {
    vec max = v_set(FLT_MIN);
    for (int i = 0; i < n; i++, to += head_dim, from += ld) {
        int d = 0;
        for (; d + LANES <= head_dim; d += LANES) {
            const vec x = v_load(from + d);
            max = raise_magnitude(max, x);
            v_store(to + d, x);
        }
        if (d < head_dim) {
            const vec x = v_load_part(from + d, head_dim - d, 0);
            max = raise_magnitude(max, x);
            v_store_part(to + d, head_dim - d, x);
        }
    }
    return power - 1 - ilogbf(_mm512_reduce_max_ps(max));
}

/** x (count) floats become pairs, times 2^exponent, which need not be a normal float, and `size`. */
static void pair(float *x, int count, int exponent, float size) {
    const vec power = v_set((float)exponent), factor = v_set(size);
    int i = 0;
    for (; i + LANES <= count; i += LANES) v_store(x + i, twice(v_mul(v_ldexp(v_load(x + i), power), factor)));
    if (i < count)
        v_store_part(x + i, count - i, twice(v_mul(v_ldexp(v_load_part(x + i, count - i, 0), power), factor)));
}

/** sizes (n) = e^bias, the largest 1; all 1 where bias is NULL. fp16 has precision for 2^-14 and more. */
static void find_sizes(float *sizes, const float *bias, int n) {
    float max = bias ? bias[0] : 0;
    for (int i = 1; bias && i < n; i++) max = fmaxf(max, bias[i]);
    for (int i = 0; i < n; i += LANES) {
        const int count = n - i < LANES ? n - i : LANES;
        const vec less = bias ? v_sub(v_load_part(bias + i, count, 0), v_set(max)) : v_set(0);
        v_store_part(sizes + i, count, v_exp2(v_mul(less, v_set(log2_e))));
    }
}

/**
 * tile->queries: `count` rows of q, transposed, each times a power of 2 that brings it below 2 and near it, and all
 * times what `scale` has beside a power of 2; tile->scale: that power over all others, the keys' 2^exponent among them.
 * A query whose scores all but vanish is brought less near: fp16 has no precision for a smaller scale.
 */
static void turn_queries(struct attend_tile *tile, const float *q, size_t ldq, int count, float scale, int exponent) {
    float *turned = tile->output; /* which is not in use yet */
    int scale_exponent;
    const vec fraction = v_set(frexpf(scale * log2_e, &scale_exponent));
    const vec of_scores = v_set((float)(scale_exponent - exponent));
    if (count < QUERIES) memset(turned, 0, (size_t)tile->head_dim * QUERIES * sizeof *turned);
    turn(turned, QUERIES, q, ldq, count, tile->head_dim);
    for (int j = 0; j < VECTORS; j++, turned += 2 * LANES) {
        vec powers[2], scales[2];
        for (int h = 0; h < 2; h++) {
            vec max = v_set(FLT_MIN);
            for (int d = 0; d < tile->head_dim; d++)
                max = raise_magnitude(max, v_load(turned + d * QUERIES + h * LANES));
            const vec power = v_max(v_set(-14), v_add(_mm512_getexp_ps(max), of_scores));
            scales[h] = v_ldexp(v_set(1), v_min(v_set(15), power)); /* what is scored 2^15 apart has no weight anyway */
            powers[h] = v_sub(of_scores, power);
        }
        tile->scale[j] = to_halves(scales[0], scales[1]);
        for (int d = 0; d < tile->head_dim; d++) {
            const float *from = turned + d * QUERIES;
            const vec lower = v_ldexp(v_mul(v_load(from), fraction), powers[0]);
            const vec upper = v_ldexp(v_mul(v_load(from + LANES), fraction), powers[1]);
            v_store(tile->queries + d * WIDTH + j * LANES, (vec)to_halves(lower, upper));
        }
    }
}

static size_t attend_scratch(int n, int head_dim) {
    return (2 * (size_t)head_dim + 1) * (size_t)n + ((size_t)head_dim * 3 + STEP) * WIDTH;
}

static void attend(const struct attend_head *head, float *scratch) {
    const int n = head->n, head_dim = head->head_dim;
    const size_t D = (size_t)head_dim;
    float *queries = scratch, *output = queries + D * WIDTH, *weights = output + D * QUERIES;
    float *k_pairs = weights + STEP * WIDTH, *v_pairs = k_pairs + (size_t)n * D, *sizes = v_pairs + (size_t)n * D;
    struct attend_tile tile = {.k = k_pairs, .v = v_pairs, .size = sizes, .head_dim = head_dim};
    tile.queries = queries;
    tile.weights = weights;
    tile.output = output;
    /* with a query below 2, sums of head_dim products below 2^15 */
    const int k_exponent = copy_rows(k_pairs, head->k, head->ld, n, head_dim, 13 - ilogbf((float)head_dim));
    tile.exponent = copy_rows(v_pairs, head->v, head->ld, n, head_dim, VALUES);
    find_sizes(sizes, head->bias, n);
    for (int i = 0; i < n; i++) {
        pair(k_pairs + (size_t)i * D, head_dim, k_exponent, 1);
        pair(v_pairs + (size_t)i * D, head_dim, tile.exponent, sizes[i]);
    }
    pair(sizes, n, 0, 1);
    for (int row = 0; row < head->rows; row += QUERIES) {
        const int count = row + QUERIES < head->rows ? QUERIES : head->rows - row;
        turn_queries(&tile, head->q + (size_t)row * head->ldq, head->ldq, count, head->scale, k_exponent);
        attend_vectors[(count - 1) / (2 * LANES)](&tile, n);
        turn(head->out + (size_t)row * head->ldo, head->ldo, tile.output, QUERIES, head_dim, count);
    }
}

const struct attend_kernels attend_avx512fp16 = {
    .attend = attend, .scratch = attend_scratch, .queries = QUERIES, .feature = CPU_AVX512_FP16, .precision = PTM_FP16};
#endif
