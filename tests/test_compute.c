/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* usleep() */
/* Products and attention against plain loops in double; the same bits for any number of threads. */
#include "check.h"

#include "activations.h"
#include "base/memory.h"
#include "compute/attention.h"
#include "compute/gemm.h"
#include "compute/gemm_rate.h"
#include "compute/linear.h"
#include "compute/product.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

static uint32_t random_state = 2463534242u;

static float uniform(void) {
    return random_uniform(&random_state);
}

static float *random_floats(size_t count) {
    float *values = mem_alloc(count, sizeof *values);
    CU_ASSERT_PTR_NOT_NULL_FATAL(values);
    for (size_t i = 0; i < count; i++) values[i] = uniform();
    return values;
}

static float *copy_floats(const float *from, size_t count) {
    float *values = mem_alloc(count, sizeof *values);
    CU_ASSERT_PTR_NOT_NULL_FATAL(values);
    memcpy(values, from, count * sizeof *values);
    return values;
}

static struct compute open_compute(int count, enum cpu_level level) {
    const struct kernels *kernels = kernels_for(level);
    struct compute compute = {.kernels = kernels, .attention = attention_for(kernels, NULL)};
    CHECK_OK(threads_open(&compute.threads, count, err));
    compute.scratch = mem_alloc(linear_scratch(compute.kernels, count), sizeof *compute.scratch);
    return compute;
}

static void close_compute(struct compute *compute) {
    mem_free(compute->scratch);
    threads_close(&compute->threads);
}

/* ---------------------------------------------------------------- linear */

struct linear_case {
    int rows, in, out, pad_x, pad_y;
    enum activation activation;
    bool add;
    bool bias;
};

static const struct linear_case products[] = {
    {1, 1, 1, 0, 0, ACTIVATION_NONE, false, true},         {1, 768, 400, 0, 0, ACTIVATION_NONE, false, true},
    {3, 17, 5, 2, 7, ACTIVATION_GELU, false, true},        {7, 33, 65, 1, 0, ACTIVATION_GELU_TANH, false, false},
    {50, 192, 192, 0, 384, ACTIVATION_NONE, false, false}, {145, 192, 768, 0, 0, ACTIVATION_QUICK_GELU, false, true},
    {289, 768, 192, 0, 0, ACTIVATION_NONE, true, true},    {289, 192, 192, 5, 3, ACTIVATION_NONE, true, false},
    {417, 100, 400, 0, 1, ACTIVATION_GELU, false, true},   {411, 1100, 390, 0, 0, ACTIVATION_NONE, true, true},
    {900, 70, 771, 9, 0, ACTIVATION_GELU, false, false},   {2100, 40, 70, 0, 3, ACTIVATION_GELU, true, true},
    {37, 800, 1600, 1, 0, ACTIVATION_GELU, false, true},
};

static size_t y_count(const struct linear_case *p) {
    return (size_t)p->rows * (size_t)(p->out + p->pad_y);
}

static void apply(const struct compute *compute, const struct linear_case *p, float *y, const float *x, const float *w,
                  const float *b) {
    const struct linear_layer layer = {w, b, p->in, p->out};
    const struct linear_rows rows = {
        .y = y,
        .ldy = (size_t)(p->out + p->pad_y),
        .x = x,
        .ldx = (size_t)(p->in + p->pad_x),
        .rows = p->rows,
        .activation = p->activation,
        .add = p->add,
    };
    linear(compute, &layer, &rows);
}

/* One output in double, and the bound that n roundings of its terms allow. */
static double expected_product(const struct linear_case *p, const float *x, const float *w, const float *b,
                               float before, double *bound) {
    double sum = b ? (double)*b : 0, magnitude = fabs(sum);
    if (p->add) {
        sum += (double)before;
        magnitude += fabs((double)before);
    }
    for (int i = 0; i < p->in; i++) {
        sum += (double)x[i] * w[i];
        magnitude += fabs((double)x[i] * w[i]);
    }
    /* a rounding error grows with the square root of the terms; every activation's slope is below 1.2 */
    *bound = FLT_EPSILON * (4 + sqrt(p->in)) * 1.2 * (magnitude + 1);
    return exact_activation(p->activation, sum);
}

static void check_product(const struct linear_case *p, const struct compute *compute) {
    const int ldx = p->in + p->pad_x, ldy = p->out + p->pad_y;
    float *x = random_floats((size_t)p->rows * (size_t)ldx), *w = random_floats((size_t)p->out * (size_t)p->in);
    float *b = random_floats((size_t)p->out), *before = random_floats(y_count(p));
    float *y = copy_floats(before, y_count(p));
    apply(compute, p, y, x, w, p->bias ? b : NULL);
    int wrong = 0, touched = 0;
    for (int row = 0; row < p->rows; row++) {
        for (int column = 0; column < ldy; column++) {
            const size_t at = (size_t)row * (size_t)ldy + (size_t)column;
            if (column >= p->out) {
                touched += y[at] != before[at];
                continue;
            }
            double bound;
            const double expected =
                expected_product(p, x + (size_t)row * (size_t)ldx, w + (size_t)column * (size_t)p->in,
                                 p->bias ? b + column : NULL, before[at], &bound);
            wrong += !(fabs(y[at] - expected) <= bound);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(touched, 0);
    mem_free(x);
    mem_free(w);
    mem_free(b);
    mem_free(before);
    mem_free(y);
}

/* Does `check` at every level that this processor has. */
static void at_every_level(void (*check)(enum cpu_level level)) {
    for (int level = CPU_SCALAR; level <= CPU_AMX; level++) {
        enum cpu_level usable;
        if (cpu_parse(cpu_level_name((enum cpu_level)level), &usable, NULL) == PTM_OK) check(usable);
    }
}

static void check_products(enum cpu_level level) {
    struct compute compute = open_compute(2, level);
    for (size_t i = 0; i < CHECK_COUNT(products); i++) check_product(&products[i], &compute);
    close_compute(&compute);
}

static void test_linear(void) {
    at_every_level(check_products);
}

static void check_same_bits(enum cpu_level level) {
    static const int counts[] = {1, 2, 3, 5};
    for (size_t i = 0; i < CHECK_COUNT(products); i++) {
        const struct linear_case *p = &products[i];
        float *x = random_floats((size_t)p->rows * (size_t)(p->in + p->pad_x));
        float *w = random_floats((size_t)p->out * (size_t)p->in);
        float *b = random_floats((size_t)p->out), *before = random_floats(y_count(p)), *first = NULL;
        for (size_t c = 0; c < CHECK_COUNT(counts); c++) {
            struct compute compute = open_compute(counts[c], level);
            float *y = copy_floats(before, y_count(p));
            apply(&compute, p, y, x, w, b);
            if (first) CU_ASSERT_EQUAL(memcmp(first, y, y_count(p) * sizeof *y), 0);
            if (!first)
                first = y;
            else
                mem_free(y);
            close_compute(&compute);
        }
        mem_free(first);
        mem_free(before);
        mem_free(b);
        mem_free(w);
        mem_free(x);
    }
}

static void test_linear_same_bits(void) {
    at_every_level(check_same_bits);
}

/* A NaN in the input must be seen in its row of the output, and nowhere else. */
static void test_linear_nan(void) {
    enum { ROWS = 9, IN = 40, OUT = 30 };
    struct compute compute = open_compute(1, cpu_detect());
    float *x = random_floats(ROWS * IN), *w = random_floats(OUT * IN), *y = random_floats(ROWS * OUT);
    x[4 * IN + 3] = NAN;
    y[0] = NAN; /* what is there before does not matter */
    apply(&compute, &(struct linear_case){.rows = ROWS, .in = IN, .out = OUT, .activation = ACTIVATION_GELU}, y, x, w,
          NULL);
    for (int i = 0; i < ROWS * OUT; i++) CU_ASSERT_EQUAL(isnan(y[i]) != 0, i / OUT == 4);
    mem_free(x);
    mem_free(w);
    mem_free(y);
    close_compute(&compute);
}

static void test_measure(void) {
    enum { SIZE = 256 };
    struct compute compute = open_compute(2, cpu_detect());
    float *a = random_floats(SIZE * SIZE), *b = random_floats(SIZE * SIZE), *c = random_floats(SIZE * SIZE);
    const double gflops = gemm_rate_measure(&compute, a, b, c, SIZE);
    CU_ASSERT(gflops > 0.01 && gflops < 1e5);
    double sum = 0;
    for (int i = 0; i < SIZE; i++) sum += (double)a[i] * b[i];
    CU_ASSERT_DOUBLE_EQUAL(c[0], sum, 0); /* small whole numbers: exact, and so the product was really computed */
    mem_free(a);
    mem_free(b);
    mem_free(c);
    close_compute(&compute);
}

/* ---------------------------------------------------------------- attention */

struct heads {
    int n, heads, head_dim;
    bool sized;
};

static const struct heads shapes[] = {{1, 1, 1, false},   {5, 2, 3, true},     {145, 3, 64, true}, {289, 3, 64, false},
                                      {513, 2, 64, true}, {1214, 1, 64, true}, {1568, 1, 64, true}};

struct attention_case {
    const struct heads *shape;
    int width;
    float *qkv, *log_size;
};

static struct attention_case make_case(const struct heads *shape) {
    const int width = shape->heads * shape->head_dim;
    struct attention_case made = {.shape = shape, .width = width};
    made.qkv = random_floats((size_t)shape->n * 3 * (size_t)width);
    made.log_size = random_floats((size_t)shape->n);
    for (int i = 0; i < shape->n; i++) made.log_size[i] = logf(1 + floorf(4 * fabsf(made.log_size[i])));
    return made;
}

static void free_case(struct attention_case *used) {
    mem_free(used->qkv);
    mem_free(used->log_size);
}

static float *run_case(const struct attention_case *given, const struct compute *compute) {
    const struct heads *s = given->shape;
    const size_t ld = 3 * (size_t)given->width;
    const size_t workers = (size_t)threads_most(compute->threads);
    float *scratch = random_floats(attention_scratch(compute, s->n, s->head_dim) * workers);
    float *out = random_floats((size_t)s->n * (size_t)given->width);
    const struct attend_head first = {
        .out = out,
        .q = given->qkv,
        .k = given->qkv + given->width,
        .v = given->qkv + 2 * given->width,
        .bias = s->sized ? given->log_size : NULL,
        .ldo = (size_t)given->width,
        .ldq = ld,
        .ld = ld,
        .rows = s->n,
        .n = s->n,
        .head_dim = s->head_dim,
        .scale = 0.7f,
    };
    attention_run(compute, &(struct attention){.first = first, .heads = s->heads, .scratch = scratch});
    mem_free(scratch);
    return out;
}

/* The weights that query `row` of `head` gives to the keys, in double. */
static void expected_weights(const struct attention_case *given, int head, int row, double *weights) {
    const struct heads *s = given->shape;
    const size_t ld = 3 * (size_t)given->width, column = (size_t)head * (size_t)s->head_dim;
    const float *q = given->qkv + (size_t)row * ld + column;
    double sum = 0;
    for (int j = 0; j < s->n; j++) {
        const float *k = given->qkv + (size_t)j * ld + (size_t)given->width + column;
        double score = 0;
        for (int d = 0; d < s->head_dim; d++) score += (double)q[d] * k[d];
        weights[j] = exp((double)0.7f * score + (s->sized ? (double)given->log_size[j] : 0));
        sum += weights[j];
    }
    for (int j = 0; j < s->n; j++) weights[j] /= sum;
}

static void check_attention(const struct attention_case *given, const float *out, int row_step) {
    const struct heads *s = given->shape;
    const size_t ld = 3 * (size_t)given->width;
    /* a score of head_dim terms below 1 is off by this much at most, and the weights relative to themselves */
    const double bound = FLT_EPSILON * (16 + 0.7 * s->head_dim);
    double *weights = mem_alloc((size_t)s->n, sizeof *weights);
    CU_ASSERT_PTR_NOT_NULL_FATAL(weights);
    int wrong = 0;
    for (int head = 0; head < s->heads; head++) {
        for (int row = 0; row < s->n; row += row_step) {
            expected_weights(given, head, row, weights);
            for (int d = 0; d < s->head_dim; d++) {
                const size_t column = (size_t)head * (size_t)s->head_dim + (size_t)d;
                const float *v = given->qkv + 2 * (size_t)given->width + column;
                double expected = 0;
                for (int j = 0; j < s->n; j++) expected += weights[j] * v[(size_t)j * ld];
                wrong += !(fabs(out[(size_t)row * (size_t)given->width + column] - expected) <= bound);
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(weights);
}

static void test_attention(void) {
    for (int level = CPU_SCALAR; level <= CPU_AMX; level++) {
        enum cpu_level usable;
        if (cpu_parse(cpu_level_name((enum cpu_level)level), &usable, NULL) != PTM_OK) continue;
        struct compute compute = open_compute(2, usable);
        for (size_t i = 0; i < CHECK_COUNT(shapes); i++) {
            struct attention_case given = make_case(&shapes[i]);
            float *out = run_case(&given, &compute);
            check_attention(&given, out, shapes[i].n > 500 ? 7 : 1);
            mem_free(out);
            free_case(&given);
        }
        close_compute(&compute);
    }
}

/* All that this processor runs, those beside layers of reduced precision among them. */
static void each_attention(void (*check)(enum cpu_level level, const struct attend_kernels *kernels)) {
    for (int level = CPU_SCALAR; level <= CPU_AMX; level++) {
        enum cpu_level usable;
        if (cpu_parse(cpu_level_name((enum cpu_level)level), &usable, NULL) != PTM_OK) continue;
        const struct kernels *kernels = kernels_for(usable);
        check(usable, kernels->attention);
        for (size_t i = 0; i < CHECK_COUNT(kernels->attention_reduced); i++) {
            const struct attend_kernels *reduced = kernels->attention_reduced[i];
            if (reduced && cpu_has(reduced->feature)) check(usable, reduced);
        }
    }
}

static void check_thread_counts(const struct heads *shape, enum cpu_level level, const struct attend_kernels *kernels) {
    static const int counts[] = {1, 2, 3, 5};
    struct attention_case given = make_case(shape);
    const size_t bytes = (size_t)shape->n * (size_t)given.width * sizeof(float);
    float *first = NULL;
    for (size_t c = 0; c < CHECK_COUNT(counts); c++) {
        struct compute compute = open_compute(counts[c], level);
        compute.attention = kernels;
        float *out = run_case(&given, &compute);
        if (first) CU_ASSERT_EQUAL(memcmp(first, out, bytes), 0);
        if (!first)
            first = out;
        else
            mem_free(out);
        close_compute(&compute);
    }
    mem_free(first);
    free_case(&given);
}

static void check_attention_bits(enum cpu_level level, const struct attend_kernels *kernels) {
    for (size_t i = 0; i < CHECK_COUNT(shapes); i++) check_thread_counts(&shapes[i], level, kernels);
}

static void test_attention_same_bits(void) {
    each_attention(check_attention_bits);
}

/* Scratch measured for the most tokens must do for any fewer. */
static void check_scratch_grows(enum cpu_level level, const struct attend_kernels *kernels) {
    (void)level;
    const struct compute compute = {.attention = kernels};
    size_t before = 0;
    int shrunk = 0;
    for (int n = 1; n <= 20000; n++) {
        const size_t needed = attention_scratch(&compute, n, 64);
        shrunk += needed < before || needed < (size_t)n;
        before = needed;
    }
    CU_ASSERT_EQUAL(shrunk, 0);
}

static void test_attention_scratch(void) {
    each_attention(check_scratch_grows);
}

/* ---------------------------------------------------------------- the product library under many threads */

struct stress {
    const float *a, *b, *expected;
    float *c; /* a row of room for each worker */
    int *wrong;
};

enum { STRESS_M = 37, STRESS_N = 50, STRESS_K = 130 };

static void stress_tile(void *context, int tile, int worker) {
    const struct stress *stress = context;
    float *c = stress->c + (size_t)worker * STRESS_M * STRESS_N;
    const int m = 1 + tile % STRESS_M;
    memset(c, 0, (size_t)m * STRESS_N * sizeof *c);
    gemm_nt_add(c, STRESS_N, stress->a, STRESS_K, stress->b, STRESS_K, m, STRESS_N, STRESS_K);
    const float *expected = stress->expected + (size_t)(m - 1) * STRESS_M * STRESS_N;
    if (memcmp(c, expected, (size_t)m * STRESS_N * sizeof *c) != 0) stress->wrong[worker]++;
}

/* OpenBLAS without threads of its own must be safe to call from many of ours: the same bits as alone, 20,000 times. */
static void test_concurrent_products(void) {
    enum { THREADS = 8 };
    struct compute compute = open_compute(THREADS, CPU_SCALAR);
    int wrong[THREADS] = {0};
    float *a = random_floats(STRESS_M * STRESS_K), *b = random_floats(STRESS_N * STRESS_K);
    float *c = random_floats(THREADS * STRESS_M * STRESS_N);
    float *expected = mem_calloc(STRESS_M * STRESS_M * STRESS_N, sizeof *expected);
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    for (int m = 1; m <= STRESS_M; m++)
        gemm_nt_add(expected + (size_t)(m - 1) * STRESS_M * STRESS_N, STRESS_N, a, STRESS_K, b, STRESS_K, m, STRESS_N,
                    STRESS_K);
    struct stress stress = {.a = a, .b = b, .expected = expected, .c = c, .wrong = wrong};
    threads_run(compute.threads, 20000, stress_tile, &stress);
    for (int i = 0; i < THREADS; i++) CU_ASSERT_EQUAL(wrong[i], 0);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(expected);
    close_compute(&compute);
}

void *__wrap_blas_memory_alloc(int procedure);
void __wrap_blas_memory_free(void *buffer);

enum { BUFFERS = 50 /* that are given out at a time */, SQUARE = 192 /* smaller products may do without one */ };

struct waiting {
    float *a, *c;
    atomic_bool done;
};

static void *multiply_once(void *context) {
    struct waiting *waiting = context;
    gemm_nt_add(waiting->c, SQUARE, waiting->a, SQUARE, waiting->a, SQUARE, SQUARE, SQUARE, SQUARE);
    atomic_store(&waiting->done, true);
    return NULL;
}

/* OpenBLAS writes behind its table where all of its places are taken: a product waits until one is free. */
static void test_products_wait(void) {
    void *taken[BUFFERS];
    struct waiting waiting = {.a = random_floats((size_t)SQUARE * SQUARE),
                              .c = mem_calloc(SQUARE * SQUARE, sizeof(float))};
    CU_ASSERT_PTR_NOT_NULL_FATAL(waiting.c);
    double sum = 0;
    pthread_t thread;
    for (int i = 0; i < 3 * BUFFERS; i++) CHECK_OK(gemm_reserve(err));
    for (int i = 0; i < BUFFERS; i++) taken[i] = __wrap_blas_memory_alloc(0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, multiply_once, &waiting), 0);
    usleep(20000);
    CU_ASSERT_FALSE(atomic_load(&waiting.done));
    __wrap_blas_memory_free(taken[0]);
    pthread_join(thread, NULL);
    for (int k = 0; k < SQUARE; k++) sum += (double)waiting.a[k] * (double)waiting.a[k];
    CU_ASSERT_DOUBLE_EQUAL((double)waiting.c[0], sum, 1e-3);
    for (int i = 1; i < BUFFERS; i++) __wrap_blas_memory_free(taken[i]);
    gemm_release(3 * BUFFERS);
    mem_free(waiting.a);
    mem_free(waiting.c);
}

char *openblas_get_corename(void);

/* Where it does not know the processor's model number OpenBLAS falls back to kernels without AVX. */
static void test_product_kernels(void) {
    const char *name = openblas_get_corename();
    static const char *const slow[] = {"Prescott", "Core2", "Nehalem", "Barcelona", "Atom", "Bobcat"};
    if (getenv("OPENBLAS_CORETYPE") || cpu_detect() < CPU_AVX2) return;
    for (size_t i = 0; i < CHECK_COUNT(slow); i++) CU_ASSERT_STRING_NOT_EQUAL(name, slow[i]);
}

int main(void) {
    static const struct check_case cases[] = {
        {"linear against double, every level", test_linear},
        {"linear has the same bits for 1, 2, 3, 5 threads", test_linear_same_bits},
        {"linear keeps NaN in its row", test_linear_nan},
        {"gemm_rate_measure", test_measure},
        {"attention against double, every level", test_attention},
        {"attention has the same bits for 1, 2, 3, 5 threads", test_attention_same_bits},
        {"attention scratch never shrinks", test_attention_scratch},
        {"concurrent products", test_concurrent_products},
        {"products wait for a buffer", test_products_wait},
        {"products use the processor that is there", test_product_kernels},
    };
    return check_main("compute", cases, CHECK_COUNT(cases));
}
