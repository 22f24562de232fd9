/* SPDX-License-Identifier: MIT */
/*
 * split: float32 products by a unit that multiplies bf16 only, but many times as fast. The 24 bits of a float are the
 * sum of three bf16 of 8, x = x0 + x1 + x2, each the rest rounded to nearest: |x1| <= 2^-9 and |x2| <= 2^-18 of the
 * power of two above |x|. Of the nine products of parts six are taken; the others are together below 2^-25 of the
 * largest, less than the rounding of one product in float32 (Henry, Tang and Heinecke, "Leveraging the bfloat16
 * Artificial Intelligence Datatype for Higher-Precision Computations", 2019). A value that is not finite makes NaN;
 * parts below 2^-126 count as 0.
 */
#ifndef POLYTOME_COMPUTE_SPLIT_H
#define POLYTOME_COMPUTE_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Parts lie as the unit reads them: SPLIT_BLOCK rows of a factor make a block, SPLIT_STEP values of each of them a
 * step, of which the three parts follow each other. A product takes two blocks of either factor at once, so there is
 * room for an even number of them; what fills them up is never part of a result.
 */
enum { SPLIT_PARTS = 3, SPLIT_BLOCK = 16, SPLIT_STEP = 32, SPLIT_PAIR = 2 * SPLIT_BLOCK };
enum { SPLIT_PART_BYTES = 2 * SPLIT_BLOCK * SPLIT_STEP, SPLIT_STEP_BYTES = SPLIT_PARTS * SPLIT_PART_BYTES };

/** Bytes of a block of rows of `depth` values. */
static inline size_t split_block_bytes(int depth) {
    return ((size_t)depth + SPLIT_STEP - 1) / SPLIT_STEP * SPLIT_STEP_BYTES;
}

/** Bytes of `rows` rows of `depth` values. */
static inline size_t split_bytes(int rows, int depth) {
    return ((size_t)rows + SPLIT_PAIR - 1) / SPLIT_PAIR * 2 * split_block_bytes(depth);
}

/** y (rows, columns) = x w^T + bias, or y += that; bias (columns) or NULL. */
struct split_product {
    float *y;
    const char *x, *w; /* in parts, on whole cache lines */
    const float *bias;
    size_t ldy;
    int rows, columns, depth;
    bool add;
};

struct split_kernels {
    /** Parts of x (rows, depth), at most SPLIT_BLOCK rows, into one block. */
    void (*left)(char *to, const float *x, size_t ldx, int rows, int depth);

    /** The same of w (columns, depth), the other factor, whose values lie across. */
    void (*right)(char *to, const float *w, size_t ldw, int columns, int depth);

    void (*multiply)(const struct split_product *product);
};

#endif
