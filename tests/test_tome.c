/* SPDX-License-Identifier: MIT */
/* Schedules, token counts, matching, merging and the source map, against the vectors of the ToMe description. */
#include "base/memory.h"
#include "check.h"
#include "compute/linear.h"
#include "models/budget.h"
#include "models/mean.h"
#include "models/position.h"
#include "models/schedule.h"
#include "models/tome.h"

#include <float.h>
#include <math.h>

/* ---------------------------------------------------------------- schedules */

static void check_schedule(const char *text, int depth, const int *expected) {
    int r[32];
    ptm_error error = {0};
    CU_ASSERT_EQUAL_FATAL(schedule_parse(r, depth, text, "a model", &error), PTM_OK);
    for (int i = 0; i < depth; i++) CU_ASSERT_EQUAL(r[i], expected[i]);
}

static void test_schedules(void) {
    check_schedule("off", 3, (int[]){0, 0, 0});
    check_schedule("0", 3, (int[]){0, 0, 0});
    check_schedule("8", 4, (int[]){8, 8, 8, 8});
    check_schedule("7,5", 4, (int[]){7, 5, 0, 0});
    check_schedule("16:-1", 12, (int[]){32, 29, 26, 23, 20, 17, 14, 11, 8, 5, 2, 0});
    check_schedule("8:0.5", 12, (int[]){4, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12});
    check_schedule("8:1", 12, (int[]){0, 1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16});
    check_schedule("13:-0.3", 12, (int[]){16, 15, 14, 14, 13, 13, 12, 12, 11, 11, 10, 10});
    check_schedule("65:-1", 24, (int[]){130, 124, 118, 113, 107, 101, 96, 90, 84, 79, 73, 67,
                                        62,  56,  50,  45,  39,  33,  28, 22, 16, 11, 5,  0});
    check_schedule("5:-1", 1, (int[]){10}); /* one block: no slope to divide by */
}

static void test_bad_schedules(void) {
    static const char *const bad[] = {"",        "-1",   "x",  "8x", "8:",  "8:2",         "8:nan", "8:-1.01",
                                      "1,2,3,4", "1,,2", "1,", ",1", "1.5", "99999999999", "1, 2",  "off,1"};
    for (size_t i = 0; i < CHECK_COUNT(bad); i++) {
        int r[3];
        ptm_error error = {0};
        CU_ASSERT_EQUAL(schedule_parse(r, 3, bad[i], "a model", &error), PTM_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, bad[i]));
    }
}

/** With two models of different depth a list may be too long for one of them. */
static void test_too_long_a_schedule(void) {
    int r[3];
    ptm_error error = {0};
    CU_ASSERT_EQUAL(schedule_parse(r, 3, "1,2,3,4", "vit-tiny", &error), PTM_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "than model vit-tiny has blocks: give at most 3"));
}

static int tokens_left(int tokens, int protected_tokens, int depth, int r_value, int r_count) {
    int r[32] = {0}, counts[33];
    for (int i = 0; i < r_count; i++) r[i] = r_value;
    schedule_tokens(counts, r, depth, tokens, protected_tokens);
    return counts[depth];
}

static void test_token_counts(void) {
    CU_ASSERT_EQUAL(tokens_left(577, 1, 24, 25, 24), 8);
    CU_ASSERT_EQUAL(tokens_left(577, 1, 24, 25, 8), 377);
    CU_ASSERT_EQUAL(tokens_left(577, 1, 24, 25, 16), 177);
    CU_ASSERT_EQUAL(tokens_left(577, 1, 24, 25, 22), 27);
    CU_ASSERT_EQUAL(tokens_left(197, 1, 12, 16, 12), 11);
    CU_ASSERT_EQUAL(tokens_left(197, 1, 24, 8, 24), 7);
    CU_ASSERT_EQUAL(tokens_left(1569, 1, 24, 65, 24), 38);
    CU_ASSERT_EQUAL(tokens_left(1568, 0, 12, 65, 12), 788);
    CU_ASSERT_EQUAL(tokens_left(1568, 0, 12, 130, 12), 69);
    CU_ASSERT_EQUAL(tokens_left(1568, 0, 12, 150, 12), 28);
    CU_ASSERT_EQUAL(tokens_left(3137, 1, 12, 300, 12), 56);
    CU_ASSERT_EQUAL(tokens_left(1214, 2, 12, 40, 12), 734);
    CU_ASSERT_EQUAL(tokens_left(1214, 2, 12, 100, 12), 58);
    CU_ASSERT_EQUAL(tokens_left(513, 1, 12, 40, 12), 37);
}

/* ---------------------------------------------------------------- budgets */

/** A base-size ViT over `tokens` tokens, of which `special` are special. */
static struct vit_config base_config(int tokens, int special, int patch_values) {
    return (struct vit_config){.embed_dim = 768,
                               .depth = 12,
                               .num_heads = 12,
                               .head_dim = 64,
                               .mlp_dim = 3072,
                               .num_labels = 400,
                               .special_tokens = special,
                               .protected_tokens = special,
                               .tokens = tokens,
                               .grid = {.patch_values = patch_values}};
}

/** What a pass costs, without merging and with r = 65: of the last MLP's second layer one row counts, as the mean of
 * the tokens is all that the head reads; not where they are normed first. */
static void test_gflop(void) {
    struct vit_config config = base_config(1568, 0, 1536);
    config.pool = POOL_MEAN;
    config.num_labels = 400;
    int r[12], tokens[13];
    for (int i = 0; i < 12; i++) r[i] = 65;
    schedule_tokens(tokens, r, 12, config.tokens, 0);
    CU_ASSERT_DOUBLE_EQUAL(config_gflop(&config, NULL), 353.296, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(config_gflop(&config, tokens), 254.125, 5e-4);
    const double row = 2e-9 * 768 * 3072;
    config.parts |= PART_FINAL_NORM;
    CU_ASSERT_DOUBLE_EQUAL(config_gflop(&config, NULL), 353.296 + 1567 * row, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(config_gflop(&config, tokens), 254.125 + 787 * row, 5e-4);
}

/** Every budget from all of the cost down to a fifth of it is met within 5 %, on VideoMAE-B, AST and ViT-B. */
static void test_budgets(void) {
    const struct vit_config configs[] = {base_config(1568, 0, 1536), base_config(1214, 2, 256),
                                         base_config(197, 1, 768)};
    for (size_t i = 0; i < CHECK_COUNT(configs); i++) {
        const struct vit_config *config = &configs[i];
        const double most = config_gflop(config, NULL);
        double before = most * 1.01;
        for (double part = 1; part > 0.2; part -= 0.05) {
            int r[12], tokens[13];
            CHECK_OK(budget_schedule(r, config, config->protected_tokens, most * part, err));
            schedule_tokens(tokens, r, 12, config->tokens, config->protected_tokens);
            const double cost = config_gflop(config, tokens);
            CU_ASSERT(fabs(cost / (most * part) - 1) < 0.05);
            CU_ASSERT(cost <= before);
            before = cost;
            for (int k = 0; k < 12; k++) CU_ASSERT(tokens[k] - tokens[k + 1] == r[k]); /* no block asks for too much */
        }
    }
}

/** A moderate budget is a constant r (to the rounding of one token); a tight one falls, early blocks merging more. */
static void test_budget_shapes(void) {
    const struct vit_config config = base_config(1568, 0, 1536);
    const double most = config_gflop(&config, NULL);
    int r[12];
    CHECK_OK(budget_schedule(r, &config, 0, most * 0.7, err));
    for (int i = 1; i < 12; i++) CU_ASSERT(abs(r[i] - r[0]) <= 1);
    CHECK_OK(budget_schedule(r, &config, 0, most * 0.25, err));
    for (int i = 1; i < 12; i++) CU_ASSERT(r[i] <= r[i - 1] + 1);
    CU_ASSERT(r[0] > 4 * r[11]);

    ptm_error error = {0};
    CU_ASSERT_EQUAL(budget_schedule(r, &config, 0, most * 0.01, &error), PTM_EINVAL);
    CHECK_OK(budget_schedule(r, &config, 0, most * 2, err));
    for (int i = 0; i < 12; i++) CU_ASSERT_EQUAL(r[i], 0);
}

static void test_budget_texts(void) {
    enum budget_kind kind;
    double amount = 0;
    CHECK_OK(budget_parse("2.5x", &kind, &amount, err));
    CU_ASSERT(kind == BUDGET_SPEED && amount == 2.5);
    CHECK_OK(budget_parse("6gflop", &kind, &amount, err));
    CU_ASSERT(kind == BUDGET_GFLOP && amount == 6);
    CHECK_OK(budget_parse(".5ms", &kind, &amount, err));
    CU_ASSERT(kind == BUDGET_MS && amount == .5);
    static const char *const schedules[] = {"off", "40", "40:-1", "1,2,3", "2y", "x"};
    for (size_t i = 0; i < CHECK_COUNT(schedules); i++) {
        CHECK_OK(budget_parse(schedules[i], &kind, &amount, err));
        CU_ASSERT_EQUAL(kind, BUDGET_NONE);
    }
    static const char *const bad[] = {"0.5x", "0ms", "0GFLOP", "1e999x"};
    for (size_t i = 0; i < CHECK_COUNT(bad); i++) {
        ptm_error error = {0};
        CU_ASSERT_EQUAL(budget_parse(bad[i], &kind, &amount, &error), PTM_EINVAL);
    }
}

/* ---------------------------------------------------------------- matching */

enum { TOKENS = 8, WIDTH = 2, THREADS = 3 };

/** A tome over `tokens` tokens of head_dim `width`, with its memory and threads. */
struct bench_tome {
    struct compute compute;
    struct tome tome;
    void *memory;
};

static void place(struct bench_tome *bench, struct arena *arena, int tokens, int width) {
    bench->compute.scratch = arena_take(arena, linear_scratch(bench->compute.kernels, THREADS), sizeof(float));
    bench->tome.scores = tome_place_scores(arena, THREADS);
    tome_place(&bench->tome, arena, tokens, width, false);
}

static void tome_start(struct bench_tome *bench, int tokens, int width, int protected_tokens) {
    memset(bench, 0, sizeof *bench);
    CHECK_OK(threads_open(&bench->compute.threads, THREADS, err));
    bench->compute.kernels = kernels_for(cpu_detect());
    bench->tome.compute = &bench->compute;
    bench->tome.protected_tokens = protected_tokens;
    struct arena arena = {0};
    place(bench, &arena, tokens, width);
    bench->memory = mem_alloc(arena.used, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bench->memory);
    arena = (struct arena){.base = bench->memory};
    place(bench, &arena, tokens, width);
    tome_reset(&bench->tome, tokens);
}

static void tome_stop(struct bench_tome *bench) {
    mem_free(bench->memory);
    threads_close(&bench->compute.threads);
}

static const float metric_rows[TOKENS][WIDTH] = {{1, 0},     {0, 1},     {.9f, .1f}, {.1f, .9f},
                                                 {.7f, .7f}, {.6f, .8f}, {-1, .2f},  {.95f, .05f}};

/** Matches the vector of the description and checks the output order and where sources went. */
static void check_match(int protected_tokens, int r, const int *order, int kept, const int *source) {
    struct bench_tome bench;
    tome_start(&bench, TOKENS, WIDTH, protected_tokens);
    tome_metric(&bench.tome, metric_rows[0], WIDTH, TOKENS, 1, WIDTH);
    tome_match(&bench.tome, TOKENS, WIDTH, r);
    float merged[TOKENS];
    const float x[TOKENS] = {0, 1, 2, 3, 4, 5, 6, 7};
    CU_ASSERT_EQUAL(tome_merge(&bench.tome, merged, x, TOKENS, TOKENS, 1, r), kept);
    for (int i = 0; i < kept; i++) CU_ASSERT_EQUAL(bench.tome.kept[i], order[i]);
    for (int i = 0; i < TOKENS; i++) CU_ASSERT_EQUAL(bench.tome.source[i], source[i]);
    tome_stop(&bench);
}

static void test_matching(void) {
    check_match(0, 2, (int[]){4, 6, 1, 3, 5, 7}, 6, (int[]){5, 2, 5, 3, 0, 4, 1, 5});
    check_match(1, 2, (int[]){0, 6, 1, 3, 5, 7}, 6, (int[]){0, 2, 5, 3, 4, 4, 1, 5});
    check_match(2, 2, (int[]){0, 1, 6, 3, 5, 7}, 6, (int[]){0, 1, 5, 3, 4, 4, 2, 5});
    check_match(1, 3, (int[]){0, 1, 3, 5, 7}, 5, (int[]){0, 1, 4, 2, 3, 3, 1, 4});
    check_match(4, 2, (int[]){0, 1, 2, 3, 5, 7}, 6, (int[]){0, 1, 2, 3, 4, 4, 4, 5});
}

static void test_best_scores(void) {
    struct bench_tome bench;
    tome_start(&bench, TOKENS, WIDTH, 0);
    tome_metric(&bench.tome, metric_rows[0], WIDTH, TOKENS, 1, WIDTH);
    tome_match(&bench.tome, TOKENS, WIDTH, 0);
    const float expected[] = {.998618f, .998314f, .989949f, .196116f};
    for (int i = 0; i < 4; i++) CU_ASSERT_DOUBLE_EQUAL(bench.tome.node_max[i], expected[i], 1e-5);
    tome_stop(&bench);
}

/** The same token everywhere, whose product with itself is rounded: the lower index wins, on both sides. */
static void check_ties(int head_dim) {
    enum { MANY = 700, WIDEST = 80 }; /* more than one tile of rows and of columns */
    static float same[MANY * WIDEST];
    for (int i = 0; i < MANY * head_dim; i++) same[i] = sinf((float)(1 + i % head_dim));
    struct bench_tome bench;
    tome_start(&bench, MANY, head_dim, 0);
    tome_metric(&bench.tome, same, head_dim, MANY, 1, head_dim);
    tome_match(&bench.tome, MANY, head_dim, 2);
    for (int a = 0; a < MANY / 2; a++) CU_ASSERT_EQUAL(bench.tome.node_idx[a], 0);
    CU_ASSERT_EQUAL(bench.tome.first[0], 0); /* A[0], then A[1], into B[0] */
    CU_ASSERT_EQUAL(bench.tome.next[0], 1);
    CU_ASSERT_EQUAL(bench.tome.next[1], -1);
    for (int i = 0; i < MANY / 2 - 2; i++) CU_ASSERT_EQUAL(bench.tome.kept[i], 2 * (i + 2));
    tome_stop(&bench);
}

static void test_ties(void) {
    check_ties(1);
    if (!linear_keeps_rows(kernels_for(cpu_detect()))) return; /* scores of OpenBLAS depend on their place in a tile */
    check_ties(13);
    check_ties(64);
    check_ties(80);
}

/** A zero row has no direction; it must not poison the others, and the class token is still never a source. */
static void test_zero_rows(void) {
    const float rows[4][WIDTH] = {{0, 0}, {0, 0}, {0, 0}, {1, 0}};
    struct bench_tome bench;
    tome_start(&bench, 4, WIDTH, 1);
    tome_metric(&bench.tome, rows[0], WIDTH, 4, 1, WIDTH);
    tome_match(&bench.tome, 4, WIDTH, 1);
    CU_ASSERT_EQUAL(bench.tome.kept[0], 0);
    CU_ASSERT_EQUAL(bench.tome.first[0], 1);
    tome_stop(&bench);
}

/* ---------------------------------------------------------------- merging */

static void test_weighted_average(void) {
    struct bench_tome bench;
    tome_start(&bench, TOKENS, WIDTH, 0);
    const float x[TOKENS] = {1, 2, 3, 4, 5, 6, 7, 8};
    float once[TOKENS], twice[TOKENS];
    tome_metric(&bench.tome, metric_rows[0], WIDTH, TOKENS, 1, WIDTH);
    tome_match(&bench.tome, TOKENS, WIDTH, 2);
    int tokens = tome_merge(&bench.tome, once, x, TOKENS, TOKENS, 1, 2);
    /* kept 4,6,1,3,5,7; tokens 0 and 2 went into 7 */
    CU_ASSERT_DOUBLE_EQUAL(once[5], (8 + 1 + 3) / 3.0, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(bench.tome.size[5], 3, 0);
    CU_ASSERT_DOUBLE_EQUAL(bench.tome.log_size[5], log(3), 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(once[0], 5, 0);

    float again[6][WIDTH]; /* the kept rows, once more: A = 4,1,5  B = 6,3,7 */
    for (int i = 0; i < 6; i++) memcpy(again[i], metric_rows[bench.tome.kept[i]], sizeof again[i]);
    tome_metric(&bench.tome, again[0], WIDTH, tokens, 1, WIDTH);
    tome_match(&bench.tome, tokens, WIDTH, 3);
    tokens = tome_merge(&bench.tome, twice, once, tokens, TOKENS, 1, 3);
    CU_ASSERT_EQUAL_FATAL(tokens, 3);
    double sum = 0, sizes = 0;
    for (int i = 0; i < tokens; i++) {
        sum += twice[i] * bench.tome.size[i];
        sizes += bench.tome.size[i];
    }
    CU_ASSERT_DOUBLE_EQUAL(sizes, TOKENS, 0); /* every input token is in some token */
    CU_ASSERT_DOUBLE_EQUAL(sum, 36, 1e-5);    /* and the weighted mean is kept */
    for (int i = 0; i < TOKENS; i++) CU_ASSERT(bench.tome.source[i] >= 0 && bench.tome.source[i] < tokens);
    tome_stop(&bench);
}

/* ---------------------------------------------------------------- means */

enum { MEAN_ROWS = 131, MEAN_WIDTH = 200, MEAN_LD = 203 };

static void check_mean_error(const float *mean, const float *rows, const float *sizes, int count) {
    for (int c = 0; c < MEAN_WIDTH; c++) {
        double sum = 0, total = 0, magnitude = 0;
        for (int k = 0; k < count; k++) {
            sum += (double)sizes[k] * rows[k * MEAN_LD + c];
            magnitude += (double)sizes[k] * fabsf(rows[k * MEAN_LD + c]);
            total += sizes[k];
        }
        /* a product, additions to a part of 32 rows and of the parts, and a division: each rounds once */
        const double roundings = 1 + 32 + MEAN_ROWS / 32.0 + 1, unit = FLT_EPSILON / 2;
        CU_ASSERT_DOUBLE_EQUAL(mean[c], sum / total, 1.01 * roundings * unit * magnitude / total);
    }
}

/** Near the mean in double, and the same bits in place and with any number of threads. */
static void check_mean(float *rows, const float *sizes, int count) {
    float means[THREADS][MEAN_WIDTH];
    for (int i = 0; i < THREADS; i++) {
        struct compute compute = {.kernels = kernels_for(cpu_detect())};
        CHECK_OK(threads_open(&compute.threads, i + 1, err));
        mean_rows(&compute, means[i], rows, MEAN_LD, sizes, count, MEAN_WIDTH);
        if (i == 0) check_mean_error(means[i], rows, sizes, count);
        if (i == THREADS - 1) mean_rows(&compute, rows, rows, MEAN_LD, sizes, count, MEAN_WIDTH);
        threads_close(&compute.threads);
        CU_ASSERT_EQUAL(memcmp(means[0], means[i], sizeof means[0]), 0);
    }
    CU_ASSERT_EQUAL(memcmp(means[0], rows, sizeof means[0]), 0);
}

static void test_means(void) {
    const int counts[] = {1, 2, 31, 32, 33, MEAN_ROWS};
    for (size_t i = 0; i < CHECK_COUNT(counts); i++) {
        static float rows[MEAN_ROWS * MEAN_LD], sizes[MEAN_ROWS];
        for (int k = 0; k < MEAN_ROWS * MEAN_LD; k++) rows[k] = (float)(k * 7919 % 1000) / 500 - 1;
        for (int k = 0; k < MEAN_ROWS; k++) sizes[k] = (float)(1 + k % 5);
        check_mean(rows, sizes, counts[i]);
    }
}

/* ---------------------------------------------------------------- positions */

static void test_sinusoid(void) {
    enum { N = 1568, C = 768 };
    float *table = position_sinusoid(N, C);
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    const float first[] = {.84147096f, .5403023f, .8284308f, .5600915f};
    const float last[] = {.6089484f, -.79320985f, .09323163f, -.99564445f};
    for (int j = 0; j < 4; j++) {
        CU_ASSERT_DOUBLE_EQUAL(table[C + j], first[j], 1e-7);
        CU_ASSERT_DOUBLE_EQUAL(table[(N - 1) * C + j], last[j], 1e-7);
    }
    CU_ASSERT_DOUBLE_EQUAL(table[(N - 1) * C + 766], .15981568f, 1e-7);
    CU_ASSERT_DOUBLE_EQUAL(table[(N - 1) * C + 767], .98714685f, 1e-7);
    double sum = 0;
    for (int i = 0; i < N * C; i++) sum += table[i];
    CU_ASSERT_DOUBLE_EQUAL(sum, 245744.98957, 1e-3);
    mem_free(table);
}

int main(void) {
    static const struct check_case cases[] = {
        {"schedules", test_schedules},
        {"bad schedules", test_bad_schedules},
        {"too long a schedule", test_too_long_a_schedule},
        {"token counts", test_token_counts},
        {"multiply-adds", test_gflop},
        {"budgets are met", test_budgets},
        {"budgets' schedules", test_budget_shapes},
        {"budgets' texts", test_budget_texts},
        {"matching", test_matching},
        {"best scores", test_best_scores},
        {"ties go to the lower index", test_ties},
        {"rows without direction", test_zero_rows},
        {"weighted average and sizes", test_weighted_average},
        {"means", test_means},
        {"sinusoid positions", test_sinusoid},
    };
    return check_main("tome", cases, CHECK_COUNT(cases));
}
