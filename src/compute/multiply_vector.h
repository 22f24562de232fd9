/* SPDX-License-Identifier: MIT */
/*
 * The product of a linear layer: weights are turned into panels as they are needed, and rows of x are read as they lie
 * (Goto and van de Geijn 2008, without their packing of x).
 */
#ifndef POLYTOME_COMPUTE_MULTIPLY_VECTOR_H
#define POLYTOME_COMPUTE_MULTIPLY_VECTOR_H

#include "compute/accumulate_vector.h"
#include "compute/kernels.h"
#include "compute/turn_vector.h"

#include <stdbool.h>
#include <string.h>

/* Rows of x that meet a panel at a time: with 768 values each they take 295 KB beside the 74 KB, in AVX-512 147 KB, of
 * the panel. A multiple of ACC_ROWS. */
enum { MULTIPLY_ROWS = 96 };

/* What is turned at a time: columns of y and values of a row of w. */
enum { PANELS_COLUMNS = 192, PANELS_DEPTH = 768, PANELS_FLOATS = PANELS_COLUMNS * PANELS_DEPTH };

/** What one call of the inner loop works on. */
struct multiply_tile {
    float *y;
    const float *x, *panel, *start; /* start (WIDTH): what the sums begin with */
    size_t ldy, ldx;
    int depth;
    bool add;
};

/**
 * y (rows, WIDTH) = start + x (rows, depth) panel (depth, WIDTH), or y += that; `rows` is a constant where this is
 * inlined. y is in no near cache: its lines travel while the sums are made.
 */
static ALWAYS_INLINE void multiply_rows(const struct multiply_tile *tile, int row, int rows) {
#define AT(r, j) (y + (r)*ldy + (j)*LANES)
#define FETCH(r, j) IN_USE(r, j) __builtin_prefetch(AT(r, j), 1);
#define START(r, j) IN_USE(r, j) acc[r][j] = v_load(tile->start + (j)*LANES);
#define ADD(r, j) IN_USE(r, j) acc[r][j] = v_add(acc[r][j], v_load(AT(r, j)));
#define STORE(r, j) IN_USE(r, j) v_store(AT(r, j), acc[r][j]);
    enum { vectors = VECTORS };
    const size_t ldy = tile->ldy;
    float *y = tile->y + (size_t)row * ldy;
    vec acc[MAX_ROWS][VECTORS];
    EACH(FETCH)
    EACH(START)
    accumulate(acc, rows, vectors, tile->x + (size_t)row * tile->ldx, tile->ldx, 1, tile->panel, tile->depth);
    if (tile->add) {
        EACH(ADD)
    }
    EACH(STORE)
#undef AT
#undef FETCH
#undef START
#undef ADD
#undef STORE
}

/** The same for up to ACC_ROWS rows. */
static void multiply_tile(const struct multiply_tile *tile, int rows) {
    if (rows == ACC_ROWS) {
        multiply_rows(tile, 0, ACC_ROWS);
        return;
    }
    int row = 0;
    for (; row + 4 <= rows; row += 4) multiply_rows(tile, row, 4);
    for (; row + 2 <= rows; row += 2) multiply_rows(tile, row, 2);
    if (row < rows) multiply_rows(tile, row, 1);
}

/** The same where y has only the first columns of the panel. */
static void multiply_part(const struct multiply_tile *tile, int rows, int columns) {
    float sums[ACC_ROWS * WIDTH];
    struct multiply_tile whole = *tile;
    whole.y = sums;
    whole.ldy = WIDTH;
    whole.add = false;
    multiply_tile(&whole, rows);
    for (int i = 0; i < rows; i++) {
        float *y = tile->y + (size_t)i * tile->ldy;
        for (int j = 0; j < columns; j++) y[j] = tile->add ? y[j] + sums[i * WIDTH + j] : sums[i * WIDTH + j];
    }
}

/**
 * panel (depth, WIDTH) = w (WIDTH, depth), transposed: a vector of rows at a time, and of them a whole cache line, as
 * rows that lie whole KiB apart evict each other; so many are more than a processor reads ahead by itself.
 */
static void fill_panel(float *panel, const float *w, size_t ldw, int depth) {
    enum { LINE = 64 / sizeof(float), AHEAD = 4 * LINE };
    const int whole = depth - depth % LINE;
    for (int row = 0; row < WIDTH; row += LANES) {
        const float *from = w + (size_t)row * ldw;
        for (int i = 0; i < whole; i += 4) {
            for (int k = 0; i % LINE == 0 && k < LANES; k++) __builtin_prefetch(from + (size_t)k * ldw + i + AHEAD);
            turn_block(panel + i * WIDTH + row, WIDTH, from + i, ldw);
        }
    }
    transpose(panel + whole * WIDTH, WIDTH, w + whole, ldw, WIDTH, depth - whole);
}

/** Turns w (columns, depth) into panels (depth, WIDTH); the last one is filled up with zeros. */
static void fill_panels(float *panels, const float *w, size_t ldw, int columns, int depth) {
    for (int column = 0; column < columns; column += WIDTH, panels += WIDTH * depth) {
        const float *rows = w + (size_t)column * ldw;
        if (columns - column >= WIDTH) {
            fill_panel(panels, rows, ldw, depth);
        } else {
            memset(panels, 0, (size_t)(WIDTH * depth) * sizeof *panels);
            transpose(panels, WIDTH, rows, ldw, columns - column, depth);
        }
    }
}

/** Rows of x against one panel. */
static void multiply_panel(struct multiply_tile tile, int rows, int columns) {
    for (int row = 0; row < rows; row += ACC_ROWS) {
        const int count = rows - row < ACC_ROWS ? rows - row : ACC_ROWS;
        if (columns < WIDTH)
            multiply_part(&tile, count, columns);
        else
            multiply_tile(&tile, count);
        tile.x += ACC_ROWS * tile.ldx;
        tile.y += ACC_ROWS * tile.ldy;
    }
}

/** Rows of x against all panels: the rows and one panel stay in the second-level cache, whoever shares the third. */
static void multiply_panels(struct multiply_tile tile, const float *panels, const float *starts, int rows,
                            int columns) {
    for (int column = 0; column < columns; column += WIDTH) {
        tile.panel = panels + column * tile.depth;
        tile.start = starts + column;
        multiply_panel(tile, rows, columns - column);
        tile.y += WIDTH;
    }
}

/** Columns of y that the panels of `scratch` hold, over a part of the depth. */
static void multiply_block(struct multiply_tile tile, const float *w, size_t ldw, const float *bias, int rows,
                           int columns, activation_kernel *activate, float *scratch) {
    float starts[PANELS_COLUMNS] = {0};
    if (bias) memcpy(starts, bias, (size_t)columns * sizeof *starts);
    fill_panels(scratch, w, ldw, columns, tile.depth);
    for (int row = 0; row < rows; row += MULTIPLY_ROWS) {
        const int count = rows - row < MULTIPLY_ROWS ? rows - row : MULTIPLY_ROWS;
        multiply_panels(tile, scratch, starts, count, columns);
        for (int i = 0; activate && i < count; i++) activate(tile.y + (size_t)i * tile.ldy, columns);
        tile.x += MULTIPLY_ROWS * tile.ldx;
        tile.y += MULTIPLY_ROWS * tile.ldy;
    }
}

static void multiply(const struct float_product *all, float *scratch) {
    for (int column = 0; column < all->columns; column += PANELS_COLUMNS) {
        const int count = all->columns - column < PANELS_COLUMNS ? all->columns - column : PANELS_COLUMNS;
        const float *w = all->w + (size_t)column * all->ldw;
        for (int i = 0; i < all->n; i += PANELS_DEPTH) {
            const bool first = i == 0, last = i + PANELS_DEPTH >= all->n;
            const struct multiply_tile tile = {
                .y = all->y + column,
                .x = all->x + i,
                .ldy = all->ldy,
                .ldx = all->ldx,
                .depth = last ? all->n - i : PANELS_DEPTH,
                .add = all->add || !first,
            };
            multiply_block(tile, w + i, all->ldw, all->bias && first ? all->bias + column : NULL, all->rows, count,
                           last ? all->activate : NULL, scratch);
        }
    }
}

/* Weights are turned anew for each tile, so on one thread tiles are as high as a long input; more threads cut them. */
#define PRODUCT_KERNELS \
    { .multiply = multiply, .scratch = PANELS_FLOATS, .rows = 3200, .columns = PANELS_COLUMNS }

#endif
