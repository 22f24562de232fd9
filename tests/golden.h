/* SPDX-License-Identifier: MIT */
/* golden: a folder with a checkpoint and its reference answers, as tests/golden/README.md describes it. */
#ifndef POLYTOME_TESTS_GOLDEN_H
#define POLYTOME_TESTS_GOLDEN_H

#include "check.h"
#include "polytome.h"

enum { GOLDEN_PATH = 1024 };

static inline void golden_path(char *path, const char *folder, const char *name) {
    CU_ASSERT_FATAL(snprintf(path, GOLDEN_PATH, "%s/%s", folder, name) < GOLDEN_PATH);
}

/** The one modality that a checkpoint directory brings. */
static inline ptm_modality golden_modality(const ptm_model *model) {
    static const ptm_modality modalities[] = {PTM_VIDEO, PTM_AUDIO, PTM_IMAGE};
    ptm_model_info info;
    for (int i = 0; i < 3; i++)
        if (ptm_model_get_info(model, modalities[i], &info, NULL) == PTM_OK) return modalities[i];
    return 0;
}

/** Runs an input of the folder and compares it with the logits of that file, and the source map where one is named. */
static inline ptm_check_report golden_check(ptm_session *session, ptm_modality modality, const char *folder,
                                            const char *input_name, const char *logits, const char *source) {
    char input[GOLDEN_PATH], expect[GOLDEN_PATH], expect_source[GOLDEN_PATH];
    golden_path(input, folder, input_name);
    golden_path(expect, folder, logits);
    ptm_check_options options;
    ptm_check_options_default(&options);
    options.input = input;
    options.expect = expect;
    if (source) {
        golden_path(expect_source, folder, source);
        options.expect_source = expect_source;
    }
    ptm_check_report report = {0};
    CHECK_OK(ptm_check(session, modality, &options, &report, err));
    return report;
}

#endif
