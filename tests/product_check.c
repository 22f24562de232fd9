/* SPDX-License-Identifier: MIT */
#include "product_check.h"

#include "base/clock.h"
#include "base/worst.h"
#include "compute/reduced.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 40, MAX_IN = 400, MAX_OUT = 130, PAD = 3, LD_X = MAX_IN + PAD, LD_Y = MAX_OUT + PAD, ROUNDS = 400 };

static const float guard_value = -12345.0f;

static struct {
    int rows, in, out;
    bool add, bias;
    float x[MAX_ROWS * LD_X], w[MAX_OUT * MAX_IN], b[MAX_OUT];
    float start[MAX_ROWS * LD_Y], expected[MAX_ROWS * LD_Y], got[MAX_ROWS * LD_Y];
} at;

static uint32_t random_state = 88172645u;

/* A row of one kind: usual, far from 0, subnormal, huge, all zero, few values with many ties, one that stands out. */
static void fill_row(float *row, int n, uint32_t kind) {
    for (int i = 0; i < n; i++) {
        const float u = random_uniform(&random_state);
        row[i] = kind == 1   ? 30 + u
                 : kind == 2 ? u * 1e-38f
                 : kind == 3 ? u * 1e15f
                 : kind == 4 ? 0
                 : kind == 5 ? roundf(u * 4)
                             : u;
    }
    if (kind == 6) row[random_bits(&random_state) % (uint32_t)n] = 1e4f;
}

static void fill(void) {
    at.rows = 1 + (int)(random_bits(&random_state) % MAX_ROWS);
    at.in = 1 + (int)(random_bits(&random_state) % MAX_IN);
    at.out = 1 + (int)(random_bits(&random_state) % MAX_OUT);
    at.add = random_bits(&random_state) % 2;
    at.bias = random_bits(&random_state) % 2;
    for (int i = 0; i < at.rows; i++) fill_row(at.x + i * LD_X, at.in, random_bits(&random_state) % 9);
    for (int j = 0; j < at.out; j++) fill_row(at.w + j * at.in, at.in, random_bits(&random_state) % 9);
    for (int j = 0; j < at.out; j++) at.b[j] = random_uniform(&random_state);
    for (int i = 0; i < MAX_ROWS * LD_Y; i++) at.start[i] = guard_value;
    for (int i = 0; i < at.rows; i++)
        for (int j = 0; j < at.out; j++) at.start[i * LD_Y + j] = random_uniform(&random_state);
}

/** y by one table; false where memory is short. */
static bool run(const struct compute *compute, const struct product *product, float *y) {
    struct reduced_layer layer;
    struct reduced_input input;
    struct arena arena = {0};
    memcpy(y, at.start, sizeof at.start);
    if (reduced_open(&layer, product, at.in, at.out, NULL) != PTM_OK) return false;
    reduced_fill(&layer, compute->threads, &(struct weight_rows){.values = at.w}, at.bias ? at.b : NULL, 0, at.out);
    reduced_input_place(&input, &arena, product, at.rows, at.in);
    const bool finished = reduced_finish(&layer, compute->threads, NULL) == PTM_OK;
    void *memory = finished ? mem_alloc(arena.used, 1) : NULL;
    arena = (struct arena){.base = memory};
    if (memory) {
        reduced_input_place(&input, &arena, product, at.rows, at.in);
        const struct linear_rows rows = {.y = y, .ldy = LD_Y, .x = at.x, .ldx = LD_X, .rows = at.rows, .add = at.add};
        reduced_linear(compute, &layer, &input, &rows);
    }
    mem_free(memory);
    reduced_close(&layer);
    return memory != NULL;
}

/** How far y of bf16 is from double precision, in units of what rounding both factors to 8 bits and adding may do. */
static double bf16_error(void) {
    double worst = 0;
    for (int i = 0; i < at.rows; i++) {
        for (int j = 0; j < at.out; j++) {
            const int place = i * LD_Y + j;
            double sum = (at.bias ? (double)at.b[j] : 0) + (at.add ? (double)at.start[place] : 0), size = fabs(sum) + 2;
            for (int k = 0; k < at.in; k++) {
                const double term = (double)at.x[i * LD_X + k] * at.w[j * at.in + k];
                sum += term;
                size += fabs(term);
            }
            const double bound = size * (2.1 * 0x1p-8 + at.in * (double)FLT_EPSILON);
            worst = worst_of(worst, fabs(at.got[place] - sum) / bound);
        }
    }
    return worst;
}

/** Does the table leave alone what lies beside y? */
static bool guards_hold(void) {
    for (int i = 0; i < MAX_ROWS * LD_Y; i++)
        if ((i / LD_Y >= at.rows || i % LD_Y >= at.out) && at.got[i] != guard_value) return false;
    return true;
}

/** A value of x that is not finite makes its row NaN, and no other. */
static bool specials_hold(const struct compute *compute, const struct product *product) {
    static const float specials[] = {NAN, INFINITY, -INFINITY};
    const int row = (int)(random_bits(&random_state) % (uint32_t)at.rows);
    at.x[row * LD_X + (int)(random_bits(&random_state) % (uint32_t)at.in)] = specials[random_bits(&random_state) % 3];
    at.add = false;
    if (!run(compute, product, at.got)) return false;
    bool good = true;
    for (int i = 0; i < at.rows; i++)
        for (int j = 0; j < at.out; j++)
            if (i != row || product->precision == PTM_INT8) good = good && (i == row) == !!isnan(at.got[i * LD_Y + j]);
    return good;
}

static bool check_table(const struct compute *compute, const struct product *product) {
    double worst = 0;
    bool good = true;
    for (int round = 0; round < ROUNDS && good; round++) {
        fill();
        good = run(compute, product, at.got) && guards_hold();
        if (product->precision == PTM_INT8)
            good = good && run(compute, &product_scalar_int8, at.expected) &&
                   memcmp(at.got, at.expected, sizeof at.got) == 0;
        else
            worst = worst_of(worst, bf16_error());
        good = good && worst <= 1 && specials_hold(compute, product);
    }
    if (product->precision == PTM_INT8)
        printf("%-13s %s, the bits of scalar int8\n", product->name, good ? "ok" : "FAILED");
    else
        printf("%-13s %s, largest error %.2f of its bound\n", product->name, good ? "ok" : "FAILED", worst);
    return good;
}

bool product_check(void) {
    struct compute compute = {.kernels = &kernels_scalar};
    if (threads_open(&compute.threads, 1, NULL) != PTM_OK) return false;
    bool good = true;
    for (int i = 0; product_at(i); i++) good = check_table(&compute, product_at(i)) && good;
    threads_close(&compute.threads);
    return good;
}

/* ---------------------------------------------------------------- timing */

enum { BENCH_ROWS = 1568, BENCH_WIDTH = 768 };

/** Normally distributed, as trained weights and normalised tokens nearly are (Box and Muller 1958). */
static float normal(void) {
    const float radius = sqrtf(-2 * logf((random_uniform(&random_state) + 1.001f) / 2.002f));
    return radius * cosf(3.14159265f * random_uniform(&random_state));
}

static double best_ms(const struct compute *compute, float *y, const float *x, const float *w,
                      const struct reduced_layer *layer, const struct reduced_input *input) {
    const struct linear_rows rows = {.y = y, .ldy = BENCH_WIDTH, .x = x, .ldx = BENCH_WIDTH, .rows = BENCH_ROWS};
    double best = INFINITY;
    const double start = clock_ms();
    while (clock_ms() - start < 300) {
        const double begin = clock_ms();
        if (layer)
            reduced_linear(compute, layer, input, &rows);
        else
            linear(compute, &(struct linear_layer){w, NULL, BENCH_WIDTH, BENCH_WIDTH}, &rows);
        best = fmin(best, clock_ms() - begin);
    }
    return best;
}

static void bench_table(const struct compute *compute, const struct product *product, float *y, const float *x,
                        const float *w) {
    struct reduced_layer layer = {0};
    struct reduced_input input = {0};
    struct arena arena = {0};
    void *memory = NULL;
    if (product) {
        reduced_input_place(&input, &arena, product, BENCH_ROWS, BENCH_WIDTH);
        memory = mem_calloc(arena.used, 1);
        if (!memory || reduced_open(&layer, product, BENCH_WIDTH, BENCH_WIDTH, NULL) != PTM_OK) exit(1);
        arena = (struct arena){.base = memory};
        reduced_input_place(&input, &arena, product, BENCH_ROWS, BENCH_WIDTH);
        reduced_fill(&layer, compute->threads, &(struct weight_rows){.values = w}, NULL, 0, BENCH_WIDTH);
        if (reduced_finish(&layer, compute->threads, NULL) != PTM_OK) exit(1);
    }
    const double ms = best_ms(compute, y, x, w, product ? &layer : NULL, &input);
    printf("%-13s %8.1f\n", product ? product->name : "float32", 2e-6 * BENCH_ROWS * BENCH_WIDTH * BENCH_WIDTH / ms);
    reduced_close(&layer);
    mem_free(memory);
}

void product_bench(void) {
    struct compute compute = {.kernels = kernels_for(cpu_detect())};
    compute.scratch = mem_alloc(linear_scratch(compute.kernels, 1), sizeof *compute.scratch);
    const size_t count = (size_t)BENCH_ROWS * BENCH_WIDTH;
    float *x = mem_alloc(count, sizeof *x), *y = mem_alloc(count, sizeof *y), *w = mem_alloc(count, sizeof *w);
    if (!x || !y || !w || threads_open(&compute.threads, 1, NULL) != PTM_OK) exit(1);
    for (size_t i = 0; i < count; i++) x[i] = normal(), w[i] = normal();
    printf("GFLOP/s of a linear layer, %d x %d x %d, one thread\n", BENCH_ROWS, BENCH_WIDTH, BENCH_WIDTH);
    bench_table(&compute, NULL, y, x, w);
    for (int i = 0; product_at(i); i++) bench_table(&compute, product_at(i), y, x, w);
    threads_close(&compute.threads);
    mem_free(compute.scratch);
    mem_free(x);
    mem_free(y);
    mem_free(w);
}
