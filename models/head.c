/* SPDX-License-Identifier: MIT */
#include "models/head.h"

#include <string.h>

/** Where the tokens of the pool begin and end, and whether sizes weigh them. */
static void pool_range(const struct vit_config *config, int tokens, int *from, int *to, bool *weighted) {
    *weighted = config->pool == POOL_MEAN;
    *from = *weighted ? config->special_tokens : 0;
    *to = *weighted ? tokens : config->pool == POOL_FIRST_TWO ? 2 : 1;
}

static void pool_tokens(const struct compute *compute, float *pooled, float *row, const struct network *network,
                        const float *x, const float *size, int tokens) {
    const struct vit_config *config = &network->config;
    const struct vit_weights *weights = &network->weights;
    const int C = config->embed_dim;
    int from, to;
    bool weighted;
    pool_range(config, tokens, &from, &to, &weighted);

    float total = 0;
    memset(pooled, 0, (size_t)C * sizeof *pooled);
    for (int i = from; i < to; i++) {
        const float *token = x + (size_t)i * (size_t)C;
        const float weight = weighted ? size[i] : 1;
        if (weights->norm_w) {
            compute->kernels->layer_norm(row, token, weights->norm_w, weights->norm_b, C, config->layer_norm_eps);
            token = row;
        }
        for (int c = 0; c < C; c++) pooled[c] += token[c] * weight;
        total += weight;
    }
    for (int c = 0; c < C; c++) pooled[c] /= total;
}

void head_logits(const struct compute *compute, float *logits, float *pooled, float *row, const struct network *network,
                 const float *x, const float *size, int tokens) {
    const struct vit_config *config = &network->config;
    const struct vit_weights *weights = &network->weights;
    const int C = config->embed_dim;
    pool_tokens(compute, pooled, row, network, x, size, tokens);
    if (weights->head_norm_w)
        compute->kernels->layer_norm(pooled, pooled, weights->head_norm_w, weights->head_norm_b, C,
                                     config->head_norm_eps);
    linear(compute, logits, config->num_labels, pooled, C, weights->head_w, weights->head_b, 1, C, config->num_labels,
           ACTIVATION_NONE, LINEAR_SET);
}
