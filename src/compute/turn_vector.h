/* SPDX-License-Identifier: MIT */
/*
 * turn_vector: rows become vectors of columns, over the operations on 128-bit blocks listed in kernels_vector.h where a
 * vector has more than one.
 */
#ifndef POLYTOME_COMPUTE_TURN_VECTOR_H
#define POLYTOME_COMPUTE_TURN_VECTOR_H

#include "compute/transpose.h"

#include <stddef.h>

#if LANES > 4
/** to (4) = from (LANES, 4), transposed: a vector a column. */
static inline void turn_columns(vec to[4], const float *from, size_t ldfrom) {
    const vec r0 = v_load_blocks(from, ldfrom), r1 = v_load_blocks(from + ldfrom, ldfrom);
    const vec r2 = v_load_blocks(from + 2 * ldfrom, ldfrom), r3 = v_load_blocks(from + 3 * ldfrom, ldfrom);
    const vec a = v_low(r0, r1), b = v_high(r0, r1), c = v_low(r2, r3), d = v_high(r2, r3);
    to[0] = v_low_pair(a, c);
    to[1] = v_high_pair(a, c);
    to[2] = v_low_pair(b, d);
    to[3] = v_high_pair(b, d);
}

/** to (4, LANES) = from (LANES, 4), transposed; rows of either ld* apart. */
static inline void turn_block(float *to, size_t ldto, const float *from, size_t ldfrom) {
    vec columns[4];
    turn_columns(columns, from, ldfrom);
    v_store(to, columns[0]);
    v_store(to + ldto, columns[1]);
    v_store(to + 2 * ldto, columns[2]);
    v_store(to + 3 * ldto, columns[3]);
}
#endif

/** to (columns, rows) = from (rows, columns), transposed; rows of either ld* apart. */
static inline void turn(float *to, size_t ldto, const float *from, size_t ldfrom, int rows, int columns) {
#if LANES > 4
    const int whole_rows = rows - rows % LANES, whole_columns = columns - columns % 4;
    for (int r = 0; r < whole_rows; r += LANES)
        for (int c = 0; c < whole_columns; c += 4)
            turn_block(to + (size_t)c * ldto + r, ldto, from + (size_t)r * ldfrom + c, ldfrom);
    transpose(to + (size_t)whole_columns * ldto, ldto, from + whole_columns, ldfrom, whole_rows,
              columns - whole_columns);
    transpose(to + whole_rows, ldto, from + (size_t)whole_rows * ldfrom, ldfrom, rows - whole_rows, columns);
#else
    transpose(to, ldto, from, ldfrom, rows, columns); /* which is in vectors of four */
#endif
}

#endif
