/* SPDX-License-Identifier: MIT */
#include "compute/linear.h"

#include "base/clock.h"
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

bool linear_keeps_rows(const struct kernels *kernels) {
    return kernels->products != NULL; /* OpenBLAS chooses its kernel by the shape */
}

/* Our own kernels give the same bits however they are cut: there may be as many tiles as keep all threads busy, but not
 * so low ones that preparing the weights of each is most of the work. */
static void cut_for_threads(struct linear_job *job, int threads) {
    enum { TILES_A_THREAD = 2, LEAST_ROWS = 128 };
    const int wanted = tiles_count(TILES_A_THREAD * threads, job->column_parts);
    const int most = job->rows / LEAST_ROWS;
    const int parts = wanted < most ? wanted : most;
    if (job->row_parts < parts) job->row_parts = parts;
}

static void cut_into_tiles(struct linear_job *job, int threads) {
    job->row_parts = job->column_parts = 1;
    if (tiles_small(job->rows, job->in, job->out)) return;
    const struct product_kernels *own = job->kernels->products;
    job->row_parts = tiles_count(job->rows, own ? own->rows : job->in > LONG_ROW ? TILE_ROWS_LONG : TILE_ROWS);
    /* one thread takes all columns: within a tile the next weights come during the sums (multiply_vector.h) */
    if (own && threads == 1) return;
    job->column_parts = tiles_count(job->out, own ? own->columns : TILE_COLUMNS);
    if (own) cut_for_threads(job, threads);
    /* an even number of tiles leaves no thread of two idle at the end */
    if (job->row_parts % 2 && job->column_parts % 2 && job->row_parts < job->rows) job->row_parts++;
}

static activation_kernel *activation_of(const struct kernels *kernels, enum activation activation) {
    switch (activation) {
    case ACTIVATION_GELU: return kernels->gelu;
    case ACTIVATION_GELU_TANH: return kernels->gelu_tanh;
    case ACTIVATION_QUICK_GELU: return kernels->quick_gelu;
    case ACTIVATION_NONE: break;
    }
    return NULL;
}

void activate_row(const struct kernels *kernels, enum activation activation, float *y, int n) {
    if (activation != ACTIVATION_NONE) activation_of(kernels, activation)(y, n);
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

static void linear_tile(void *context, int tile, int worker) {
    const struct linear_job *job = context;
    const int row_part = tile / job->column_parts, column_part = tile % job->column_parts;
    const int row = tiles_start(job->rows, 1, row_part, job->row_parts);
    const int column = tiles_start(job->out, 1, column_part, job->column_parts);
    const struct float_product product = {
        .y = job->y + (size_t)row * (size_t)job->ldy + column,
        .x = job->x + (size_t)row * (size_t)job->ldx,
        .w = job->w + (size_t)column * (size_t)job->in,
        .bias = job->b ? job->b + column : NULL,
        .ldy = (size_t)job->ldy,
        .ldx = (size_t)job->ldx,
        .ldw = (size_t)job->in,
        .rows = tiles_start(job->rows, 1, row_part + 1, job->row_parts) - row,
        .columns = tiles_start(job->out, 1, column_part + 1, job->column_parts) - column,
        .n = job->in,
        .add = job->store == LINEAR_ADD,
        .activate = activation_of(job->kernels, job->activation),
    };
    const struct product_kernels *own = job->kernels->products;
    if (own)
        own->multiply(&product, job->scratch + (size_t)worker * own->scratch);
    else
        multiply_by_blas(job->kernels, &product);
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
    cut_into_tiles(&job, threads_count(compute->threads));
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
