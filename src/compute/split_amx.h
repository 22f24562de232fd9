/* SPDX-License-Identifier: MIT */
/* Split products in the tiles of AMX, over the vectors of AVX-512. */
#ifndef POLYTOME_COMPUTE_SPLIT_AMX_H
#define POLYTOME_COMPUTE_SPLIT_AMX_H

#include "compute/split.h"
#include "compute/tiles_amx.h"
#include "compute/vector_avx512.h"

#include <string.h>

_Static_assert(SPLIT_BLOCK == (int)AMX_ROWS && 2 * SPLIT_STEP == (int)AMX_BYTES,
               "a part of a step fills a tile register");

/* ---------------------------------------------------------------- splitting */

/**
 * The first part of each of two vectors, side by side: `a` in the lower halves of 32 bits, `b` in the upper ones. A
 * product adds up over the values of a row, so it does not matter which two of them stand together, if they are the
 * same ones in both factors. Takes the part off both.
 */
static inline __m512i take_part(vec *a, vec *b) {
    const __m512i half = _mm512_set1_epi32(0x8000), upper = _mm512_set1_epi32(-0x10000);
    const __m512i a_rounded = _mm512_add_epi32(_mm512_castps_si512(*a), half);
    const __m512i b_rounded = _mm512_add_epi32(_mm512_castps_si512(*b), half);
    const __m512i a_part = _mm512_and_si512(a_rounded, upper), b_part = _mm512_and_si512(b_rounded, upper);
    *a = v_sub(*a, _mm512_castsi512_ps(a_part));
    *b = v_sub(*b, _mm512_castsi512_ps(b_part));
    return _mm512_or_si512(_mm512_srli_epi32(a_rounded, 16), b_part);
}

/** What is left has 8 bits: its upper half is all of it. */
static inline __m512i last_part(vec a, vec b) {
    const __m512i lower = _mm512_srli_epi32(_mm512_castps_si512(a), 16);
    return _mm512_mask_blend_epi16(0xaaaaaaaa, lower, _mm512_castps_si512(b));
}

/** A line of each of the three parts of a step. */
static inline void put_parts(char *to, vec a, vec b) {
    _mm512_store_si512(to, take_part(&a, &b));
    _mm512_store_si512(to + SPLIT_PART_BYTES, take_part(&a, &b));
    _mm512_store_si512(to + 2 * SPLIT_PART_BYTES, last_part(a, b));
}

static void split_left(char *to, const float *x, size_t ldx, int rows, int depth) {
    const int whole = depth - depth % SPLIT_STEP, left = depth - whole;
    for (int i = 0; i < rows; i++, x += ldx, to += AMX_BYTES) {
        char *line = to;
        for (int k = 0; k < whole; k += SPLIT_STEP, line += SPLIT_STEP_BYTES)
            put_parts(line, v_load(x + k), v_load(x + k + LANES));
        if (left > LANES)
            put_parts(line, v_load(x + whole), v_load_part(x + whole + LANES, left - LANES, 0));
        else if (left > 0)
            put_parts(line, v_load_part(x + whole, left, 0), v_set(0));
    }
}

/** to (LANES) = from (LANES, LANES), transposed. */
static inline void turn_lanes(vec to[LANES], const float *from, size_t ldfrom) {
    for (int i = 0; i < LANES; i += 4, from += 4) {
        const vec r0 = v_load_blocks(from, ldfrom), r1 = v_load_blocks(from + ldfrom, ldfrom);
        const vec r2 = v_load_blocks(from + 2 * ldfrom, ldfrom), r3 = v_load_blocks(from + 3 * ldfrom, ldfrom);
        const vec a = v_low(r0, r1), b = v_high(r0, r1), c = v_low(r2, r3), d = v_high(r2, r3);
        to[i] = v_low_pair(a, c);
        to[i + 1] = v_high_pair(a, c);
        to[i + 2] = v_low_pair(b, d);
        to[i + 3] = v_high_pair(b, d);
    }
}

/** A step of a whole block. */
static inline void split_right_step(char *to, const float *w, size_t ldw) {
    vec a[LANES], b[LANES];
    turn_lanes(a, w, ldw);
    turn_lanes(b, w + LANES, ldw);
    for (int i = 0; i < LANES; i++) put_parts(to + i * AMX_BYTES, a[i], b[i]);
}

static void split_right(char *to, const float *w, size_t ldw, int columns, int depth) {
    enum { AHEAD = 4 * SPLIT_STEP };
    int k = 0;
    for (; columns == SPLIT_BLOCK && k + SPLIT_STEP <= depth; k += SPLIT_STEP, to += SPLIT_STEP_BYTES) {
        for (int j = 0; j < SPLIT_BLOCK; j++) {
            __builtin_prefetch(w + (size_t)j * ldw + k + AHEAD);
            __builtin_prefetch(w + (size_t)j * ldw + k + AHEAD + LANES);
        }
        split_right_step(to, w + k, ldw);
    }
    for (; k < depth; k += SPLIT_STEP, to += SPLIT_STEP_BYTES) {
        float step[SPLIT_BLOCK][SPLIT_STEP] = {0};
        const int count = depth - k < SPLIT_STEP ? depth - k : SPLIT_STEP;
        for (int j = 0; j < columns; j++) memcpy(step[j], w + (size_t)j * ldw + k, (size_t)count * sizeof(float));
        split_right_step(to, step[0], SPLIT_STEP);
    }
}

/* ---------------------------------------------------------------- multiplying */

/** sum (SPLIT_PAIR, SPLIT_PAIR): two blocks of x by two of w. The smallest products come first in a step. */
static inline void multiply_pair(float *sum, const char *x, const char *w, size_t x_block, size_t w_block, int steps) {
#define X(part)                                             \
    _tile_loadd(4, x + (part)*SPLIT_PART_BYTES, AMX_BYTES); \
    _tile_loadd(5, x + x_block + (part)*SPLIT_PART_BYTES, AMX_BYTES);
#define W(part)                                             \
    _tile_loadd(6, w + (part)*SPLIT_PART_BYTES, AMX_BYTES); \
    _tile_loadd(7, w + w_block + (part)*SPLIT_PART_BYTES, AMX_BYTES);
#define DOT()                \
    _tile_dpbf16ps(0, 4, 6); \
    _tile_dpbf16ps(1, 4, 7); \
    _tile_dpbf16ps(2, 5, 6); \
    _tile_dpbf16ps(3, 5, 7);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int s = 0; s < steps; s++, x += SPLIT_STEP_BYTES, w += SPLIT_STEP_BYTES) {
        X(2) W(0) DOT() X(1) DOT() W(1) DOT() X(0) DOT() W(2) DOT() W(0) DOT()
    }
    enum { LINE = SPLIT_PAIR * sizeof(float) };
    _tile_stored(0, sum, LINE);
    _tile_stored(1, sum + SPLIT_BLOCK, LINE);
    _tile_stored(2, sum + SPLIT_BLOCK * SPLIT_PAIR, LINE);
    _tile_stored(3, sum + SPLIT_BLOCK * SPLIT_PAIR + SPLIT_BLOCK, LINE);
#undef X
#undef W
#undef DOT
}

/** Puts sums into up to SPLIT_PAIR rows and columns of y. */
static inline void put_sums(const struct split_product *product, const float *sum, int row, int column) {
    const int rows = product->rows - row, columns = product->columns - column;
    for (int j = 0; j < SPLIT_PAIR && j < columns; j += LANES) {
        const int count = columns - j < LANES ? columns - j : LANES;
        const vec bias = product->bias ? v_load_part(product->bias + column + j, count, 0) : v_set(0);
        float *y = product->y + (size_t)row * product->ldy + column + j;
        for (int i = 0; i < SPLIT_PAIR && i < rows; i++, y += product->ldy) {
            vec value = v_add(v_load(sum + i * SPLIT_PAIR + j), bias);
            if (product->add) value = v_add(v_load_part(y, count, 0), value);
            v_store_part(y, count, value);
        }
    }
}

static void multiply_split(const struct split_product *product) {
    _Alignas(AMX_BYTES) float sum[SPLIT_PAIR * SPLIT_PAIR];
    const size_t block = split_block_bytes(product->depth);
    const int steps = (int)(block / SPLIT_STEP_BYTES);
    amx_enter();
    for (int row = 0; row < product->rows; row += SPLIT_PAIR) {
        const char *x = product->x + (size_t)(row / SPLIT_BLOCK) * block;
        for (int column = 0; column < product->columns; column += SPLIT_PAIR) {
            multiply_pair(sum, x, product->w + (size_t)(column / SPLIT_BLOCK) * block, block, block, steps);
            put_sums(product, sum, row, column);
        }
    }
    amx_leave();
}

static const struct split_kernels split_kernels = {split_left, split_right, multiply_split};

#endif
