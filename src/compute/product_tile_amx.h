/* SPDX-License-Identifier: MIT */
/*
 * The tile of a product in two by two tile registers of sums. Before it is included: t_dot, the instruction; sums and
 * t_finish as in product_tile.h.
 */
#include "compute/tiles_amx.h"

enum { ROWS = 2 * AMX_ROWS, COLUMNS = 2 * LANES };

#include "compute/product_store.h"

static void multiply_tile(const struct product_tile *tile) {
    enum { W_STEP = 2 * AMX_BYTES }; /* from a group to the next: both registers of w */
    const char *x = tile->x, *w = tile->w;
    const size_t ldx = tile->x_bytes;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int g = 0; g < tile->groups; g += AMX_ROWS, x += AMX_BYTES, w += AMX_ROWS * W_STEP) {
        _tile_loadd(4, x, ldx);
        _tile_loadd(6, w, W_STEP);
        _tile_loadd(7, w + AMX_BYTES, W_STEP);
        _tile_loadd(5, x + AMX_ROWS * ldx, ldx);
        t_dot(0, 4, 6);
        t_dot(1, 4, 7);
        t_dot(2, 5, 6);
        t_dot(3, 5, 7);
    }

    _Alignas(AMX_BYTES) char sum[ROWS][2][AMX_BYTES];
    _tile_stored(0, sum[0][0], sizeof *sum);
    _tile_stored(1, sum[0][1], sizeof *sum);
    _tile_stored(2, sum[AMX_ROWS][0], sizeof *sum);
    _tile_stored(3, sum[AMX_ROWS][1], sizeof *sum);
    for (int i = 0; i < tile->rows; i++) {
        store_sums(tile, t_load(sum[i][0]), i, 0);
        store_sums(tile, t_load(sum[i][1]), i, LANES);
    }
}

static void enter(void) {
    amx_enter();
}

static void leave(void) {
    amx_leave();
}
