/* SPDX-License-Identifier: MIT */
/*
 * The tile of an int8 product that adds up in 16 bits (acc16.h). Rows of x lie in the lanes of one or two vectors and
 * four bytes of w are multiplied with all of them, so no group of x costs more than another: w has them in an order of
 * its own, and outliers need no gather. Before it is included, beside what product_store.h wants and turn_vector.h:
 *     ROWS, COLUMNS, STRIP of the tile, ROWS one or two times LANES, COLUMNS LANES; columns that share an order
 *     factors              a vector of bytes
 *     t_zero, t_bytes, four_bytes   no sums; a vector from memory; 4 bytes of w to all lanes
 *     t_pairs, t_add16     products of bytes, pairs added up in 16 bits; such sums added
 *     t_widen, t_add       pairs of those sums added up in 32 bits; such sums added
 *     t_whole              the bits of a vec as sums
 */
#include "base/inline.h"
#include "compute/acc16.h"
#include "compute/product_fetch.h"
#include "compute/product_store.h"

/* STEP: from a group of the rows to the next. */
enum { VECTORS = ROWS / LANES, STEP = 4 * ROWS, VECTOR = 4 * LANES, STRIPS = COLUMNS / STRIP };

/** What the weights of a strip are short of, times x, added to its sums (STRIP, VECTORS). */
static ALWAYS_INLINE void add_outliers(const struct product_panel *panel, int strip, int vectors, sums *all) {
    for (uint32_t index = panel->starts[strip]; index < panel->starts[strip + 1]; index++) {
        const struct product_outliers *at = &panel->outliers[index];
        sums pairs[VECTORS], *sum = all + at->column * VECTORS;
#pragma GCC unroll 4
        for (int i = 0; i < PRODUCT_OUTLIERS; i++) {
            const factors w = four_bytes(at->w[i]);
            const char *x = panel->x + (size_t)at->group[i] * STEP;
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) {
                const sums products = t_pairs(t_bytes(x + v * VECTOR), w);
                pairs[v] = i == 0 ? products : t_add16(pairs[v], products);
            }
        }
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) sum[v] = t_add(sum[v], t_widen(pairs[v]));
    }
}

/** The sums (STRIP, VECTORS) of a strip of columns, of the first vectors of rows. */
static ALWAYS_INLINE void multiply_strip(const struct product_panel *panel, int strip, int vectors, sums *all,
                                         struct product_fetch fetch) {
    const uint16_t *order = panel->order + strip * panel->groups;
    const char *w = panel->w + (size_t)(strip * panel->groups) * 4 * STRIP;
    sums sum[STRIP][VECTORS];
#pragma GCC unroll 16
    for (int j = 0; j < STRIP; j++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) sum[j][v] = t_zero();
    for (int g = 0; g < panel->groups; g += 2, w += 8 * STRIP) {
        if (g % FETCH_GROUPS == 0) product_fetch_part(&fetch);
        const char *a = panel->x + (size_t)order[g] * STEP, *b = panel->x + (size_t)order[g + 1] * STEP;
        /* of a couple to come the second; first ones are in rising order, which processors foresee */
        __builtin_prefetch(panel->x + (size_t)order[g + ACC16_AHEAD + 1] * STEP);
#pragma GCC unroll 16
        for (int j = 0; j < STRIP; j++) {
            const factors w_a = four_bytes(w + 4 * j), w_b = four_bytes(w + 4 * (STRIP + j));
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) {
                const sums pairs =
                    t_add16(t_pairs(t_bytes(a + v * VECTOR), w_a), t_pairs(t_bytes(b + v * VECTOR), w_b));
                sum[j][v] = t_add(sum[j][v], t_widen(pairs));
                __asm__("" : "+v"(sum[j][v])); /* else compilers start all products first and spill the sums */
            }
        }
    }
#pragma GCC unroll 16
    for (int j = 0; j < STRIP; j++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) all[j * VECTORS + v] = sum[j][v];
    add_outliers(panel, strip, vectors, all);
}

static void multiply_tile(const struct product_panel *panel, int tile, int tiles) {
    /* y is in no near cache: its lines travel while the sums are made */
    for (int i = 0; i < ROWS && i < panel->rows; i++) __builtin_prefetch(panel->y + (size_t)i * panel->ldy, 1);

    sums all[COLUMNS * VECTORS];
    for (int strip = 0; strip < STRIPS; strip++) {
        const struct product_fetch fetch = product_fetch(panel, tile * STRIPS + strip, tiles * STRIPS);
        if (panel->rows > LANES)
            multiply_strip(panel, strip, VECTORS, all + strip * STRIP * VECTORS, fetch);
        else
            multiply_strip(panel, strip, 1, all + strip * STRIP * VECTORS, fetch);
    }
    for (int i = 0; i < ROWS && i < panel->rows; i += 4) {
        vec rows[4];
        turn_columns(rows, (const float *)all + i, ROWS);
        for (int r = 0; r < 4 && i + r < panel->rows; r++) store_sums(panel, t_whole(rows[r]), i + r, 0);
    }
}

static void multiply(const struct product_panel *panel) {
    const int tiles = tiles_count(panel->rows, ROWS);
    struct product_panel rest = *panel;
    for (int tile = 0; tile < tiles; tile++, product_pass(&rest, ROWS)) multiply_tile(&rest, tile, tiles);
}
