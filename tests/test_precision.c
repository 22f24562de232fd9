/* SPDX-License-Identifier: MIT */
/*
 * Linear layers in int8 and bf16: how far they may be off, the same bits for any number of threads and any instruction,
 * weights that mean harm, and every golden family within a stated distance of its reference.
 */
#include "activations.h"
#include "base/worst.h"
#include "compute/reduced.h"
#include "files/json.h"
#include "golden.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <pthread.h>

/* ---------------------------------------------------------------- one layer */

enum { ROWS = 37, IN = 203, OUT = 150 };

static uint32_t random_state = 1;

static float uniform(void) {
    return random_uniform(&random_state);
}

/** What a layer is made of, and what it makes. */
struct shape {
    int rows, in, out;
};

/** y (rows, out) = act(x w^T + b), w packed for a table. */
static void run(struct shape shape, const struct product *product, int threads, const struct weight_rows *w,
                const float *b, const float *x, enum activation activation, float *y) {
    struct compute compute = {.kernels = &kernels_scalar};
    struct reduced_layer layer;
    struct reduced_input input;
    struct arena arena = {0};
    CHECK_OK(threads_open(&compute.threads, threads, err));
    CHECK_OK(reduced_open(&layer, product, shape.in, shape.out, err));
    reduced_fill(&layer, compute.threads, w, b, 0, shape.out);
    CHECK_OK(reduced_finish(&layer, compute.threads, err));
    reduced_input_place(&input, &arena, product, shape.rows, shape.in);
    void *memory = mem_alloc(arena.used, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    arena = (struct arena){.base = memory};
    reduced_input_place(&input, &arena, product, shape.rows, shape.in);
    const struct linear_rows rows = {
        .y = y,
        .ldy = (size_t)shape.out,
        .x = x,
        .ldx = (size_t)shape.in,
        .rows = shape.rows,
        .activation = activation,
    };
    reduced_linear(&compute, &layer, &input, &rows);
    mem_free(memory);
    reduced_close(&layer);
    threads_close(&compute.threads);
}

struct layer {
    int rows;
    float x[ROWS * IN], w[OUT * IN], b[OUT], y[ROWS * OUT];
};

static void fill_values(struct layer *layer) {
    random_state = 1;
    layer->rows = ROWS;
    for (int i = 0; i < ROWS * IN; i++) layer->x[i] = 3 * uniform() + 1;
    for (int i = 0; i < OUT * IN; i++) layer->w[i] = 0.1f * uniform();
    for (int i = 0; i < OUT; i++) layer->b[i] = uniform();
}

static void run_layer(struct layer *layer, const struct product *product, int threads) {
    const struct weight_rows w = {.values = layer->w};
    run((struct shape){layer->rows, IN, OUT}, product, threads, &w, layer->b, layer->x, ACTIVATION_GELU, layer->y);
}

static struct layer first, second;

/** Largest magnitude of a row, and what int8 may move each of its values by: half a step, and the rounding of 0. */
static double half_step(const float *row, int n, bool weights) {
    double low = 0, high = 0;
    for (int i = 0; i < n; i++) { /* fmin() and fmax() in such a loop stop gcc 12 for arm64 */
        if ((double)row[i] < low) low = (double)row[i];
        if ((double)row[i] > high) high = (double)row[i];
    }
    return weights ? fmax(high, -low) / 127 / 2 : (high - low) / 255;
}

/* Each value moves by no more than half a step (x: and by as much again, as 0 is rounded to a step). */
static void test_bound(void) {
    fill_values(&first);
    run_layer(&first, &product_scalar_int8, 1);
    for (int i = 0; i < ROWS; i++) {
        const float *x = first.x + i * IN;
        const double x_step = half_step(x, IN, false);
        for (int j = 0; j < OUT; j++) {
            const float *w = first.w + j * IN;
            const double w_step = half_step(w, IN, true);
            double sum = (double)first.b[j], bound = 1e-5;
            for (int k = 0; k < IN; k++) {
                sum += (double)x[k] * (double)w[k];
                bound += fabs((double)x[k]) * w_step + (fabs((double)w[k]) + w_step) * x_step;
            }
            CU_ASSERT(fabs((double)first.y[i * OUT + j] - exact_gelu(sum)) <= 1.13 * bound); /* the steepest of gelu */
        }
    }
}

static void test_same_bits(void) {
    for (int i = 0; product_at(i); i++) {
        fill_values(&first);
        fill_values(&second);
        run_layer(&first, product_at(i), 1);
        for (int threads = 2; threads <= 5; threads++) {
            run_layer(&second, product_at(i), threads);
            CU_ASSERT(memcmp(first.y, second.y, sizeof first.y) == 0);
        }
        if (product_at(i)->precision != PTM_INT8) continue;
        run_layer(&second, &product_scalar_int8, 3);
        CU_ASSERT(memcmp(first.y, second.y, sizeof first.y) == 0);
    }
}

/* However many rows there are, also fewer than a thread prepares or a tile has: each as among others, none beside. */
static void test_few_rows(void) {
    for (int i = 0; product_at(i); i++) {
        fill_values(&first);
        run_layer(&first, product_at(i), 1);
        for (int rows = 1; rows < ROWS; rows++) {
            fill_values(&second);
            memset(second.y, 0, sizeof second.y);
            second.rows = rows;
            run_layer(&second, product_at(i), 3);
            const size_t values = (size_t)rows * OUT;
            CU_ASSERT(memcmp(first.y, second.y, values * sizeof *first.y) == 0);
            for (size_t k = values; k < ROWS * OUT; k++) CU_ASSERT(second.y[k] == 0);
        }
    }
}

/** Weights of panels: what fits anyhow, the most that bytes can be, what fits just so, any bytes, and about normal
 * ones, as they are where rows have 768. */
static int8_t weight_for_acc16(int panel, int k) {
    static const int8_t just_so[] = {64, -1, 63, -1};
    return (int8_t)(panel == 0   ? uniform() * 32
                    : panel == 1 ? (k / 16 % 2 ? 127 : -128)
                    : panel == 2 ? just_so[k % 4]
                    : panel == 3 ? floorf(uniform() * 128)
                                 : (uniform() + uniform() + uniform() + uniform()) * 31.75f);
}

/** What the weights a, b, c and d of one sign are together. */
static int of_sign(int a, int b, int c, int d, int sign) {
    const int w[] = {a * sign, b * sign, c * sign, d * sign};
    int sum = 0;
    for (int i = 0; i < 4; i++) sum += w[i] > 0 ? w[i] : 0;
    return sum;
}

enum { PANELS = 5, GROUPS = 192, COLUMNS = 8, PANEL = GROUPS * COLUMNS * 4 };

/** Whoever meets in 16 bits fits there; the strip's groups back where they were, into its panel. */
static void check_strip(const int8_t *w, int columns, const uint16_t *order, int8_t *panel) {
    for (int g = 0; g < GROUPS; g++, w += columns * 4) {
        const int8_t *partner = w + columns * 4;
        memcpy(panel + order[g] * COLUMNS * 4, w, (size_t)columns * 4);
        for (int k = 0; g % 2 == 0 && k < columns * 4; k += 2)
            for (int sign = -1; sign <= 1; sign += 2)
                CU_ASSERT(of_sign(w[k], w[k + 1], partner[k], partner[k + 1], sign) <= 128);
    }
}

/** Outliers that are multiplied together fit, too; back to their weights in the strip's panel. */
static void check_outliers(const struct product_outliers *at, const struct product_outliers *end, int8_t *panel) {
    for (; at < end; at++) {
        const int8_t(*w)[4] = at->w;
        for (int k = 0; k < 4; k += 2)
            for (int sign = -1; sign <= 1; sign += 2)
                CU_ASSERT(of_sign(w[0][k], w[0][k + 1], w[1][k], w[1][k + 1], sign) +
                              of_sign(w[2][k], w[2][k + 1], w[3][k], w[3][k + 1], sign) <=
                          128);
        for (int k = 0; k < PRODUCT_OUTLIERS * 4; k++) {
            int8_t *value = &panel[(at->group[k / 4] * COLUMNS + at->column) * 4 + k % 4];
            *value = (int8_t)(*value + w[k / 4][k % 4]);
        }
    }
}

/* All weights are there once, as they were, and few are outliers of the last panel, as partners are good: 11 entries,
 * 19 where eight columns share an order; with any partner 44 and 54. */
static void check_acc16(int strip_columns, uint32_t most_entries) {
    static int8_t before[PANELS * PANEL], w[PANELS * PANEL], after[PANELS * PANEL];
    const int strips = COLUMNS / strip_columns;
    for (int k = 0; k < PANELS * PANEL; k++) before[k] = w[k] = weight_for_acc16(k / PANEL, k);
    struct threads *threads;
    struct acc16 acc16;
    CHECK_OK(threads_open(&threads, 3, err));
    CHECK_OK(acc16_open(&acc16, threads, &(struct acc16_panels){w, PANELS, GROUPS, COLUMNS, strip_columns}, err));
    for (int strip = 0; strip < PANELS * strips; strip++) {
        const int panel = strip / strips;
        const uint32_t *starts = acc16.starts + panel * (strips + 1) + strip % strips;
        const struct product_outliers *outliers = acc16.outliers[panel];
        int8_t *to = after + panel * PANEL + strip % strips * strip_columns * 4;
        check_strip(w + strip * GROUPS * strip_columns * 4, strip_columns, acc16.order + strip * GROUPS, to);
        CU_ASSERT_EQUAL(starts[1] > starts[0], panel != 0 && panel != 2);
        if (outliers) check_outliers(outliers + starts[0], outliers + starts[1], to);
    }
    CU_ASSERT(memcmp(before, after, sizeof after) == 0);
    CU_ASSERT(acc16.starts[PANELS * (strips + 1) - 1] <= most_entries);
    acc16_close(&acc16);
    threads_close(&threads);
}

static void test_acc16(void) {
    check_acc16(4, 16);
    check_acc16(8, 28);
}

/* Any bytes that a packed file may bring, and more rows than one thread takes or than stay near. */
static void test_any_bytes(void) {
    enum { MANY = 450, WIDE = 803, FEW = 17 };
    static float x[MANY * WIDE], expected[MANY * FEW], y[MANY * FEW], scale[FEW];
    static int8_t w[FEW * WIDE];
    random_state = 1;
    for (int k = 0; k < MANY * WIDE; k++) x[k] = uniform();
    for (int k = 0; k < FEW * WIDE; k++) w[k] = (int8_t)(uniform() * 128); /* -128 .. 127 */
    for (int k = 0; k < FEW; k++) scale[k] = 0.01f;
    memset(w, -128, WIDE);
    const struct weight_rows rows = {PTM_INT8, w, scale};
    const struct shape shape = {MANY, WIDE, FEW};
    run(shape, &product_scalar_int8, 1, &rows, NULL, x, ACTIVATION_NONE, expected);
    for (int t = 0; product_at(t); t++) {
        if (product_at(t)->precision != PTM_INT8) continue;
        run(shape, product_at(t), 3, &rows, NULL, x, ACTIVATION_NONE, y);
        CU_ASSERT(memcmp(y, expected, sizeof y) == 0);
    }
}

/* Rows of w that are zero, subnormal or huge, and tokens that are, give finite numbers: what float32 gives, or the
 * bias. */
static void test_hostile_weights(void) {
    for (int t = 0; product_at(t); t++) {
        fill_values(&first);
        for (int k = 0; k < IN; k++) {
            first.w[0 * IN + k] = 0;
            first.w[1 * IN + k] = k % 2 ? 1e-40f : -1e-45f;
            first.w[2 * IN + k] = k ? 0 : FLT_MAX / 4;
            first.w[3 * IN + k] = k ? 1e-6f : 1; /* one value hides the others */
            first.x[0 * IN + k] = 0;
            first.x[1 * IN + k] = 1e-41f;
        }
        for (int i = 2; i < ROWS; i++) first.x[i * IN] = 0;
        run_layer(&first, product_at(t), 2);
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < OUT; j++) CU_ASSERT(isfinite(first.y[i * OUT + j]));
            for (int j = 0; j < 2; j++)
                CU_ASSERT(fabs((double)first.y[i * OUT + j] - exact_gelu((double)first.b[j])) < 1e-5);
        }
        for (int j = 0; j < OUT; j++) CU_ASSERT(fabs((double)first.y[j] - exact_gelu((double)first.b[j])) < 1e-5);
    }
}

/* Weights are not always looked at before they are packed: what is not finite must come out as no number. */
static void test_weights_not_finite(void) {
    static const float specials[] = {NAN, INFINITY, -INFINITY};
    for (int t = 0; product_at(t); t++) {
        fill_values(&first);
        for (int j = 0; j < 3; j++) first.w[j * IN + 7 * j] = specials[j];
        run_layer(&first, product_at(t), 1);
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < OUT; j++) {
                const float y = first.y[i * OUT + j];
                CU_ASSERT(j >= 3 ? isfinite(y) : product_at(t)->precision == PTM_INT8 ? isnan(y) : j > 0 || isnan(y));
            }
    }
}

/* A row as long as a layer may be, every product as large as it may be, and the sum still right. */
static void test_longest(void) {
    enum { LONGEST = PRODUCT_LONGEST };
    static float x[LONGEST], w[LONGEST];
    for (int k = 0; k < LONGEST; k++) x[k] = 255, w[k] = -127;
    const struct weight_rows rows = {.values = w};
    for (int t = 0; product_at(t); t++) {
        float y = 0;
        run((struct shape){1, LONGEST, 1}, product_at(t), 1, &rows, NULL, x, ACTIVATION_NONE, &y);
        CU_ASSERT(fabs((double)y / (-127.0 * 255 * LONGEST) - 1) < 1e-2);
    }
}

/* ---------------------------------------------------------------- whole networks */

struct family_error {
    float plain, merged;
    int moved; /* percent of input tokens that ended elsewhere, the worst case */
};

static void measure_merged(ptm_session *session, ptm_modality modality, const char *folder, struct json merged,
                           struct family_error *error) {
    bool prop_attn = false;
    CHECK_OK(json_get_bool(merged, "prop_attn", &prop_attn, err));
    CHECK_OK(ptm_session_set_merge(session, json_text(json_get(merged, "r")), prop_attn, err));
    const ptm_check_report report =
        golden_check(session, modality, folder, "input.npy", json_text(json_get(merged, "logits")),
                     json_text(json_get(merged, "source")));
    error->merged = (float)worst_of(error->merged, report.max_relative);
    const int moved = 100 * report.source_differences / report.tokens_in;
    if (moved > error->moved) error->moved = moved;
}

static struct family_error measure_folder(const char *folder, ptm_precision precision) {
    char path[GOLDEN_PATH];
    ptm_model *model;
    ptm_session *session;
    struct json_document *document;
    struct family_error error = {0};
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.cpu = getenv("POLYTOME_TEST_CPU");
    options.threads = 2;
    options.r = "off";
    options.precision = precision;
    CHECK_OK(ptm_model_open(&model, folder, NULL, err));
    CHECK_OK(ptm_session_open(&session, (const ptm_model *[]){model}, 1, &options, err));
    const ptm_modality modality = golden_modality(model);
    error.plain = golden_check(session, modality, folder, "input.npy", "logits.npy", NULL).max_relative;

    golden_path(path, folder, "cases.json");
    CHECK_OK(json_open(&document, path, 1 << 20, err));
    const struct json merged = json_get(json_root(document), "merged");
    for (size_t i = 0; i < json_length(merged); i++) {
        const char *position = json_text(json_get(json_at(merged, i), "position"));
        if (!position || strcmp(position, "mean") == 0)
            measure_merged(session, modality, folder, json_at(merged, i), &error);
    }
    json_close(&document);
    ptm_session_close(&session);
    ptm_model_close(&model);
    return error;
}

static void check_families(ptm_precision precision) {
    const float bound = precision == PTM_BF16 ? 0.02f : 0.1f; /* as check allows */
    static const char *const folders[] = {
        "videomae",      "videomae_odd",         "vivit", "vjepa2", "ast",        "audiomae",  "vit", "deit", "dinov2",
        "dinov2_swiglu", "dinov2_swiglu_names5", "clip",  "siglip", "timm_token", "timm_deit3"};
    putchar('\n');
    for (size_t i = 0; i < CHECK_COUNT(folders); i++) {
        char folder[GOLDEN_PATH];
        snprintf(folder, sizeof folder, PTM_SOURCE_DIR "/tests/golden/%s", folders[i]);
        const struct family_error error = measure_folder(folder, precision);
        CU_ASSERT(error.plain <= bound);
        CU_ASSERT(error.merged <= 0.3f);
        printf("    %-20s off by %.2g, merged by %.2g, %d %% of the tokens end elsewhere\n", folders[i],
               (double)error.plain, (double)error.merged, error.moved);
    }
}

/** Whether the CPU level under test has the precision. */
static bool has(ptm_precision precision) {
    enum cpu_level level;
    CHECK_OK(cpu_parse(getenv("POLYTOME_TEST_CPU"), &level, err));
    return product_for(precision, level) != NULL;
}

static void test_families_int8(void) {
    if (has(PTM_INT8)) check_families(PTM_INT8);
}

static void test_families_bf16(void) {
    if (has(PTM_BF16)) check_families(PTM_BF16);
}

/* ---------------------------------------------------------------- sessions */

struct opening {
    const ptm_model *model;
    float logits[64];
    ptm_status status;
};

static void *open_and_run(void *context) {
    struct opening *opening = context;
    ptm_session *session = NULL;
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.cpu = getenv("POLYTOME_TEST_CPU");
    options.threads = 1;
    options.precision = PTM_INT8;
    opening->status = ptm_session_open(&session, &opening->model, 1, &options, NULL);
    if (opening->status != PTM_OK) return NULL;
    ptm_model_info info;
    opening->status = ptm_model_get_info(opening->model, PTM_VIDEO, &info, NULL);
    size_t count = 1;
    for (int i = 0; i < info.input_rank; i++) count *= (size_t)info.input_shape[i];
    float *input = calloc(count, sizeof *input);
    if (input && info.num_labels <= 64)
        opening->status =
            ptm_forward(session, PTM_VIDEO, input, info.input_shape, info.input_rank, opening->logits, NULL, NULL);
    free(input);
    ptm_session_close(&session);
    return NULL;
}

/* The shipped model's self-test runs without merging and with its own, whatever the session's is: both in int8, whose
 * near-ties merge otherwise, and the tolerance that is told is that of the last. */
static void test_self_test(void) {
    static const char *const schedules[] = {"off", NULL};
    if (!has(PTM_INT8)) return;
    ptm_model *model;
    CHECK_OK(ptm_model_open(&model, NULL, NULL, err));
    for (size_t i = 0; i < CHECK_COUNT(schedules); i++) {
        ptm_session *session;
        ptm_session_options options;
        ptm_session_options_default(&options);
        options.cpu = getenv("POLYTOME_TEST_CPU");
        options.precision = PTM_INT8;
        options.r = schedules[i];
        CHECK_OK(ptm_session_open(&session, (const ptm_model *[]){model}, 1, &options, err));
        ptm_check_report report;
        CHECK_OK(ptm_check(session, PTM_VIDEO, NULL, &report, err));
        CU_ASSERT_DOUBLE_EQUAL(report.tolerance, 0.3, 1e-6);
        ptm_session_close(&session);
    }
    ptm_model_close(&model);
}

/* Sessions that open at the same moment share what the first one packs. */
static void test_sharing(void) {
    enum { SESSIONS = 4 };
    if (!has(PTM_INT8)) return;
    ptm_model *model;
    struct opening openings[SESSIONS] = {0};
    pthread_t threads[SESSIONS];
    CHECK_OK(ptm_model_open(&model, PTM_SOURCE_DIR "/tests/golden/videomae", NULL, err));
    for (int i = 0; i < SESSIONS; i++) {
        openings[i].model = model;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, open_and_run, &openings[i]), 0);
    }
    for (int i = 0; i < SESSIONS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < SESSIONS; i++) {
        CU_ASSERT_EQUAL(openings[i].status, PTM_OK);
        CU_ASSERT(memcmp(openings[i].logits, openings[0].logits, sizeof openings[0].logits) == 0);
    }
    ptm_model_close(&model);
}

static void test_refusals(void) {
    ptm_model *model;
    ptm_session *session;
    ptm_error error = {0};
    ptm_session_options options;
    ptm_session_options_default(&options);
    CHECK_OK(ptm_model_open(&model, PTM_SOURCE_DIR "/tests/golden/videomae", NULL, err));
    options.precision = (ptm_precision)7;
    CU_ASSERT_EQUAL(ptm_session_open(&session, (const ptm_model *[]){model}, 1, &options, &error), PTM_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "f32, bf16 and int8"));
    CU_ASSERT_PTR_NULL(session);
    if (cpu_detect() >= CPU_AVX2) { /* which has no bf16 */
        options.precision = PTM_BF16;
        options.cpu = "avx2";
        CU_ASSERT_EQUAL(ptm_session_open(&session, (const ptm_model *[]){model}, 1, &options, &error), PTM_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "use int8 or f32"));
    }
    ptm_model_close(&model);
}

int main(void) {
    static const struct check_case cases[] = {
        {"int8 is within its steps", test_bound},
        {"the same bits for any number of threads and any instruction", test_same_bits},
        {"the same bits for any number of rows", test_few_rows},
        {"any bytes, and many rows", test_any_bytes},
        {"weights arranged for sums in 16 bits", test_acc16},
        {"hostile weights", test_hostile_weights},
        {"weights that are not finite", test_weights_not_finite},
        {"the longest row", test_longest},
        {"golden families in int8", test_families_int8},
        {"golden families in bf16", test_families_bf16},
        {"the self-test", test_self_test},
        {"sessions share what is packed", test_sharing},
        {"refusals", test_refusals},
    };
    return check_main("precision", cases, CHECK_COUNT(cases));
}
