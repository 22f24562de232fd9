/* SPDX-License-Identifier: MIT */
/*
 * Sums in registers, the inner loop of attention and of products, once for every instruction set. A file that includes
 * this has defined the vector operations listed in kernels_vector.h, and ACC_ROWS: rows of accumulators, VECTORS wide,
 * that the registers hold beside one row of the other factor.
 */
#ifndef POLYTOME_COMPUTE_ACCUMULATE_VECTOR_H
#define POLYTOME_COMPUTE_ACCUMULATE_VECTOR_H

#include "base/inline.h"

#include <stddef.h>

/*
 * DO(r, j) for every accumulator: row r, vector j. Written out, not looped, as an array stays in registers for sure
 * only where its indices are constants from the start; clang 14 unrolls loops too late for it, at a third of the speed.
 */
#define EACH_OF_ROW(DO, r) DO(r, 0) DO(r, 1) DO(r, 2)
#define EACH(DO)       \
    EACH_OF_ROW(DO, 0) \
    EACH_OF_ROW(DO, 1) \
    EACH_OF_ROW(DO, 2) \
    EACH_OF_ROW(DO, 3) \
    EACH_OF_ROW(DO, 4) \
    EACH_OF_ROW(DO, 5) \
    EACH_OF_ROW(DO, 6) \
    EACH_OF_ROW(DO, 7)
#define IN_USE(r, j) if ((r) < rows && (j) < vectors)

/* Two steps of the loop a turn, unless the file that includes this has said how many: with one, a processor whose front
 * end is shared with another thread falls behind its own multipliers. (A constant, as gcc expands no macro in the
 * pragma that takes it.) */
#ifndef ACC_STEPS
#define ACC_STEPS 2
#endif

enum { MAX_ROWS = 8, VECTORS = 3, WIDTH = VECTORS * LANES, STEPS_A_TURN = ACC_STEPS };

/* A lane of a factor is one float, unless the file that includes this has said what else by v_dot
 * (attend_factors_bf16.h), and loaded lanes and sums are of type vec, unless it has said which and how lanes become it
 * (V_SUMS and v_factors, as in attend_avx512fp16.c and attend_int16.h): casts in v_dot cost gcc 12 its registers. */
#ifndef v_dot
#define v_dot(sum, a, b) v_fma(a, b, sum)
#endif
#ifndef V_SUMS
#define V_SUMS vec
#define v_factors(lanes) (lanes)
#endif

/**
 * acc (rows, vectors) += a b with b (count, vectors), rows WIDTH apart, and element (r, i) of a at a[r * row + i *
 * step]. `rows` and `vectors` are constants where this is inlined.
 */
static ALWAYS_INLINE void accumulate(V_SUMS acc[MAX_ROWS][VECTORS], int rows, int vectors, const float *a, size_t row,
                                     size_t step, const float *b, int count) {
#define LOAD(r, j) IN_USE(r, j) wide[j] = v_factors(v_load(b + (j)*LANES));
#define MULTIPLY(r, j) IN_USE(r, j) acc[r][j] = v_dot(acc[r][j], v_factors(v_set(a[(r)*row])), wide[j]);
#pragma GCC unroll STEPS_A_TURN
    for (int i = 0; i < count; i++) {
        V_SUMS wide[VECTORS];
        EACH_OF_ROW(LOAD, 0)
        EACH(MULTIPLY)
        a += step;
        b += WIDTH;
    }
#undef LOAD
#undef MULTIPLY
}

#endif
