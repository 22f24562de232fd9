/* SPDX-License-Identifier: MIT */
#include "models/head.h"

#include "models/block.h"
#include "models/mean.h"
#include "models/pooler.h"

#include <string.h>

/** The tokens that are read after the final norm, where there is one; in vit->y then. */
static const float *normed_tokens(const struct vit *vit, int tokens) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    if (!weights->norm_w) return vit->x;
    block_norm(vit, weights->norm_w, weights->norm_b, config_read_tokens(config, config->depth - 1, tokens));
    return vit->y;
}

/** The mean of all tokens that are not special, weighted by their sizes. */
static void pool_mean(const struct vit *vit, float *pooled, const float *x, int tokens) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim, first = config->special_tokens;
    mean_rows(vit->compute, pooled, x + (size_t)first * (size_t)C, C, vit->tome.size + first, tokens - first, C);
}

static void classify(const struct vit *vit, float *logits, const float *x, const float *w, const float *b) {
    const struct vit_config *config = &vit->network->config;
    const int width = config_head_width(config);
    linear(vit->compute, logits, config->num_labels, x, width, w, b, 1, width, config->num_labels, ACTIVATION_NONE,
           LINEAR_SET);
}

/** Class and distillation token, each through its own classifier: the mean of both. */
static void two_heads(struct vit *vit, const float *x) {
    const struct vit_weights *weights = &vit->network->weights;
    const int count = vit->network->config.num_labels, C = vit->network->config.embed_dim;
    float *second = vit->logits + count;
    classify(vit, second, x + C, weights->head2_w, weights->head2_b);
    classify(vit, vit->logits, x, weights->head_w, weights->head_b);
    for (int i = 0; i < count; i++) vit->logits[i] = (vit->logits[i] + second[i]) / 2;
}

/** vit->pooled (C, or 2C) of normed tokens. */
static void pool(struct vit *vit, const float *x, int tokens) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim;
    memcpy(vit->pooled, x, (size_t)C * sizeof *x);
    switch (config->pool) {
    case POOL_FIRST_TWO:
        for (int c = 0; c < C; c++) vit->pooled[c] = (x[c] + x[C + c]) / 2;
        break;
    case POOL_MEAN:
        if (!config_pools_mlp(config)) pool_mean(vit, vit->pooled, x, tokens); /* else the last block has: in x */
        break;
    case POOL_FIRST_AND_MEAN: pool_mean(vit, vit->pooled + C, x, tokens); break;
    case POOL_FIRST:
    case POOL_TWO_HEADS:
    case POOL_ATTENTIVE: break;
    }
}

void head_logits(struct vit *vit, int tokens) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    if (config->pool == POOL_TWO_HEADS) {
        two_heads(vit, normed_tokens(vit, tokens));
        return;
    }
    if (config->pool == POOL_ATTENTIVE)
        pooler_attend(vit, tokens);
    else
        pool(vit, normed_tokens(vit, tokens), tokens);
    if (weights->head_norm_w)
        vit->compute->kernels->layer_norm(vit->pooled, vit->pooled, weights->head_norm_w, weights->head_norm_b,
                                          config->embed_dim, config->head_norm_eps);
    classify(vit, vit->logits, vit->pooled, weights->head_w, weights->head_b);
}
