/* SPDX-License-Identifier: MIT */
/*
 * The tile registers of AMX, all eight of the same shape: 16 rows of 64 bytes. Where a product ends before, they hold
 * what is never part of a result, instead of changing the shape. A thread enters before it works on tiles and leaves
 * afterwards: until then their 8 KiB are saved and restored with the thread.
 */
#ifndef POLYTOME_COMPUTE_TILES_AMX_H
#define POLYTOME_COMPUTE_TILES_AMX_H

#include <immintrin.h>
#include <stdint.h>

enum { AMX_ROWS = 16, AMX_BYTES = 64 };

static inline void amx_enter(void) {
    /* Intel's manual, volume 2, LDTILECFG; constant, as gcc 12 drops stores that only this instruction reads */
    static const struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {
        .palette = 1,
        .bytes = {AMX_BYTES, AMX_BYTES, AMX_BYTES, AMX_BYTES, AMX_BYTES, AMX_BYTES, AMX_BYTES, AMX_BYTES},
        .rows = {AMX_ROWS, AMX_ROWS, AMX_ROWS, AMX_ROWS, AMX_ROWS, AMX_ROWS, AMX_ROWS, AMX_ROWS},
    };
    _tile_loadconfig(&shape);
}

/** gcc 12 does not know that _tile_loadd reads memory: what was stored before this has been, when it does. */
static inline void amx_stored(void) {
    __asm__ volatile("" ::: "memory");
}

static inline void amx_leave(void) {
    _tile_release();
}

#endif
