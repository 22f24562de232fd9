/* SPDX-License-Identifier: MIT */
/*
 * The product of a linear layer: weights are turned into panels as they are needed, and rows of x are read as they lie
 * (Goto and van de Geijn 2008, without their packing of x).
 */
#ifndef POLYTOME_COMPUTE_MULTIPLY_VECTOR_H
#define POLYTOME_COMPUTE_MULTIPLY_VECTOR_H

#include "compute/accumulate_vector.h"
#include "compute/kernels.h"
#include "compute/tiles.h"
#include "compute/turn_vector.h"

#include <stdbool.h>
#include <string.h>

/* Values of a cache line. */
enum { LINE = 64 / sizeof(float) };

/* Rows of x that meet a panel at a time: with 768 values each they take 295 KB beside the 74 KB, in AVX-512 147 KB, of
 * the panel, and as much again of the weights that come. A multiple of ACC_ROWS. */
enum { MULTIPLY_ROWS = 96 };

/* What is kept turned: columns of y and values of a row of w. */
enum { PANELS_COLUMNS = 192, PANELS_DEPTH = 768, PANELS_FLOATS = PANELS_COLUMNS * PANELS_DEPTH };

/** Weights that a panel is turned from: w (rows, depth), rows ldw apart; none where rows is 0. */
struct panel_weights {
    const float *w;
    size_t ldw;
    int rows, depth;
};

/** What one call of the inner loop works on. */
struct multiply_tile {
    float *y;
    const float *x, *panel, *start; /* start (WIDTH): what the sums begin with */
    size_t ldy, ldx;
    struct panel_weights fetch; /* what comes from memory meanwhile */
    int depth;
    bool add;
};

/** Asks for a part of every row, for the second-level cache: a few lines between many sums, as many at once would hold
 * the sums up. */
static ALWAYS_INLINE void fetch_steps(const struct panel_weights *weights, int step, int end) {
    if (end > weights->depth) end = weights->depth;
    for (int row = 0; row < weights->rows; row++)
        for (int i = step; i < end; i += LINE) __builtin_prefetch(weights->w + (size_t)row * weights->ldw + i, 0, 2);
}

/**
 * y (rows, WIDTH) = start + x (rows, depth) panel (depth, WIDTH), or y += that; `rows` is a constant where this is
 * inlined. Neither y nor what is fetched is in a near cache: their lines travel while the sums are made.
 */
static ALWAYS_INLINE void multiply_rows(const struct multiply_tile *tile, int row, int rows) {
#define AT(r, j) (y + (r)*ldy + (j)*LANES)
#define FETCH(r, j) IN_USE(r, j) __builtin_prefetch(AT(r, j), 1);
#define START(r, j) IN_USE(r, j) acc[r][j] = v_load(tile->start + (j)*LANES);
#define ADD(r, j) IN_USE(r, j) acc[r][j] = v_add(acc[r][j], v_load(AT(r, j)));
#define STORE(r, j) IN_USE(r, j) v_store(AT(r, j), acc[r][j]);
    enum { vectors = VECTORS, STEPS = 64 }; /* between two parts of what is fetched: whole lines */
    const float *x = tile->x + (size_t)row * tile->ldx, *panel = tile->panel;
    const size_t ldy = tile->ldy;
    float *y = tile->y + (size_t)row * ldy;
    vec acc[MAX_ROWS][VECTORS];
    EACH(FETCH)
    EACH(START)
    int step = 0;
    for (; step + STEPS < tile->depth; step += STEPS) {
        fetch_steps(&tile->fetch, step, step + STEPS);
        accumulate(acc, rows, vectors, x + step, tile->ldx, 1, panel + step * WIDTH, STEPS);
    }
    fetch_steps(&tile->fetch, step, tile->depth);
    accumulate(acc, rows, vectors, x + step, tile->ldx, 1, panel + step * WIDTH, tile->depth - step);
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
static void fill_whole_panel(float *panel, const float *w, size_t ldw, int depth) {
    enum { AHEAD = 4 * LINE };
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

/** panel (depth, WIDTH) = weights, transposed and filled up with zeros. */
static void fill_panel(float *panel, const struct panel_weights *weights) {
    if (weights->rows == WIDTH) {
        fill_whole_panel(panel, weights->w, weights->ldw, weights->depth);
    } else {
        memset(panel, 0, (size_t)(WIDTH * weights->depth) * sizeof *panel);
        transpose(panel, WIDTH, weights->w, weights->ldw, weights->rows, weights->depth);
    }
}

/** Rows of x against one panel with `columns` columns, while the weights of the next come from memory. */
static void multiply_panel(struct multiply_tile tile, int rows, int columns, const struct panel_weights *next) {
    const int groups = tiles_count(rows, ACC_ROWS);
    tile.fetch = *next;
    for (int group = 0; group < groups; group++) {
        const int count = smaller(ACC_ROWS, rows - group * ACC_ROWS);
        const int begin = tiles_start(next->rows, 1, group, groups);
        const int end = tiles_start(next->rows, 1, group + 1, groups);
        tile.fetch.rows = end - begin;
        if (columns < WIDTH)
            multiply_part(&tile, count, columns);
        else
            multiply_tile(&tile, count);
        tile.fetch.w += (size_t)(end - begin) * next->ldw;
        tile.x += ACC_ROWS * tile.ldx;
        tile.y += ACC_ROWS * tile.ldy;
    }
}

/** What is made from what is kept turned: columns of y from `column` on, over `depth` values from `step` on. */
struct multiply_block {
    const struct float_product *all;
    int column, columns, step, depth;
};

/** The weights of the panel that begins there; none past the last. */
static struct panel_weights panel_at(const struct float_product *all, int column, int step) {
    const int rows = all->columns - column, depth = all->n - step;
    if (rows <= 0) return (struct panel_weights){.w = all->w};
    return (struct panel_weights){
        .w = all->w + (size_t)column * all->ldw + step,
        .ldw = all->ldw,
        .rows = smaller(rows, WIDTH),
        .depth = smaller(depth, PANELS_DEPTH),
    };
}

/** The weights of the panel that is turned after the one at `column` of the block. */
static struct panel_weights panel_after(const struct multiply_block *block, int column) {
    if (column + WIDTH < block->column + block->columns) return panel_at(block->all, column + WIDTH, block->step);
    const int step = block->step + PANELS_DEPTH;
    if (step < block->all->n) return panel_at(block->all, block->column, step);
    return panel_at(block->all, block->column + PANELS_COLUMNS, 0);
}

/**
 * Rows of x against all panels of a block: the rows, a panel and the weights of the next stay in the second-level
 * cache, whoever shares the third. The first rows turn the panels, whose weights came while the sums of the panel
 * before were made.
 */
static void multiply_panels(struct multiply_tile tile, const struct multiply_block *block, int row, int rows,
                            const float *starts, float *panels) {
    const struct float_product *all = block->all;
    tile.x = all->x + (size_t)row * all->ldx + block->step;
    for (int i = 0; i < block->columns; i += WIDTH) {
        const int column = block->column + i;
        const struct panel_weights weights = panel_at(all, column, block->step);
        float *panel = panels + i * block->depth;
        struct panel_weights next = {.w = all->w}; /* none */
        if (row == 0) {
            fill_panel(panel, &weights);
            next = panel_after(block, column);
        }
        tile.panel = panel;
        tile.start = starts + i;
        tile.y = all->y + (size_t)row * all->ldy + column;
        multiply_panel(tile, rows, weights.rows, &next);
    }
}

static void multiply_block(const struct multiply_block *block, float *panels) {
    const struct float_product *all = block->all;
    const bool first = block->step == 0, last = block->step + block->depth == all->n;
    const struct multiply_tile tile = {
        .ldy = all->ldy,
        .ldx = all->ldx,
        .depth = block->depth,
        .add = all->add || !first,
    };
    float starts[PANELS_COLUMNS] = {0};
    if (all->bias && first) memcpy(starts, all->bias + block->column, (size_t)block->columns * sizeof *starts);
    for (int row = 0; row < all->rows; row += MULTIPLY_ROWS) {
        const int rows = smaller(all->rows - row, MULTIPLY_ROWS);
        multiply_panels(tile, block, row, rows, starts, panels);
        for (int i = row; all->activate && last && i < row + rows; i++)
            all->activate(all->y + (size_t)i * all->ldy + block->column, block->columns);
    }
}

static void multiply(const struct float_product *all, float *scratch) {
    struct multiply_block block = {.all = all};
    for (; block.column < all->columns; block.column += PANELS_COLUMNS) {
        block.columns = smaller(all->columns - block.column, PANELS_COLUMNS);
        for (block.step = 0; block.step < all->n; block.step += PANELS_DEPTH) {
            block.depth = smaller(all->n - block.step, PANELS_DEPTH);
            multiply_block(&block, scratch);
        }
    }
}

/* Weights are turned anew for each tile, so on one thread tiles are as high as a long input; more threads cut them. */
#define MULTIPLY_KERNELS \
    { .multiply = multiply, .scratch = PANELS_FLOATS, .rows = 3200, .columns = PANELS_COLUMNS }

#endif
