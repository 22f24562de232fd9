/* SPDX-License-Identifier: MIT */
/*
 * Every golden checkpoint, at every CPU level of this machine and for several counts of threads: the reference's logits
 * and source maps, merged and not (tests/golden/README.md says how they were made).
 */
#include "base/cpu.h"
#include "files/json.h"
#include "files/safetensors_writer.h"
#include "golden.h"
#include "temporary.h"

static const char *const folders[] = {
    "videomae",
    "videomae_f16",
    "videomae_bf16",
    "videomae_sharded",
    "videomae_odd",
    "videomae_nobias",
    "videomae_names5",
    "vivit",
    "vivit_names5",
    "vjepa2",
    "mae_st",
    "omnimae",
    "ast",
    "ast_stride16",
    "ast_names5",
    "audiomae",
    "vit",
    "vit_names5",
    "deit",
    "deit_teacher",
    "deit_names5",
    "dinov2",
    "dinov2_names5",
    "dinov2_resized",
    "dinov2_swiglu",
    "dinov2_swiglu_names5",
    "dinov2_registers",
    "dinov2_registers_resized",
    "clip",
    "siglip",
    "timm_token",
    "timm_avg",
    "timm_gap",
    "timm_mae",
    "timm_nobias",
    "timm_deit3",
    "timm_distilled",
    "timm_registers",
    "timm_registers_gap",
    "timm_wrapper",
};

/* Those that have cases with static patches. */
static const char *const static_folders[] = {"vivit", "vjepa2", "omnimae", "mae_st"};

/* The families of the shared test data; skipped where that is missing. */
static const char *const shared_folders[] = {"videomae", "vivit", "ast",    "audiomae",
                                             "vit",      "deit",  "dinov2", "timm_vit"};

/** Of V-JEPA 2 the goldens have two rules for the position of a merged token; ours is the size-weighted mean. */
static bool is_ours(struct json merged) {
    const char *position = json_text(json_get(merged, "position"));
    return !position || strcmp(position, "mean") == 0;
}

static void check_case(ptm_session *session, ptm_modality modality, const char *folder, const char *input,
                       struct json expected) {
    const char *r = json_text(json_get(expected, "r"));
    const struct json tokens = json_get(expected, "tokens");
    bool prop_attn = false;
    CHECK_OK(json_get_bool(expected, "prop_attn", &prop_attn, err));
    CHECK_OK(ptm_session_set_merge(session, r, prop_attn, err));
    const ptm_check_report report =
        golden_check(session, modality, folder, input, json_text(json_get(expected, "logits")),
                     json_text(json_get(expected, "source")));
    CU_ASSERT(report.compared > 0);
    CU_ASSERT_EQUAL(report.tokens_out, (int)json_number(json_at(tokens, json_length(tokens) - 1), -1));
}

/** A folder's checkpoint, open. */
struct opened_folder {
    const char *folder;
    ptm_model *model;
    ptm_session *session;
    ptm_modality modality;
};

static void open_folder(struct opened_folder *opened, const char *folder, const char *cpu, int threads,
                        double static_threshold) {
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.cpu = cpu;
    options.threads = threads;
    options.r = "off";
    options.static_threshold = static_threshold;
    opened->folder = folder;
    CHECK_OK(ptm_model_open(&opened->model, folder, NULL, err));
    CHECK_OK(ptm_session_open(&opened->session, (const ptm_model *[]){opened->model}, 1, &options, err));
    opened->modality = golden_modality(opened->model);
}

static void close_folder(struct opened_folder *opened) {
    ptm_session_close(&opened->session);
    ptm_model_close(&opened->model);
}

static void check_cases(const struct opened_folder *opened, const char *input, struct json cases) {
    CU_ASSERT(json_length(cases) >= 6);
    for (size_t i = 0; i < json_length(cases); i++)
        if (is_ours(json_at(cases, i)))
            check_case(opened->session, opened->modality, opened->folder, input, json_at(cases, i));
}

static void check_folder(const char *folder, const char *cpu, int threads) {
    char path[GOLDEN_PATH];
    struct opened_folder opened;
    struct json_document *document;
    open_folder(&opened, folder, cpu, threads, 0);
    CU_ASSERT(golden_check(opened.session, opened.modality, folder, "input.npy", "logits.npy", NULL).compared > 0);
    golden_path(path, folder, "cases.json");
    CHECK_OK(json_open(&document, path, 1 << 20, err));
    check_cases(&opened, "input.npy", json_get(json_root(document), "merged"));
    json_close(&document);
    close_folder(&opened);
}

/** Patches that stand still are left out before the network (make_static.py). */
static void check_static(const char *folder, const char *cpu, int threads) {
    char path[GOLDEN_PATH];
    struct opened_folder opened;
    struct json_document *document;
    golden_path(path, folder, "static.json");
    CHECK_OK(json_open(&document, path, 1 << 20, err));
    open_folder(&opened, folder, cpu, threads, json_number(json_get(json_root(document), "threshold"), 0));
    check_cases(&opened, json_text(json_get(json_root(document), "input")), json_get(json_root(document), "cases"));
    close_folder(&opened);
    json_close(&document);
}

static void check_level(const char *cpu, int threads) {
    char folder[GOLDEN_PATH];
    for (size_t i = 0; i < CHECK_COUNT(folders); i++) {
        snprintf(folder, sizeof folder, PTM_SOURCE_DIR "/tests/golden/%s", folders[i]);
        check_folder(folder, cpu, threads);
    }
    for (size_t i = 0; i < CHECK_COUNT(static_folders); i++) {
        snprintf(folder, sizeof folder, PTM_SOURCE_DIR "/tests/golden/%s", static_folders[i]);
        check_static(folder, cpu, threads);
    }
    for (size_t i = 0; i < CHECK_COUNT(shared_folders); i++) {
        char name[64];
        snprintf(name, sizeof name, "goldens/%s", shared_folders[i]);
        if (check_shared(folder, sizeof folder, name)) check_folder(folder, cpu, threads);
    }
}

/* ---------------------------------------------------------------- windows that share a pass */

enum { BATCH = 3 };

/** What came of inputs: logits (windows, labels), source map (windows, N0). */
struct answers {
    float *logits;
    int32_t *source;
};

static struct answers new_answers(const ptm_model_info *info) {
    struct answers answers = {calloc(BATCH * (size_t)info->num_labels, sizeof *answers.logits),
                              calloc(BATCH * (size_t)info->tokens, sizeof *answers.source)};
    CU_ASSERT_FATAL(answers.logits && answers.source);
    return answers;
}

static void free_answers(struct answers *answers) {
    free(answers->logits);
    free(answers->source);
}

/** Runs the inputs (BATCH, count) `together` at a time. */
static void run_inputs(const struct opened_folder *opened, const ptm_model_info *info, const float *inputs,
                       size_t count, int together, const struct answers *answers) {
    int shape[5];
    memcpy(shape, info->input_shape, sizeof shape);
    for (int i = 0; i < BATCH; i += together) {
        shape[0] = i + together < BATCH ? together : BATCH - i;
        CHECK_OK(ptm_forward(opened->session, opened->modality, inputs + (size_t)i * count, shape, info->input_rank,
                             answers->logits + (size_t)i * (size_t)info->num_labels,
                             answers->source + (size_t)i * (size_t)info->tokens, err));
    }
}

/** Each window has the bits that it has alone, whatever it shares the pass with. */
static void check_batch(const struct opened_folder *opened) {
    ptm_model_info info;
    size_t count = 1;
    CHECK_OK(ptm_model_get_info(opened->model, opened->modality, &info, err));
    for (int i = 0; i < info.input_rank; i++) count *= (size_t)info.input_shape[i];
    float *inputs = malloc(BATCH * count * sizeof *inputs);
    CU_ASSERT_PTR_NOT_NULL_FATAL(inputs);
    for (size_t i = 0; i < BATCH * count; i++) inputs[i] = (float)(i * 7919 % 1009) / 500 - 1;
    struct answers alone = new_answers(&info), shared = new_answers(&info);
    run_inputs(opened, &info, inputs, count, 1, &alone);
    for (int together = 2; together <= BATCH; together++) {
        run_inputs(opened, &info, inputs, count, together, &shared);
        CU_ASSERT_EQUAL(memcmp(alone.logits, shared.logits, BATCH * (size_t)info.num_labels * sizeof(float)), 0);
        CU_ASSERT_EQUAL(memcmp(alone.source, shared.source, BATCH * (size_t)info.tokens * sizeof(int32_t)), 0);
    }
    const size_t row = (size_t)info.num_labels * sizeof(float);
    CU_ASSERT_NOT_EQUAL(memcmp(shared.logits, shared.logits + info.num_labels, row), 0);
    free_answers(&alone);
    free_answers(&shared);
    free(inputs);
}

static void check_batches(const char *folder, ptm_precision precision) {
    static const char *const schedules[] = {"off", "2", "0,3"};
    struct opened_folder opened = {.folder = folder};
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.cpu = getenv("POLYTOME_TEST_CPU");
    options.threads = 2;
    options.precision = precision;
    options.batch = BATCH;
    CHECK_OK(ptm_model_open(&opened.model, folder, NULL, err));
    if (ptm_session_open(&opened.session, (const ptm_model *[]){opened.model}, 1, &options, NULL) == PTM_OK) {
        opened.modality = golden_modality(opened.model);
        const int batch = ptm_session_get_batch(opened.session, opened.modality);
        CU_ASSERT(batch == BATCH || batch == 1); /* 1: the level multiplies by OpenBLAS */
        for (size_t i = 0; batch == BATCH && i < CHECK_COUNT(schedules); i++) {
            CHECK_OK(ptm_session_set_merge(opened.session, schedules[i], -1, err));
            check_batch(&opened);
        }
    } else {
        CU_ASSERT_NOT_EQUAL(precision, PTM_F32); /* not every processor has the others */
    }
    close_folder(&opened);
}

static void test_batches(void) {
    static const ptm_precision precisions[] = {PTM_F32, PTM_BF16, PTM_INT8};
    char folder[GOLDEN_PATH];
    for (size_t i = 0; i < CHECK_COUNT(folders); i++) {
        snprintf(folder, sizeof folder, PTM_SOURCE_DIR "/tests/golden/%s", folders[i]);
        for (size_t k = 0; k < CHECK_COUNT(precisions); k++) check_batches(folder, precisions[k]);
    }
}

/* ---------------------------------------------------------------- wrapped names */

#define WEIGHTS "model.safetensors"
static const char *const rewritten[] = {"config.json", "preprocessor_config.json", WEIGHTS, NULL};

/** Writes the tensors of a file anew, in float64, each name behind `prefix`. */
static void write_wrapped(const char *path, const struct safetensors *files, const char *prefix) {
    enum { NAME = 200 };
    const size_t count = safetensors_count(files);
    struct tensor *tensors = calloc(count, sizeof *tensors);
    char(*names)[NAME] = calloc(count, sizeof *names);
    CU_ASSERT_FATAL(tensors && names);
    for (size_t i = 0; i < count; i++) {
        tensors[i] = *safetensors_at(files, i);
        const float *values = tensors[i].data;
        double *wide = malloc(tensors[i].elements * sizeof *wide);
        CU_ASSERT_PTR_NOT_NULL_FATAL(wide);
        for (size_t k = 0; k < tensors[i].elements; k++) wide[k] = (double)values[k];
        snprintf(names[i], NAME, "%s%s", prefix, tensors[i].name);
        tensors[i].name = names[i];
        tensors[i].dtype_name = "F64";
        tensors[i].data = wide;
        tensors[i].bytes = tensors[i].elements * sizeof *wide;
    }
    CHECK_OK(safetensors_write(path, tensors, count, "format", "pt", NULL, NULL, err));
    for (size_t i = 0; i < count; i++) free((void *)tensors[i].data);
    free(tensors);
    free(names);
}

/** A golden checkpoint as it is saved from inside of a wrapper, and in float64: the same answers. */
static void check_wrapped(const char *golden, const char *prefix) {
    char folder[TEMPORARY_PATH], from[TEMPORARY_PATH], to[TEMPORARY_PATH];
    struct safetensors *files;
    struct opened_folder opened;
    CU_ASSERT_FATAL(temporary_folder(folder));
    for (int i = 0; i < 2; i++) {
        temporary_join(from, golden, rewritten[i]);
        temporary_join(to, folder, rewritten[i]);
        CU_ASSERT_EQUAL_FATAL(symlink(from, to), 0);
    }
    temporary_join(from, golden, WEIGHTS);
    temporary_join(to, folder, WEIGHTS);
    CHECK_OK(safetensors_open(&files, from, 1 << 20, err));
    write_wrapped(to, files, prefix);
    safetensors_close(&files);
    open_folder(&opened, folder, getenv("POLYTOME_TEST_CPU"), 1, 0);
    CU_ASSERT(golden_check(opened.session, opened.modality, golden, "input.npy", "logits.npy", NULL).compared > 0);
    close_folder(&opened);
    temporary_remove(folder, rewritten);
}

static void test_wrapped(void) {
    static const char *const prefixes[] = {"", "_orig_mod.", "module.", "module._orig_mod."};
    static const char *const names[] = {"vit", "dinov2_resized", "deit_teacher", "videomae", "timm_wrapper"};
    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        char golden[GOLDEN_PATH];
        snprintf(golden, sizeof golden, PTM_SOURCE_DIR "/tests/golden/%s", names[i]);
        for (size_t k = 0; k < CHECK_COUNT(prefixes); k++) check_wrapped(golden, prefixes[k]);
    }
}

static void test_best(void) {
    check_level(getenv("POLYTOME_TEST_CPU"), 1);
}

static void test_three_threads(void) {
    check_level(getenv("POLYTOME_TEST_CPU"), 3);
}

static void test_all_levels(void) {
    for (int level = CPU_SCALAR; level <= (int)cpu_detect(); level++) {
        ptm_error error = {0};
        enum cpu_level parsed;
        if (cpu_parse(cpu_level_name(level), &parsed, &error) == PTM_OK) check_level(cpu_level_name(level), 2);
    }
}

int main(void) {
    static const struct check_case cases[] = {
        {"goldens", test_best},
        {"goldens, three threads", test_three_threads},
        {"goldens, every CPU level", test_all_levels},
        {"windows that share a pass", test_batches},
        {"names behind a wrapper's, in float64", test_wrapped},
    };
    return check_main("golden", cases, CHECK_COUNT(cases));
}
