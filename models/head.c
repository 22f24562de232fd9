/* SPDX-License-Identifier: MIT */
#include "models/head.h"

#include "models/pooler.h"

#include <string.h>

/** One token after the final norm, where there is one; in vit->row then. */
static const float *normed_token(const struct vit *vit, int token) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    const float *x = vit->x + (size_t)token * (size_t)config->embed_dim;
    if (!weights->norm_w) return x;
    vit->compute->kernels->layer_norm(vit->row, x, weights->norm_w, weights->norm_b, config->embed_dim,
                                      config->layer_norm_eps);
    return vit->row;
}

/** pooled (C) = mean of the tokens from .. to - 1, weighted by their sizes or plain. */
static void mean_tokens(const struct vit *vit, float *pooled, int from, int to, bool weighted) {
    const int C = vit->network->config.embed_dim;
    float total = 0;
    memset(pooled, 0, (size_t)C * sizeof *pooled);
    for (int i = from; i < to; i++) {
        const float *token = normed_token(vit, i);
        const float weight = weighted ? vit->tome.size[i] : 1;
        for (int c = 0; c < C; c++) pooled[c] += token[c] * weight;
        total += weight;
    }
    for (int c = 0; c < C; c++) pooled[c] /= total;
}

static void classify(const struct vit *vit, float *logits, const float *w, const float *b) {
    const struct vit_config *config = &vit->network->config;
    const int width = config_head_width(config);
    linear(vit->compute, logits, config->num_labels, vit->pooled, width, w, b, 1, width, config->num_labels,
           ACTIVATION_NONE, LINEAR_SET);
}

/** Class and distillation token, each through its own classifier: the mean of both. */
static void two_heads(struct vit *vit) {
    const struct vit_weights *weights = &vit->network->weights;
    const int count = vit->network->config.num_labels;
    float *second = vit->logits + count;
    mean_tokens(vit, vit->pooled, 1, 2, false);
    classify(vit, second, weights->head2_w, weights->head2_b);
    mean_tokens(vit, vit->pooled, 0, 1, false);
    classify(vit, vit->logits, weights->head_w, weights->head_b);
    for (int i = 0; i < count; i++) vit->logits[i] = (vit->logits[i] + second[i]) / 2;
}

void head_logits(struct vit *vit, int tokens) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    const int C = config->embed_dim, special = config->special_tokens;
    switch (config->pool) {
    case POOL_TWO_HEADS: two_heads(vit); return;
    case POOL_FIRST: mean_tokens(vit, vit->pooled, 0, 1, false); break;
    case POOL_FIRST_TWO: mean_tokens(vit, vit->pooled, 0, 2, false); break;
    case POOL_MEAN: mean_tokens(vit, vit->pooled, special, tokens, true); break;
    case POOL_FIRST_AND_MEAN:
        mean_tokens(vit, vit->pooled, 0, 1, false);
        mean_tokens(vit, vit->pooled + C, special, tokens, true);
        break;
    case POOL_ATTENTIVE: pooler_attend(vit, tokens); break;
    }
    if (weights->head_norm_w)
        vit->compute->kernels->layer_norm(vit->pooled, vit->pooled, weights->head_norm_w, weights->head_norm_b, C,
                                          config->head_norm_eps);
    classify(vit, vit->logits, weights->head_w, weights->head_b);
}
