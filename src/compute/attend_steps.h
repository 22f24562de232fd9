/* SPDX-License-Identifier: MIT */
/*
 * Online softmax (Milakov and Gimelshein 2018; FlashAttention, Dao and others 2022), whatever the factors are: a tile
 * of queries goes through the keys step by step. A file that includes this has defined STEP, keys of a step, struct
 * attend_tile with `weights` (keys of a step, WIDTH) and `head_dim`, and
 *
 *     begin_tile     before the first key: no maximum, no sum, no output
 *     score_rows     scores of some keys, which raise the maxima
 *     weigh_keys     the step's scores become weights; sums and what output is to be rescaled by follow, and what the
 *                    next step is to know of the maxima
 *     output_rows    rows of the output, rescaled, and the step's values in them
 *     finish_tile    output over sums
 *
 * `rows` and `vectors` are constants where these are inlined.
 */
#ifndef POLYTOME_COMPUTE_ATTEND_STEPS_H
#define POLYTOME_COMPUTE_ATTEND_STEPS_H

#include "compute/accumulate_vector.h"

static ALWAYS_INLINE void score_keys(struct attend_tile *tile, int vectors, int key, int keys) {
    int i = 0;
    for (; i + ACC_ROWS <= keys; i += ACC_ROWS) score_rows(tile, ACC_ROWS, vectors, key + i, tile->weights + i * WIDTH);
    for (; i + 2 <= keys; i += 2) score_rows(tile, 2, vectors, key + i, tile->weights + i * WIDTH);
    if (i < keys) score_rows(tile, 1, vectors, key + i, tile->weights + i * WIDTH);
}

static ALWAYS_INLINE void add_values(struct attend_tile *tile, int vectors, int key, int keys) {
    int d = 0;
    for (; d + ACC_ROWS <= tile->head_dim; d += ACC_ROWS) output_rows(tile, ACC_ROWS, vectors, d, key, keys);
    for (; d < tile->head_dim; d++) output_rows(tile, 1, vectors, d, key, keys);
}

/** All n keys: tile->output is the answer of `vectors` vectors of queries. */
static ALWAYS_INLINE void attend_keys(struct attend_tile *tile, int vectors, int n) {
    begin_tile(tile, vectors);
    for (int key = 0; key < n; key += STEP) {
        const int keys = key + STEP < n ? STEP : n - key;
        score_keys(tile, vectors, key, keys);
        weigh_keys(tile, vectors, key, keys);
        add_values(tile, vectors, key, keys);
    }
    finish_tile(tile, vectors);
}

static void attend_one_vector(struct attend_tile *tile, int n) {
    attend_keys(tile, 1, n);
}

static void attend_two_vectors(struct attend_tile *tile, int n) {
    attend_keys(tile, 2, n);
}

static void attend_three_vectors(struct attend_tile *tile, int n) {
    attend_keys(tile, 3, n);
}

/* By the number of the last vector that holds queries. */
static void (*const attend_vectors[])(struct attend_tile *, int) = {attend_one_vector, attend_two_vectors,
                                                                    attend_three_vectors};

#endif
