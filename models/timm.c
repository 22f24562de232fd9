/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strcasestr() */

#include "models/timm.h"

#include "models/config_keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------- the tensors */

enum { NAME_BYTES = 64 };

/** The tensor of that name, in timm's wrapper or of timm itself; or NULL. */
static const struct tensor *find_tensor(const struct checkpoint *checkpoint, const char *name) {
    char wrapped[sizeof TIMM_WRAPPED + NAME_BYTES];
    snprintf(wrapped, sizeof wrapped, TIMM_WRAPPED "%s", name);
    const struct tensor *tensor = checkpoint_find(checkpoint, wrapped);
    return tensor ? tensor : checkpoint_find(checkpoint, name);
}

static bool has_tensor(const struct checkpoint *checkpoint, const char *name) {
    return find_tensor(checkpoint, name) != NULL;
}

/** A dimension of a tensor of the right rank, from 1 to `max`; 0 where there is none such. */
static int tensor_size(const struct checkpoint *checkpoint, const char *name, int rank, int axis, int max) {
    const struct tensor *tensor = find_tensor(checkpoint, name);
    if (!tensor || tensor->rank != rank || tensor->shape[axis] < 1 || tensor->shape[axis] > max) return 0;
    return (int)tensor->shape[axis];
}

static int count_blocks(const struct checkpoint *checkpoint) {
    char name[NAME_BYTES];
    int depth = 0;
    for (; depth <= VIT_DEPTH_MAX; depth++) {
        snprintf(name, sizeof name, "blocks.%d.norm1.weight", depth);
        if (!has_tensor(checkpoint, name)) break;
    }
    return depth;
}

/** Parts that are there where their tensor is. */
static void read_parts(struct vit_config *config, const struct checkpoint *checkpoint) {
    static const struct {
        const char *name;
        unsigned part;
    } signs[] = {
        {"cls_token", PART_CLASS_TOKEN},
        {"dist_token", PART_DISTILL_TOKEN},
        {"patch_embed.proj.bias", PART_PATCH_BIAS},
        {"blocks.0.attn.qkv.bias", PART_QV_BIAS | PART_K_BIAS},
        {"blocks.0.ls1.gamma", PART_LAYER_SCALE},
        {"norm_pre.weight", PART_PRE_NORM},
        {"norm.weight", PART_FINAL_NORM},
        {"fc_norm.weight", PART_HEAD_NORM},
        {"head_dist.weight", PART_SECOND_HEAD},
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (has_tensor(checkpoint, signs[i].name)) config->parts |= signs[i].part;
}

static ptm_status read_sizes(struct vit_config *config, const struct checkpoint *checkpoint, ptm_error *err) {
    static const char patch[] = "patch_embed.proj.weight";
    struct patch_grid *grid = &config->grid;
    config->embed_dim = tensor_size(checkpoint, patch, 4, 0, CONFIG_WIDTH_MAX);
    grid->channels = tensor_size(checkpoint, patch, 4, 1, 3);
    grid->patch[1] = tensor_size(checkpoint, patch, 4, 2, CONFIG_SIDE_MAX);
    grid->patch[2] = tensor_size(checkpoint, patch, 4, 3, CONFIG_SIDE_MAX);
    config->mlp_dim = tensor_size(checkpoint, "blocks.0.mlp.fc2.weight", 2, 1, CONFIG_WIDTH_MAX);
    const int fc1 = tensor_size(checkpoint, "blocks.0.mlp.fc1.weight", 2, 0, 2 * CONFIG_WIDTH_MAX);
    config->parts |= fc1 == 2 * config->mlp_dim ? PART_SWIGLU : PART_MLP;
    config->stored_positions = tensor_size(checkpoint, "pos_embed", 3, 1, 1 << 24);
    config->register_tokens = tensor_size(checkpoint, "reg_token", 3, 1, 1024);
    config->depth = count_blocks(checkpoint);
    const bool colours = grid->channels == 1 || grid->channels == 3;
    if (config->embed_dim && colours && grid->patch[1] && grid->patch[2] && config->mlp_dim && config->depth &&
        config->stored_positions && config->depth <= VIT_DEPTH_MAX)
        return PTM_OK;
    return error_set(err, PTM_EMODEL,
                     "%s: the tensors patch_embed.proj.weight, pos_embed and blocks.0 are not those of a plain ViT as "
                     "timm names it",
                     safetensors_path(checkpoint->files));
}

/* ---------------------------------------------------------------- what tensors do not tell */

/** Words of architectures, the last that fits counting: timm's own functions set these, its files do not say them. */
static const struct {
    const char *word;
    int num_heads;
} head_words[] = {{"_tiny_", 3},
                  {"_small_", 6},
                  {"_base_", 12},
                  {"_large_", 16},
                  {"_huge_", 16},
                  {"_giant_", 16},
                  {"_gigantic_", 16},
                  {"_so400m_", 16},
                  {"_giantopt_", 16},
                  {"_giant_patch14_dinov2", 24},
                  {"_giant_patch14_reg4_dinov2", 24},
                  {"_giant_patch14_reg1_tipsv2", 24},
                  {"_giant_patch16_radio", 24},
                  {"_plus_", 14},
                  {"test_vit", 2},
                  {"test_vit3", 3},
                  {"test_vit4", 3},
                  {"_base_patch16_gap_224", 16}};

/** Heads: model_args, else the architecture's name, else 64 channels each. */
static ptm_status read_heads(struct vit_config *config, struct json json, const char *architecture, ptm_error *err) {
    if (config->embed_dim % 64 == 0) config->num_heads = config->embed_dim / 64;
    for (size_t i = 0; i < sizeof head_words / sizeof *head_words; i++)
        if (strstr(architecture, head_words[i].word)) config->num_heads = head_words[i].num_heads;
    TRY(json_get_int(json_get(json, "model_args"), "num_heads", 1, CONFIG_WIDTH_MAX, &config->num_heads, err));
    if (config->num_heads) return PTM_OK;
    return error_set(err, PTM_EMODEL,
                     "%s: \"model_args\" does not say \"num_heads\", and architecture \"%s\" is not known",
                     json.document, architecture);
}

/** Of timm's SigLIP towers those that do not have the tanh of the later ones. */
static bool is_exact_siglip(const char *architecture) {
    return strstr(architecture, "vit_base_patch16_siglip") || strstr(architecture, "so400m_patch14") ||
           (strstr(architecture, "vit_large_patch16_siglip") && !strstr(architecture, "_512"));
}

/** An activation by timm's name of it; false: none that runs here without SwiGLU. */
static bool find_activation(enum activation *activation, const char *name) {
    static const struct {
        const char *name;
        enum activation activation;
    } known[] = {{"gelu", ACTIVATION_GELU}, {"gelu_tanh", ACTIVATION_GELU_TANH}, {"quick_gelu", ACTIVATION_QUICK_GELU}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(name, known[i].name) != 0) continue;
        *activation = known[i].activation;
        return true;
    }
    return false;
}

/** The CLIP towers' epsilon, and the activation: model_args, else what the architecture's name tells. */
static void read_functions(struct vit_config *config, struct json json, const char *architecture) {
    if (config_has(config, PART_PRE_NORM) && strstr(architecture, "clip"))
        config->layer_norm_eps = config->head_norm_eps = 1e-5f;
    if (strstr(architecture, "quickgelu")) config->activation = ACTIVATION_QUICK_GELU;
    if (strstr(architecture, "siglip") && !is_exact_siglip(architecture)) config->activation = ACTIVATION_GELU_TANH;
    const char *argument = json_text(json_get(json_get(json, "model_args"), "act_layer"));
    if (argument) find_activation(&config->activation, argument);
}

/** An argument of timm's VisionTransformer: the tensors tell it too, or it is read here, or it is of training only. */
static bool is_harmless(const char *argument) {
    static const char *const known[] = {
        "img_size",       "patch_size",     "in_chans",         "num_classes",     "global_pool", "embed_dim",
        "depth",          "num_heads",      "mlp_ratio",        "qkv_bias",        "init_values", "class_token",
        "reg_tokens",     "no_embed_class", "pre_norm",         "fc_norm",         "use_fc_norm", "final_norm",
        "pos_embed",      "weight_init",    "dynamic_img_size", "dynamic_img_pad", "drop_rate",   "pos_drop_rate",
        "proj_drop_rate", "attn_drop_rate", "patch_drop_rate",  "drop_path_rate",  "fix_init",    "proj_bias",
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(argument, known[i]) == 0) return true;
    return false;
}

/** Whether the MLP that an argument names is the one that its tensors have: SwiGLU is with SiLU here. */
static bool is_known_mlp(const struct vit_config *config, const char *argument, const char *value) {
    const bool swiglu = config_has(config, PART_SWIGLU);
    enum activation activation;
    if (!value) return false;
    if (strcmp(argument, "mlp_layer") == 0) return swiglu && strcasestr(value, "swiglu") != NULL;
    if (strcmp(argument, "act_layer") == 0)
        return swiglu ? strcasestr(value, "silu") != NULL : find_activation(&activation, value);
    return false;
}

/** What an argument changes in the network may be in no tensor: one that is not known here, and is not false or null,
 * may mean another network. */
static ptm_status check_argument(void *context, const char *key, struct json value, ptm_error *err) {
    if (!json_present(value) || json_is_no(value) || is_harmless(key)) return PTM_OK;
    if (is_known_mlp(context, key, json_text(value))) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"model_args\" has \"%s\", which is not supported", value.document, key);
}

static ptm_status check_function(struct vit_config *config, struct json json, const char *architecture,
                                 ptm_error *err) {
    if (strstr(architecture, "_rpn_"))
        return error_set(err, PTM_EMODEL,
                         "%s: architecture \"%s\" has its norms behind the branches, which is not supported",
                         json.document, architecture);
    const struct json arguments = json_get(json, "model_args");
    if (json_present(json_get(arguments, "mlp_layer")) && !json_present(json_get(arguments, "act_layer")))
        return error_set(err, PTM_EMODEL,
                         "%s: \"model_args\" has \"mlp_layer\" without \"act_layer\", which is not supported",
                         json.document); /* timm gives it GELU then */
    return json_each(arguments, check_argument, config, err);
}

/** Pictures are not padded to whole patches here. */
static ptm_status refuse_padding(const struct patch_grid *grid, struct json json, ptm_error *err) {
    bool pads = false;
    TRY(json_get_bool(json_get(json, "model_args"), "dynamic_img_pad", &pads, err));
    if (!pads || (grid->size[1] % grid->patch[1] == 0 && grid->size[2] % grid->patch[2] == 0)) return PTM_OK;
    return error_set(
        err, PTM_EMODEL,
        "%s: \"dynamic_img_pad\" is true and patches of %d x %d do not divide an input of %d x %d; padding "
        "is not supported",
        json.document, grid->patch[1], grid->patch[2], grid->size[1], grid->size[2]);
}

/** Rows and columns of the input: model_args.img_size, else pretrained_cfg.input_size. */
static ptm_status read_input(struct patch_grid *grid, struct json json, ptm_error *err) {
    int input[3] = {grid->channels, grid->size[1], grid->size[2]};
    TRY(config_get_triple(json_get(json, "pretrained_cfg"), "input_size", input, err));
    grid->size[1] = input[1];
    grid->size[2] = input[2];
    TRY(config_get_pair(json_get(json, "model_args"), "img_size", &grid->size[1], &grid->size[2], err));
    grid_tile(grid);
    TRY(refuse_padding(grid, json, err));
    if (input[0] == grid->channels) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"input_size\" has %d channels, the patch embedding has %d", json.document,
                     input[0], grid->channels);
}

static ptm_status read_pool(struct vit_config *config, struct json json, ptm_error *err) {
    const char *told = NULL, *argument = NULL;
    TRY(json_get_string(json, "global_pool", &told, err));
    TRY(json_get_string(json_get(json, "model_args"), "global_pool", &argument, err));
    if (told && argument && strcmp(told, argument) != 0)
        return error_set(err, PTM_EMODEL, "%s: \"global_pool\" is \"%s\", in \"model_args\" it is \"%s\"",
                         json.document, told, argument);
    const char *pool = argument ? argument : told ? told : "token";
    if (config_has(config, PART_SECOND_HEAD))
        config->pool = POOL_TWO_HEADS;
    else if (strcmp(pool, "token") == 0)
        config->pool = POOL_FIRST;
    else if (strcmp(pool, "avg") == 0)
        config->pool = POOL_MEAN;
    else
        return error_set(err, PTM_EMODEL, "%s: \"global_pool\" is \"%s\"; it should be token or avg", json.document,
                         pool);
    return PTM_OK;
}

/** Which tokens the stored table has rows for: all, or the patches only. */
static void read_position(struct vit_config *config) {
    const struct patch_grid *grid = &config->grid;
    const int64_t patches = (int64_t)(grid->size[1] / grid->patch[1]) * (grid->size[2] / grid->patch[2]);
    config->position = config->stored_positions == patches ? POSITION_PATCHES : POSITION_LEARNED;
}

/** One channel is AudioMAE's spectrogram, frames by 128 mel bins. A picture of 128 columns cannot be told apart. */
static ptm_status read_audiomae(struct network *network, struct json json, ptm_error *err) {
    enum { MEL_BINS = 128 };
    const int *size = network->config.grid.size;
    if (size[2] != MEL_BINS)
        return error_set(
            err, PTM_EMODEL,
            "%s: an input of one channel, %d x %d, is not AudioMAE's spectrogram of %d columns, and pictures "
            "of one channel are not supported",
            json.document, size[1], size[2], MEL_BINS);
    network->modality = PTM_AUDIO;
    network->family = "audiomae";
    network->time_major = network->channel_axis = true;
    network->audio.target_length = size[1];
    network->audio.num_mel_bins = size[2];
    return PTM_OK;
}

ptm_status timm_config(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    struct vit_config *config = &network->config;
    TRY(read_sizes(config, checkpoint, err));
    read_parts(config, checkpoint);
    const char *architecture = "";
    TRY(json_get_string(checkpoint->config, "architecture", &architecture, err));
    TRY(check_function(config, checkpoint->config, architecture, err));
    TRY(read_heads(config, checkpoint->config, architecture, err));
    read_functions(config, checkpoint->config, architecture);
    TRY(read_input(&config->grid, checkpoint->config, err));
    TRY(read_pool(config, checkpoint->config, err));
    read_position(config);
    if (config->grid.channels == 1) TRY(read_audiomae(network, checkpoint->config, err));
    /* A norm behind the mean is MAE's fine-tuning, for which the paper leaves proportional attention off. */
    network->prop_attn = !(config->pool == POOL_MEAN && config_has(config, PART_HEAD_NORM));
    return PTM_OK;
}
