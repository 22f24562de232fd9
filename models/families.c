/* SPDX-License-Identifier: MIT */
#include "models/families.h"

#include "models/config_keys.h"
#include "models/labels.h"
#include "models/preprocessor.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- VideoMAE */

static ptm_status videomae_config(struct network *network, struct json json, ptm_error *err) {
    struct vit_config *config = &network->config;
    struct patch_grid *grid = &config->grid;
    bool qv_bias = true, mean_pooling = true;
    TRY(config_get_pair(json, "image_size", &grid->size[1], &grid->size[2], err));
    TRY(config_get_pair(json, "patch_size", &grid->patch[1], &grid->patch[2], err));
    TRY(json_get_int(json, "num_channels", 3, 3, &grid->channels, err));
    TRY(json_get_int(json, "num_frames", 1, CONFIG_SIDE_MAX, &grid->size[0], err));
    TRY(json_get_int(json, "tubelet_size", 1, CONFIG_SIDE_MAX, &grid->patch[0], err));
    TRY(json_get_bool(json, "qv_bias", &qv_bias, err)); /* transformers 5 */
    TRY(json_get_bool(json, "qkv_bias", &qv_bias, err));
    TRY(json_get_bool(json, "use_mean_pooling", &mean_pooling, err));
    if (qv_bias) config->parts |= PART_QV_BIAS;
    config->parts |= mean_pooling ? PART_HEAD_NORM : PART_FINAL_NORM;
    config->pool = mean_pooling ? POOL_MEAN : POOL_FIRST;
    for (int axis = 0; axis < 3; axis++) grid->stride[axis] = grid->patch[axis];
    return PTM_OK;
}

/* ---------------------------------------------------------------- AST */

static ptm_status ast_config(struct network *network, struct json json, ptm_error *err) {
    struct vit_config *config = &network->config;
    struct patch_grid *grid = &config->grid;
    bool qkv_bias = true;
    TRY(json_get_int(json, "patch_size", 1, CONFIG_SIDE_MAX, &grid->patch[1], err));
    grid->patch[2] = grid->patch[1];
    TRY(json_get_int(json, "frequency_stride", 1, CONFIG_SIDE_MAX, &grid->stride[1], err));
    TRY(json_get_int(json, "time_stride", 1, CONFIG_SIDE_MAX, &grid->stride[2], err));
    TRY(json_get_int(json, "num_mel_bins", 1, CONFIG_SIDE_MAX, &grid->size[1], err));
    TRY(json_get_int(json, "max_length", 1, CONFIG_SIDE_MAX, &grid->size[2], err));
    TRY(json_get_bool(json, "qkv_bias", &qkv_bias, err));
    if (qkv_bias) config->parts |= PART_QV_BIAS | PART_K_BIAS;
    network->audio.num_mel_bins = grid->size[1];
    network->audio.target_length = grid->size[2];
    /* AudioSet's 527 classes are not exclusive; its published configs do not say so. */
    if (config->num_labels == 527) network->score = SCORE_SIGMOID;
    return PTM_OK;
}

/* ---------------------------------------------------------------- the table */

#define VIT_BASE .embed_dim = 768, .depth = 12, .num_heads = 12, .mlp_dim = 3072

static const struct family families[] = {
    {
        .model_type = "videomae",
        .modality = PTM_VIDEO,
        .prefix = "videomae.",
        .weights = &weights_videomae,
        .defaults = {VIT_BASE, .layer_norm_eps = 1e-12f,
                     .head_norm_eps = 1e-5f, /* fc_norm is a plain torch LayerNorm */
                     .activation = ACTIVATION_GELU, .position = POSITION_SINUSOID,
                     .grid = {.channels = 3, .size = {16, 224, 224}, .patch = {2, 16, 16}}},
        .prop_attn = false, /* as the ToMe paper found for MAE-trained models */
        .read_config = videomae_config,
        .read_preprocessor = preprocessor_read_video,
    },
    {
        .model_type = "audio-spectrogram-transformer",
        .modality = PTM_AUDIO,
        .prefix = "audio_spectrogram_transformer.",
        .weights = &weights_ast,
        .defaults = {VIT_BASE, .layer_norm_eps = 1e-12f, .head_norm_eps = 1e-12f, .activation = ACTIVATION_GELU,
                     .parts = PART_CLASS_TOKEN | PART_DISTILL_TOKEN | PART_FINAL_NORM | PART_HEAD_NORM,
                     .position = POSITION_LEARNED, .pool = POOL_FIRST_TWO,
                     .grid = {.channels = 1, .size = {1, 128, 1024}, .patch = {1, 16, 16}, .stride = {1, 10, 10}}},
        .prop_attn = true,
        .read_config = ast_config,
        .read_preprocessor = preprocessor_read_audio,
    },
};

enum { FAMILIES = sizeof families / sizeof *families };

const struct family *family_find(const char *model_type) {
    for (int i = 0; i < FAMILIES; i++)
        if (strcmp(families[i].model_type, model_type) == 0) return &families[i];
    return NULL;
}

const char *family_names(char *text, size_t bytes) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < FAMILIES && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? ", " : "", families[i].model_type);
    return text;
}

/** The keys that every family of transformers shares. */
static ptm_status read_backbone(struct vit_config *config, struct json json, ptm_error *err) {
    double eps = config->layer_norm_eps;
    TRY(json_get_int(json, "hidden_size", 1, CONFIG_WIDTH_MAX, &config->embed_dim, err));
    TRY(json_get_int(json, "num_hidden_layers", 1, CONFIG_DEPTH_MAX, &config->depth, err));
    TRY(json_get_int(json, "num_attention_heads", 1, CONFIG_WIDTH_MAX, &config->num_heads, err));
    TRY(json_get_int(json, "intermediate_size", 1, CONFIG_WIDTH_MAX, &config->mlp_dim, err));
    TRY(json_get_double(json, "layer_norm_eps", 0, 1, &eps, err));
    config->layer_norm_eps = (float)eps;
    return config_get_activation(json, "hidden_act", &config->activation, err);
}

static ptm_status read_score(struct network *network, struct json json, ptm_error *err) {
    const char *problem = NULL;
    TRY(json_get_string(json, "problem_type", &problem, err));
    if (problem) network->score = strcmp(problem, "multi_label_classification") == 0 ? SCORE_SIGMOID : SCORE_SOFTMAX;
    return PTM_OK;
}

ptm_status family_read(struct network *network, const struct family *family, struct json config,
                       struct json preprocessor, int max_tokens, ptm_error *err) {
    network->modality = family->modality;
    network->family = family->model_type;
    network->config = family->defaults;
    network->prop_attn = family->prop_attn;
    network->r = "off";
    network->licence = network->source = "";
    TRY(read_backbone(&network->config, config, err));
    TRY(labels_read_id2label(network, config, err));
    TRY(family->read_config(network, config, err));
    TRY(read_score(network, config, err));
    TRY(config_derive(&network->config, max_tokens, config.document, err));
    return family->read_preprocessor(network, preprocessor, err);
}
