/* SPDX-License-Identifier: MIT */
#include "compute/linear.h"

#include "base/clock.h"
#include "compute/tiles.h"

#include <stdbool.h>
#include <string.h>

/*
 * How a product is cut: from its shape alone, so that its bits do not depend on the number of threads. The sizes are
 * measured (Zen 4, OpenBLAS 0.3.21). OpenBLAS packs both factors of every tile, which costs less the larger the tile;
 * but the tile should still be in the second-level cache for the activation, and one layer of a base-size model should
 * occupy 8 to 16 threads. Long rows (the MLP's second layer) cost most to pack and get taller tiles.
 */
enum { TILE_ROWS = 208, TILE_ROWS_LONG = 400, TILE_COLUMNS = 384, LONG_ROW = 1024 };

/* Multiply-adds up to which a product is one tile: waking a thread would cost more than it brings. */
#define SMALL_PRODUCT 4e6

struct linear_job {
    const struct kernels *kernels;
    float *scratch;
    float *y;
    const float *x, *w, *b;
    int ldy, ldx, rows, in, out;
    enum activation activation;
    enum linear_store store;
    int row_parts, column_parts; /* tiles = row_parts * column_parts, cut as evenly as they can be */
};

size_t linear_scratch(const struct kernels *kernels, int threads) {
    return kernels->products ? (size_t)threads * kernels->products->scratch : 0;
}

static void cut_into_tiles(struct linear_job *job) {
    job->row_parts = job->column_parts = 1;
    if ((double)job->rows * job->in * job->out <= SMALL_PRODUCT) return;
    const struct product_kernels *own = job->kernels->products;
    job->row_parts = tiles_count(job->rows, own ? own->rows : job->in > LONG_ROW ? TILE_ROWS_LONG : TILE_ROWS);
    job->column_parts = tiles_count(job->out, own ? own->columns : TILE_COLUMNS);
    /* an even number of tiles leaves no thread of two idle at the end */
    if (job->row_parts % 2 && job->column_parts % 2 && job->row_parts < job->rows) job->row_parts++;
}

/* What a tile of y holds before OpenBLAS adds the product to it. */
static void start_row(const struct linear_job *job, float *y, int column, int columns) {
    const float *b = job->b ? job->b + column : NULL;
    if (job->store == LINEAR_ADD) {
        if (b) job->kernels->add(y, b, columns);
    } else if (b) {
        memcpy(y, b, (size_t)columns * sizeof *y);
    } else {
        memset(y, 0, (size_t)columns * sizeof *y);
    }
}

void activate_row(const struct kernels *kernels, enum activation activation, float *y, int n) {
    switch (activation) {
    case ACTIVATION_NONE: break;
    case ACTIVATION_GELU: kernels->gelu(y, n); break;
    case ACTIVATION_GELU_TANH: kernels->gelu_tanh(y, n); break;
    case ACTIVATION_QUICK_GELU: kernels->quick_gelu(y, n); break;
    }
}

static void linear_tile(void *context, int tile, int worker) {
    const struct linear_job *job = context;
    const int row_part = tile / job->column_parts, column_part = tile % job->column_parts;
    const int row = tiles_start(job->rows, 1, row_part, job->row_parts);
    const int rows = tiles_start(job->rows, 1, row_part + 1, job->row_parts) - row;
    const int column = tiles_start(job->out, 1, column_part, job->column_parts);
    const int columns = tiles_start(job->out, 1, column_part + 1, job->column_parts) - column;
    const float *x = job->x + (size_t)row * (size_t)job->ldx;
    const float *w = job->w + (size_t)column * (size_t)job->in;
    const size_t ldy = (size_t)job->ldy;
    float *y = job->y + (size_t)row * ldy + column;

    const struct product_kernels *own = job->kernels->products;
    if (own) {
        own->multiply(y, job->ldy, x, job->ldx, w, job->in, job->b ? job->b + column : NULL, rows, columns, job->in,
                      job->store == LINEAR_ADD, job->scratch + (size_t)worker * own->scratch);
    } else {
        for (int i = 0; i < rows; i++) start_row(job, y + (size_t)i * ldy, column, columns);
        gemm_nt_add(y, job->ldy, x, job->ldx, w, job->in, rows, columns, job->in);
    }
    for (int i = 0; i < rows; i++) activate_row(job->kernels, job->activation, y + (size_t)i * ldy, columns);
}

void linear(const struct compute *compute, float *y, int ldy, const float *x, int ldx, const float *w, const float *b,
            int rows, int in, int out, enum activation activation, enum linear_store store) {
    struct linear_job job = {
        .kernels = compute->kernels,
        .scratch = compute->scratch,
        .y = y,
        .x = x,
        .w = w,
        .b = b,
        .ldy = ldy,
        .ldx = ldx,
        .rows = rows,
        .in = in,
        .out = out,
        .activation = activation,
        .store = store,
    };
    cut_into_tiles(&job);
    threads_run(compute->threads, job.row_parts * job.column_parts, linear_tile, &job);
}

double linear_measure_gflops(const struct compute *compute, float *scratch_a, float *scratch_b, float *scratch_c,
                             int size) {
    const size_t count = (size_t)size * (size_t)size;
    for (size_t i = 0; i < count; i++) {
        scratch_a[i] = (float)(i % 7) - 3;
        scratch_b[i] = (float)(i % 5) - 2;
    }
    const double start = clock_ms(), slice = 300;
    double now = start, best = 0;
    do {
        linear(compute, scratch_c, size, scratch_a, size, scratch_b, NULL, size, size, size, ACTIVATION_NONE,
               LINEAR_SET);
        const double end = clock_ms(), gflops = 2e-6 * (double)count * size / (end - now);
        if (gflops > best) best = gflops;
        now = end;
    } while (now - start < slice);
    return best;
}
