/* SPDX-License-Identifier: MIT */
#include "models/families.h"

#include "models/config_keys.h"
#include "models/datasets.h"
#include "models/labels.h"
#include "models/position.h"
#include "models/preprocessor.h"
#include "models/timm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- what families of transformers share */

/** Image and patch size and the channels, which are red, green and blue. */
static ptm_status read_picture_grid(struct patch_grid *grid, struct json json, const char *image_size,
                                    const char *channels, ptm_error *err) {
    TRY(config_get_pair(json, image_size, &grid->size[1], &grid->size[2], err));
    TRY(config_get_pair(json, "patch_size", &grid->patch[1], &grid->patch[2], err));
    TRY(json_get_int(json, channels, 3, 3, &grid->channels, err));
    grid_tile(grid);
    return PTM_OK;
}

/** A clip of such pictures, in tubes. */
static ptm_status read_video_grid(struct patch_grid *grid, struct json json, ptm_error *err) {
    TRY(json_get_int(json, "num_frames", 1, CONFIG_SIDE_MAX, &grid->size[0], err));
    TRY(json_get_int(json, "tubelet_size", 1, CONFIG_SIDE_MAX, &grid->patch[0], err));
    return read_picture_grid(grid, json, "image_size", "num_channels", err);
}

static ptm_status read_qkv_bias(struct vit_config *config, struct json json, ptm_error *err) {
    bool qkv_bias = true;
    TRY(json_get_bool(json, "qkv_bias", &qkv_bias, err));
    if (qkv_bias) config->parts |= PART_QV_BIAS | PART_K_BIAS;
    return PTM_OK;
}

/* ---------------------------------------------------------------- VideoMAE, ViViT */

static ptm_status read_videomae(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    const struct json json = checkpoint->config;
    struct vit_config *config = &network->config;
    bool qv_bias = true, mean_pooling = true;
    TRY(read_video_grid(&config->grid, json, err));
    TRY(json_get_bool(json, "qv_bias", &qv_bias, err)); /* transformers 5 */
    TRY(json_get_bool(json, "qkv_bias", &qv_bias, err));
    TRY(json_get_bool(json, "use_mean_pooling", &mean_pooling, err));
    if (qv_bias) config->parts |= PART_QV_BIAS;
    config->parts |= mean_pooling ? PART_HEAD_NORM : PART_FINAL_NORM;
    config->pool = mean_pooling ? POOL_MEAN : POOL_FIRST;
    return PTM_OK;
}

static ptm_status read_vivit(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    const struct json json = checkpoint->config;
    struct patch_grid *grid = &network->config.grid;
    TRY(json_get_int(json, "num_frames", 1, CONFIG_SIDE_MAX, &grid->size[0], err));
    TRY(config_get_triple(json, "tubelet_size", grid->patch, err));
    TRY(config_get_pair(json, "image_size", &grid->size[1], &grid->size[2], err));
    TRY(json_get_int(json, "num_channels", 3, 3, &grid->channels, err));
    grid_tile(grid);
    return read_qkv_bias(&network->config, json, err);
}

/* ---------------------------------------------------------------- AST */

static ptm_status read_ast(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    const struct json json = checkpoint->config;
    struct vit_config *config = &network->config;
    struct patch_grid *grid = &config->grid;
    TRY(json_get_int(json, "patch_size", 1, CONFIG_SIDE_MAX, &grid->patch[1], err));
    grid->patch[2] = grid->patch[1];
    TRY(json_get_int(json, "frequency_stride", 1, CONFIG_SIDE_MAX, &grid->stride[1], err));
    TRY(json_get_int(json, "time_stride", 1, CONFIG_SIDE_MAX, &grid->stride[2], err));
    TRY(json_get_int(json, "num_mel_bins", 1, CONFIG_SIDE_MAX, &grid->size[1], err));
    TRY(json_get_int(json, "max_length", 1, CONFIG_SIDE_MAX, &grid->size[2], err));
    TRY(read_qkv_bias(config, json, err));
    network->audio.num_mel_bins = grid->size[1];
    network->audio.target_length = grid->size[2];
    config->head_norm_eps = config->layer_norm_eps;
    return PTM_OK;
}

/* ---------------------------------------------------------------- ViT, DeiT, DINOv2 */

static ptm_status read_vit(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    TRY(read_picture_grid(&network->config.grid, checkpoint->config, "image_size", "num_channels", err));
    return read_qkv_bias(&network->config, checkpoint->config, err);
}

static ptm_status read_deit(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    struct vit_config *config = &network->config;
    const bool teacher = checkpoint_find(checkpoint, "distillation_classifier.weight") != NULL;
    TRY(read_vit(network, checkpoint, err));
    config->parts |= teacher ? PART_SECOND_HEAD : PART_ONE_HEAD;
    config->pool = teacher ? POOL_TWO_HEADS : POOL_FIRST;
    return PTM_OK;
}

/** The MLP's width: a ratio, of which SwiGLU takes two thirds, rounded up to a multiple of 8. */
static ptm_status dinov2_mlp(struct vit_config *config, struct json json, ptm_error *err) {
    double ratio = 4;
    bool swiglu = false;
    TRY(json_get_double(json, "mlp_ratio", 0.01, 64, &ratio, err));
    TRY(json_get_bool(json, "use_swiglu_ffn", &swiglu, err));
    config->mlp_dim = (int)(config->embed_dim * ratio);
    if (swiglu) config->mlp_dim = ((int)(config->mlp_dim * 2.0 / 3) + 7) / 8 * 8;
    config->parts |= swiglu ? PART_SWIGLU : PART_MLP;
    return PTM_OK;
}

/**
 * Where the stored positions are for another grid than the one that pictures fill, they are resized; the class with
 * registers does it with antialiasing.
 */
static ptm_status read_dinov2_positions(struct vit_config *config, const struct checkpoint *checkpoint,
                                        const char *family, ptm_error *err) {
    const struct patch_grid *grid = &config->grid;
    char name[64];
    snprintf(name, sizeof name, "%s.embeddings.position_embeddings", family);
    const struct tensor *table = checkpoint_find(checkpoint, name);
    if (!table || table->rank != 3 || table->shape[1] < 2 ||
        table->shape[1] - 1 > POSITION_SIDE_MAX * POSITION_SIDE_MAX)
        return error_set(err, PTM_EMODEL, "%s: tensor \"%s\" is missing or no table of positions",
                         safetensors_path(checkpoint->files), name);
    config->stored_side = (int)sqrt((double)(table->shape[1] - 1));
    config->stored_positions = config->stored_side * config->stored_side + 1;
    const bool same =
        grid->size[1] / grid->patch[1] == config->stored_side && grid->size[2] / grid->patch[2] == config->stored_side;
    const bool antialiased = config_has(config, PART_REGISTERS);
    config->position = same ? POSITION_CLASS : antialiased ? POSITION_ANTIALIASED : POSITION_RESIZED;
    return PTM_OK;
}

/** The published checkpoints are made for 518 x 518 and used at the size that their processor's pictures have. */
static ptm_status read_dinov2(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    struct vit_config *config = &network->config;
    int *size = config->grid.size;
    TRY(read_vit(network, checkpoint, err));
    TRY(dinov2_mlp(config, checkpoint->config, err));
    TRY(json_get_int(checkpoint->config, "num_register_tokens", 0, 1024, &config->register_tokens, err));
    TRY(preprocessor_read_pictures(network, &processor_bit, checkpoint->preprocessor, err));
    preprocessor_get_size(&network->picture.pixels, &size[1], &size[2]);
    return read_dinov2_positions(config, checkpoint, network->family, err);
}

/* ---------------------------------------------------------------- CLIP, SigLIP */

/** The vision tower's own configuration inside the pair's. */
static struct json tower(struct json config) {
    const struct json vision = json_get(config, "vision_config");
    return json_is_object(vision) ? vision : config;
}

static ptm_status read_clip(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    struct vit_config *config = &network->config;
    TRY(config_read_backbone(config, tower(checkpoint->config), err));
    TRY(read_picture_grid(&config->grid, tower(checkpoint->config), "image_size", "num_channels", err));
    config->parts |= PART_QV_BIAS | PART_K_BIAS;
    return PTM_OK;
}

/* ---------------------------------------------------------------- V-JEPA 2 */

static ptm_status read_vjepa2(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    const struct json json = checkpoint->config;
    struct vit_config *config = &network->config;
    struct patch_grid *grid = &config->grid;
    double ratio = 4;
    TRY(json_get_int(json, "frames_per_clip", 1, CONFIG_SIDE_MAX, &grid->size[0], err));
    TRY(json_get_int(json, "tubelet_size", 1, CONFIG_SIDE_MAX, &grid->patch[0], err));
    TRY(read_picture_grid(grid, json, "crop_size", "in_chans", err));
    TRY(json_get_double(json, "mlp_ratio", 0.01, 64, &ratio, err));
    TRY(json_get_int(json, "num_pooler_layers", 0, VIT_DEPTH_MAX, &config->pooler_depth, err));
    config->mlp_dim = (int)(config->embed_dim * ratio);
    config->pooler_mlp_dim = 4 * config->embed_dim; /* whatever mlp_ratio is */
    return read_qkv_bias(config, json, err);
}

/* ---------------------------------------------------------------- MAE-ST, OmniMAE */

/** The original names (facebookresearch/mae_st) with a config.json in the manner of transformers: docs/models.md. */
static ptm_status read_mae_st(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    const struct json json = checkpoint->config;
    struct vit_config *config = &network->config;
    bool separate = true, class_token = true;
    TRY(read_video_grid(&config->grid, json, err));
    TRY(json_get_bool(json, "sep_pos_embed", &separate, err));
    TRY(json_get_bool(json, "cls_embed", &class_token, err));
    config->position = separate ? POSITION_SPACE_TIME : POSITION_LEARNED;
    config->parts |= separate ? PART_SPACE_TIME : PART_ONE_TABLE;
    if (!class_token)
        return error_set(err, PTM_EMODEL, "%s: \"cls_embed\" is false, for which there is no pooling rule here",
                         json.document);
    return read_qkv_bias(config, json, err);
}

static ptm_status read_omnimae(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    const struct json json = checkpoint->config;
    struct vit_config *config = &network->config;
    TRY(read_video_grid(&config->grid, json, err));
    return read_qkv_bias(config, json, err);
}

/* ---------------------------------------------------------------- the table */

#define VIT_BASE .embed_dim = 768, .depth = 12, .num_heads = 12, .mlp_dim = 3072
#define HF_VIT VIT_BASE, .layer_norm_eps = 1e-12f, .activation = ACTIVATION_GELU
#define IMAGE_GRID(side, patch_side) \
    .grid = {.channels = 3, .size = {1, side, side}, .patch = {1, patch_side, patch_side}}
#define DINOV2(registers)                                                                         \
    VIT_BASE, .layer_norm_eps = 1e-6f, .activation = ACTIVATION_GELU, .position = POSITION_CLASS, \
              .parts = PART_CLASS_TOKEN | PART_FINAL_NORM | PART_LAYER_SCALE | (registers),       \
              .pool = POOL_FIRST_AND_MEAN

static const struct family families[] = {
    {
        .model_type = "videomae",
        .modality = PTM_VIDEO,
        .prefix = "videomae.",
        .weights = &weights_videomae,
        .defaults = {HF_VIT, .head_norm_eps = 1e-5f, /* fc_norm is a plain torch LayerNorm */
                     .position = POSITION_SINUSOID,
                     .grid = {.channels = 3, .size = {16, 224, 224}, .patch = {2, 16, 16}}},
        .prop_attn = false, /* as the ToMe paper found for MAE-trained models */
        .read_config = read_videomae,
        .processor = &processor_videomae,
    },
    {
        .model_type = "vivit",
        .modality = PTM_VIDEO,
        .prefix = "vivit.",
        .weights = &weights_vivit,
        .defaults = {VIT_BASE, .layer_norm_eps = 1e-6f, .activation = ACTIVATION_GELU_TANH,
                     .parts = PART_CLASS_TOKEN | PART_FINAL_NORM,
                     .grid = {.channels = 3, .size = {32, 224, 224}, .patch = {2, 16, 16}}},
        .prop_attn = true,
        .read_config = read_vivit,
        .processor = &processor_vivit,
    },
    {
        .model_type = "vjepa2",
        .modality = PTM_VIDEO,
        .prefix = "vjepa2.",
        .weights = &weights_vjepa2,
        .defaults = {.embed_dim = 1024,
                     .depth = 24,
                     .num_heads = 16,
                     .mlp_dim = 4096,
                     .layer_norm_eps = 1e-6f,
                     .activation = ACTIVATION_GELU,
                     .parts = PART_FINAL_NORM | PART_POOLER,
                     .position = POSITION_ROTARY,
                     .pool = POOL_ATTENTIVE,
                     .pooler_depth = 3,
                     .grid = {.channels = 3, .size = {64, 256, 256}, .patch = {2, 16, 16}}},
        .prop_attn = true,
        .read_config = read_vjepa2,
        .processor = &processor_vjepa2,
    },
    {
        .model_type = "mae_st",
        .modality = PTM_VIDEO,
        .prefix = "",
        .weights = &weights_mae_st,
        .defaults = {.embed_dim = 1024,
                     .depth = 24,
                     .num_heads = 16,
                     .mlp_dim = 4096,
                     .layer_norm_eps = 1e-6f,
                     .head_norm_eps = 1e-6f,
                     .activation = ACTIVATION_GELU,
                     .parts = PART_CLASS_TOKEN | PART_HEAD_NORM,
                     .pool = POOL_MEAN,
                     .grid = {.channels = 3, .size = {16, 224, 224}, .patch = {2, 16, 16}}},
        .prop_attn = false,
        .read_config = read_mae_st,
        .processor = &processor_mae_st,
    },
    {
        .model_type = "omnimae",
        .modality = PTM_VIDEO,
        .prefix = "",
        .weights = &weights_omnimae,
        .defaults = {VIT_BASE, .layer_norm_eps = 1e-6f, .head_norm_eps = 1e-6f, .activation = ACTIVATION_GELU,
                     .parts = PART_HEAD_NORM | PART_FUSED_QKV, .pool = POOL_MEAN,
                     .grid = {.channels = 3, .size = {16, 224, 224}, .patch = {2, 16, 16}}},
        .prop_attn = false,
        .read_config = read_omnimae,
        .processor = &processor_omnimae,
    },
    {
        .model_type = "audio-spectrogram-transformer",
        .modality = PTM_AUDIO,
        .prefix = "audio_spectrogram_transformer.",
        .weights = &weights_ast,
        .defaults = {HF_VIT, .parts = PART_CLASS_TOKEN | PART_DISTILL_TOKEN | PART_FINAL_NORM | PART_HEAD_NORM,
                     .pool = POOL_FIRST_TWO,
                     .grid = {.channels = 1, .size = {1, 128, 1024}, .patch = {1, 16, 16}, .stride = {1, 10, 10}}},
        .prop_attn = true,
        .read_config = read_ast,
        .read_preprocessor = preprocessor_read_ast,
    },
    {
        .model_type = "vit",
        .modality = PTM_IMAGE,
        .prefix = "vit.",
        .weights = &weights_vit,
        .defaults = {HF_VIT, .parts = PART_CLASS_TOKEN | PART_FINAL_NORM, IMAGE_GRID(224, 16)},
        .prop_attn = true,
        .read_config = read_vit,
        .processor = &processor_vit,
    },
    {
        .model_type = "deit",
        .modality = PTM_IMAGE,
        .prefix = "deit.",
        .weights = &weights_deit,
        .defaults = {HF_VIT, .parts = PART_CLASS_TOKEN | PART_DISTILL_TOKEN | PART_FINAL_NORM, IMAGE_GRID(224, 16)},
        .prop_attn = true,
        .read_config = read_deit,
        .processor = &processor_deit,
    },
    {
        .model_type = "dinov2",
        .modality = PTM_IMAGE,
        .prefix = "dinov2.",
        .weights = &weights_dinov2,
        .defaults = {DINOV2(PART_ALWAYS), IMAGE_GRID(224, 14)},
        .prop_attn = true,
        .read_config = read_dinov2,
        .processor = &processor_bit,
    },
    {
        .model_type = "dinov2_with_registers",
        .modality = PTM_IMAGE,
        .prefix = "dinov2_with_registers.",
        .weights = &weights_dinov2,
        .defaults = {DINOV2(PART_REGISTERS), .register_tokens = 4, /* a table that may have no rows */
                     IMAGE_GRID(224, 16)},                         /* its patches are 16, dinov2's 14 */
        .prop_attn = true,
        .read_config = read_dinov2,
        .processor = &processor_bit,
    },
    {
        .model_type = "clip",
        .modality = PTM_IMAGE,
        .prefix = "vision_model.",
        .weights = &weights_clip,
        .defaults = {VIT_BASE, .layer_norm_eps = 1e-5f, .activation = ACTIVATION_QUICK_GELU,
                     .parts = PART_CLASS_TOKEN | PART_PRE_NORM, .pool = POOL_MEAN, IMAGE_GRID(224, 32)},
        .prop_attn = true,
        .read_config = read_clip,
        .processor = &processor_clip,
    },
    {
        .model_type = "siglip",
        .modality = PTM_IMAGE,
        .prefix = "vision_model.",
        .weights = &weights_clip,
        .defaults = {VIT_BASE, .layer_norm_eps = 1e-6f, .activation = ACTIVATION_GELU_TANH,
                     .parts = PART_PATCH_BIAS | PART_FINAL_NORM, .pool = POOL_MEAN, IMAGE_GRID(224, 16)},
        .prop_attn = true,
        .read_config = read_clip,
        .processor = &processor_siglip,
    },
    {
        .model_type = "timm",
        .modality = PTM_IMAGE,
        .prefix = "",
        .weights = &weights_timm,
        .defaults = {.layer_norm_eps = 1e-6f,
                     .head_norm_eps = 1e-6f,
                     .activation = ACTIVATION_GELU,
                     .parts = PART_FUSED_QKV,
                     .grid = {.channels = 3, .size = {1, 224, 224}, .patch = {1, 0, 0}}},
        .prop_attn = true,
        .read_config = timm_config,
        .read_preprocessor = timm_preprocessor,
    },
};

enum { FAMILIES = sizeof families / sizeof *families, NAMES_BYTES = 512 };

/** Names of all families, "a, b, c". */
static const char *family_names(char *text, size_t bytes) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < FAMILIES && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? ", " : "", families[i].model_type);
    return text;
}

ptm_status family_find(const struct family **family, struct json config, ptm_error *err) {
    const char *model_type = NULL;
    char names[NAMES_BYTES];
    TRY(json_get_string(config, "model_type", &model_type, err));
    const bool wrapped = model_type && strcmp(model_type, "timm_wrapper") == 0; /* transformers around a timm model */
    if (wrapped || (!model_type && json_is_string(json_get(config, "architecture")))) model_type = "timm";
    for (int i = 0; model_type && i < FAMILIES; i++) {
        if (strcmp(families[i].model_type, model_type) != 0) continue;
        *family = &families[i];
        return PTM_OK;
    }
    return error_set(err, PTM_EMODEL, "%s: \"model_type\" is %s%s%s; the families that run are %s", config.document,
                     model_type ? "\"" : "", model_type ? model_type : "missing", model_type ? "\"" : "",
                     family_names(names, sizeof names));
}

struct weight_names family_weight_names(const struct family *family, const struct checkpoint *checkpoint) {
    const struct weight_names names = {family->weights, checkpoint->prefix, family->prefix};
    struct weight_names other = names;
    other.table = family->weights->other;
    return other.table && weights_have_first(checkpoint->files, &other) ? other : names;
}

const struct tensor *checkpoint_find(const struct checkpoint *checkpoint, const char *name) {
    char full[NAMES_BYTES];
    snprintf(full, sizeof full, "%s%s", checkpoint->prefix, name);
    return safetensors_find(checkpoint->files, full);
}

/** How logits become scores: what the kind of problem says, else softmax, but sigmoid of one label of pictures and of
 * AudioSet's, of which published configs do not say it. */
static ptm_status read_score(struct network *network, struct json json, ptm_error *err) {
    const char *problem = NULL;
    TRY(json_get_string(json, "problem_type", &problem, err));
    if (problem && strcmp(problem, "regression") == 0)
        return error_set(err, PTM_EMODEL, "%s: \"problem_type\" is regression, which has no labels to score",
                         json.document);
    const int labels = network->config.num_labels;
    const bool one = network->modality == PTM_IMAGE && labels == 1;
    const bool several = problem ? strcmp(problem, "multi_label_classification") == 0
                                 : network->modality == PTM_AUDIO && labels == AUDIOSET_LABELS;
    network->score = one || several ? SCORE_SIGMOID : SCORE_SOFTMAX;
    return PTM_OK;
}

ptm_status family_read(struct network *network, const struct family *family, const struct checkpoint *checkpoint,
                       int max_tokens, ptm_error *err) {
    struct vit_config *config = &network->config;
    network->modality = family->modality;
    network->family = family->model_type;
    network->prop_attn = family->prop_attn;
    network->r = "off";
    network->licence = network->source = "";
    *config = family->defaults;
    TRY(config_read_backbone(config, checkpoint->config, err));
    TRY(labels_read_config(network, family->weights == &weights_timm, checkpoint->config, err));
    TRY(family->read_config(network, checkpoint, err));
    TRY(read_score(network, checkpoint->config, err));
    TRY(config_derive(config, max_tokens, checkpoint->config.document, err));
    if (family->processor) return preprocessor_read_pictures(network, family->processor, checkpoint->preprocessor, err);
    return family->read_preprocessor(network, checkpoint, err);
}
