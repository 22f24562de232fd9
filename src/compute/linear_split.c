/* SPDX-License-Identifier: MIT */
#include "compute/linear_split.h"

#include "compute/split.h"
#include "compute/tiles.h"

/*
 * A product is done in chunks, whose factors are split once each into shared memory: so many rows, values of a row, and
 * columns of y at most. Splitting costs about 3 % of 1568 rows and is nothing beside 1600 rows or columns more; the
 * memory is 16 MiB.
 */
enum { CHUNK_ROWS = 2048, CHUNK_DEPTH = 768, CHUNK_COLUMNS = 1536 };

/* What one thread takes at once: its part of w stays in a second-level cache of 1 MiB or more. */
enum { TILE_ROWS = 400, TILE_COLUMNS = 192 };

struct split_job {
    const struct kernels *kernels;
    float *y;
    const float *x, *w, *b;
    char *x_parts, *w_parts;
    size_t ldy, ldx, ldw, block; /* block: bytes of it */
    int rows, columns, depth;
    int x_blocks; /* to split, 0 where they are split already */
    int row_parts, column_parts;
    bool add;
    enum activation activation;
};

static void split_block(void *context, int tile, int worker) {
    (void)worker;
    const struct split_job *job = context;
    const struct split_kernels *split = job->kernels->split;
    const bool left = tile < job->x_blocks;
    const int block = left ? tile : tile - job->x_blocks, first = block * SPLIT_BLOCK;
    const int rest = (left ? job->rows : job->columns) - first, count = rest < SPLIT_BLOCK ? rest : SPLIT_BLOCK;
    if (left)
        split->left(job->x_parts + (size_t)block * job->block, job->x + (size_t)first * job->ldx, job->ldx, count,
                    job->depth);
    else
        split->right(job->w_parts + (size_t)block * job->block, job->w + (size_t)first * job->ldw, job->ldw, count,
                     job->depth);
}

static void multiply_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct split_job *job = context;
    const int row_part = tile / job->column_parts, column_part = tile % job->column_parts;
    const int row = tiles_start(job->rows, SPLIT_PAIR, row_part, job->row_parts);
    const int column = tiles_start(job->columns, SPLIT_PAIR, column_part, job->column_parts);
    const struct split_product product = {
        .y = job->y + (size_t)row * job->ldy + column,
        .x = job->x_parts + (size_t)(row / SPLIT_BLOCK) * job->block,
        .w = job->w_parts + (size_t)(column / SPLIT_BLOCK) * job->block,
        .bias = job->b ? job->b + column : NULL,
        .ldy = job->ldy,
        .rows = tiles_start(job->rows, SPLIT_PAIR, row_part + 1, job->row_parts) - row,
        .columns = tiles_start(job->columns, SPLIT_PAIR, column_part + 1, job->column_parts) - column,
        .depth = job->depth,
        .add = job->add,
    };
    job->kernels->split->multiply(&product);
    for (int i = 0; i < product.rows; i++)
        activate_row(job->kernels, job->activation, product.y + (size_t)i * product.ldy, product.columns);
}

/** Columns of a chunk of rows and depth. */
static void multiply_chunk(const struct compute *compute, struct split_job *job) {
    job->row_parts = tiles_count(job->rows, TILE_ROWS);
    job->column_parts = tiles_count(job->columns, TILE_COLUMNS);
    threads_run(compute->threads, job->x_blocks + tiles_count(job->columns, SPLIT_BLOCK), split_block, job);
    threads_run(compute->threads, job->row_parts * job->column_parts, multiply_tile, job);
}

size_t linear_split_scratch(void) {
    return (split_bytes(CHUNK_ROWS, CHUNK_DEPTH) + split_bytes(CHUNK_COLUMNS, CHUNK_DEPTH)) / sizeof(float);
}

void linear_split(const struct compute *compute, float *y, int ldy, const float *x, int ldx, const float *w,
                  const float *b, int rows, int in, int out, enum activation activation, enum linear_store store) {
    const int row_chunks = tiles_count(rows, CHUNK_ROWS), depth_chunks = tiles_count(in, CHUNK_DEPTH);
    const int column_chunks = tiles_count(out, CHUNK_COLUMNS);
    struct split_job job = {.kernels = compute->kernels, .ldy = (size_t)ldy, .ldx = (size_t)ldx, .ldw = (size_t)in};
    job.x_parts = (char *)compute->scratch;
    job.w_parts = job.x_parts + split_bytes(CHUNK_ROWS, CHUNK_DEPTH);
    for (int i = 0; i < row_chunks; i++) {
        const int row = tiles_start(rows, SPLIT_PAIR, i, row_chunks);
        job.rows = tiles_start(rows, SPLIT_PAIR, i + 1, row_chunks) - row;
        for (int d = 0; d < depth_chunks; d++) {
            const int k = tiles_start(in, SPLIT_STEP, d, depth_chunks);
            job.depth = tiles_start(in, SPLIT_STEP, d + 1, depth_chunks) - k;
            job.block = split_block_bytes(job.depth);
            job.x = x + (size_t)row * job.ldx + k;
            job.x_blocks = tiles_count(job.rows, SPLIT_BLOCK);
            job.add = d > 0 || store == LINEAR_ADD;
            job.activation = d + 1 < depth_chunks ? ACTIVATION_NONE : activation;
            for (int c = 0; c < column_chunks; c++, job.x_blocks = 0) {
                const int column = tiles_start(out, SPLIT_PAIR, c, column_chunks);
                job.columns = tiles_start(out, SPLIT_PAIR, c + 1, column_chunks) - column;
                job.w = w + (size_t)column * job.ldw + k;
                job.b = b && d == 0 ? b + column : NULL;
                job.y = y + (size_t)row * job.ldy + column;
                multiply_chunk(compute, &job);
            }
        }
    }
}
