/* SPDX-License-Identifier: MIT */
/* What a config.json comes to: functions that no tensor tells. */
#include "check.h"

#include "models/families.h"

#include <string.h>

#define GOLDENS PTM_SOURCE_DIR "/tests/golden/"

/** Joins the labels with commas. */
static void join_labels(char *text, size_t bytes, const struct network *network) {
    size_t used = 0;
    for (int i = 0; i < network->config.num_labels && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? "," : "", network->labels[i]);
}

static char labels[10000]; /* of what was read last */

/** What a config.json comes to beside the tensors of a golden checkpoint. */
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
    join_labels(labels, sizeof labels, &network);
    network_close(&network);
    json_close(&document);
    safetensors_close(&files);
    return network;
}

/* As transformers' pipelines have it: one label alone is a sigmoid, of pictures only; and AudioSet's labels are not
 * exclusive. */
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
        {"audiomae",
         "{\"architecture\": \"vit_base_patch16_224\", \"num_classes\": 527, \"global_pool\": \"avg\", "
         "\"model_args\": {\"img_size\": [48, 128], \"num_heads\": 3}}",
         SCORE_SIGMOID},
        {"vit", "{\"model_type\": \"vit\", \"num_labels\": 527}", SCORE_SOFTMAX}, /* pictures are not AudioSet's */
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        CU_ASSERT_EQUAL(read_config(cases[i].golden, cases[i].text).score, cases[i].score);
    }
}

#define TIMM_LABELS(members) \
    "{\"architecture\": \"vit_tiny_patch16_224\", \"model_args\": {\"img_size\": 48}, " members "}"

static void test_labels(void) {
    static const struct {
        const char *text, *labels;
    } cases[] = {
        {"{\"model_type\": \"vit\", \"id2label\": {\"1\": \"b\", \"0\": \"a\"}}", "a,b"},
        {"{\"model_type\": \"vit\", \"id2label\": {\"0\": 7, \"1\": -9223372036854775808}}", "7,-9223372036854775808"},
        {"{\"model_type\": \"vit\", \"num_labels\": 3}", "LABEL_0,LABEL_1,LABEL_2"},
        /* What timm calls them means nothing to transformers. */
        {"{\"model_type\": \"vit\", \"num_classes\": 7, \"label_names\": [\"x\"], \"id2label\": {\"0\": \"a\"}}", "a"},
        {"{\"model_type\": \"vit\", \"num_classes\": 7}", "LABEL_0,LABEL_1"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        read_config("vit", cases[i].text);
        CU_ASSERT_STRING_EQUAL(labels, cases[i].labels);
    }
    read_config("timm_token", TIMM_LABELS("\"num_classes\": 9, \"label_names\": [0, \"one\"]"));
    CU_ASSERT_STRING_EQUAL(labels, "0,one");
    read_config("timm_token", TIMM_LABELS("\"num_classes\": 3"));
    CU_ASSERT_STRING_EQUAL(labels, "LABEL_0,LABEL_1,LABEL_2");
}

#define TIMM(architecture, arguments) \
    "{\"architecture\": \"" architecture "\", \"model_args\": {\"num_heads\": 3, \"img_size\": 48" arguments "}}"

/* An argument wins over the architecture's name. */
static void test_activations(void) {
    static const struct {
        const char *text;
        enum activation activation;
    } cases[] = {
        {TIMM("vit_tiny_patch16_224", ""), ACTIVATION_GELU},
        {TIMM("vit_base_patch32_clip_quickgelu_224", ""), ACTIVATION_QUICK_GELU},
        {TIMM("vit_base_patch32_clip_quickgelu_224", ", \"act_layer\": null"), ACTIVATION_QUICK_GELU},
        {TIMM("vit_base_patch32_clip_quickgelu_224", ", \"act_layer\": \"gelu\""), ACTIVATION_GELU},
        {TIMM("vit_so400m_patch16_siglip_gap_256", ""), ACTIVATION_GELU_TANH},
        {TIMM("vit_so400m_patch16_siglip_gap_256", ", \"act_layer\": \"GELU\""), ACTIVATION_GELU},
        {TIMM("vit_tiny_patch16_224", ", \"act_layer\": \"gelu_tanh\""), ACTIVATION_GELU_TANH},
        {TIMM("vit_tiny_patch16_224", ", \"act_layer\": \"quick_gelu\""), ACTIVATION_QUICK_GELU},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++)
        CU_ASSERT_EQUAL(read_config("timm_token", cases[i].text).config.activation, cases[i].activation);
}

int main(void) {
    static const struct check_case cases[] = {
        {"scores", test_scores},
        {"labels", test_labels},
        {"activations of timm", test_activations},
    };
    return check_main("families", cases, CHECK_COUNT(cases));
}
