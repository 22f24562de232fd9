/* SPDX-License-Identifier: MIT */
/* turn_vector: rows become vectors of columns, over the operations on 128-bit blocks listed in kernels_vector.h. */
#ifndef POLYTOME_COMPUTE_TURN_VECTOR_H
#define POLYTOME_COMPUTE_TURN_VECTOR_H

#include <stddef.h>

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

#endif
