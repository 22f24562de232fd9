/* SPDX-License-Identifier: MIT */
#include "attend_check.h"

#include "base/bf16.h"
#include "base/clock.h"
#include "base/worst.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ROWS = 384, MAX_KEYS = 1568, MAX_DIM = 128, PAD = 5, LD = MAX_DIM + PAD };
enum { MAX_SCRATCH = 4 * MAX_KEYS * MAX_DIM, MAX_SIZE = 40 };

static const float guard_value = -12345.0f;

/* One kernel, and how it rounds. */
struct attend_case {
    const struct attend_kernels *kernels;
    double rounding; /* of weights: half a unit in their last place, and what a polynomial errs */
    double unit;     /* of sums: half a unit in their last place */
    int depth;       /* so many products of a query and a key have a sum of their own; 0: all */
    int keys;        /* and so many keys, of an output */
    double nothing;  /* weights below it may vanish, beside the largest, 1 */
    double weights;  /* half of what weights are multiples of */
    bool integers;   /* queries and keys are, head_dim products of which stay below 2^31 */
    double values;   /* half of what values are multiples of, of the largest of their column */
    double typical;  /* the root of the mean square of errors, relative to that of outputs, at most */
};

static const struct attend_case *using;

static struct {
    int rows, n, head_dim;
    float scale;
    const float *bias; /* log_size, or NULL */
    float out[MAX_ROWS * LD], q[MAX_ROWS * LD], k[MAX_KEYS * LD], v[MAX_KEYS * LD], log_size[MAX_KEYS];
    double weights[MAX_KEYS], magnitude; /* of one query: its weights; what its largest logit is a sum of */
    double sum;                          /* of its weights, beside the largest, 1 */
    double largest_product;              /* that a query and a key can have */
    double errors, outputs;              /* sums of squares over queries */
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
    for (int i = 0; i < n; i++) at.log_size[i] = logf((float)up_to(MAX_SIZE));
    at.largest_product = spread * (style == 3 ? 1e-3 : 4);
}

/* A kernel in bf16 is given what that holds, and so does fp16 where powers of 2 allow it, so that nothing but weights
 * and sums is rounded. */
static void round_values(float *x, int count) {
    for (int i = 0; i < count; i++) x[i] = bf16_to_float(bf16_from_float(x[i]));
}

static void attend(void) {
    const struct attend_head head = {
        .out = at.out,
        .q = at.q,
        .k = at.k,
        .v = at.v,
        .bias = at.bias,
        .ldo = LD,
        .ldq = LD,
        .ld = LD,
        .rows = at.rows,
        .n = at.n,
        .head_dim = at.head_dim,
        .scale = at.scale,
    };
    using->kernels->attend(&head, at.scratch);
}

static void run(void) {
    if (using->kernels->precision == PTM_BF16 || using->kernels->precision == PTM_FP16) {
        round_values(at.q, at.rows * LD);
        round_values(at.k, at.n * LD);
        round_values(at.v, at.n * LD);
    }
    attend();
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
    at.sum = sum;
}

/* How often a sum of `count` is rounded, where so many have one of their own. */
static double roundings(int count, int own) {
    return own > 0 && count > own ? own + ceil((double)count / own) : count;
}

/** What the products of a query and a key err by, of the largest that there can be: half a unit of either. */
static double product_error(void) {
    int bits = 31;
    while (ldexp(1, 31 - bits) < at.head_dim) bits--;
    const double most = ldexp(1, bits / 2) - 1; /* of a query; a key has as much or more */
    return 1 / most + 0.25 / (most * most);
}

/** What the integers of a head err by: logits, each weight and its share of their sum, each value. */
static double integer_error(int d, double sum, double values) {
    double largest = 0;
    for (int j = 0; j < at.n; j++) {
        const double value = fabs((double)at.v[j * LD + d]);
        if (value > largest) largest = value; /* fmax() in such a loop stops gcc 12 for arm64 */
    }
    const double logit = using->integers ? product_error() * at.head_dim * at.largest_product * at.scale : 0;
    return 2 * logit * sum + using->weights * (values + at.n * sum) / at.sum + using->values * largest;
}

/*
 * In units of rounding: a logit is off by one for each product of its longest sum and 6 (scale, bias, difference from
 * the maximum) of what it is a sum of, its exponential relative to itself by that and 16, the weight, a quotient, by
 * twice as much; the sum over the keys adds one a key of its longest sum and one a step. Hardly ever do all go one way,
 * which is why the mean square is looked at as well.
 */
static double bound(int d) {
    double sum = 0, values = 0;
    for (int j = 0; j < at.n; j++) {
        const double value = fabs((double)at.v[j * LD + d]);
        sum += at.weights[j] * value;
        values += value;
    }
    const double logit = (roundings(at.head_dim, using->depth) + 6) * at.magnitude;
    const double all = 2 * (logit + 16) + 1.02 * roundings(at.n, using->keys) + 16;
    return (using->unit * all + using->rounding) * sum + using->nothing * MAX_SIZE * values +
           integer_error(d, sum, values) + FLT_MIN;
}

/** The largest error of a query in units of its bound; infinity where a neighbour was overwritten. */
static double row_error(int row) {
    double worst = 0;
    weigh(row);
    for (int d = 0; d < at.head_dim; d++) {
        double expected = 0;
        for (int j = 0; j < at.n; j++) expected += at.weights[j] * at.v[j * LD + d];
        const double error = at.out[row * LD + d] - expected;
        worst = worst_of(worst, fabs(error) / bound(d));
        at.errors += error * error;
        at.outputs += expected * expected;
    }
    for (int d = at.head_dim; d < LD; d++)
        if (at.out[row * LD + d] != guard_value) return INFINITY;
    return worst;
}

/* ---------------------------------------------------------------- checks */

static double check_shapes(void) {
    double worst = 0;
    at.errors = at.outputs = 0;
    for (int round = 0; round < 400; round++) {
        const int head_dim = round % 4 ? 8 * up_to(16) : up_to(MAX_DIM); /* whole ones and odd ones */
        fill(up_to(110), round % 3 ? up_to(300) : round / 3 + 1, head_dim);
        run();
        for (int row = 0; row < at.rows; row += 1 + at.rows / 20) {
            worst = worst_of(worst, row_error(row));
        }
        worst = worst_of(worst, row_error(at.rows - 1));
    }
    return worst_of(worst, sqrt(at.errors / at.outputs) / using->typical);
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
            const double relative = 2 * using->unit * (x + 2) + using->rounding;
            const double allowed = relative * expected + using->nothing + using->weights + 3 * FLT_MIN;
            worst = worst_of(worst, fabs(at.out[i * LD] - expected) / allowed);
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
            const double all = 1.02 * roundings(n, using->keys) + 32;
            const double bound = (using->unit * all + using->rounding) * expected;
            worst = worst_of(worst, fabs(at.out[i * LD] - expected) / bound);
        }
    }
    return worst;
}

/*
 * Scores as large as their factors allow, of either sign: all values of a query and of the first key are the same, and
 * half as much in the others.
 */
static double check_one_sign(void) {
    double worst = 0;
    for (int round = 0; round < 60; round++) {
        static const int dims[] = {1, 2, 3, 4, 31, 32, 33, 63, 64, 65, 127, 128};
        fill(8, up_to(100), dims[round % 12]);
        const float sign = round / 12 % 2 ? 1 : -1;
        at.largest_product = 1;
        for (int i = 0; i < at.rows * LD; i++) at.q[i] = 1;
        for (int i = 0; i < at.n * LD; i++) at.k[i] = i < LD ? sign : sign / 2;
        run();
        for (int row = 0; row < at.rows; row++) worst = worst_of(worst, row_error(row));
    }
    return worst;
}

static void multiply(float *x, int count, float factor) {
    for (int i = 0; i < count; i++) x[i] *= factor;
}

/* Powers of 2 that leave the scores what they are change no bit but those of powers. */
static bool check_powers(void) {
    static float before[MAX_ROWS * LD];
    bool good = true;
    for (int round = 0; round < 100; round++) {
        fill(up_to(110), up_to(300), up_to(MAX_DIM));
        run();
        memcpy(before, at.out, sizeof before);
        const float factor = ldexpf(1, up_to(81) - 41), of_values = ldexpf(1, up_to(81) - 41);
        multiply(at.q, at.rows * LD, factor);
        multiply(at.k, at.n * LD, 1 / factor);
        multiply(at.v, at.n * LD, of_values);
        run();
        for (int row = 0; row < at.rows; row++)
            for (int d = 0; d < at.head_dim; d++)
                good = good && at.out[row * LD + d] == before[row * LD + d] * of_values;
    }
    return good;
}

static int count_nan(int row) {
    int count = 0;
    for (int d = 0; d < at.head_dim; d++) count += isnan(at.out[row * LD + d]) != 0;
    return count;
}

/* A NaN in a query spoils that query alone, in a key and its bias every query, in a value one dimension of each. */
static bool check_nan(void) {
    bool good = true;
    for (int round = 0; round < 200; round++) {
        fill(up_to(110), up_to(300), up_to(MAX_DIM));
        const int row = up_to(at.rows) - 1, key = up_to(at.n) - 1, d = up_to(at.head_dim) - 1;
        float *const place[] = {&at.q[row * LD + d], &at.k[key * LD + d], &at.v[key * LD + d], &at.log_size[key]};
        *place[round % 4] = using->integers && round % 8 < 4 ? INFINITY : NAN;
        run();
        for (int i = 0; i < at.rows; i++) {
            const int spoilt[] = {i == row ? at.head_dim : 0, at.head_dim, 1, at.bias ? at.head_dim : 0};
            good = good && count_nan(i) == spoilt[round % 4];
        }
    }
    return good;
}

static bool check_case(const struct kernels *level, const struct attend_case *given) {
    static const char *const names[] = {
        [PTM_F32] = "attend", [PTM_BF16] = "attend bf16", [PTM_FP16] = "attend fp16", [PTM_INT16] = "attend int16"};
    using = given;
    const double worst =
        worst_of(worst_of(check_shapes(), check_exponential()), worst_of(check_ties(), check_one_sign()));
    const bool nan = check_nan(), powers = check_powers(), good = worst <= 1 && nan && powers;
    printf("%-7s %-13s %s, largest error %.2f of its bound%s%s\n", cpu_level_name(level->level),
           names[given->kernels->precision], good ? "ok" : "FAILED", worst, nan ? "" : ", a NaN was lost or spread",
           powers ? "" : ", powers of 2 changed more than powers");
    return good;
}

/* Not only where it is fast. */
static bool runs_here(const struct attend_kernels *kernels) {
    if (!kernels) return false;
    return cpu_has(kernels->feature == CPU_FAST_BF16   ? CPU_AVX512_BF16
                   : kernels->feature == CPU_FAST_MADD ? CPU_NO_FEATURE
                                                       : kernels->feature);
}

enum { REDUCED = sizeof((struct kernels *)0)->attention_reduced / sizeof(struct attend_kernels *) };

const struct attend_kernels *attend_reduced_here(const struct kernels *level, ptm_precision precision) {
    for (int i = 0; i < REDUCED; i++) {
        const struct attend_kernels *kernels = level->attention_reduced[i];
        if (runs_here(kernels) && kernels->precision == precision) return kernels;
    }
    return NULL;
}

bool attend_check(const struct kernels *level) {
    static const struct attend_case cases[] = {
        [PTM_F32] = {.unit = 0.5 * FLT_EPSILON, .typical = 0x1p-19},
        [PTM_BF16] = {.rounding = 1.1 * 0x1p-8, .unit = 0.5 * FLT_EPSILON, .typical = 0x1p-9},
        [PTM_FP16] = {.rounding = 1.2 * 0x1p-11,
                      .unit = 0x1p-11,
                      .depth = 16,
                      .keys = 128,
                      .nothing = 0x1p-24,
                      .typical = 0x1p-9},
        [PTM_INT16] = {.rounding = 2 * 7.5e-5,
                       .unit = 0.5 * FLT_EPSILON,
                       .weights = 0.5 / 16382,
                       .integers = true,
                       .values = 0.5 / 1023,
                       .typical = 0x1p-11},
    };
    struct attend_case given = cases[PTM_F32];
    given.kernels = level->attention;
    bool good = check_case(level, &given);
    for (int i = 0; i < REDUCED; i++) {
        const struct attend_kernels *kernels = level->attention_reduced[i];
        if (!runs_here(kernels)) continue;
        given = cases[kernels->precision];
        given.kernels = kernels;
        good = check_case(level, &given) && good;
    }
    return good;
}

double attend_gflops(const struct attend_kernels *kernels) {
    const struct attend_case given = {.kernels = kernels};
    using = &given;
    random_state = 2463534242u; /* the same for each kernel */
    fill(MAX_ROWS, MAX_KEYS, 64);
    double best = INFINITY;
    for (int i = 0; kernels && i < 40; i++) {
        const double start = clock_ms();
        attend();
        best = fmin(best, clock_ms() - start);
    }
    return 4e-6 * MAX_ROWS * MAX_KEYS * 64 / best;
}
