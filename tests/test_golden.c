/* SPDX-License-Identifier: MIT */
/*
 * Every golden checkpoint, at every CPU level of this machine and for several counts of threads: the reference's logits
 * and source maps, merged and not (tests/golden/README.md says how they were made).
 */
#include "base/cpu.h"
#include "files/json.h"
#include "golden.h"

static const char *const folders[] = {
    "videomae",
    "videomae_f16",
    "videomae_bf16",
    "videomae_sharded",
    "videomae_odd",
    "videomae_nobias",
    "vivit",
    "vjepa2",
    "mae_st",
    "omnimae",
    "ast",
    "ast_stride16",
    "audiomae",
    "vit",
    "deit",
    "deit_teacher",
    "dinov2",
    "dinov2_resized",
    "dinov2_swiglu",
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
};

/* The families of the shared test data; skipped where that is missing. */
static const char *const shared_folders[] = {"videomae", "vivit", "ast",    "audiomae",
                                             "vit",      "deit",  "dinov2", "timm_vit"};

/** One case; `tokens_out` 0: as many as there are. */
static void check_case(ptm_session *session, ptm_modality modality, const char *folder, const char *logits,
                       const char *source, int tokens_out) {
    const ptm_check_report report = golden_check(session, modality, folder, logits, source);
    CU_ASSERT(report.compared > 0);
    if (tokens_out) CU_ASSERT_EQUAL(report.tokens_out, tokens_out);
}

/** Of V-JEPA 2 the goldens have two rules for the position of a merged token; ours is the size-weighted mean. */
static bool is_ours(struct json merged) {
    const char *position = json_text(json_get(merged, "position"));
    return !position || strcmp(position, "mean") == 0;
}

static void check_merged(ptm_session *session, ptm_modality modality, const char *folder, struct json merged) {
    const char *r = json_text(json_get(merged, "r"));
    const struct json tokens = json_get(merged, "tokens");
    const int out = (int)json_number(json_at(tokens, json_length(tokens) - 1), -1);
    bool prop_attn = false;
    CHECK_OK(json_get_bool(merged, "prop_attn", &prop_attn, err));
    CHECK_OK(ptm_session_set_merge(session, r, prop_attn, err));
    check_case(session, modality, folder, json_text(json_get(merged, "logits")), json_text(json_get(merged, "source")),
               out);
}

static void check_folder(const char *folder, const char *cpu, int threads) {
    char path[GOLDEN_PATH];
    ptm_model *model;
    ptm_session *session;
    struct json_document *document;
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.cpu = cpu;
    options.threads = threads;
    options.r = "off";

    CHECK_OK(ptm_model_open(&model, folder, NULL, err));
    CHECK_OK(ptm_session_open(&session, (const ptm_model *[]){model}, 1, &options, err));
    const ptm_modality modality = golden_modality(model);
    check_case(session, modality, folder, "logits.npy", NULL, 0);

    golden_path(path, folder, "cases.json");
    CHECK_OK(json_open(&document, path, 1 << 20, err));
    const struct json merged = json_get(json_root(document), "merged");
    CU_ASSERT(json_length(merged) >= 6);
    for (size_t i = 0; i < json_length(merged); i++)
        if (is_ours(json_at(merged, i))) check_merged(session, modality, folder, json_at(merged, i));

    json_close(&document);
    ptm_session_close(&session);
    ptm_model_close(&model);
}

static void check_level(const char *cpu, int threads) {
    char folder[GOLDEN_PATH];
    for (size_t i = 0; i < CHECK_COUNT(folders); i++) {
        snprintf(folder, sizeof folder, PTM_SOURCE_DIR "/tests/golden/%s", folders[i]);
        check_folder(folder, cpu, threads);
    }
    for (size_t i = 0; i < CHECK_COUNT(shared_folders); i++) {
        char name[64];
        snprintf(name, sizeof name, "goldens/%s", shared_folders[i]);
        if (check_shared(folder, sizeof folder, name)) check_folder(folder, cpu, threads);
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
    };
    return check_main("golden", cases, CHECK_COUNT(cases));
}
