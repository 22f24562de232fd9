/* SPDX-License-Identifier: MIT */
/*
 * Fused attention, once for every instruction set: the online softmax of attend_steps.h with the queries in the lanes.
 * Scores stand transposed, a row a key: the maximum and the sum of a query run down a lane, and keys and values are
 * read one lane at a time, as they lie. A file that includes this has defined the vector operations listed in
 * kernels_vector.h, and ACC_ROWS: rows of accumulators, VECTORS wide, that the registers hold beside one row of the
 * other factor; and has included what the factors are made of, which is attend_factors_float.h or
 * attend_factors_bf16.h: GROUP values lie in a lane of them, so n values in groups(n) lanes.
 */
#ifndef POLYTOME_COMPUTE_ATTEND_VECTOR_H
#define POLYTOME_COMPUTE_ATTEND_VECTOR_H

#include "compute/accumulate_vector.h"
#include "compute/exp2_vector.h"
#include "compute/kernels.h"
#include "compute/turn_vector.h"

#include <stddef.h>

/* A tile is WIDTH queries; a step is STEP keys. The scores of a step, its keys or values and the tile's queries or
 * output together are about a first-level cache. */
enum { STEP = 128 };
_Static_assert(STEP % GROUP == 0, "a step begins with a lane of keys");

/** One tile: all matrices have rows of WIDTH, one query a lane. */
struct attend_tile {
    float *queries;            /* (groups of head_dim, WIDTH) */
    float *output;             /* (head_dim, WIDTH), to be divided by `sum` */
    float *weights;            /* (keys of a step, WIDTH): scores, then (groups of them, WIDTH): their exponentials */
    const float *k, *v, *bias; /* (n, groups of head_dim), (groups of n, head_dim), (n) or NULL */
    int head_dim;
    float bias_scale; /* for scores, which are not scaled yet */
    vec scale;        /* of scores, for powers of 2 */
    vec max[VECTORS], old_max[VECTORS], sum[VECTORS], rescale[VECTORS];
};

/** Scores of `rows` keys, from number `key` on: into `scores`, and the maxima raised to them. */
static ALWAYS_INLINE void score_rows(struct attend_tile *tile, int rows, int vectors, int key, float *scores) {
#define START(r, j) IN_USE(r, j) acc[r][j] = v_set(tile->bias ? tile->bias[key + (r)] * tile->bias_scale : 0);
#define STORE(r, j) IN_USE(r, j) v_store(scores + (r)*WIDTH + (j)*LANES, acc[r][j]);
#define RAISE(r, j) IN_USE(r, j) tile->max[j] = v_max(acc[r][j], tile->max[j]);
    vec acc[MAX_ROWS][VECTORS];
    const int lanes = groups(tile->head_dim);
    EACH(START)
    accumulate(acc, rows, vectors, tile->k + (size_t)key * (size_t)lanes, (size_t)lanes, 1, tile->queries, lanes);
    EACH(RAISE)
    EACH(STORE)
#undef START
#undef STORE
#undef RAISE
}

/** Rows d to d + rows of the output: rescaled to the new maxima, and the values of this step's keys added. */
static ALWAYS_INLINE void output_rows(struct attend_tile *tile, int rows, int vectors, int d, int key, int keys) {
#define AT(r, j) (output + (r)*WIDTH + (j)*LANES)
#define RESCALE(r, j) IN_USE(r, j) acc[r][j] = v_mul(v_load(AT(r, j)), tile->rescale[j]);
#define STORE(r, j) IN_USE(r, j) v_store(AT(r, j), acc[r][j]);
    vec acc[MAX_ROWS][VECTORS];
    const size_t D = (size_t)tile->head_dim;
    float *output = tile->output + (size_t)d * WIDTH;
    EACH(RESCALE)
    accumulate(acc, rows, vectors, tile->v + (size_t)groups(key) * D + d, 1, D, tile->weights, groups(keys));
    EACH(STORE)
#undef AT
#undef RESCALE
#undef STORE
}

/** Turns this step's scores into weights, relative to the new maxima; what came before is to be scaled by `rescale`. */
static ALWAYS_INLINE void weigh_keys(struct attend_tile *tile, int vectors, int key, int keys) {
    (void)key;
    for (int j = 0; j < vectors; j++) {
        /* the same rounding for weights and for what they are rescaled by, which is 1 where no maximum rises */
        const vec scale = tile->scale, max = v_mul(tile->max[j], scale), shift = v_sub(v_set(0), max);
        vec sum = v_set(0);
        const float *scores = tile->weights + j * LANES;
        float *weights = tile->weights + j * LANES; /* never ahead of what is still to be read */
        int i = 0;
        for (; i + GROUP <= keys; i += GROUP, scores += GROUP * WIDTH, weights += WIDTH)
            sum = v_add(sum, weigh_group(weights, scores, GROUP, scale, shift));
        if (i < keys) sum = v_add(sum, weigh_group(weights, scores, 1, scale, shift));
        tile->rescale[j] = v_exp2(v_sub(v_mul(tile->old_max[j], scale), max));
        tile->sum[j] = v_fma(tile->sum[j], tile->rescale[j], sum);
        tile->old_max[j] = tile->max[j];
    }
}

#include "compute/attend_output.h"
#include "compute/attend_steps.h"

/** tile->queries = q (count, head_dim), transposed; zeros in what is left of the last vector in use. */
static void turn_queries(struct attend_tile *tile, const float *q, size_t ldq, int count) {
    const int whole = count - count % LANES, lanes = groups(tile->head_dim);
    for (int i = 0; count % LANES && i < lanes; i++) v_store(tile->queries + i * WIDTH + whole, v_set(0));
    if (GROUP > 1) { /* output is not in use yet */
        pack_rows(tile->output, q, ldq, count, tile->head_dim);
        q = tile->output;
        ldq = (size_t)lanes;
    }
    turn(tile->queries, WIDTH, q, ldq, count, lanes);
}

static size_t attend_scratch(int n, int head_dim) {
    const size_t lanes = (size_t)groups(head_dim);
    return (size_t)n * lanes + (size_t)groups(n) * (size_t)head_dim + (lanes + (size_t)head_dim + STEP) * WIDTH;
}

static void attend(const struct attend_head *head, float *scratch) {
    const int n = head->n, head_dim = head->head_dim;
    struct attend_tile tile = {.k = scratch, .bias = head->bias, .head_dim = head_dim};
    float *v_packed = scratch + (size_t)n * (size_t)groups(head_dim);
    tile.v = v_packed;
    tile.queries = v_packed + (size_t)groups(n) * (size_t)head_dim;
    tile.output = tile.queries + groups(head_dim) * WIDTH;
    tile.weights = tile.output + head_dim * WIDTH;
    tile.bias_scale = 1 / head->scale;
    tile.scale = v_set(head->scale * log2_e);
    /* in their wide rows keys and values would lie whole KiB apart and evict each other */
    pack_rows(scratch, head->k, head->ld, n, head_dim);
    pack_values(v_packed, head->v, head->ld, n, head_dim);
    for (int row = 0; row < head->rows; row += WIDTH) {
        const int count = row + WIDTH < head->rows ? WIDTH : head->rows - row;
        turn_queries(&tile, head->q + (size_t)row * head->ldq, head->ldq, count);
        attend_vectors[(count - 1) / LANES](&tile, n);
        turn(head->out + (size_t)row * head->ldo, head->ldo, tile.output, WIDTH, head_dim, count);
    }
}

#define ATTEND_KERNELS .attend = attend, .scratch = attend_scratch, .queries = WIDTH

#endif
