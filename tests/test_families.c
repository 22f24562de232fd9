/* SPDX-License-Identifier: MIT */
/* What a config.json comes to: functions that no tensor tells. */
#include "check.h"

#include "models/families.h"

#include <string.h>

#define GOLDENS PTM_SOURCE_DIR "/tests/golden/"

/** What a config.json comes to beside the tensors of a golden checkpoint; its labels are gone. */
static struct network read_config(const char *golden, const char *text) {
    char path[1024];
    struct json_document *document;
    struct safetensors *files;
    struct network network = {.name = golden};
    const struct family *family;
    snprintf(path, sizeof path, GOLDENS "%s/model.safetensors", golden);
    CHECK_OK(safetensors_open(&files, path, 100000, err));
    CHECK_OK(json_open_memory(&document, text, strlen(text), "config.json", err));
    CHECK_OK(family_find(&family, json_root(document), err));
    const struct checkpoint checkpoint = {json_root(document), {NULL, "preprocessor_config.json", ""}, files, ""};
    CHECK_OK(family_read(&network, family, &checkpoint, 65536, err));
    network_close(&network);
    json_close(&document);
    safetensors_close(&files);
    return network;
}

/* As transformers' pipelines have it: one label alone is a sigmoid, of pictures only. */
static void test_scores(void) {
    static const struct {
        const char *golden, *text;
        enum score score;
    } cases[] = {
        {"vit", "{\"model_type\": \"vit\", \"num_labels\": 1}", SCORE_SIGMOID},
        {"vit", "{\"model_type\": \"vit\", \"num_labels\": 1, \"problem_type\": \"single_label_classification\"}",
         SCORE_SIGMOID},
        {"vit", "{\"model_type\": \"vit\", \"num_labels\": 2}", SCORE_SOFTMAX},
        {"vit", "{\"model_type\": \"vit\", \"num_labels\": 2, \"problem_type\": \"multi_label_classification\"}",
         SCORE_SIGMOID},
        {"timm_token",
         "{\"architecture\": \"vit_tiny_patch16_224\", \"num_classes\": 1, \"model_args\": {\"img_size\": 48}}",
         SCORE_SIGMOID},
        {"vivit", "{\"model_type\": \"vivit\", \"num_labels\": 1}", SCORE_SOFTMAX},
        {"ast", "{\"model_type\": \"audio-spectrogram-transformer\", \"num_labels\": 527}", SCORE_SIGMOID},
        {"ast",
         "{\"model_type\": \"audio-spectrogram-transformer\", \"num_labels\": 527, "
         "\"problem_type\": \"single_label_classification\"}",
         SCORE_SOFTMAX},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        CU_ASSERT_EQUAL(read_config(cases[i].golden, cases[i].text).score, cases[i].score);
    }
}

int main(void) {
    static const struct check_case cases[] = {
        {"scores", test_scores},
    };
    return check_main("families", cases, CHECK_COUNT(cases));
}
