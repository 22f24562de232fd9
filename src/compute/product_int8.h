/* SPDX-License-Identifier: MIT */
/* product_int8: the steps of int8 that every table shares, in plain C, so that all make the same numbers. */
#ifndef POLYTOME_COMPUTE_PRODUCT_INT8_H
#define POLYTOME_COMPUTE_PRODUCT_INT8_H

#include "compute/product.h"

#include <float.h>
#include <math.h>
#include <string.h>

/** What a table stores for q_x: a byte, which may be moved so that it has a sign. */
#ifndef INT8_VALUE
#define INT8_VALUE uint8_t
#define INT8_SHIFT 0
#endif

/** Rows of x that lie together, a group of four values of each in turn; 1: each row by itself. */
#ifndef INT8_TOGETHER
#define INT8_TOGETHER 1
#endif

/** Where value i of a row lies, from its first on. */
static inline int int8_place(int i) {
    return i / 4 * 4 * INT8_TOGETHER + i % 4;
}

/** Puts `count` values, whole groups and moved already, in their places from q on. */
static inline void int8_put(INT8_VALUE *q, const uint8_t *values, int count) {
    if (INT8_TOGETHER == 1)
        memcpy(q, values, (size_t)count);
    else
        for (int i = 0; i < count; i += 4) memcpy(q + int8_place(i), values + i, 4);
}

/**
 * The row's scale and zero from its smallest and largest value, 0 among them; `bad` is NaN where a value is not finite.
 * Returns the factor to integers; 0: they are all zero.
 */
static inline float int8_range(struct product_row *row, float low, float high, float bad) {
    const float scale = high / 255 - low / 255 + bad; /* divided first: the range itself may overflow */
    const float inverse = scale >= FLT_MIN ? 1 / scale : 0;
    row->scale = scale;
    const float zero = inverse > 0 ? rintf(-low * inverse) : 0; /* low may be infinite where `bad` says so */
    row->zero = (int32_t)zero - INT8_SHIFT;
    return inverse;
}

/** Values from `first` on, and the zeros after n. */
static inline void int8_values(INT8_VALUE *q, const struct product_row *row, float inverse, const float *x, int first,
                               int n, int end) {
    const float zero = (float)(row->zero + INT8_SHIFT);
    for (int i = first; i < n; i++) {
        const float whole = inverse > 0 ? rintf(x[i] * inverse) + zero : 0;
        q[int8_place(i)] = (INT8_VALUE)((whole < 0 ? 0 : whole > 255 ? 255 : (int)whole) - INT8_SHIFT);
    }
    for (int i = first > n ? first : n; i < end; i++) q[int8_place(i)] = 0;
}

/** What the tables of int8 have alike, each of its own tile. */
#define PRODUCT_INT8                                                                                       \
    .precision = PTM_INT8, .rows = ROWS, .columns = COLUMNS, .group = 4, .depth = DEPTH, .value_bytes = 1, \
    .prepare = prepare, .multiply = multiply

#endif
