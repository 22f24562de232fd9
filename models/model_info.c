/* SPDX-License-Identifier: MIT */
/* model_info: what a model is, takes and answers, in the public struct. */
#include "models/model.h"

ptm_status ptm_model_get_info(const ptm_model *model, ptm_modality modality, ptm_model_info *info, ptm_error *err) {
    error_clear(err);
    const struct network *network = model_network(model, modality);
    if (!network)
        return error_set(err, PTM_EINVAL, "model %s has no %s part", model->name, network_modality_name(modality));
    const struct vit_config *config = &network->config;
    *info = (ptm_model_info){
        .name = network->name,
        .path = model->path,
        .family = network->family,
        .licence = network->licence,
        .source = network->source,
        .modality = modality,
        .embed_dim = config->embed_dim,
        .depth = config->depth,
        .num_heads = config->num_heads,
        .mlp_dim = config->mlp_dim,
        .parameters = network->parameters,
        .precision = network->precision,
        .tokens = config->tokens,
        .protected_tokens = config->protected_tokens,
        .num_labels = config->num_labels,
        .labels = network->labels,
        .activation = network->score == SCORE_SIGMOID ? "sigmoid" : "softmax",
        .r = network->r,
        .prop_attn = network->prop_attn,
        .gflop = config_gflop(config, NULL),
    };
    info->input_rank = network_input_shape(network, info->input_shape);
    if (modality != PTM_AUDIO) {
        info->num_frames = config->grid.size[0];
        info->image_size = config->grid.size[1];
        info->frame_rate = network->picture.frame_rate;
        info->window_seconds = info->frame_rate > 0 ? info->num_frames / info->frame_rate : 0;
    } else {
        info->sample_rate = network->audio.sample_rate;
        info->num_mel_bins = network->audio.num_mel_bins;
        info->target_length = network->audio.target_length;
        info->window_seconds = (double)fbank_window_samples(&network->audio) / info->sample_rate;
    }
    return PTM_OK;
}
