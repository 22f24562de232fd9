/* SPDX-License-Identifier: MIT */
/*
 * kernel_check: proves the vector kernels of every CPU level that this machine has against the scalar ones, and times
 * them (--bench). Bounds follow from the magnitudes that enter a sum or product, in units of FLT_EPSILON.
 */
#include "activations.h"
#include "attend_check.h"
#include "base/clock.h"
#include "multiply_check.h"
#include "product_check.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_N = 3072, GUARD = 16, ROW = MAX_N + 2 * GUARD };

static const float guard_value = -12345.0f;

/* One call's arguments and result. Rows start at any alignment inside of their guards. */
struct call {
    int n, offset;
    float y_room[ROW], x[ROW], w[ROW], b[ROW];
    float best;
    int index, first;
};

static float *row_y(struct call *call) {
    return call->y_room + call->offset;
}

/* ---------------------------------------------------------------- values */

enum style { PLAIN, SMALL, LARGE, OFFSET, COARSE, CONSTANT, STYLES };

static float value(enum style style, uint32_t *state) {
    const float u = random_uniform(state);
    switch (style) {
    case SMALL: return u * 1e-38f; /* subnormals among them */
    case LARGE: return u * 1e12f;
    case OFFSET: return 1000 + u;
    case COARSE: return roundf(u * 4); /* ties, and zeros of both signs */
    case CONSTANT: return 3.3f;
    default: return u * 6;
    }
}

static void fill(struct call *call, int n, enum style style, uint32_t *state) {
    call->n = n;
    call->offset = GUARD + (int)(random_bits(state) % 4);
    for (int i = 0; i < ROW; i++) {
        call->y_room[i] = guard_value;
        call->x[i] = value(style, state);
        call->w[i] = random_uniform(state);
        call->b[i] = random_uniform(state);
    }
    for (int i = 0; i < n; i++) row_y(call)[i] = value(style, state);
    call->best = random_bits(state) % 2 ? row_y(call)[n / 2] : -INFINITY;
    call->index = -1;
    call->first = (int)(random_bits(state) % 1000);
}

/* ---------------------------------------------------------------- the kernels and their bounds */

static void run_layer_norm(const struct kernels *kernels, struct call *call) {
    kernels->layer_norm(row_y(call), call->x + 1, call->w + 2, call->b + 3, call->n, 1e-6f);
}

static void run_layer_norm_in_place(const struct kernels *kernels, struct call *call) {
    kernels->layer_norm(row_y(call), row_y(call), call->w + 2, call->b + 3, call->n, 1e-6f);
}

/* Normalised values are about 1, and so are the errors of mean and variance in their units. */
static double bound_layer_norm(const struct call *in, const float *expected, int i) {
    const double w = fabs((double)in->w[i + 2]), b = fabs((double)in->b[i + 3]);
    return 16 * FLT_EPSILON * (w + b + fabs((double)expected[i]));
}

static void run_add(const struct kernels *kernels, struct call *call) {
    kernels->add(row_y(call), call->x + 1, call->n);
}

static double bound_add(const struct call *in, const float *expected, int i) {
    (void)in, (void)expected, (void)i;
    return 0; /* one rounding, the same for all */
}

static void run_add_scaled(const struct kernels *kernels, struct call *call) {
    kernels->add_scaled(row_y(call), call->x + 1, call->w + 2, call->n);
}

static double bound_add_scaled(const struct call *in, const float *expected, int i) {
    const double branch = fabs((double)in->w[i + 2]) * fabs((double)in->x[i + 1]);
    (void)expected;
    return FLT_EPSILON * (fabs((double)in->y_room[in->offset + i]) + branch) + FLT_TRUE_MIN;
}

static void run_gelu(const struct kernels *kernels, struct call *call) {
    kernels->gelu(row_y(call), call->n);
}

static void run_gelu_tanh(const struct kernels *kernels, struct call *call) {
    kernels->gelu_tanh(row_y(call), call->n);
}

static void run_quick_gelu(const struct kernels *kernels, struct call *call) {
    kernels->quick_gelu(row_y(call), call->n);
}

/* The factor of z lies in [0, 1] and is right to a few units of 1. */
static double bound_gelu(const struct call *in, const float *expected, int i) {
    (void)expected;
    return 4 * FLT_EPSILON * (fabs((double)in->y_room[in->offset + i]) + FLT_MIN);
}

static void run_swiglu(const struct kernels *kernels, struct call *call) {
    kernels->swiglu(row_y(call), call->x + 1, call->n);
}

static double bound_swiglu(const struct call *in, const float *expected, int i) {
    return bound_gelu(in, expected, i) * fabs((double)in->x[i + 1]) + FLT_TRUE_MIN;
}

static void run_running_best(const struct kernels *kernels, struct call *call) {
    kernels->running_best(&call->best, &call->index, row_y(call), call->first, call->n);
}

struct kernel {
    const char *name;
    void (*run)(const struct kernels *kernels, struct call *call);
    double (*bound)(const struct call *in, const float *expected, int i);
    double (*exact)(double); /* of activations, which are also checked over all floats */
};

static const struct kernel all_kernels[] = {
    {"layer_norm", run_layer_norm, bound_layer_norm, NULL},
    {"norm_in_place", run_layer_norm_in_place, bound_layer_norm, NULL},
    {"add", run_add, bound_add, NULL},
    {"add_scaled", run_add_scaled, bound_add_scaled, NULL},
    {"gelu", run_gelu, bound_gelu, exact_gelu},
    {"gelu_tanh", run_gelu_tanh, bound_gelu, exact_gelu_tanh},
    {"quick_gelu", run_quick_gelu, bound_gelu, exact_quick_gelu},
    {"swiglu", run_swiglu, bound_swiglu, NULL},
    {"running_best", run_running_best, bound_add, NULL},
};

enum { KERNELS = sizeof all_kernels / sizeof *all_kernels };

/* ---------------------------------------------------------------- checking */

struct verdict {
    double worst; /* largest error in units of its bound; of exact kernels 0 or infinity */
    bool failed;
};

static void judge(struct verdict *verdict, double difference, double bound) {
    const double error = difference == 0 ? 0 : difference / bound;
    if (error > verdict->worst || isnan(error)) verdict->worst = error;
    if (!(error <= 1)) verdict->failed = true;
}

/* Both NaN, both the same infinity, or a difference within the bound. */
static void judge_value(struct verdict *verdict, float got, float expected, double bound) {
    if (isnan(expected) || isinf(expected)) {
        const bool same = isnan(expected) ? isnan(got) : got == expected;
        judge(verdict, same ? 0 : INFINITY, 1);
    } else {
        judge(verdict, fabs((double)got - expected), bound);
    }
}

static void compare(const struct kernel *kernel, struct verdict *verdict, const struct kernels *level,
                    struct call *in) {
    static struct call expected, got;
    expected = *in;
    got = *in;
    kernel->run(&kernels_scalar, &expected);
    kernel->run(level, &got);
    for (int i = 0; i < ROW; i++) {
        const int at = i - in->offset;
        const bool inside = at >= 0 && at < in->n;
        const double bound = inside ? kernel->bound(in, row_y(&expected), at) : 0;
        judge_value(verdict, got.y_room[i], expected.y_room[i], bound);
    }
    judge_value(verdict, got.best, expected.best, 0);
    judge(verdict, fabs((double)got.index - expected.index), 0);
}

static void check_shapes(const struct kernel *kernel, struct verdict *verdict, const struct kernels *level) {
    static struct call in;
    uint32_t state = 2463534242u;
    for (int round = 0; round < 1200; round++) {
        const int n = round < 200 ? round / 2 + 1 : 1 + (int)(random_bits(&state) % 2000);
        fill(&in, n, (enum style)(round % STYLES), &state);
        compare(kernel, verdict, level, &in);
    }
}

/* NaN must come out wherever it goes in (or never be taken, by running_best); infinities as the scalar kernel has it.
 */
static void check_specials(const struct kernel *kernel, struct verdict *verdict, const struct kernels *level) {
    static struct call in;
    static const float specials[] = {NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e20f, -1e20f, -0.0f, FLT_TRUE_MIN};
    uint32_t state = 88675123u;
    for (int round = 0; round < 900; round++) {
        const int n = 2 + (int)(random_bits(&state) % 70);
        fill(&in, n, PLAIN, &state);
        const float special = specials[round % (int)(sizeof specials / sizeof *specials)];
        const int at = (int)(random_bits(&state) % (uint32_t)n);
        row_y(&in)[at] = special;
        in.x[at + 1] = special;
        compare(kernel, verdict, level, &in);
    }
}

/* An activation at floats of every exponent and sign, against the formula in double. */
static void check_sweep(const struct kernel *kernel, struct verdict *verdict, const struct kernels *level) {
    static struct call call;
    static float z[MAX_N];
    const uint64_t step = 1021;
    call.offset = GUARD;
    for (uint64_t bits = 0; bits < UINT32_MAX; bits += step * MAX_N) {
        call.n = 0;
        for (uint64_t b = bits; b < UINT32_MAX && call.n < MAX_N; b += step) {
            const uint32_t pattern = (uint32_t)b;
            float x;
            memcpy(&x, &pattern, sizeof x);
            if (fabsf(x) < 1e12f) z[call.n++] = x;
        }
        memcpy(row_y(&call), z, (size_t)call.n * sizeof *z);
        kernel->run(level, &call);
        for (int i = 0; i < call.n; i++)
            judge(verdict, fabs(row_y(&call)[i] - kernel->exact(z[i])),
                  4 * FLT_EPSILON * (fabs((double)z[i]) + FLT_MIN));
    }
}

static bool check_level(const struct kernels *level) {
    bool good = true;
    for (int k = 0; k < KERNELS; k++) {
        const struct kernel *kernel = &all_kernels[k];
        struct verdict verdict = {0};
        if (level->level == CPU_SCALAR && !kernel->exact) continue; /* the specification itself */
        if (level->level != CPU_SCALAR) {
            check_shapes(kernel, &verdict, level);
            check_specials(kernel, &verdict, level);
        }
        if (kernel->exact) check_sweep(kernel, &verdict, level);
        printf("%-7s %-13s %s, largest error %.2f of its bound\n", cpu_level_name(level->level), kernel->name,
               verdict.failed ? "FAILED" : "ok", verdict.worst);
        good = good && !verdict.failed;
    }
    good = attend_check(level) && good;
    return multiply_check(level) && good;
}

/* ---------------------------------------------------------------- timing */

static void bench_level(const struct kernels *level) {
    static struct call in, call;
    uint32_t state = 1;
    fill(&in, 1568, PLAIN, &state);
    printf("%-7s", cpu_level_name(level->level));
    for (int k = 0; k < KERNELS; k++) {
        double best = INFINITY;
        for (int run = 0; run < 200; run++) {
            call = in;
            const double start = clock_ms();
            for (int i = 0; i < 10; i++) all_kernels[k].run(level, &call);
            best = fmin(best, (clock_ms() - start) / 10);
        }
        printf(" %13.3f", best * 1e6 / in.n);
    }
    printf(" %13.1f %13.1f %13.1f %13.1f %13.1f\n", attend_gflops(level->attention),
           attend_gflops(attend_reduced_here(level, PTM_BF16)), attend_gflops(attend_reduced_here(level, PTM_FP16)),
           attend_gflops(attend_reduced_here(level, PTM_INT16)), multiply_gflops(level));
}

int main(int argc, char **argv) {
    const bool bench = argc > 1 && strcmp(argv[1], "--bench") == 0;
    if (bench) {
        printf("ns per value of a row of 1568; attend in GFLOP/s, 384 queries, 1568 keys, head_dim 64; multiply in "
               "GFLOP/s, 1568 x 768 x 384\n       ");
        for (int k = 0; k < KERNELS; k++) printf(" %13s", all_kernels[k].name);
        printf(" %13s %13s %13s %13s %13s\n", "attend", "attend bf16", "attend fp16", "attend int16", "multiply");
    }
    bool good = true;
    for (int i = CPU_SCALAR; i <= CPU_AMX; i++) {
        enum cpu_level level;
        if (cpu_parse(cpu_level_name((enum cpu_level)i), &level, NULL) != PTM_OK) continue;
        if (bench)
            bench_level(kernels_for(level));
        else
            good = check_level(kernels_for(level)) && good;
    }
    if (bench)
        product_bench();
    else
        good = product_check() && good;
    return good ? 0 : 1;
}
