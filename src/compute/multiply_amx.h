/* SPDX-License-Identifier: MIT */
/*
 * Products in the tiles of AMX. The weights of a tile of y are split once, its rows of x pair by pair: while the tiles
 * multiply one pair, the vector units split the next one and put away the sums that are done.
 */
#ifndef POLYTOME_COMPUTE_MULTIPLY_AMX_H
#define POLYTOME_COMPUTE_MULTIPLY_AMX_H

#include "compute/kernels.h"
#include "compute/split_amx.h"

/* What is split at a time: columns of y and values of a row of w. */
enum { SPLIT_COLUMNS = 192, SPLIT_DEPTH = 768 };
enum {
    SPLIT_BLOCK_BYTES = SPLIT_DEPTH / SPLIT_STEP * FLOAT_PARTS * SPLIT_PART_BYTES,
    SPLIT_W_BYTES = SPLIT_COLUMNS / SPLIT_BLOCK * SPLIT_BLOCK_BYTES,
    PAIR_SUMS = SPLIT_PAIR * SPLIT_PAIR,
    SPLIT_FLOATS = (SPLIT_W_BYTES + 4 * SPLIT_BLOCK_BYTES) / sizeof(float) + 2 * PAIR_SUMS
};

/* A product of w in parts, over a part of the depth. */
struct multiply_job {
    float *y;
    const float *x, *bias;
    size_t ldy, ldx;
    int rows, columns, depth;
    bool add;
    activation_kernel *activate;
    char *w, *pairs[2]; /* parts of w, and of a pair of blocks of x and the one after it */
    float *sums[2];
};

/* What is done beside a pair of blocks: to put sums away, and to split some of the rows that come next. */
struct multiply_chores {
    const float *sums, *bias;
    float *y;
    size_t ldy;
    int rows, columns, steps;
    bool add;

    char *to;
    const float *x;
    size_t ldx;
    int next, next_end, depth; /* rows of the next pair to split */
};

static inline void add_columns(float *y, const float *sums, const float *bias, bool add, int columns) {
    vec sum = v_load(sums);
    if (columns >= LANES) {
        if (bias) sum = v_add(sum, v_load(bias));
        v_store(y, add ? v_add(v_load(y), sum) : sum);
    } else if (columns > 0) {
        if (bias) sum = v_add(sum, v_load_part(bias, columns, 0));
        v_store_part(y, columns, add ? v_add(v_load_part(y, columns, 0), sum) : sum);
    }
}

static inline void put_sums(const struct multiply_chores *chores, int row) {
    const float *sums = chores->sums + row * SPLIT_PAIR, *bias = chores->bias;
    float *y = chores->y + (size_t)row * chores->ldy;
    add_columns(y, sums, bias, chores->add, chores->columns);
    add_columns(y + LANES, sums + LANES, bias ? bias + LANES : NULL, chores->add, chores->columns - LANES);
}

static inline void split_next(const struct multiply_chores *chores, int row, int step) {
    const int k = step * SPLIT_STEP;
    char *block = chores->to + (size_t)(row / SPLIT_BLOCK) * split_block_bytes(chores->depth, FLOAT_PARTS);
    split_line(block + row % SPLIT_BLOCK * AMX_BYTES + (size_t)step * split_step_bytes(FLOAT_PARTS),
               chores->x + (size_t)row * chores->ldx + k, chores->depth - k, FLOAT_PARTS);
}

/* Each slot splits one row of the next pair, or every FLOAT_SLOTS-th: a line a step. The last one puts sums away. */
static ALWAYS_INLINE void multiply_chore(void *context, int step, int slot) {
    const struct multiply_chores *chores = context;
    for (int row = chores->next + slot; row < chores->next_end; row += FLOAT_SLOTS) split_next(chores, row, step);
    if (slot < FLOAT_SLOTS - 1) return;
    for (int row = step; row < chores->rows; row += chores->steps) put_sums(chores, row);
}

static int at_most_pair(int count) {
    return count < SPLIT_PAIR ? count : SPLIT_PAIR;
}

/* A pair of blocks of rows whose sums have all been put away. */
static void activate_pair(const struct multiply_job *job, int row) {
    for (int i = row; job->activate && i < row + at_most_pair(job->rows - row); i++)
        job->activate(job->y + (size_t)i * job->ldy, job->columns);
}

static void multiply_block(const struct multiply_job *job) {
    const size_t block = split_block_bytes(job->depth, FLOAT_PARTS);
    const int steps = split_steps(job->depth), pairs = (job->columns + SPLIT_PAIR - 1) / SPLIT_PAIR;
    struct multiply_chores chores = {.ldy = job->ldy,
                                     .steps = steps,
                                     .add = job->add,
                                     .to = job->pairs[0],
                                     .x = job->x,
                                     .ldx = job->ldx,
                                     .depth = job->depth};
    for (int row = 0; row < at_most_pair(job->rows); row++)
        for (int step = 0; step < steps; step++) split_next(&chores, row, step);
    amx_enter();
    for (int row = 0, done = 0; row < job->rows; row += SPLIT_PAIR) {
        const char *x = chores.to;
        const int next_rows = at_most_pair(job->rows - row - SPLIT_PAIR);
        chores.to = job->pairs[(row / SPLIT_PAIR + 1) % 2];
        chores.x = job->x + (size_t)(row + SPLIT_PAIR) * job->ldx;
        for (int i = 0; i < pairs; i++, done++) {
            const int column = i * SPLIT_PAIR;
            chores.next = SPLIT_PAIR * i / pairs;
            chores.next_end = SPLIT_PAIR * (i + 1) / pairs;
            if (chores.next_end > next_rows) chores.next_end = next_rows;
            zero_pair();
            const char *w = job->w + 2 * (size_t)i * block;
            if (job->rows - row > SPLIT_BLOCK)
                multiply_pair(x, w, block, block, 2, steps, FLOAT_PARTS, multiply_chore, &chores);
            else
                multiply_pair(x, w, block, block, 1, steps, FLOAT_PARTS, multiply_chore, &chores);
            if (i == 0 && row > 0) activate_pair(job, row - SPLIT_PAIR);
            store_pair(job->sums[done % 2]);
            chores.sums = job->sums[done % 2];
            chores.y = job->y + (size_t)row * job->ldy + column;
            chores.bias = job->bias ? job->bias + column : NULL;
            chores.rows = at_most_pair(job->rows - row);
            chores.columns = at_most_pair(job->columns - column);
        }
    }
    for (int i = 0; i < chores.rows; i++) put_sums(&chores, i);
    activate_pair(job, (job->rows - 1) / SPLIT_PAIR * SPLIT_PAIR);
    amx_leave();
}

static void split_weights(const struct multiply_job *job, const float *w, size_t ldw) {
    const size_t block = split_block_bytes(job->depth, FLOAT_PARTS);
    char *to = job->w;
    for (int i = 0; i < job->columns; i += SPLIT_BLOCK, w += SPLIT_BLOCK * ldw, to += block)
        split_right(to, w, ldw, job->columns - i < SPLIT_BLOCK ? job->columns - i : SPLIT_BLOCK, job->depth,
                    FLOAT_PARTS);
}

static void multiply(const struct float_product *all, float *scratch) {
    struct multiply_job job = {.ldy = all->ldy, .ldx = all->ldx, .rows = all->rows};
    job.w = (char *)scratch;
    job.pairs[0] = job.w + SPLIT_W_BYTES;
    job.pairs[1] = job.pairs[0] + 2 * SPLIT_BLOCK_BYTES;
    job.sums[0] = (float *)(void *)(job.pairs[1] + 2 * SPLIT_BLOCK_BYTES);
    job.sums[1] = job.sums[0] + PAIR_SUMS;
    for (int column = 0; column < all->columns; column += SPLIT_COLUMNS) {
        job.columns = all->columns - column < SPLIT_COLUMNS ? all->columns - column : SPLIT_COLUMNS;
        job.y = all->y + column;
        for (int k = 0; k < all->n; k += SPLIT_DEPTH) {
            const bool first = k == 0, last = k + SPLIT_DEPTH >= all->n;
            job.depth = last ? all->n - k : SPLIT_DEPTH;
            job.x = all->x + k;
            job.bias = all->bias && first ? all->bias + column : NULL;
            job.add = all->add || !first;
            job.activate = last ? all->activate : NULL;
            split_weights(&job, all->w + (size_t)column * all->ldw + k, all->ldw);
            multiply_block(&job);
        }
    }
}

#define MULTIPLY_KERNELS \
    { .multiply = multiply, .scratch = SPLIT_FLOATS, .rows = 1600, .columns = SPLIT_COLUMNS }

#endif
