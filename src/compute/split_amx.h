/* SPDX-License-Identifier: MIT */
/*
 * split: float32 products by a unit that multiplies bf16 only, but many times as fast: the tiles of AMX. The 24 bits of
 * a float are the sum of three bf16 of 8, x = x0 + x1 + x2, each the rest rounded to nearest: |x1| <= 2^-9 and |x2| <=
 * 2^-18 of the power of two above |x|. Of the nine products of parts six are taken; the others are together 2^-24
 * of the largest at most, the rounding of one product in float32 (Henry, Tang and Heinecke, "Leveraging the bfloat16
 * Artificial Intelligence Datatype for Higher-Precision Computations", 2019). A value that is not finite makes NaN,
 * and so does one that rounding would make infinite; parts, and products of parts, below 2^-126 count as 0.
 */
#ifndef POLYTOME_COMPUTE_SPLIT_AMX_H
#define POLYTOME_COMPUTE_SPLIT_AMX_H

#include "base/inline.h"
#include "compute/tiles_amx.h"
#include "compute/vector_avx512.h"

#include "compute/turn_vector.h"

#include <string.h>

/*
 * Parts lie as the tiles read them: SPLIT_BLOCK rows of a factor make a block, SPLIT_STEP values of each of them a
 * step, of which the parts follow each other: FLOAT_PARTS, or the first alone, the value rounded to bf16. A product
 * takes a pair of blocks of either factor at once, so there is room for an even number of them; what fills them up is
 * never part of a result.
 */
enum { FLOAT_PARTS = 3, SPLIT_BLOCK = 16, SPLIT_STEP = 32, SPLIT_PAIR = 2 * SPLIT_BLOCK };
enum { SPLIT_PART_BYTES = 2 * SPLIT_BLOCK * SPLIT_STEP };

_Static_assert(SPLIT_BLOCK == (int)AMX_ROWS && 2 * SPLIT_STEP == (int)AMX_BYTES,
               "a part of a step fills a tile register");

/** Steps of rows of `depth` values. */
static inline int split_steps(int depth) {
    return (depth + SPLIT_STEP - 1) / SPLIT_STEP;
}

/** Bytes of a step of a block. */
static inline size_t split_step_bytes(int parts) {
    return (size_t)parts * SPLIT_PART_BYTES;
}

/** Bytes of a block of such rows. */
static inline size_t split_block_bytes(int depth, int parts) {
    return (size_t)split_steps(depth) * split_step_bytes(parts);
}

/** Bytes of `rows` of them. */
static inline size_t split_bytes(int rows, int depth, int parts) {
    return ((size_t)rows + SPLIT_PAIR - 1) / SPLIT_PAIR * 2 * split_block_bytes(depth, parts);
}

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

/** Two vectors rounded to nearest, side by side in the same way. */
static inline __m512i round_parts(vec a, vec b) {
    const __m512i lower = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(a));
    const __m512i upper = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(b));
    return _mm512_or_si512(lower, _mm512_slli_epi32(upper, 16));
}

/** A line of each of the parts of a step. */
static ALWAYS_INLINE void put_parts(char *to, vec a, vec b, int parts) {
    if (parts == 1) {
        _mm512_store_si512(to, round_parts(a, b));
        return;
    }
    _mm512_store_si512(to, take_part(&a, &b));
    _mm512_store_si512(to + SPLIT_PART_BYTES, take_part(&a, &b));
    _mm512_store_si512(to + 2 * SPLIT_PART_BYTES, last_part(a, b));
}

/** A line of a left factor: up to SPLIT_STEP values of a row. */
static ALWAYS_INLINE void split_line(char *to, const float *x, int count, int parts) {
    if (count >= SPLIT_STEP)
        put_parts(to, v_load(x), v_load(x + LANES), parts);
    else if (count > LANES)
        put_parts(to, v_load(x), v_load_part(x + LANES, count - LANES, 0), parts);
    else
        put_parts(to, v_load_part(x, count, 0), v_set(0), parts);
}

/** to (LANES) = from (LANES, LANES), transposed. */
static inline void turn_lanes(vec to[LANES], const float *from, size_t ldfrom) {
    for (int i = 0; i < LANES; i += 4) turn_columns(to + i, from + i, ldfrom);
}

/** A step of a whole block, turned: its first and second half, each (LANES, LANES), rows `ld` apart. */
static ALWAYS_INLINE void split_turned(char *to, const float *first, const float *second, size_t ld, int parts) {
    vec a[LANES], b[LANES];
    turn_lanes(a, first, ld);
    turn_lanes(b, second, ld);
    for (int i = 0; i < LANES; i++) put_parts(to + i * AMX_BYTES, a[i], b[i], parts);
}

/** A block of a right factor: up to SPLIT_BLOCK rows of w, which becomes turned. */
static ALWAYS_INLINE void split_right(char *to, const float *w, size_t ldw, int columns, int depth, int parts) {
    enum { AHEAD = 4 * SPLIT_STEP };
    int k = 0;
    for (; columns == SPLIT_BLOCK && k + SPLIT_STEP <= depth; k += SPLIT_STEP, to += split_step_bytes(parts)) {
        for (int j = 0; j < SPLIT_BLOCK; j++) {
            __builtin_prefetch(w + (size_t)j * ldw + k + AHEAD);
            __builtin_prefetch(w + (size_t)j * ldw + k + AHEAD + LANES);
        }
        split_turned(to, w + k, w + k + LANES, ldw, parts);
    }
    for (; k < depth; k += SPLIT_STEP, to += split_step_bytes(parts)) {
        float step[SPLIT_BLOCK][SPLIT_STEP] = {0};
        const int count = depth - k < SPLIT_STEP ? depth - k : SPLIT_STEP;
        for (int j = 0; j < columns; j++) memcpy(step[j], w + (size_t)j * ldw + k, (size_t)count * sizeof(float));
        split_turned(to, step[0], step[0] + LANES, SPLIT_STEP, parts);
    }
}

/* ---------------------------------------------------------------- multiplying */

enum { PAIR_BYTES = SPLIT_PAIR * sizeof(float) };

/** sum (SPLIT_PAIR, SPLIT_PAIR), contiguous: to and from the tiles of multiply_pair(). */
static inline void load_pair(const float *sum) {
    amx_stored();
    _tile_loadd(0, sum, PAIR_BYTES);
    _tile_loadd(1, sum + SPLIT_BLOCK, PAIR_BYTES);
    _tile_loadd(2, sum + SPLIT_BLOCK * SPLIT_PAIR, PAIR_BYTES);
    _tile_loadd(3, sum + SPLIT_BLOCK * SPLIT_PAIR + SPLIT_BLOCK, PAIR_BYTES);
}

static inline void store_pair(float *sum) {
    _tile_stored(0, sum, PAIR_BYTES);
    _tile_stored(1, sum + SPLIT_BLOCK, PAIR_BYTES);
    _tile_stored(2, sum + SPLIT_BLOCK * SPLIT_PAIR, PAIR_BYTES);
    _tile_stored(3, sum + SPLIT_BLOCK * SPLIT_PAIR + SPLIT_BLOCK, PAIR_BYTES);
}

static inline void zero_pair(void) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

/* Other work beside the tiles, which leave the vector units idle: in slots, so many in each step of FLOAT_PARTS parts;
 * with one part there is one. */
enum { FLOAT_SLOTS = 6 };
typedef void chore_function(void *context, int step, int slot);

/**
 * Adds `blocks` (1 or 2) of x by two of w to the tiles; the smallest products come first in a step. With one block the
 * sums of the second stay as they are.
 */
static ALWAYS_INLINE void multiply_pair(const char *x, const char *w, size_t x_block, size_t w_block, int blocks,
                                        int steps, int parts, chore_function *chore, void *context) {
#define X(part)                                             \
    _tile_loadd(4, x + (part)*SPLIT_PART_BYTES, AMX_BYTES); \
    if (blocks == 2) _tile_loadd(5, x + x_block + (part)*SPLIT_PART_BYTES, AMX_BYTES);
#define W(part)                                             \
    _tile_loadd(6, w + (part)*SPLIT_PART_BYTES, AMX_BYTES); \
    _tile_loadd(7, w + w_block + (part)*SPLIT_PART_BYTES, AMX_BYTES);
#define DOT(slot)                \
    _tile_dpbf16ps(0, 4, 6);     \
    _tile_dpbf16ps(1, 4, 7);     \
    if (blocks == 2) {           \
        _tile_dpbf16ps(2, 5, 6); \
        _tile_dpbf16ps(3, 5, 7); \
    }                            \
    chore(context, s, slot);
    amx_stored();
    for (int s = 0; s < steps; s++, x += split_step_bytes(parts), w += split_step_bytes(parts)) {
        if (parts == 1) {
            X(0) W(0) DOT(0)
        } else {
            X(2) W(0) DOT(0) X(1) DOT(1) W(1) DOT(2) X(0) DOT(3) W(2) DOT(4) W(0) DOT(5)
        }
    }
#undef X
#undef W
#undef DOT
}

#endif
