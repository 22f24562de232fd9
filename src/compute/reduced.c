/* SPDX-License-Identifier: MIT */
#include "compute/reduced.h"

#include "base/bf16.h"
#include "compute/tiles.h"

#include <string.h>

/* Rows that one thread takes at once; values of a row that are encoded at once, whole groups. */
enum { FILL_ROWS = 16, CHUNK = 1024 };

size_t reduced_bytes(ptm_precision precision, size_t count) {
    return count * (precision == PTM_INT8 ? sizeof(int8_t) : precision == PTM_BF16 ? sizeof(uint16_t) : sizeof(float));
}

/* ---------------------------------------------------------------- weights as they are multiplied */

ptm_status reduced_open(struct reduced_layer *layer, const struct product *product, int in, int out, ptm_error *err) {
    const int panels = tiles_count(out, product->columns);
    const int groups = tiles_count(in, product->depth) * (product->depth / product->group);
    const size_t columns = (size_t)panels * (size_t)product->columns;
    const size_t w_bytes =
        reduced_bytes(product->precision, (size_t)groups * (size_t)(product->columns * product->group));
    *layer = (struct reduced_layer){.product = product, .in = in, .out = out, .groups = groups, .w_bytes = w_bytes};
    struct arena arena = {0};
    for (int placed = 0; placed < 2; placed++) {
        layer->w = arena_take(&arena, (size_t)panels, w_bytes);
        layer->scale = arena_take(&arena, columns, sizeof *layer->scale);
        layer->bias = arena_take(&arena, columns, sizeof *layer->bias);
        layer->sums = arena_take(&arena, columns, sizeof *layer->sums);
        if (placed) break;
        layer->memory = arena.overflow ? NULL : mem_calloc(arena.used, 1);
        if (!layer->memory) return error_no_memory(err);
        arena = (struct arena){.base = layer->memory};
    }
    return PTM_OK;
}

void reduced_close(struct reduced_layer *layer) {
    mem_free(layer->memory);
    acc16_close(&layer->acc16);
    *layer = (struct reduced_layer){0};
}

/** Chunks of `step` bytes to places `stride` apart; the last may be shorter. */
static inline void spread(char *to, const char *from, size_t bytes, size_t step, size_t stride) {
    for (; bytes >= step; bytes -= step, from += step, to += stride) memcpy(to, from, step);
    memcpy(to, from, bytes);
}

/** Puts values of a row of w, from `first`, which is a multiple of the group, into the panel. */
static void put_values(const struct reduced_layer *layer, int row, int first, const void *values, int count) {
    const struct product *product = layer->product;
    const size_t step = reduced_bytes(product->precision, (size_t)product->group),
                 stride = (size_t)product->columns * step;
    const size_t bytes = reduced_bytes(product->precision, (size_t)count);
    char *to = layer->w + (size_t)(row / product->columns) * layer->w_bytes + (size_t)(row % product->columns) * step +
               (size_t)(first / product->group) * stride;
    if (step == 4) /* known when it is compiled, the copy is one move */
        spread(to, values, bytes, 4, stride);
    else
        spread(to, values, bytes, step, stride);
}

static float largest_magnitude(const float *w, int n) {
    int32_t largest = 0; /* as bits, whose order is the same and which the compiler can vectorise */
    for (int i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &w[i], sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    float magnitude;
    memcpy(&magnitude, &largest, sizeof magnitude);
    return magnitude;
}

/**
 * Symmetric: the largest magnitude becomes 127. A row of zeros, or of numbers whose scale would be subnormal, is 0; so
 * is one with a value that is not finite, but then the scale is none either and makes y NaN. Returns the factor to
 * integers; 0: they are all zero.
 */
static float int8_inverse(float *scale, const float *w, int n) {
    *scale = largest_magnitude(w, n) / 127;
    return *scale >= 0x1p-126f && *scale <= 0x1p127f ? 1 / *scale : 0;
}

static void encode_int8(int8_t *q, const float *w, int n, float inverse) {
    const float whole = 0x1.8p23f; /* adding it rounds to an integer, ties to even, without a call */
    for (int k = 0; k < n; k++) q[k] = inverse > 0 ? (int8_t)(w[k] * inverse + whole - whole) : 0;
}

static void encode_bf16(uint16_t *halves, const float *w, int n) {
    for (int k = 0; k < n; k++) halves[k] = bf16_from_float(w[k]);
}

static int32_t sum_of(const int8_t *q, int n) {
    int32_t sum = 0;
    for (int k = 0; k < n; k++) sum += q[k];
    return sum;
}

static void fill_int8(const struct reduced_layer *layer, int row, const float *w) {
    int8_t q[CHUNK];
    const float inverse = int8_inverse(&layer->scale[row], w, layer->in);
    layer->sums[row] = 0;
    for (int first = 0; first < layer->in; first += CHUNK) {
        const int count = smaller(CHUNK, layer->in - first);
        encode_int8(q, w + first, count, inverse);
        put_values(layer, row, first, q, count);
        layer->sums[row] += sum_of(q, count);
    }
}

static void fill_bf16(const struct reduced_layer *layer, int row, const float *w) {
    uint16_t halves[CHUNK];
    for (int first = 0; first < layer->in; first += CHUNK) {
        const int count = smaller(CHUNK, layer->in - first);
        encode_bf16(halves, w + first, count);
        put_values(layer, row, first, halves, count);
    }
}

static void fill_row(const struct reduced_layer *layer, int row, const struct weight_rows *w, int i) {
    const size_t first = (size_t)i * (size_t)layer->in;
    const bool int8 = layer->product->precision == PTM_INT8;
    if (w->precision == PTM_F32) {
        (int8 ? fill_int8 : fill_bf16)(layer, row, (const float *)w->values + first);
        return;
    }
    const char *values = (const char *)w->values + reduced_bytes(w->precision, first);
    put_values(layer, row, 0, values, layer->in);
    if (!int8) return;
    layer->scale[row] = w->scale[i];
    layer->sums[row] = sum_of((const int8_t *)values, layer->in);
}

struct fill_job {
    const struct reduced_layer *layer;
    const struct weight_rows *w;
    int first, count;
};

static void fill_rows(void *context, int tile, int worker) {
    (void)worker;
    const struct fill_job *job = context;
    const int end = tiles_end(tile, FILL_ROWS, job->count);
    for (int i = tile * FILL_ROWS; i < end; i++) fill_row(job->layer, job->first + i, job->w, i);
}

void reduced_fill(struct reduced_layer *layer, struct threads *threads, const struct weight_rows *w, const float *b,
                  int first, int count) {
    struct fill_job job = {layer, w, first, count};
    threads_run(threads, tiles_count(count, FILL_ROWS), fill_rows, &job);
    for (int i = 0; b && i < count; i++) layer->bias[first + i] = b[i];
}

ptm_status reduced_finish(struct reduced_layer *layer, struct threads *threads, ptm_error *err) {
    const struct product *product = layer->product;
    if (!product->strip) return PTM_OK;
    const struct acc16_panels panels = {
        .w = (int8_t *)layer->w,
        .panels = tiles_count(layer->out, product->columns),
        .groups = layer->groups,
        .columns = product->columns,
        .strip = product->strip,
    };
    return acc16_open(&layer->acc16, threads, &panels, err);
}

/* ---------------------------------------------------------------- weights as they are kept */

void reduced_encode(void *values, float *scale, ptm_precision precision, const float *w, int count, int in) {
    for (int i = 0; i < count; i++) {
        const size_t first = (size_t)i * (size_t)in;
        if (precision == PTM_INT8)
            encode_int8((int8_t *)values + first, w + first, in, int8_inverse(&scale[i], w + first, in));
        else
            encode_bf16((uint16_t *)values + first, w + first, in);
    }
}

static float decode_bf16(const void *values, size_t index) {
    uint16_t half;
    memcpy(&half, (const char *)values + index * sizeof half, sizeof half);
    return bf16_to_float(half);
}

void reduced_decode(float *w, const struct weight_rows *rows, int count, int in) {
    const int8_t *q = rows->values;
    for (int i = 0; i < count; i++) {
        const size_t first = (size_t)i * (size_t)in, end = first + (size_t)in;
        if (rows->precision == PTM_INT8)
            for (size_t k = first; k < end; k++) w[k] = rows->scale[i] * (float)q[k];
        else
            for (size_t k = first; k < end; k++) w[k] = decode_bf16(rows->values, k);
    }
}
