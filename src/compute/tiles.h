/* SPDX-License-Identifier: MIT */
/* tiles: how work is cut up into parts that differ by one step at most. */
#ifndef POLYTOME_COMPUTE_TILES_H
#define POLYTOME_COMPUTE_TILES_H

#include <stdbool.h>

/** Whether a product has so few multiply-adds that another thread would cost more than it brings. */
static inline bool tiles_small(int rows, int in, int out) {
    return (double)rows * in * out <= 1e6;
}

static inline int smaller(int a, int b) {
    return a < b ? a : b;
}

/** Parts of `most` or less that `size` makes, at least one. */
static inline int tiles_count(int size, int most) {
    return (size - 1) / most + 1;
}

/** Where tile number `tile` ends, which begins at tile * step, of `size` in all. */
static inline int tiles_end(int tile, int step, int size) {
    return smaller((tile + 1) * step, size);
}

/** Where part `part` of `parts` begins, cut as evenly as multiples of `step` allow; part `parts` begins at the end. */
static inline int tiles_start(int size, int step, int part, int parts) {
    const long long start = (long long)tiles_count(size, step) * part / parts * step;
    return start < size ? (int)start : size;
}

#endif
