/* SPDX-License-Identifier: MIT */
/*
 * Attention in int16, once for every instruction set that multiplies pairs of such integers and adds them up in 32
 * bits, exactly: the online softmax of attend_steps.h with the queries in the lanes. A query is rounded to multiples of
 * a unit of its own, and so are a key and what a step of keys has of a column of the values. Weights of a step are
 * multiples of 2^-14 of the largest of that step, not of all: what rounding takes from a step is little beside what the
 * step has. What is not finite counts as NaN. A file that includes this has defined the vector operations listed in
 * kernels_vector.h, ACC_ROWS, and v_dot(sum, a, b): sums in 32 bits, and the products of both halves of each lane of a
 * and b added.
 */
#ifndef POLYTOME_COMPUTE_ATTEND_INT16_H
#define POLYTOME_COMPUTE_ATTEND_INT16_H

#define V_SUMS vec_int
#define v_factors vi_bits
#define ACC_STEPS 1 /* with two, gcc 12 moves sums from register to register */

#include "base/memory.h"
#include "compute/accumulate_vector.h"
#include "compute/exp2_vector.h"
#include "compute/kernels.h"
#include "compute/turn_vector.h"

#include <math.h>
#include <stddef.h>

/* A tile is WIDTH queries, a step STEP keys, whose weights are up to 2^WEIGHT_BITS and values up to VALUE. Rows are
 * fetched AHEAD of their use. */
enum { STEP = 128, WEIGHT_BITS = 14, VALUE = 1023, AHEAD = 8 };
_Static_assert(((long long)STEP << WEIGHT_BITS) * VALUE < 1ll << 31, "sums of a step fit into 32 bits");

/** One tile: all matrices have rows of WIDTH, one query a lane. Pairs of integers stand in the bits of a float. */
struct attend_tile {
    float *queries;     /* (pairs of head_dim, WIDTH) */
    float *weights;     /* (keys of a step, WIDTH): scores, then (pairs of them, WIDTH): their exponentials */
    float *output;      /* (head_dim, WIDTH) floats, to be divided by `sum` */
    const float *k, *v; /* (n, pairs of head_dim), (pairs of n, head_dim) */
    const float *k_units, *v_units, *bias; /* (n), (steps of n, head_dim), (n) or NULL */
    int head_dim;
    vec unit[VECTORS], bias_scale[VECTORS]; /* of scores, for powers of 2; of bias, for scores */
    vec max[VECTORS], old_max[VECTORS];     /* of this step's scores; of all before */
    vec sum[VECTORS], rescale[VECTORS];     /* of weights; what came before is to be scaled by it, */
    vec share[VECTORS];                     /* and what the step brings by this */
};

static inline int pairs_of(int count) {
    return (count + 1) / 2;
}

/** Scores of `rows` keys, from number `key` on: into `scores`, and the maxima raised to them. */
static ALWAYS_INLINE void score_rows(struct attend_tile *tile, int rows, int vectors, int key, float *scores) {
#define START(r, j) IN_USE(r, j) acc[r][j] = vi_set(0);
#define STORE(r, j)                                                                              \
    IN_USE(r, j) {                                                                               \
        vec score = v_mul(vi_floats(acc[r][j]), v_set(tile->k_units[key + (r)]));                \
        if (tile->bias) score = v_fma(v_set(tile->bias[key + (r)]), tile->bias_scale[j], score); \
        tile->max[j] = v_max(score, tile->max[j]);                                               \
        v_store(scores + (r)*WIDTH + (j)*LANES, score);                                          \
    }
    vec_int acc[MAX_ROWS][VECTORS];
    const int lanes = pairs_of(tile->head_dim);
    EACH(START)
    accumulate(acc, rows, vectors, tile->k + (size_t)key * (size_t)lanes, (size_t)lanes, 1, tile->queries, lanes);
    EACH(STORE)
#undef START
#undef STORE
}

/** The maximum is taken away first: whatever rounding makes of a product, no weight is more than 2^WEIGHT_BITS. */
static inline vec_int weigh(const float *scores, vec max, vec unit) {
    return vi_round(v_exp2_16(v_fma(v_sub(v_load(scores), max), unit, v_set(WEIGHT_BITS))));
}

/** Turns this step's scores into weights, relative to its own maxima. A unit that is NaN makes sums NaN. */
static ALWAYS_INLINE void weigh_keys(struct attend_tile *tile, int vectors, int key, int keys) {
    (void)key;
    for (int j = 0; j < vectors; j++) {
        const vec unit = tile->unit[j], step_max = tile->max[j], max = v_max(step_max, tile->old_max[j]);
        const float *scores = tile->weights + j * LANES;
        float *weights = tile->weights + j * LANES; /* never ahead of what is still to be read */
        vec_int sum = vi_set(0);
        for (int i = 0; i < keys; i += 2, scores += 2 * WIDTH, weights += WIDTH) {
            const vec_int first = weigh(scores, step_max, unit);
            const vec_int second = i + 1 < keys ? weigh(scores + WIDTH, step_max, unit) : vi_set(0);
            sum = vi_add(sum, vi_add(first, second));
            vi_store(weights, vi_pairs(first, second));
        }
        tile->rescale[j] = v_exp2(v_mul(v_sub(tile->old_max[j], max), unit));
        tile->share[j] = v_exp2(v_mul(v_sub(step_max, max), unit));
        tile->sum[j] = v_fma(tile->sum[j], tile->rescale[j], v_mul(vi_floats(sum), tile->share[j]));
        tile->old_max[j] = max;
        tile->max[j] = v_set(-INFINITY);
    }
}

/** Rows d to d + rows of the output: rescaled to the new maxima, and the values of this step's keys added. */
static ALWAYS_INLINE void output_rows(struct attend_tile *tile, int rows, int vectors, int d, int key, int keys) {
#define AT(r, j) (output + (r)*WIDTH + (j)*LANES)
#define START(r, j) IN_USE(r, j) acc[r][j] = vi_set(0);
#define ADD(r, j)                                               \
    IN_USE(r, j)                                                \
    v_store(AT(r, j), v_fma(v_load(AT(r, j)), tile->rescale[j], \
                            v_mul(v_mul(vi_floats(acc[r][j]), v_set(units[r])), tile->share[j])));
    vec_int acc[MAX_ROWS][VECTORS];
    const size_t D = (size_t)tile->head_dim;
    const float *units = tile->v_units + (size_t)(key / STEP) * D + d;
    float *output = tile->output + (size_t)d * WIDTH;
    EACH(START)
    accumulate(acc, rows, vectors, tile->v + (size_t)pairs_of(key) * D + d, 1, D, tile->weights, pairs_of(keys));
    EACH(ADD)
#undef AT
#undef START
#undef ADD
}

#include "compute/attend_output.h"
#include "compute/attend_steps.h"

/* ---------------------------------------------------------------- rounding */

/* The largest magnitude starts as this, so that integers over it are floats. */
static const float least = 0x1p-100f;

/** max, raised to the magnitudes of x; as integers, among which infinity and NaN are the largest. */
static inline vec larger(vec max, vec x) {
    return v_bits(vi_max(vi_bits(v_abs(x)), vi_bits(max)));
}

/** The largest lane, in all. */
static inline vec spread(vec max) {
    int lanes[LANES];
    vi_store(lanes, vi_bits(max));
    for (int i = 1; i < LANES; i++) lanes[0] = lanes[i] > lanes[0] ? lanes[i] : lanes[0];
    return v_bits(vi_set(lanes[0]));
}

/** What integers of magnitudes up to `most` are multiples of, or NaN where the largest of them is not finite. */
static inline vec unit_of(vec max, float most) {
    return v_fma(max, v_set(1 / most), v_mul(max, v_set(0)));
}

static inline vec_int integers(vec x, vec inverse) {
    return vi_round(v_mul(x, inverse));
}

/** The vector of a row from d on, zeros behind the row's end. */
static inline vec load_row(const float *row, int d, int head_dim) {
    const int left = head_dim - d;
    return left >= LANES ? v_load(row + d) : left > 0 ? v_load_part(row + d, left, 0) : v_set(0);
}

static inline void store_row(float *row, int d, int head_dim, vec x) {
    const int left = head_dim - d;
    if (left >= LANES)
        v_store(row + d, x);
    else
        v_store_part(row + d, left, x);
}

/* Rows of a head lie whole pages apart, where no processor looks ahead by itself. */
static inline void fetch_row(const float *row, int head_dim) {
    for (int d = 0; d < head_dim; d += MEM_ALIGN / (int)sizeof *row) __builtin_prefetch(row + d);
    __builtin_prefetch(row + head_dim - 1);
}

/** to (n, pairs of head_dim) = k, rows ld apart, each in multiples of its units (n). */
static void pack_keys(float *to, float *units, const float *k, size_t ld, int n, int head_dim, float most) {
    const int lanes = pairs_of(head_dim);
    for (int i = 0; i < n; i++, to += lanes, k += ld) {
        vec max = v_set(least);
        if (i + AHEAD < n) fetch_row(k + AHEAD * ld, head_dim);
        for (int d = 0; d < head_dim; d += LANES) max = larger(max, load_row(k, d, head_dim));
        max = spread(max);
        const vec inverse = v_div(v_set(most), max);
        v_store_part(units + i, 1, unit_of(max, most));
        for (int d = 0; d < head_dim; d += 2 * LANES) {
            const vec_int first = integers(load_row(k, d, head_dim), inverse);
            const vec_int second = integers(load_row(k, d + LANES, head_dim), inverse);
            store_row(to, d / 2, lanes, v_bits(vi_neighbours(first, second)));
        }
    }
}

/** units (head_dim): those of the columns of v (n, head_dim), rows ld apart, `after` more of which follow. inverses
 * (head_dim): what the values are multiplied by. */
static void measure_columns(float *units, float *inverses, const float *v, size_t ld, int n, int after, int head_dim) {
    for (int d = 0; d < head_dim; d++) units[d] = least;
    for (int i = 0; i < n; i++, v += ld) {
        if (i + AHEAD < n + after) fetch_row(v + AHEAD * ld, head_dim);
        for (int d = 0; d < head_dim; d += LANES)
            store_row(units, d, head_dim, larger(load_row(units, d, head_dim), load_row(v, d, head_dim)));
    }
    for (int d = 0; d < head_dim; d += LANES) {
        const vec max = load_row(units, d, head_dim);
        store_row(inverses, d, head_dim, v_div(v_set(VALUE), max));
        store_row(units, d, head_dim, unit_of(max, VALUE));
    }
}

/** to (pairs of n, head_dim) = v, rows ld apart, each column of a step in multiples of its units (steps of n,
 * head_dim). inverses: room for head_dim floats. */
static void pack_values(float *to, float *units, float *inverses, const float *v, size_t ld, int n, int head_dim) {
    for (int i = 0; i < n; i += 2, to += head_dim, v += 2 * ld) {
        if (i % STEP == 0) {
            const int left = n - i, keys = left < STEP ? left : STEP;
            measure_columns(units + (size_t)(i / STEP) * (size_t)head_dim, inverses, v, ld, keys, left - keys,
                            head_dim);
        }
        for (int d = 0; d < head_dim; d += LANES) {
            const vec inverse = load_row(inverses, d, head_dim);
            const vec_int first = integers(load_row(v, d, head_dim), inverse);
            const vec_int second = i + 1 < n ? integers(load_row(v + ld, d, head_dim), inverse) : vi_set(0);
            store_row(to, d, head_dim, v_bits(vi_pairs(first, second)));
        }
    }
}

/** tile->queries: q (count, head_dim), transposed, each query in multiples of its own unit, which with `scale`, of
 * scores for powers of 2, is tile->unit; zeros in what is left of the last vector in use. */
static void turn_queries(struct attend_tile *tile, const float *q, size_t ldq, int count, float scale, float most) {
    float *turned = tile->output; /* which is not in use yet */
    const int whole = count - count % LANES, D = tile->head_dim;
    for (int d = 0; count % LANES && d < D; d++) v_store(turned + d * WIDTH + whole, v_set(0));
    turn(turned, WIDTH, q, ldq, count, D);
    for (int j = 0; j * LANES < count; j++, turned += LANES) {
        vec max = v_set(least);
        for (int d = 0; d < D; d++) max = larger(max, v_load(turned + d * WIDTH));
        const vec inverse = v_div(v_set(most), max);
        tile->unit[j] = v_mul(unit_of(max, most), v_set(scale));
        tile->bias_scale[j] = v_div(v_set(log2_e), tile->unit[j]);
        for (int d = 0; d < D; d += 2) {
            const float *from = turned + d * WIDTH;
            const vec_int first = integers(v_load(from), inverse);
            const vec_int second = d + 1 < D ? integers(v_load(from + WIDTH), inverse) : vi_set(0);
            vi_store(tile->queries + d / 2 * WIDTH + j * LANES, vi_pairs(first, second));
        }
    }
}

/* ---------------------------------------------------------------- a head */

/** What integers of queries and keys go up to: head_dim products of them stay below 2^31. At 64 they have 12 and 13
 * bits, at 1024 10 and 11. */
static void find_most(int head_dim, float *query, float *key) {
    int bits = 31;
    while (1ll << (31 - bits) < head_dim) bits--;
    const int query_bits = bits / 2, key_bits = bits - query_bits < 15 ? bits - query_bits : 15;
    *query = (float)((1 << query_bits) - 1);
    *key = (float)((1 << key_bits) - 1);
}

/** 0, or NaN where a key or its bias is. */
static float find_nan(const float *k_units, const float *bias, int n) {
    float nan = 0;
    for (int i = 0; i < n; i++) nan += k_units[i] * 0 + (bias ? bias[i] * 0 : 0);
    return nan;
}

static size_t steps_of(int n) {
    return ((size_t)n + STEP - 1) / STEP;
}

static size_t attend_scratch(int n, int head_dim) {
    const size_t pairs = (size_t)pairs_of(head_dim), D = (size_t)head_dim;
    return (pairs + D + STEP) * WIDTH + (size_t)n * (pairs + 1) + ((size_t)pairs_of(n) + steps_of(n) + 1) * D;
}

static void attend(const struct attend_head *head, float *scratch) {
    const int n = head->n, head_dim = head->head_dim;
    const size_t pairs = (size_t)pairs_of(head_dim), D = (size_t)head_dim;
    float *queries = scratch, *output = queries + pairs * WIDTH, *weights = output + D * WIDTH;
    float *k_pairs = weights + STEP * WIDTH, *k_units = k_pairs + (size_t)n * pairs;
    float *v_pairs = k_units + n, *v_units = v_pairs + (size_t)pairs_of(n) * D, *inverses = v_units + steps_of(n) * D;
    struct attend_tile tile = {.k = k_pairs, .v = v_pairs, .k_units = k_units, .v_units = v_units};
    tile.bias = head->bias;
    tile.queries = queries;
    tile.weights = weights;
    tile.output = output;
    tile.head_dim = head_dim;
    float most_query, most_key;
    find_most(head_dim, &most_query, &most_key);
    pack_keys(k_pairs, k_units, head->k, head->ld, n, head_dim, most_key);
    pack_values(v_pairs, v_units, inverses, head->v, head->ld, n, head_dim);
    const float of_scores = head->scale * log2_e + find_nan(k_units, head->bias, n);
    for (int row = 0; row < head->rows; row += WIDTH) {
        const int count = row + WIDTH < head->rows ? WIDTH : head->rows - row;
        turn_queries(&tile, head->q + (size_t)row * head->ldq, head->ldq, count, of_scores, most_query);
        attend_vectors[(count - 1) / LANES](&tile, n);
        turn(head->out + (size_t)row * head->ldo, head->ldo, tile.output, WIDTH, head_dim, count);
    }
}

#define ATTEND_KERNELS .attend = attend, .scratch = attend_scratch, .queries = WIDTH, .precision = PTM_INT16

#endif
