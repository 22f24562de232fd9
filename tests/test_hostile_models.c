/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints from strangers: golden checkpoints with one thing broken, each of which must end in its sentence; and the
 * shipped model cut off at every interesting place.
 */
#include "check.h"
#include "temporary.h"

#include <fcntl.h>

/** One replacement in one file of a golden checkpoint, and what the sentence must hold. */
struct hostile {
    const char *folder, *file, *find, *replace, *sentence;
};

#define CONFIG "config.json"
#define PREPROCESSOR "preprocessor_config.json"
#define WEIGHTS "model.safetensors"
#define VIDEO "videomae_odd"
#define AUDIO "ast_stride16"

static const struct hostile hostile_cases[] = {
    {VIDEO, CONFIG, "\"model_type\": \"videomae\"", "\"model_type\": \"swin\"", "\"model_type\" is \"swin\""},
    {VIDEO, CONFIG, "\"model_type\": \"videomae\",", "", "\"model_type\" is missing"},
    {VIDEO, CONFIG, "\"model_type\": \"videomae\"", "\"model_type\": 7", "model_type"},
    {VIDEO, CONFIG, "{\n", "[\n", "config.json"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": -60", "hidden_size"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": 0", "hidden_size"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": 1e300", "hidden_size"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": 60.5", "hidden_size"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": \"60\"", "hidden_size"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": NaN", "config.json"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": 60, \"hidden_size\": 60", "config.json"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": 65", "[60]; the configuration asks for [65]"},
    {VIDEO, CONFIG, "\"hidden_size\": 60", "\"hidden_size\": 61", "5 attention heads do not divide the hidden size 61"},
    {VIDEO, CONFIG, "\"num_attention_heads\": 5", "\"num_attention_heads\": 0", "num_attention_heads"},
    {VIDEO, CONFIG, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "encoder.layer.2."},
    {VIDEO, CONFIG, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "encoder.layer.1."},
    {VIDEO, CONFIG, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2000000000", "num_hidden_layers"},
    {VIDEO, CONFIG, "\"intermediate_size\": 70", "\"intermediate_size\": 71",
     "has shape [70,60]; the configuration asks for [71,60]"},
    {VIDEO, CONFIG, "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1", "layer_norm_eps"},
    {VIDEO, CONFIG, "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "\"hidden_act\" is \"relu\""},
    {VIDEO, CONFIG, "\"image_size\": 48", "\"image_size\": 4", "do not fit an input of 4"},
    {VIDEO, CONFIG, "\"image_size\": 48", "\"image_size\": 100000", "image_size"},
    {VIDEO, CONFIG, "\"image_size\": 48", "\"image_size\": [48]", "image_size"},
    {VIDEO, CONFIG, "\"image_size\": 48", "\"image_size\": 16000", "limit of 65536 tokens"},
    {VIDEO, CONFIG, "\"patch_size\": 8", "\"patch_size\": 0", "patch_size"},
    {VIDEO, CONFIG, "\"num_frames\": 6", "\"num_frames\": 1", "do not fit an input of 1"},
    {VIDEO, CONFIG, "\"num_channels\": 3", "\"num_channels\": 1", "num_channels"},
    {VIDEO, CONFIG, "\"tubelet_size\": 2", "\"tubelet_size\": 3", "shape [60,3,2,8,8]"},
    {VIDEO, CONFIG, "\"use_mean_pooling\": true", "\"use_mean_pooling\": false",
     "videomae.layernorm.weight\" is missing"},
    {VIDEO, CONFIG, "\"use_mean_pooling\": true", "\"use_mean_pooling\": 1", "use_mean_pooling"},
    {VIDEO, CONFIG, "\"qv_bias\": true", "\"qv_bias\": false", "is not part of the model"},
    {VIDEO, CONFIG, "\"id2label\": {", "\"id2label\": {\"9\": \"x\",", "id2label has an entry \"9\""},
    {VIDEO, CONFIG, "\"id2label\": {", "\"id2label\": {\"5\": \"x\",",
     "shape [5,60]; the configuration asks for [6,60]"},
    {VIDEO, CONFIG, "\"id2label\": {", "\"id2label\": {\"01\": \"x\",", "id2label has an entry"},
    {VIDEO, CONFIG, "\"id2label\": {", "\"num_labels\": 4, \"id2label\": {", "num_labels asks for 4"},
    {VIDEO, CONFIG, "\"id2label\": {", "\"unused\": {", "asks for [2,60]"},
    {VIDEO, PREPROCESSOR, "\"resample\": 2", "\"resample\": 9", "resample"},
    {VIDEO, PREPROCESSOR, "\"rescale_factor\": 0", "\"rescale_factor\": -1", "rescale_factor"},
    {VIDEO, PREPROCESSOR, "\"image_mean\": [", "\"image_mean\": [0.1, ", "image_mean"},
    {VIDEO, PREPROCESSOR, "\"do_resize\": true", "\"do_resize\": \"yes\"", "do_resize"},
    {VIDEO, PREPROCESSOR, "\"size\": {", "\"size\": {}, \"other\": {", "\"size\" should have"},
    {VIDEO, WEIGHTS, "\"classifier.bias\"", "\"classifier.bios\"", "\"classifier.bias\" is missing"},
    {VIDEO, WEIGHTS, "\"classifier.bias\"",
     "\"extra\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\"classifier.bias\"",
     "tensor \"extra\" [0] is not part of the model"},
    {VIDEO, WEIGHTS, "\"F32\",\"shape\":[5],", "\"I32\",\"shape\":[5],",
     "model.safetensors: tensor \"classifier.bias\" has dtype I32, where"},
    {VIDEO, WEIGHTS, "\"shape\":[5,60]", "\"shape\":[60,5]", "shape [60,5]; the configuration asks for [5,60]"},
    {"vivit", CONFIG, "\"num_frames\": 4", "\"num_frames\": 6", "position_embeddings"},
    {"vivit", CONFIG, "\"num_frames\": 4", "\"num_frames\": 0", "num_frames"},
    {"vivit", CONFIG, "\"tubelet_size\": [", "\"tubelet_size\": [0, ", "tubelet_size"},
    {"vivit", CONFIG, "\"qkv_bias\": true", "\"qkv_bias\": false", "is not part of the model"},
    {"vjepa2", CONFIG, "\"frames_per_clip\": 6", "\"frames_per_clip\": -2", "frames_per_clip"},
    {"vjepa2", CONFIG, "\"num_pooler_layers\": 2", "\"num_pooler_layers\": 3", "self_attention_layers.2."},
    {"vjepa2", CONFIG, "\"num_pooler_layers\": 2", "\"num_pooler_layers\": 1", "self_attention_layers.1."},
    {"vjepa2", CONFIG, "\"mlp_ratio\": 1.25", "\"mlp_ratio\": 1e9", "mlp_ratio"},
    {"vjepa2", CONFIG, "\"hidden_size\": 32", "\"hidden_size\": 6156", "rotary heads of 3078 channels"},
    {"dinov2_registers", CONFIG, "\"num_register_tokens\": 4", "\"num_register_tokens\": 0", "asks for [1,0,32]"},
    {"timm_token", CONFIG, "\"num_heads\": 3", "\"num_heads\": 3, \"act_layer\": \"relu\"", "act_layer"},
    {"timm_token", CONFIG, "\"num_heads\": 3", "\"num_heads\": 3, \"pool_include_prefix\": true",
     "pool_include_prefix"},
    {"timm_token", CONFIG, "\"num_heads\": 3", "\"num_heads\": 3, \"mlp_layer\": \"swiglu\"", "without \"act_layer\""},
    {"timm_token", CONFIG, "\"num_heads\": 3", "\"num_heads\": 3, \"mlp_layer\": \"swiglu\", \"act_layer\": \"silu\"",
     "has \"mlp_layer\""},
    {"timm_token", CONFIG, "\"img_size\": [\n      48,\n      48", "\"dynamic_img_pad\": true, \"img_size\": [48, 50",
     "patches of 8 x 8 do not divide an input of 48 x 50"},
    {"timm_token", CONFIG, "vit_tiny_patch16_224", "vit_base_patch16_rpn_224", "norms behind the branches"},
    {"vjepa2", CONFIG, "\"in_chans\": 3", "\"in_chans\": 4", "in_chans"},
    {"vjepa2", CONFIG, "\"crop_size\": 16", "\"crop_size\": 2", "do not fit an input of 2"},
    {"mae_st", CONFIG, "\"cls_embed\": true", "\"cls_embed\": false", "cls_embed"},
    {"mae_st", CONFIG, "\"sep_pos_embed\": true", "\"sep_pos_embed\": false", "\"pos_embed\" is missing"},
    {"mae_st", CONFIG, "\"num_frames\": 6", "\"num_frames\": 8", "pos_embed_temporal"},
    {"omnimae", CONFIG, "\"image_size\": 32", "\"image_size\": 64", "trunk.pos_embed"},
    {"omnimae", CONFIG, "\"num_attention_heads\": 3", "\"num_attention_heads\": 7", "heads do not divide"},
    {"vit", CONFIG, "\"image_size\": 48", "\"image_size\": [48, 56]", "position_embeddings"},
    {"vit", CONFIG, "\"model_type\": \"vit\"", "\"problem_type\": \"regression\", \"model_type\": \"vit\"",
     "\"problem_type\" is regression"},
    {"vit", WEIGHTS, "\"classifier.weight\"", "\"classifler.weight\"",
     "\"classifier.weight\", the classifier, is missing"},
    {"deit_teacher", WEIGHTS, "\"cls_classifier.weight\"", "\"cls_classifler.weight\"", "the classifier, is missing"},
    {"timm_wrapper", WEIGHTS, "\"timm_model.head.weight\"", "\"timm_model_head.weight\"",
     "\"head.weight\", the classifier"},
    {"vit", CONFIG, "\"patch_size\": 8", "\"patch_size\": -8", "patch_size"},
    {"vit", CONFIG, "\"num_channels\": 3", "\"num_channels\": 1", "num_channels"},
    {"vit", PREPROCESSOR, "\"image_std\": [", "\"image_std\": [\"x\", ", "image_std"},
    {"vit", PREPROCESSOR, "\"height\": 48", "\"height\": 24",
     ": preprocessing scales to 48x24, but the network takes 48x48: set \"size\" to that of the network"},
    {"vit", PREPROCESSOR, "\"size\": {", "\"size\": {\"shortest_edge\": 24}, \"other\": {",
     "the short side to 24 without a crop, but the network takes 48x48: set \"size\" to that"},
    {"clip", PREPROCESSOR, "\"height\": 48", "\"height\": 40",
     "a crop of 48x40, but the network takes 48x48: set \"crop_size\" to that"},
    {"vit", PREPROCESSOR, "\"image_std\": [\n    0.5", "\"image_std\": [\n    0",
     ": preprocessing: image_mean[0] = 0.5 and image_std[0] = 0 must be finite"}, /* behind the model's name */
    {"vit", PREPROCESSOR, "\"image_std\": [\n    0.5", "\"image_std\": [\n    1e-40",
     ": preprocessing: rescale_factor, image_mean and image_std turn the pixel value 0 into -inf"},
    {"deit", CONFIG, "\"image_size\": 48", "\"image_size\": 40", "position_embeddings"},
    {"deit", CONFIG, "\"hidden_size\": 36", "\"hidden_size\": 1000000", "hidden_size"},
    {"dinov2_swiglu", CONFIG, "\"use_swiglu_ffn\": true", "\"use_swiglu_ffn\": false", "mlp.fc1"},
    {"dinov2_swiglu", CONFIG, "\"mlp_ratio\": 4", "\"mlp_ratio\": 3", "mlp.weights_in"},
    {"dinov2_swiglu_names5", WEIGHTS, "0.mlp.up_proj.weight\"", "0.mlp.up_prog.weight\"",
     "0.mlp.up_proj.weight\" is missing"},
    {"dinov2_swiglu_names5", WEIGHTS, "\"shape\":[32,24]", "\"shape\":[24,32]", "the configuration asks for [32,24]"},
    {"dinov2_registers", CONFIG, "\"num_register_tokens\": 4", "\"num_register_tokens\": 5", "register_tokens"},
    {"dinov2_registers", CONFIG, "\"num_register_tokens\": 4", "\"num_register_tokens\": -1", "num_register_tokens"},
    {"dinov2_registers", CONFIG, "\"mlp_ratio\": 3", "\"mlp_ratio\": \"3\"", "mlp_ratio"},
    {"dinov2_registers", CONFIG, "\"mlp_ratio\": 3", "\"mlp_ratio\": 0.02", "\"mlp_ratio\" is too small"},
    {"clip", CONFIG, "\"vision_config\": {", "\"no_vision_config\": {", "vision_model."},
    {"clip", CONFIG, "\"image_size\": 48", "\"image_size\": 64", "position_embedding.weight"},
    {"siglip", CONFIG, "\"hidden_act\": \"gelu_pytorch_tanh\",\n    \"hidden_size\": 36",
     "\"hidden_act\": \"tanh\",\n    \"hidden_size\": 36", "\"hidden_act\" is \"tanh\""},
    {"siglip", WEIGHTS, "\"vision_model.post_layernorm.bias\"", "\"vision_model.post_layernorm.bios\"",
     "post_layernorm.bias\" is missing"},
    {"timm_token", CONFIG, "\"global_pool\": \"token\"", "\"global_pool\": \"map\"", "\"global_pool\" is \"map\""},
    {"timm_token", CONFIG, "\"num_heads\": 3", "\"num_heads\": 5", "heads do not divide"},
    {"timm_token", CONFIG, "\"num_classes\": 5", "\"num_classes\": 6", "head.weight"},
    {"timm_token", CONFIG, "\"num_classes\": 5", "\"num_classes\": 5, \"id2label\": {\"0\": \"a\"}",
     "id2label has 1 entries; num_classes asks for 5"},
    {"timm_token", CONFIG, "\"interpolation\": \"bicubic\"", "\"interpolation\": \"random\"", "interpolation"},
    {"timm_token", CONFIG, "\"crop_pct\": 0.9", "\"crop_pct\": 0", "crop_pct"},
    {"timm_token", CONFIG, "\"crop_mode\": \"center\"", "\"crop_mode\": \"border\"", "crop_mode"},
    {"timm_token", CONFIG, "48,\n      48\n    ],\n    \"patch_size", "64,\n      64\n    ],\n    \"patch_size",
     "the table of positions has 37 rows, where an input of 64 x 64 needs 65"},
    {"timm_token", CONFIG, "48,\n      48\n    ],\n    \"patch_size", "40,\n      40\n    ],\n    \"patch_size",
     "has 37 rows"},
    {"timm_distilled", WEIGHTS, "\"dist_token\"", "\"disc_token\"", "a class and a distillation token"},
    {"timm_token", WEIGHTS, "\"pos_embed\"", "\"pos_embad\"", "not those of a plain ViT"},
    {"audiomae", CONFIG, "\"in_chans\": 1", "\"in_chans\": 1, \"img_size\": [48, 64]", "config.json"},
    {"audiomae", CONFIG, "\"img_size\": [\n      48,\n      128", "\"img_size\": [96, 64",
     "pictures of one channel are not supported"},
    {"audiomae", CONFIG, "1,\n      48,\n      128\n", "3,\n      48,\n      128\n", "channels"},
    {AUDIO, CONFIG, "\"max_length\": 100", "\"max_length\": 10", "do not fit an input of 10"},
    {AUDIO, CONFIG, "\"max_length\": 100", "\"max_length\": 116",
     "\"max_length\" is 100; config.json's \"max_length\" is 116"},
    {AUDIO, CONFIG, "\"time_stride\": 16", "\"time_stride\": 0", "time_stride"},
    {AUDIO, CONFIG, "\"time_stride\": 16", "\"time_stride\": 8", "position_embeddings"},
    {AUDIO, PREPROCESSOR, "\"num_mel_bins\": 128", "\"num_mel_bins\": 64", "num_mel_bins"},
    {AUDIO, PREPROCESSOR, "\"sampling_rate\": 16000", "\"sampling_rate\": 0", "sampling_rate"},
    {AUDIO, PREPROCESSOR, "\"sampling_rate\": 16000", "\"sampling_rate\": 4000", "sampling_rate must be from 8000"},
    {AUDIO, PREPROCESSOR, "\"std\": 5", "\"std\": -5", "std"},
    {AUDIO, PREPROCESSOR, "ASTFeatureExtractor", "WhisperFeatureExtractor",
     "the feature extractor \"WhisperFeatureExtractor\" is not known; it should be ASTFeatureExtractor"},
};

static const char *const file_names[] = {CONFIG, PREPROCESSOR, "video_" PREPROCESSOR, WEIGHTS, NULL};

/** Copies a golden file, with the case's replacement where it is the case's file. */
static bool copy_file(const char *to, const struct hostile *hostile, const char *name) {
    char path[TEMPORARY_PATH];
    size_t bytes;
    snprintf(path, sizeof path, "%s/tests/golden/%s/%s", PTM_SOURCE_DIR, hostile->folder, name);
    char *data = temporary_read(path, &bytes);
    if (!data) return strcmp(name, hostile->file) != 0 && strstr(name, PREPROCESSOR); /* not every checkpoint has one */
    temporary_join(path, to, name);
    bool copied;
    if (strcmp(name, hostile->file) != 0) {
        copied = temporary_write(path, data, bytes);
    } else {
        /* Of a weights file only the header is text: it lies behind 8 bytes of its length, which is made anew. */
        const size_t skip = strcmp(name, WEIGHTS) == 0 ? 8 : 0;
        char *found = strstr(data + skip, hostile->find);
        if (!found) {
            free(data);
            return false;
        }
        const size_t before = (size_t)(found - data), cut = strlen(hostile->find), put = strlen(hostile->replace);
        char *changed = malloc(bytes + put);
        memcpy(changed, data, before);
        memcpy(changed + before, hostile->replace, put);
        memcpy(changed + before + put, found + cut, bytes - before - cut);
        uint64_t length;
        memcpy(&length, data, sizeof length);
        length += put - cut;
        if (skip) memcpy(changed, &length, sizeof length);
        copied = temporary_write(path, changed, bytes + put - cut);
        free(changed);
    }
    free(data);
    return copied;
}

static void check_hostile(const struct hostile *hostile) {
    char folder[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    for (int i = 0; file_names[i]; i++) {
        const bool copied = copy_file(folder, hostile, file_names[i]);
        if (!copied) printf("\n    %s/%s does not hold %s\n", hostile->folder, hostile->file, hostile->find);
        CU_ASSERT_FATAL(copied);
    }

    ptm_error error = {0};
    ptm_model *model;
    const ptm_status status = ptm_model_open(&model, folder, NULL, &error);
    const bool expected = status != PTM_OK && status != PTM_EINTERNAL && strstr(error.message, hostile->sentence);
    if (!expected)
        printf("\n    %s: %s -> %s\n    gives %d: %s\n", hostile->folder, hostile->find, hostile->replace, status,
               error.message);
    CU_ASSERT(expected);
    CU_ASSERT_PTR_NULL(model);
    ptm_model_close(&model);
    temporary_remove(folder, file_names);
}

static void test_hostile(void) {
    for (size_t i = 0; i < CHECK_COUNT(hostile_cases); i++) check_hostile(&hostile_cases[i]);
}

static void test_not_finite(void) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    const struct hostile plain = {VIDEO, "", "", "", ""};
    CU_ASSERT_FATAL(temporary_folder(folder));
    for (int i = 0; file_names[i]; i++) CU_ASSERT_FATAL(copy_file(folder, &plain, file_names[i]));
    temporary_join(path, folder, WEIGHTS);
    size_t bytes;
    char *data = temporary_read(path, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    memcpy(data + bytes - 4, (unsigned char[]){0, 0, 0xc0, 0x7f}, 4); /* a NaN at the end */
    CU_ASSERT_FATAL(temporary_write(path, data, bytes));
    free(data);

    ptm_error error = {0};
    ptm_model *model;
    CU_ASSERT_EQUAL(ptm_model_open(&model, folder, NULL, &error), PTM_EMODEL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "not finite"));
    temporary_remove(folder, file_names);
}

static void test_directories(void) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    ptm_error error = {0};
    ptm_model *model;
    CU_ASSERT_FATAL(temporary_folder(folder));
    CU_ASSERT_EQUAL(ptm_model_open(&model, folder, NULL, &error), PTM_EIO); /* no config.json */
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, CONFIG));
    temporary_join(path, folder, CONFIG);
    static const char config[] = "{\"model_type\": \"videomae\"}";
    CU_ASSERT_FATAL(temporary_write(path, config, sizeof config - 1));
    CU_ASSERT_EQUAL(ptm_model_open(&model, folder, NULL, &error), PTM_EIO); /* no weights */
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "model.safetensors"));
    temporary_join(path, folder, "pytorch_model.bin");
    CU_ASSERT_FATAL(temporary_write(path, "PK", 2));
    CU_ASSERT_EQUAL(ptm_model_open(&model, folder, NULL, &error), PTM_EMODEL); /* a pickle */
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "save_file"));
    temporary_remove(folder, (const char *[]){CONFIG, "pytorch_model.bin", NULL});
    CU_ASSERT_EQUAL(ptm_model_open(&model, folder, NULL, &error), PTM_EIO); /* gone */
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "nothing is downloaded"));
}

/** A folder is named as a shell completes it. */
static void test_slash(void) {
    static const char config[] = "{\"model_type\": \"beit\"}";
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    ptm_error error = {0};
    ptm_model *model;
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, CONFIG);
    CU_ASSERT_FATAL(temporary_write(path, config, sizeof config - 1));
    temporary_join(path, folder, "");
    CU_ASSERT_EQUAL(ptm_model_open(&model, path, NULL, &error), PTM_EMODEL);
    temporary_join(path, folder, CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, path));
    temporary_remove(folder, (const char *[]){CONFIG, NULL});
}

/** What peft saves: no config.json. */
static void test_adapter(void) {
    static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors", NULL};
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    ptm_error error = {0};
    ptm_model *model;
    CU_ASSERT_FATAL(temporary_folder(folder));
    for (int i = 0; names[i]; i++) {
        temporary_join(path, folder, names[i]);
        CU_ASSERT_FATAL(temporary_write(path, "{}", 2));
    }
    CU_ASSERT_EQUAL(ptm_model_open(&model, folder, NULL, &error), PTM_EMODEL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "holds an adapter (LoRA or the like)"));
    temporary_remove(folder, names);
}

/** A folder top/name, with a config.json or without, that was changed at `seconds`. */
static void make_inner(const char *top, const char *name, bool config, time_t seconds) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    temporary_join(folder, top, name);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
    temporary_join(path, folder, CONFIG);
    if (config) CU_ASSERT_FATAL(temporary_write(path, "{}", 2));
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, folder, times, 0), 0);
}

/** A Hugging Face cache and a Trainer's run: the newest checkpoint in them is the one to give. */
static void test_checkpoints_inside(void) {
    static const char *const names[][3] = {
        {"snapshots/0a", "snapshots/1b", "snapshots/2c"},
        {"checkpoint-500", "checkpoint-1000", "checkpoint-1500"},
    };
    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        char top[TEMPORARY_PATH], path[TEMPORARY_PATH];
        ptm_error error = {0};
        ptm_model *model;
        CU_ASSERT_FATAL(temporary_folder(top));
        temporary_join(path, top, "snapshots");
        CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
        make_inner(top, names[i][0], true, 1000);
        make_inner(top, names[i][1], true, 2000);
        make_inner(top, names[i][2], false, 3000); /* it was not saved to the end */
        CU_ASSERT_EQUAL(ptm_model_open(&model, top, NULL, &error), PTM_EIO);
        temporary_join(path, top, names[i][1]);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, path));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, ", which has one"));
        for (int k = 0; k < 3; k++) {
            temporary_join(path, top, names[i][k]);
            temporary_remove(path, (const char *[]){CONFIG, NULL});
        }
        temporary_join(path, top, "snapshots");
        temporary_remove(path, (const char *[]){NULL});
        temporary_remove(top, (const char *[]){NULL});
    }
}

/** What else a directory may hold instead of safetensors: each has a sentence of its own, whose command is whole
 * however long the path is. */
static void test_other_weights(void) {
    static const struct {
        const char *name, *sentence;
    } cases[] = {
        {"pytorch_model.bin", "'model.safetensors')\""},
        {"pytorch_model.bin.index.json", "glob.glob('pytorch_model-*.bin')"},
        {"pytorch_model.bin.index.json", "'model.safetensors')\""},
        {"adapter_config.json", "merge it into"},
    };
    char top[TEMPORARY_PATH], folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    static const char config[] = "{\"model_type\": \"videomae\"}";
    CU_ASSERT_FATAL(temporary_folder(top));
    char part[201] = "";
    memset(part, 'x', sizeof part - 1);
    temporary_join(folder, top, part);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
    temporary_join(path, folder, CONFIG);
    CU_ASSERT_FATAL(temporary_write(path, config, sizeof config - 1));
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        ptm_error error = {0};
        ptm_model *model;
        temporary_join(path, folder, cases[i].name);
        CU_ASSERT_FATAL(temporary_write(path, "{}", 2));
        CU_ASSERT_EQUAL(ptm_model_open(&model, folder, NULL, &error), PTM_EMODEL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, cases[i].sentence));
        unlink(path);
    }
    temporary_remove(folder, (const char *[]){CONFIG, NULL});
    temporary_remove(top, (const char *[]){NULL});
}

/** A pickle of a name of 60 bytes and a path of `length`. */
static void check_long_pickle(const char *top, int length) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH], name[61], between[128] = "";
    snprintf(name, sizeof name, "%056d.bin", 0);
    memset(between, 'x', (size_t)length - sizeof name - 1 - strlen(top));
    temporary_join(folder, top, between);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
    temporary_join(path, folder, name);
    CU_ASSERT_FATAL(temporary_write(path, "PK", 2));
    ptm_error error = {0};
    ptm_model *model;
    CU_ASSERT_EQUAL(strlen(path), (size_t)length);
    CU_ASSERT_EQUAL(ptm_model_open(&model, path, NULL, &error), PTM_EMODEL);
    CU_ASSERT_PTR_NULL(strstr(error.message, "..."));
    if (length <= 110) CU_ASSERT_PTR_NOT_NULL(strstr(error.message, path));
    temporary_remove(folder, (const char *[]){name, NULL});
}

/** Paths that stand in the sentence as they are, and those that are a little too long, leave room for the command. */
static void test_longest_pickle(void) {
    char top[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(top));
    for (int length = 105; length <= 125; length++) {
        if (length - 62 - (int)strlen(top) >= 1)
            check_long_pickle(top, length);
        else
            printf("\n    TMPDIR is too long for a path of %d bytes\n", length);
    }
    temporary_remove(top, (const char *[]){NULL});
}

/** A PyTorch file given as the model: the sentence has the command that converts it, with the file's name. */
static void test_pickles(void) {
    static const struct {
        const char *name, *sentence;
    } cases[] = {
        {"a.pth", "torch.load('a.pth', "},     {"a.pt", "torch.load('a.pt', "},
        {"a.b.bin", "torch.load('a.b.bin', "}, {"last.ckpt", "torch.load('last.ckpt', "},
        {"x.pyth", "torch.load('x.pyth', "},   {"it's.pth", "torch.load('FILE', "},
        {"a.pth.zip", "safetensors"},          {"pth", "safetensors"},
    };
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        ptm_error error = {0};
        ptm_model *model;
        temporary_join(path, folder, cases[i].name);
        CU_ASSERT_EQUAL(ptm_model_open(&model, path, NULL, &error), PTM_EIO); /* not there */
        error_clear(&error);
        CU_ASSERT_FATAL(temporary_write(path, "PK\3\4 and more", 13));
        CU_ASSERT_NOT_EQUAL(ptm_model_open(&model, path, NULL, &error), PTM_OK);
        if (!strstr(error.message, cases[i].sentence)) printf("\n    %s: %s\n", cases[i].name, error.message);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, cases[i].sentence));
        unlink(path);
    }
    temporary_remove(folder, (const char *[]){NULL});
}

/** A weights file without a description, and a limit on tokens. */
static void test_refusals(void) {
    ptm_error error = {0};
    ptm_model *model;
    CU_ASSERT_EQUAL(ptm_model_open(&model, PTM_SOURCE_DIR "/tests/golden/" VIDEO "/" WEIGHTS, NULL, &error),
                    PTM_EMODEL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "no \"polytome\" description"));
    ptm_model_options options;
    ptm_model_options_default(&options);
    options.max_tokens = 100;
    CU_ASSERT_EQUAL(ptm_model_open(&model, PTM_SOURCE_DIR "/tests/golden/" VIDEO, &options, &error), PTM_ELIMIT);
    options.max_tokens = 65536;
    options.max_header_bytes = 100;
    CU_ASSERT_NOT_EQUAL(ptm_model_open(&model, PTM_SOURCE_DIR "/tests/golden/" VIDEO, &options, &error), PTM_OK);
}

/** The shipped model, cut shorter and shorter: an error each time, never a crash. */
static void test_truncated(void) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    size_t bytes;
    char *data = temporary_read(PTM_SOURCE_DIR "/models/default/default-v0.safetensors", &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, WEIGHTS);
    CU_ASSERT_FATAL(temporary_write(path, data, bytes));
    uint64_t header;
    memcpy(&header, data, sizeof header);
    free(data);

    for (size_t length = bytes - 1, opened = 0; length > 0;) {
        ptm_error error = {0};
        ptm_model *model;
        CU_ASSERT_EQUAL_FATAL(truncate(path, (off_t)length), 0);
        opened += ptm_model_open(&model, path, NULL, &error) == PTM_OK;
        CU_ASSERT_EQUAL_FATAL(opened, 0);
        CU_ASSERT_NOT_EQUAL(error.status, PTM_EINTERNAL);
        const size_t step = length > header + 16 ? 97331 : length > 32 ? 61 : 1;
        length = length > step ? length - step : 0;
    }
    temporary_remove(folder, file_names);
}

int main(void) {
    static const struct check_case cases[] = {
        {"a folder with a slash", test_slash},
        {"an adapter's folder", test_adapter},
        {"folders of checkpoints", test_checkpoints_inside},
        {"one thing broken", test_hostile},
        {"weights that are no numbers", test_not_finite},
        {"folders", test_directories},
        {"PyTorch files", test_pickles},
        {"other weights", test_other_weights},
        {"the longest pickle", test_longest_pickle},
        {"refusals and limits", test_refusals},
        {"cut off at every place", test_truncated},
    };
    return check_main("hostile models", cases, CHECK_COUNT(cases));
}
