/* SPDX-License-Identifier: MIT */
#include "compute/linear.h"

#include "compute/gemm.h"
#include "compute/tiles.h"

#include <stdbool.h>
#include <string.h>

/*
 * How a product of OpenBLAS is cut: from its shape alone, as its bits depend on that. The sizes are
 * measured (Zen 4, OpenBLAS 0.3.21). OpenBLAS packs both factors of every tile, which costs less the larger the tile;
 * but the tile should still be in the second-level cache for the activation, and one layer of a base-size model should
 * occupy 8 to 16 threads. Long rows (the MLP's second layer) cost most to pack and get taller tiles.
 */
enum { TILE_ROWS = 208, TILE_ROWS_LONG = 400, TILE_COLUMNS = 384, LONG_ROW = 1024 };

struct linear_job {
    const struct compute *compute;
    const struct linear_layer *layer;
    const struct linear_rows *rows;
    int row_parts, column_parts; /* tiles = row_parts * column_parts, cut as evenly as they can be */
};

size_t linear_scratch(const struct kernels *kernels, int threads) {
    return kernels->multiply ? (size_t)threads * kernels->multiply->scratch : 0;
}

bool linear_keeps_rows(const struct kernels *kernels) {
    return kernels->multiply != NULL; /* OpenBLAS chooses its kernel by the shape */
}

/* Our own kernels give the same bits however they are cut: there may be as many tiles as keep all threads busy, but not
 * so low ones that preparing the weights of each is most of the work. */
static void cut_for_threads(struct linear_job *job, int threads) {
    enum { TILES_A_THREAD = 2, LEAST_ROWS = 128 };
    const int wanted = tiles_count(TILES_A_THREAD * threads, job->column_parts);
    const int most = job->rows->rows / LEAST_ROWS;
    const int parts = wanted < most ? wanted : most;
    if (job->row_parts < parts) job->row_parts = parts;
}

static void cut_into_tiles(struct linear_job *job, int threads) {
    const int rows = job->rows->rows, in = job->layer->in, out = job->layer->out;
    job->row_parts = job->column_parts = 1;
    if (tiles_small(rows, in, out)) return;
    const struct multiply_kernels *own = job->compute->kernels->multiply;
    job->row_parts = tiles_count(rows, own ? own->rows : in > LONG_ROW ? TILE_ROWS_LONG : TILE_ROWS);
    /* one thread takes all columns: within a tile the next weights come during the sums (multiply_vector.h) */
    if (own && threads == 1) return;
    job->column_parts = tiles_count(out, own ? own->columns : TILE_COLUMNS);
    if (own) cut_for_threads(job, threads);
    /* an even number of tiles leaves no thread of two idle at the end */
    if (job->row_parts % 2 && job->column_parts % 2 && job->row_parts < rows) job->row_parts++;
}

/* What a row of y holds before OpenBLAS adds the product to it. */
static void start_row(const struct kernels *kernels, const struct float_product *product, float *y) {
    const size_t bytes = (size_t)product->columns * sizeof *y;
    if (product->add && product->bias) kernels->add(y, product->bias, product->columns);
    if (product->add) return;
    if (product->bias)
        memcpy(y, product->bias, bytes);
    else
        memset(y, 0, bytes);
}

static void multiply_by_blas(const struct kernels *kernels, const struct float_product *product) {
    float *const y = product->y;
    for (int i = 0; i < product->rows; i++) start_row(kernels, product, y + (size_t)i * product->ldy);
    gemm_nt_add(y, (int)product->ldy, product->x, (int)product->ldx, product->w, (int)product->ldw, product->rows,
                product->columns, product->n);
    for (int i = 0; product->activate && i < product->rows; i++)
        product->activate(y + (size_t)i * product->ldy, product->columns);
}

void linear_multiply(const struct compute *compute, const struct float_product *product, int worker) {
    const struct multiply_kernels *own = compute->kernels->multiply;
    if (own)
        own->multiply(product, compute->scratch + (size_t)worker * own->scratch);
    else
        multiply_by_blas(compute->kernels, product);
}

static void linear_tile(void *context, int tile, int worker) {
    const struct linear_job *job = context;
    const struct linear_layer *layer = job->layer;
    const struct linear_rows *rows = job->rows;
    const int row_part = tile / job->column_parts, column_part = tile % job->column_parts;
    const int row = tiles_start(rows->rows, 1, row_part, job->row_parts);
    const int column = tiles_start(layer->out, 1, column_part, job->column_parts);
    const struct float_product product = {
        .y = rows->y + (size_t)row * rows->ldy + column,
        .x = rows->x + (size_t)row * rows->ldx,
        .w = layer->w + (size_t)column * (size_t)layer->in,
        .bias = layer->b ? layer->b + column : NULL,
        .ldy = rows->ldy,
        .ldx = rows->ldx,
        .ldw = (size_t)layer->in,
        .rows = tiles_start(rows->rows, 1, row_part + 1, job->row_parts) - row,
        .columns = tiles_start(layer->out, 1, column_part + 1, job->column_parts) - column,
        .n = layer->in,
        .add = rows->add,
        .activate = activation_of(job->compute->kernels, rows->activation),
    };
    linear_multiply(job->compute, &product, worker);
}

void linear(const struct compute *compute, const struct linear_layer *layer, const struct linear_rows *rows) {
    struct linear_job job = {.compute = compute, .layer = layer, .rows = rows};
    cut_into_tiles(&job, threads_count(compute->threads));
    threads_run(compute->threads, job.row_parts * job.column_parts, linear_tile, &job);
}
