/* SPDX-License-Identifier: MIT */
#include "attend_check.h"

#include "base/clock.h"
#include "base/worst.h"
#include "compute/product.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { MAX_ROWS = 384, MAX_KEYS = 1568, MAX_DIM = 128, PAD = 5, LD = MAX_DIM + PAD };
enum { MAX_SCRATCH = 4 * MAX_KEYS * MAX_DIM };

static const float guard_value = -12345.0f;

/* One kernel, and how far it may round its weights: by half a unit in the last of 8 bits, or not at all. */
struct attend_case {
    const struct attend_kernels *kernels;
    double rounding;
};

static const struct attend_case *using;

static struct {
    int rows, n, head_dim;
    float scale;
    const float *bias; /* log_size, or NULL */
    float out[MAX_ROWS * LD], q[MAX_ROWS * LD], k[MAX_KEYS * LD], v[MAX_KEYS * LD], log_size[MAX_KEYS];
    double weights[MAX_KEYS], magnitude; /* of one query: its weights; what its largest logit is a sum of */
    _Alignas(64) float scratch[MAX_SCRATCH];
} at;

static uint32_t random_state = 2463534242u;

static int up_to(int most) {
    return 1 + (int)(random_bits(&random_state) % (uint32_t)most);
}

static void fill(int rows, int n, int head_dim) {
    at.rows = rows, at.n = n, at.head_dim = head_dim;
    const uint32_t style = random_bits(&random_state) % 4;
    const float spread = style == 1 ? 8 : style == 2 ? 0 : 1; /* peaks that rise from step to step; ties; usual */
    at.scale = 1 / sqrtf((float)head_dim);
    at.bias = random_bits(&random_state) % 2 ? at.log_size : NULL;
    for (int i = 0; i < rows * LD; i++) at.q[i] = spread * random_uniform(&random_state);
    for (int i = 0; i < rows * LD; i++) at.out[i] = guard_value;
    for (int i = 0; i < n * LD; i++) at.k[i] = style == 3 ? 1e-3f : 4 * random_uniform(&random_state);
    for (int i = 0; i < n * LD; i++) at.v[i] = 1 + random_uniform(&random_state);
    for (int i = 0; i < n; i++) at.log_size[i] = logf((float)up_to(40));
}

/* A kernel in bf16 is given what bf16 holds, so that nothing but the weights is rounded. */
static void round_values(float *x, int count) {
    for (int i = 0; i < count; i++) x[i] = product_from_bf16(product_bf16(x[i]));
}

static void run(void) {
    if (using->rounding > 0) {
        round_values(at.q, at.rows * LD);
        round_values(at.k, at.n * LD);
        round_values(at.v, at.n * LD);
    }
    using->kernels->attend(at.out, LD, at.q, LD, at.k, at.v, LD, at.bias, at.rows, at.n, at.head_dim, at.scale,
                           at.scratch);
}

/* ---------------------------------------------------------------- the answer in double */

static void weigh(int row) {
    double max = -INFINITY, sum = 0;
    at.magnitude = 0;
    for (int j = 0; j < at.n; j++) {
        const double bias = at.bias ? (double)at.bias[j] : 0;
        double score = 0, magnitude = 0;
        for (int d = 0; d < at.head_dim; d++) {
            const double product = (double)at.q[row * LD + d] * at.k[j * LD + d];
            score += product;
            magnitude += fabs(product);
        }
        at.weights[j] = score * at.scale + bias;
        max = fmax(max, at.weights[j]);
        at.magnitude = fmax(at.magnitude, magnitude * at.scale + fabs(bias));
    }
    for (int j = 0; j < at.n; j++) sum += at.weights[j] = exp(at.weights[j] - max);
    for (int j = 0; j < at.n; j++) at.weights[j] /= sum;
}

/*
 * In units of rounding: a logit is off by head_dim + 6 of what it is a sum of (products, scale, bias, difference from
 * the maximum), its exponential relative to itself by that and 16, the weight, a quotient, by twice as much; the sum
 * over the keys adds one a key and one a step.
 */
static double bound(int d) {
    double sum = 0;
    for (int j = 0; j < at.n; j++) sum += at.weights[j] * fabs((double)at.v[j * LD + d]);
    const double roundings = 2 * ((at.head_dim + 6) * at.magnitude + 16) + 1.02 * at.n + 16;
    return (0.5 * FLT_EPSILON * roundings + using->rounding) * sum + FLT_MIN;
}

/** The largest error of a query in units of its bound; infinity where a neighbour was overwritten. */
static double row_error(int row) {
    double worst = 0;
    weigh(row);
    for (int d = 0; d < at.head_dim; d++) {
        double expected = 0;
        for (int j = 0; j < at.n; j++) expected += at.weights[j] * at.v[j * LD + d];
        worst = worst_of(worst, fabs(at.out[row * LD + d] - expected) / bound(d));
    }
    for (int d = at.head_dim; d < LD; d++)
        if (at.out[row * LD + d] != guard_value) return INFINITY;
    return worst;
}

/* ---------------------------------------------------------------- checks */

static double check_shapes(void) {
    double worst = 0;
    for (int round = 0; round < 400; round++) {
        const int head_dim = round % 4 ? 8 * up_to(16) : up_to(MAX_DIM); /* whole ones and odd ones */
        fill(up_to(110), round % 3 ? up_to(300) : round / 3 + 1, head_dim);
        run();
        for (int row = 0; row < at.rows; row += 1 + at.rows / 20) {
            worst = worst_of(worst, row_error(row));
        }
        worst = worst_of(worst, row_error(at.rows - 1));
    }
    return worst;
}

/*
 * The exponential by itself: two keys with logits 0 and -x, values 0 and 1, so that the answer is e^-x / (1 + e^-x). x
 * is rounded when it is turned to powers of 2, and its difference from the maximum once more. Of weights in parts those
 * may be lost that are no normal floats.
 */
static double check_exponential(void) {
    double worst = 0;
    for (int round = 0; round < 1000; round++) {
        fill(100, 2, 1);
        at.bias = NULL;
        at.k[0] = at.v[0] = 0;
        at.k[LD] = -1;
        at.v[LD] = 1;
        for (int i = 0; i < at.rows; i++) at.q[i * LD] = 43 * (1 + random_uniform(&random_state));
        run();
        for (int i = 0; i < at.rows; i++) {
            const double x = at.q[i * LD], expected = 1 / (1 + exp(x));
            const double relative = FLT_EPSILON * (x + 2) + using->rounding;
            worst = worst_of(worst, fabs(at.out[i * LD] - expected) / (relative * expected + 3 * FLT_MIN));
        }
    }
    return worst;
}

/*
 * Equal logits, large ones, over many steps: all weights are the same, so that only the sums round, however large the
 * maximum is that each step compares with the ones before.
 */
static double check_ties(void) {
    double worst = 0;
    for (int round = 0; round < 20; round++) {
        const int n = MAX_KEYS - up_to(256);
        fill(8, n, 1);
        at.bias = NULL;
        for (int i = 0; i < n; i++) at.k[i * LD] = 1;
        for (int i = 0; i < n; i++) at.v[i * LD] = i < n / 2 ? 0 : 1;
        for (int i = 0; i < at.rows; i++) at.q[i * LD] = 5000 * (2 + random_uniform(&random_state));
        run();
        const double expected = (double)(n - n / 2) / n;
        for (int i = 0; i < at.rows; i++) {
            const double bound = (0.5 * FLT_EPSILON * (1.02 * n + 32) + using->rounding) * expected;
            worst = worst_of(worst, fabs(at.out[i * LD] - expected) / bound);
        }
    }
    return worst;
}

static int count_nan(int row) {
    int count = 0;
    for (int d = 0; d < at.head_dim; d++) count += isnan(at.out[row * LD + d]) != 0;
    return count;
}

/* A NaN in a query spoils that query alone, in a key every query, in a value one dimension of each. */
static bool check_nan(void) {
    bool good = true;
    for (int round = 0; round < 200; round++) {
        fill(up_to(60), up_to(300), up_to(MAX_DIM));
        const int row = up_to(at.rows) - 1, key = up_to(at.n) - 1, d = up_to(at.head_dim) - 1;
        float *const place[] = {&at.q[row * LD + d], &at.k[key * LD + d], &at.v[key * LD + d]};
        *place[round % 3] = NAN;
        run();
        for (int i = 0; i < at.rows; i++) {
            const int spoilt[] = {i == row ? at.head_dim : 0, at.head_dim, 1};
            good = good && count_nan(i) == spoilt[round % 3];
        }
    }
    return good;
}

static bool check_case(const struct kernels *level, const char *name, const struct attend_case *given) {
    using = given;
    const double worst = worst_of(worst_of(check_shapes(), check_exponential()), check_ties());
    const bool nan = check_nan(), good = worst <= 1 && nan;
    printf("%-7s %-13s %s, largest error %.2f of its bound%s\n", cpu_level_name(level->level), name,
           good ? "ok" : "FAILED", worst, nan ? "" : ", a NaN was lost or spread");
    return good;
}

/* Not only where it is fast: any AVX512-BF16 runs it. */
const struct attend_kernels *attend_bf16_here(const struct kernels *level) {
    return cpu_has(CPU_AVX512_BF16) ? level->attention_bf16 : NULL;
}

bool attend_check(const struct kernels *level) {
    /* the polynomial of weights may err by a fiftieth of a rounding */
    const struct attend_case exact = {level->attention, 0}, bf16 = {attend_bf16_here(level), 1.1 * 0x1p-8};
    const bool good = check_case(level, "attend", &exact);
    return (!bf16.kernels || check_case(level, "attend bf16", &bf16)) && good;
}

double attend_gflops(const struct attend_kernels *kernels) {
    const struct attend_case given = {kernels, 0};
    using = &given;
    fill(MAX_ROWS, MAX_KEYS, 64);
    double best = INFINITY;
    for (int i = 0; kernels && i < 40; i++) {
        const double start = clock_ms();
        run();
        best = fmin(best, clock_ms() - start);
    }
    return 4e-6 * MAX_ROWS * MAX_KEYS * 64 / best;
}
