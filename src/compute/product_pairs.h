/* SPDX-License-Identifier: MIT */
/*
 * The tile of an int8 product by VPMADDUBSW, which adds pairs of products in 16 bits. Weights come without what a pair
 * cannot hold (excess.h), and that is added after the others: exact. Rows of x lie in the lanes of a vector and four
 * bytes of w are multiplied with all of them, so an entry of that list costs no gather. Before it is
 * included, beside what product_store.h wants and turn_vector.h:
 *     ROWS, COLUMNS        of the tile: LANES
 *     factors              a vector of bytes
 *     t_zero, t_bytes, four_bytes   no sums; a vector from memory; 4 bytes of w to all lanes
 *     t_pairs, t_widen, t_add       products of bytes, pairs added up; pairs of those added up; sums added
 *     t_whole              the bits of a vec as sums
 */
#include "compute/product_store.h"

/** From a group of the rows to the next. */
enum { STEP = 4 * ROWS };

/** sum + x . w. The sums stay in their registers: left alone, compilers start all products first and spill. */
static inline sums dot(sums sum, factors x, factors w) {
    sum = t_add(sum, t_widen(t_pairs(x, w)));
    __asm__("" : "+v"(sum));
    return sum;
}

/** Adds to the sums (COLUMNS, ROWS) what the weights were short of. */
static inline void add_excess(const struct product_panel *panel, sums *sum) {
    for (const struct product_excess *excess = panel->excess; excess != panel->excess_end; excess++) {
        const factors x = t_bytes(panel->x + (size_t)excess->group * STEP);
        sum[excess->column] = dot(sum[excess->column], x, four_bytes(excess->w));
    }
}

static inline void multiply_tile(const struct product_panel *panel) {
    sums sum[COLUMNS];
#pragma GCC unroll 16
    for (int j = 0; j < COLUMNS; j++) sum[j] = t_zero();

    /* y is in no near cache: its lines travel while the sums are made */
    for (int i = 0; i < ROWS && i < panel->rows; i++) __builtin_prefetch(panel->y + (size_t)i * panel->ldy, 1);

    const char *x = panel->x, *w = panel->w;
    for (int g = 0; g < panel->groups; g++, x += STEP, w += 4 * COLUMNS) {
        const factors values = t_bytes(x);
#pragma GCC unroll 16
        for (int j = 0; j < COLUMNS; j++) sum[j] = dot(sum[j], values, four_bytes(w + 4 * j));
    }

    sums all[COLUMNS]; /* in memory, where columns have numbers */
#pragma GCC unroll 16
    for (int j = 0; j < COLUMNS; j++) all[j] = sum[j];
    add_excess(panel, all);
    for (int i = 0; i < ROWS && i < panel->rows; i += 4) {
        vec rows[4];
        turn_columns(rows, (const float *)all + i, ROWS);
        for (int r = 0; r < 4 && i + r < panel->rows; r++) store_sums(panel, t_whole(rows[r]), i + r, 0);
    }
}

static void multiply(const struct product_panel *panel) {
    for (struct product_panel rest = *panel; rest.rows > 0; product_pass(&rest, ROWS)) multiply_tile(&rest);
}
