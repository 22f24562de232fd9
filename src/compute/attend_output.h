/* SPDX-License-Identifier: MIT */
/*
 * The output of a tile before its first key and after its last, where it is float32 as its sums are: begin_tile and
 * finish_tile of attend_steps.h. A file that includes this has defined struct attend_tile, which has `max` and
 * `old_max` of scores, `sum`, a vector each, and `output` (head_dim, WIDTH).
 */
#ifndef POLYTOME_COMPUTE_ATTEND_OUTPUT_H
#define POLYTOME_COMPUTE_ATTEND_OUTPUT_H

#include "compute/accumulate_vector.h"

#include <math.h>

static ALWAYS_INLINE void begin_tile(struct attend_tile *tile, int vectors) {
    for (int j = 0; j < vectors; j++) {
        tile->max[j] = tile->old_max[j] = v_set(-INFINITY);
        tile->sum[j] = v_set(0);
    }
    for (int i = 0; i < tile->head_dim * WIDTH; i += LANES) v_store(tile->output + i, v_set(0));
}

static ALWAYS_INLINE void finish_tile(struct attend_tile *tile, int vectors) {
    for (int j = 0; j < vectors; j++) {
        const vec norm = v_div(v_set(1), tile->sum[j]);
        for (int d = 0; d < tile->head_dim; d++) {
            float *output = tile->output + d * WIDTH + j * LANES;
            v_store(output, v_mul(v_load(output), norm));
        }
    }
}

#endif
