/* SPDX-License-Identifier: MIT */
#include "models/network.h"

#include "base/memory.h"

const ptm_modality network_modalities[NETWORK_MODALITIES] = {PTM_VIDEO, PTM_AUDIO, PTM_IMAGE};

int network_modality_index(ptm_modality modality) {
    int i = NETWORK_MODALITIES - 1;
    while (i >= 0 && network_modalities[i] != modality) i--;
    return i;
}

const char *network_modality_name(ptm_modality modality) {
    return modality == PTM_VIDEO ? "video" : modality == PTM_AUDIO ? "audio" : "image";
}

void network_close(struct network *network) {
    mem_free(network->weights.blocks);
    mem_free(network->weights.matrices);
    mem_free(network->computed_pos);
    mem_free(network->labels);
    mem_free(network->self_test.plain);
    mem_free(network->self_test.merged);
}

void network_lay_input(struct network *network) {
    struct patch_grid *grid = &network->config.grid;
    if (network->modality != PTM_AUDIO) {
        const ptrdiff_t plane = (ptrdiff_t)grid->size[1] * grid->size[2];
        grid->step[0] = plane;
        grid->step[1] = grid->channels * plane;
        grid->step[2] = grid->size[2];
        grid->step[3] = 1;
    } else {
        const int M = network->audio.num_mel_bins;
        grid->step[0] = grid->step[1] = 0; /* one channel, one plane */
        grid->step[2] = network->time_major ? M : 1;
        grid->step[3] = network->time_major ? 1 : M;
    }
}

int network_input_shape(const struct network *network, int shape[5]) {
    const struct patch_grid *grid = &network->config.grid;
    int rank = 0;
    shape[rank++] = 1;
    if (network->modality == PTM_AUDIO) {
        if (network->channel_axis) shape[rank++] = 1;
        shape[rank++] = network->audio.target_length;
        shape[rank++] = network->audio.num_mel_bins;
        return rank;
    }
    if (network->modality == PTM_VIDEO) shape[rank++] = grid->size[0];
    shape[rank++] = grid->channels;
    shape[rank++] = grid->size[1];
    shape[rank++] = grid->size[2];
    return rank;
}

size_t network_input_count(const struct network *network) {
    int shape[5];
    const int rank = network_input_shape(network, shape);
    size_t count = 1;
    for (int i = 0; i < rank; i++) count *= (size_t)shape[i];
    return count;
}
