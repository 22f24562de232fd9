/* SPDX-License-Identifier: MIT */
/* The products of layers in reduced precision: prepares the input, then cuts the work into tiles. */
#include "compute/reduced.h"
#include "compute/tiles.h"

#include <string.h>

/* Rows of x, rounded up to whole tiles of the product, that one thread prepares at once. */
enum { PREPARE_ROWS = 32 };

/*
 * The part of a product that one thread takes, and the bytes of its rows of x that meet the panels at a time: with a
 * panel of int8 and the next one they stay in a second-level cache of 512 KiB (processors with bf16 have 1 MiB), and
 * their rows of y near it for the activation.
 */
enum { TILE_ROWS = 192, TILE_COLUMNS = 768, BLOCK_BYTES = 300 << 10 };

/** Of a prepared row; whole cache lines. */
static size_t row_bytes(const struct product *product, int in) {
    const size_t bytes = (size_t)in * product->value_bytes;
    return (bytes + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN;
}

static int whole_tiles(const struct product *product, int rows) {
    return tiles_count(rows, product->rows) * product->rows;
}

void reduced_input_place(struct reduced_input *input, struct arena *arena, const struct product *product, int rows,
                         int in) {
    const size_t room = (size_t)whole_tiles(product, rows);
    input->rows = arena_take(arena, room, sizeof *input->rows);
    input->values = arena_take(arena, room, row_bytes(product, in));
}

struct product_job {
    const struct reduced_layer *layer;
    const struct reduced_input *input;
    const struct linear_rows *rows;
    const struct kernels *kernels;
    size_t x_bytes;
    int row_parts, column_parts; /* in whole tiles of the product */
    int block_rows;
};

/** Where the prepared values of row i begin. */
static char *values_of(const struct product_job *job, int i) {
    const struct product *product = job->layer->product;
    const int within = product->together ? i % product->rows : 0;
    return job->input->values + (size_t)(i - within) * job->x_bytes +
           (size_t)(within * product->group) * product->value_bytes;
}

/** Rows of x; where the last tile of the product has none, zeros. */
static void prepare_rows(void *context, int tile, int worker) {
    (void)worker;
    const struct product_job *job = context;
    const struct product *product = job->layer->product;
    const int step = whole_tiles(product, PREPARE_ROWS), first = tile * step;
    const int rows = job->rows->rows, end = smaller(first + step, whole_tiles(product, rows));
    if (end > rows) {
        memset(job->input->values + (size_t)(end - product->rows) * job->x_bytes, 0,
               (size_t)product->rows * job->x_bytes);
        memset(&job->input->rows[rows], 0, (size_t)(end - rows) * sizeof *job->input->rows);
    }
    for (int i = first; i < smaller(end, rows); i++)
        product->prepare(values_of(job, i), &job->input->rows[i], job->rows->x + (size_t)i * job->rows->ldx,
                         job->layer->in);
}

/** One panel of w against some rows of x, while the table fetches the next one if `fetch` says so. */
static void multiply_panel(const struct product_job *job, int panel, int row, int end, bool fetch) {
    const struct reduced_layer *layer = job->layer;
    const struct product *product = layer->product;
    const int column = panel * product->columns;
    struct product_panel rows = {
        .w = layer->w + (size_t)panel * layer->w_bytes,
        .next = layer->w + (size_t)(panel + 1) * layer->w_bytes,
        .next_bytes = fetch && column + product->columns < layer->out ? layer->w_bytes : 0,
        .scale = layer->scale + column,
        .bias = layer->bias + column,
        .sums = layer->sums + column,
        .ldy = job->rows->ldy,
        .x_bytes = job->x_bytes,
        .groups = layer->groups,
        .columns = smaller(product->columns, layer->out - column),
        .add = job->rows->add,
        .y = job->rows->y + (size_t)row * job->rows->ldy + column,
        .x = job->input->values + (size_t)row * job->x_bytes,
        .row = job->input->rows + row,
        .rows = end - row,
    };
    if (product->strip) {
        const int strips = product->columns / product->strip;
        rows.order = layer->acc16.order + (size_t)(panel * strips) * (size_t)rows.groups;
        rows.outliers = layer->acc16.outliers[panel];
        rows.starts = layer->acc16.starts + panel * (strips + 1);
    }
    product->multiply(&rows);
}

/** All panels between two columns against rows of x that stay near; `fetch`: the panels are not near yet. */
static void multiply_block(const struct product_job *job, int row, int end, int column, int last, bool fetch) {
    const int columns = job->layer->product->columns;
    for (int j = column; j < last; j += columns) multiply_panel(job, j / columns, row, end, fetch);
    activation_kernel *activate = activation_of(job->kernels, job->rows->activation);
    for (int i = row; activate && i < end; i++)
        activate(job->rows->y + (size_t)i * job->rows->ldy + column, last - column);
}

static void multiply_part(void *context, int tile, int worker) {
    (void)worker;
    const struct product_job *job = context;
    const struct product *product = job->layer->product;
    const int row_part = tile / job->column_parts, column_part = tile % job->column_parts;
    const int row = tiles_start(job->rows->rows, product->rows, row_part, job->row_parts);
    const int end = tiles_start(job->rows->rows, product->rows, row_part + 1, job->row_parts);
    const int column = tiles_start(job->layer->out, product->columns, column_part, job->column_parts);
    const int last = tiles_start(job->layer->out, product->columns, column_part + 1, job->column_parts);
    if (product->enter) product->enter();
    for (int i = row; i < end; i += job->block_rows)
        multiply_block(job, i, smaller(i + job->block_rows, end), column, last, i == row);
    if (product->leave) product->leave();
}

/** Rows whose values take BLOCK_BYTES; whole tiles of the product. */
static int block_rows(const struct product *product, size_t x_bytes) {
    const int tiles = (int)(BLOCK_BYTES / x_bytes) / product->rows;
    return (tiles > 1 ? tiles : 1) * product->rows;
}

/* Bits do not depend on the cut: so many tiles a thread where the layer has them, and as many for each thread, so that
 * none waits. */
static void cut_for_threads(struct product_job *job, int threads) {
    enum { TILES_A_THREAD = 4 };
    if (tiles_small(job->rows->rows, job->layer->in, job->layer->out)) return;
    const struct product *product = job->layer->product;
    const int panels = tiles_count(job->layer->out, product->columns),
              units = tiles_count(job->rows->rows, product->rows);
    const int wanted = tiles_count(TILES_A_THREAD * threads, job->row_parts);
    if (job->column_parts < wanted) job->column_parts = smaller(wanted, panels);
    for (int parts = job->row_parts; parts <= units && parts < job->row_parts + threads; parts++) {
        if (parts * job->column_parts % threads) continue;
        job->row_parts = parts;
        return;
    }
}

void reduced_linear(const struct compute *compute, const struct reduced_layer *layer, const struct reduced_input *input,
                    const struct linear_rows *rows) {
    struct product_job job = {
        .layer = layer,
        .input = input,
        .rows = rows,
        .kernels = compute->kernels,
        .x_bytes = row_bytes(layer->product, layer->in),
        .row_parts = tiles_count(rows->rows, TILE_ROWS),
        .column_parts = tiles_count(layer->out, TILE_COLUMNS),
        .block_rows = block_rows(layer->product, row_bytes(layer->product, layer->in)),
    };
    if (threads_count(compute->threads) > 1) cut_for_threads(&job, threads_count(compute->threads));
    threads_run(compute->threads, tiles_count(rows->rows, whole_tiles(layer->product, PREPARE_ROWS)), prepare_rows,
                &job);
    threads_run(compute->threads, job.row_parts * job.column_parts, multiply_part, &job);
}
