/* SPDX-License-Identifier: MIT */
#include "models/shared_backbone.h"

#include "models/config_keys.h"
#include "models/labels.h"
#include "models/single_file.h"

#include <math.h>

static ptm_status need_object(struct json value, const char *key, ptm_error *err) {
    if (json_is_object(value)) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"%s\" should be an object", value.document, key);
}

static ptm_status read_backbone(struct vit_config *config, struct json json, ptm_error *err) {
    double eps = 1e-6, mlp_ratio = 4;
    bool qkv_bias = true;
    TRY(need_object(json, "backbone", err));
    TRY(json_get_int(json, "embed_dim", 1, CONFIG_WIDTH_MAX, &config->embed_dim, err));
    TRY(json_get_int(json, "depth", 1, VIT_DEPTH_MAX, &config->depth, err));
    TRY(json_get_int(json, "num_heads", 1, CONFIG_WIDTH_MAX, &config->num_heads, err));
    TRY(json_get_double(json, "mlp_ratio", 0.01, 64, &mlp_ratio, err));
    TRY(json_get_double(json, "layer_norm_eps", 0, 1, &eps, err));
    TRY(json_get_bool(json, "qkv_bias", &qkv_bias, err));
    TRY(config_get_activation(json, "act", &config->activation, err));
    if (!config->embed_dim || !config->depth || !config->num_heads)
        return error_set(err, PTM_EMODEL, "%s: \"backbone\" needs \"embed_dim\", \"depth\" and \"num_heads\"",
                         json.document);
    config->mlp_dim = (int)lround(config->embed_dim * mlp_ratio);
    config->layer_norm_eps = (float)eps;
    config->parts |= PART_FUSED_QKV | PART_FINAL_NORM | PART_PATCH_BIAS | (qkv_bias ? PART_QV_BIAS | PART_K_BIAS : 0);
    return PTM_OK;
}

static ptm_status read_video(struct network *network, struct json json, ptm_error *err) {
    static const struct config_choice crops[] = {{"center", 0}, {NULL, 0}};
    struct patch_grid *grid = &network->config.grid;
    struct pixels_spec *pixels = &network->picture.pixels;
    int side = 0, patch = 16, crop = 0;
    TRY(json_get_int(json, "num_frames", 1, CONFIG_SIDE_MAX, &grid->size[0], err));
    TRY(json_get_double(json, "frame_rate", 0, 1000, &network->picture.frame_rate, err));
    TRY(json_get_int(json, "image_size", 1, CONFIG_SIDE_MAX, &side, err));
    TRY(json_get_int(json, "tubelet_size", 1, CONFIG_SIDE_MAX, &grid->patch[0], err));
    TRY(json_get_int(json, "patch_size", 1, CONFIG_SIDE_MAX, &patch, err));
    network->config.parts |= PART_TUBES;
    grid->channels = 3;
    grid->size[1] = grid->size[2] = side;
    grid->patch[1] = grid->patch[2] = patch;
    grid_tile(grid);

    const struct json resize = json_get(json, "resize");
    *pixels = (struct pixels_spec){.do_resize = true,
                                   .resample = RESAMPLE_BILINEAR,
                                   .shortest_edge = side,
                                   .do_center_crop = true,
                                   .crop_h = side,
                                   .crop_w = side,
                                   .do_rescale = true,
                                   .rescale_factor = 1 / 255.0,
                                   .do_normalize = true,
                                   .std = {1, 1, 1},
                                   .height = side,
                                   .width = side};
    TRY(json_get_int(resize, "shortest_edge", 1, CONFIG_SIDE_MAX, &pixels->shortest_edge, err));
    TRY(config_get_resample(resize, "resample", &pixels->resample, err));
    TRY(config_get_choice(json, "crop", crops, "center", &crop, err));
    TRY(json_get_floats(json, "mean", 3, pixels->mean, err));
    return json_get_floats(json, "std", 3, pixels->std, err);
}

static ptm_status read_audio(struct network *network, struct json json, ptm_error *err) {
    static const struct config_choice orders[] = {{"frequency-major", 0}, {NULL, 0}};
    static const struct config_choice normalisations[] = {{"(x-mean)/(2*std)", 0}, {NULL, 0}};
    static const struct config_choice pads[] = {
        {"samples, zero, centred", true}, {"frames, zero, end", false}, {NULL, 0}};
    struct patch_grid *grid = &network->config.grid;
    struct fbank_spec *audio = &network->audio;
    int patch = 16, order = 0, normalisation = 0, pad_samples = true;
    double mean = 0, std = 0.5;
    *audio = (struct fbank_spec){.do_normalize = true};
    fbank_set_defaults(audio);
    grid->channels = grid->size[0] = grid->patch[0] = grid->stride[0] = 1;
    TRY(json_get_int(json, "sample_rate", 1000, 384000, &audio->sample_rate, err));
    TRY(json_get_int(json, "num_mel_bins", 1, CONFIG_SIDE_MAX, &audio->num_mel_bins, err));
    TRY(json_get_int(json, "target_length", 1, CONFIG_SIDE_MAX, &audio->target_length, err));
    TRY(json_get_int(json, "patch_size", 1, CONFIG_SIDE_MAX, &patch, err));
    TRY(json_get_int(json, "fstride", 1, CONFIG_SIDE_MAX, &grid->stride[1], err));
    TRY(json_get_int(json, "tstride", 1, CONFIG_SIDE_MAX, &grid->stride[2], err));
    TRY(config_get_choice(json, "token_order", orders, "frequency-major", &order, err));
    TRY(config_get_choice(json, "normalise", normalisations, "(x-mean)/(2*std)", &normalisation, err));
    TRY(config_get_choice(json, "pad", pads, "\"samples, zero, centred\" or \"frames, zero, end\"", &pad_samples, err));
    TRY(json_get_double(json, "mean", -1e6, 1e6, &mean, err));
    TRY(json_get_double(json, "std", 1e-6, 1e6, &std, err));
    TRY(json_get_bool(json, "subtract_clip_mean", &audio->subtract_clip_mean, err));
    network->config.parts |= PART_PATCHES;
    audio->mean = (float)mean;
    audio->std = (float)std;
    audio->pad_samples = pad_samples;
    grid->size[1] = audio->num_mel_bins;
    grid->size[2] = audio->target_length;
    grid->patch[1] = grid->patch[2] = patch;
    return PTM_OK;
}

/** What both modalities say alike: tokens, head, labels, merging. */
static ptm_status read_head(struct network *network, struct json json, ptm_error *err) {
    static const struct config_choice pools[] = {{"cls", POOL_FIRST}, {"mean", POOL_MEAN}, {NULL, 0}};
    static const struct config_choice scores[] = {{"softmax", SCORE_SOFTMAX}, {"sigmoid", SCORE_SIGMOID}, {NULL, 0}};
    bool class_token = true;
    int pool = POOL_FIRST, score = SCORE_SOFTMAX;
    TRY(json_get_bool(json, "class_token", &class_token, err));
    TRY(config_get_choice(json, "pool", pools, "cls or mean", &pool, err));
    TRY(config_get_choice(json, "activation", scores, "softmax or sigmoid", &score, err));
    if (class_token) network->config.parts |= PART_CLASS_TOKEN;
    network->config.pool = (enum pool)pool;
    network->score = (enum score)score;
    network->r = "off";
    network->prop_attn = true;
    TRY(single_file_read_merge(network, json, err));
    return labels_read_list(network, json, "labels", err);
}

static ptm_status read_modality(struct network *network, struct json root, ptm_modality modality, int max_tokens,
                                ptm_error *err) {
    const char *const key = network_modality_name(modality);
    const struct json json = json_get(json_get(root, "modalities"), key);
    network->modality = modality;
    network->family = "polytome";
    network->licence = network->source = "";
    network->config.position = POSITION_LEARNED;
    TRY(need_object(json, key, err));
    TRY(json_get_string(root, "licence", &network->licence, err));
    TRY(json_get_string(root, "source", &network->source, err));
    TRY(json_get_string(root, "name", &network->name, err));
    TRY(read_backbone(&network->config, json_get(root, "backbone"), err));
    TRY(modality == PTM_VIDEO ? read_video(network, json, err) : read_audio(network, json, err));
    TRY(read_head(network, json, err));
    TRY(config_derive(&network->config, max_tokens, json.document, err));
    return single_file_read_self_test(network, json_get(json_get(root, "selftest"), key), err);
}

ptm_status shared_backbone_read(struct network *networks, int *count, struct json root, int max_tokens,
                                ptm_error *err) {
    static const ptm_modality modalities[] = {PTM_VIDEO, PTM_AUDIO};
    *count = 0;
    for (int i = 0; i < 2; i++) {
        if (!json_present(json_get(json_get(root, "modalities"), network_modality_name(modalities[i])))) continue;
        TRY(read_modality(&networks[(*count)++], root, modalities[i], max_tokens, err));
    }
    if (*count) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"modalities\" has neither \"video\" nor \"audio\"", root.document);
}

const char *shared_backbone_prefix(ptm_modality modality) {
    return modality == PTM_VIDEO ? "video." : "audio.";
}
