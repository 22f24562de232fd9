/* SPDX-License-Identifier: MIT */
#include "multiply_check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/worst.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* More columns and values than the kernel turns at a time. */
enum { TURNED_VALUES = 768 };
enum { MAX_ROWS = 1568, MAX_COLUMNS = 384, MAX_VALUES = TURNED_VALUES + 200, PAD = 3, ROUNDS = 300 };
enum { LD_Y = MAX_COLUMNS + PAD, LD_X = MAX_VALUES + PAD };

static const float guard_value = -12345.0f;

static struct {
    int rows, columns, n;
    bool add;
    const float *bias;
    float x[MAX_ROWS * LD_X], w[MAX_COLUMNS * LD_X], b[MAX_COLUMNS];
    float start[MAX_ROWS * LD_Y], y[MAX_ROWS * LD_Y], *scratch;
} at;

static uint32_t random_state = 362436069u;

static int up_to(int most) {
    return 1 + (int)(random_bits(&random_state) % (uint32_t)most);
}

static void fill(int rows, int columns, int n) {
    at.rows = rows;
    at.columns = columns;
    at.n = n;
    at.add = random_bits(&random_state) % 2;
    at.bias = random_bits(&random_state) % 2 ? at.b : NULL;
    for (int i = 0; i < rows * LD_X; i++) at.x[i] = random_uniform(&random_state);
    for (int i = 0; i < columns * LD_X; i++) at.w[i] = random_uniform(&random_state);
    for (int i = 0; i < columns; i++) at.b[i] = 10 * random_uniform(&random_state);
    for (int i = 0; i < rows * LD_Y; i++) {
        const bool inside = i % LD_Y < columns;
        at.start[i] = inside ? 10 * random_uniform(&random_state) : guard_value;
    }
}

static void multiply(const struct kernels *level) {
    const struct float_product product = {at.y, at.x,    at.w,       at.bias, LD_Y,   LD_X,
                                          LD_X, at.rows, at.columns, at.n,    at.add, NULL};
    level->multiply->multiply(&product, at.scratch);
}

static void run(const struct kernels *level) {
    for (int i = 0; i < at.rows * LD_Y; i++) at.y[i] = at.start[i];
    multiply(level);
}

/** The error of one value in units of its bound: one rounding a product and a few for bias and y, each of at most the
 * sum of all magnitudes. */
static double error_at(int row, int column) {
    const float *x = at.x + row * LD_X, *w = at.w + column * LD_X, start = at.start[row * LD_Y + column];
    double sum = (at.bias ? at.b[column] : 0) + (at.add ? (double)start : 0);
    double magnitude = (at.bias ? fabs((double)at.b[column]) : 0) + (at.add ? fabs((double)start) : 0);
    for (int i = 0; i < at.n; i++) {
        sum += (double)x[i] * w[i];
        magnitude += fabs((double)x[i] * w[i]);
    }
    return fabs(at.y[row * LD_Y + column] - sum) / (0.5 * FLT_EPSILON * 1.001 * (at.n + 4) * magnitude + FLT_MIN);
}

/** The largest error over the shape at hand; infinity where a neighbour was overwritten. */
static double worst_error(void) {
    double worst = 0;
    for (int row = 0; row < at.rows; row++) {
        for (int column = row % 3; column < at.columns; column += 3) {
            worst = worst_of(worst, error_at(row, column));
        }
        for (int column = at.columns; column < LD_Y; column++)
            if (at.y[row * LD_Y + column] != guard_value) return INFINITY;
    }
    return worst;
}

bool multiply_check(const struct kernels *level) {
    if (!level->multiply) return true;
    double worst = 0;
    at.scratch = mem_alloc(level->multiply->scratch, sizeof *at.scratch);
    if (!at.scratch) return false;
    for (int round = 0; round < ROUNDS; round++) {
        const bool large = round % 10 == 0; /* past every size at which the kernel begins anew */
        fill(up_to(large ? 120 : 20), up_to(large ? MAX_COLUMNS : 60), up_to(large ? MAX_VALUES : 100));
        run(level);
        worst = worst_of(worst, worst_error());
    }
    mem_free(at.scratch);
    const bool good = worst <= 1;
    printf("%-7s %-13s %s, largest error %.2f of its bound\n", cpu_level_name(level->level), "multiply",
           good ? "ok" : "FAILED", worst);
    return good;
}

double multiply_gflops(const struct kernels *level) {
    if (!level->multiply) return 0;
    fill(MAX_ROWS, MAX_COLUMNS, TURNED_VALUES);
    at.add = false; /* the same for each level */
    at.bias = NULL;
    at.scratch = mem_alloc(level->multiply->scratch, sizeof *at.scratch);
    if (!at.scratch) return 0;
    double best = INFINITY;
    for (int i = 0; i < 20; i++) {
        const double start = clock_ms();
        multiply(level);
        best = fmin(best, clock_ms() - start);
    }
    mem_free(at.scratch);
    return 2e-6 * MAX_ROWS * MAX_COLUMNS * TURNED_VALUES / best;
}
