/* SPDX-License-Identifier: MIT */
/*
 * A product in two by two tile registers of sums. While the tiles multiply, the vector units finish the sums that were
 * made before. Before it is included: t_dot, the instruction; t_load, a vector of sums from a cache line; sums and
 * t_finish as in product_tile.h.
 */
#include "base/inline.h"
#include "compute/tiles_amx.h"

enum { ROWS = 2 * AMX_ROWS, COLUMNS = 2 * LANES };

#include "compute/product_store.h"

struct product_sums {
    _Alignas(AMX_BYTES) char row[ROWS][2][AMX_BYTES];
};

static inline void finish_row(const struct product_panel *done, const struct product_sums *sum, int i) {
    store_sums(done, t_load(sum->row[i][0]), i, 0);
    store_sums(done, t_load(sum->row[i][1]), i, LANES);
}

/** Sums of the first rows, of one or two registers of x, and beside it the rows of `done` from sums made before, each
 * step its share. */
static ALWAYS_INLINE void multiply_tile(const struct product_panel *panel, struct product_sums *sum, int registers,
                                        const struct product_panel *done, const struct product_sums *done_sum) {
    enum { W_STEP = 2 * AMX_BYTES }; /* from a group to the next: both registers of w */
    const char *x = panel->x, *w = panel->w;
    const size_t ldx = panel->x_bytes;
    const int steps = panel->groups / AMX_ROWS;
    amx_stored();
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int step = 0; step < steps; step++, x += AMX_BYTES, w += AMX_ROWS * W_STEP) {
        _tile_loadd(4, x, ldx);
        _tile_loadd(6, w, W_STEP);
        _tile_loadd(7, w + AMX_BYTES, W_STEP);
        if (registers == 2) _tile_loadd(5, x + AMX_ROWS * ldx, ldx);
        t_dot(0, 4, 6);
        t_dot(1, 4, 7);
        if (registers == 2) {
            t_dot(2, 5, 6);
            t_dot(3, 5, 7);
        }
        for (int i = step; i < done->rows; i += steps) finish_row(done, done_sum, i);
        for (int i = step; i < ROWS && i < panel->rows; i += steps) {
            __builtin_prefetch(panel->y + (size_t)i * panel->ldy, 1);
            __builtin_prefetch(panel->y + (size_t)i * panel->ldy + LANES, 1);
        }
    }
    _tile_stored(0, sum->row[0][0], sizeof *sum->row);
    _tile_stored(1, sum->row[0][1], sizeof *sum->row);
    _tile_stored(2, sum->row[AMX_ROWS][0], sizeof *sum->row);
    _tile_stored(3, sum->row[AMX_ROWS][1], sizeof *sum->row);
}

static void multiply(const struct product_panel *panel) {
    struct product_sums sum[2];
    struct product_panel rest = *panel, done = {.rows = 0};
    int now = 0;
    for (; rest.rows > 0; product_pass(&rest, ROWS), now = !now) {
        if (rest.rows > AMX_ROWS)
            multiply_tile(&rest, &sum[now], 2, &done, &sum[!now]);
        else
            multiply_tile(&rest, &sum[now], 1, &done, &sum[!now]);
        done = rest;
        if (done.rows > ROWS) done.rows = ROWS;
    }
    for (int i = 0; i < done.rows; i++) finish_row(&done, &sum[!now], i);
}

static void enter(void) {
    amx_enter();
}

static void leave(void) {
    amx_leave();
}
