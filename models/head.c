/* SPDX-License-Identifier: MIT */
#include "models/head.h"

#include "models/block.h"
#include "models/mean.h"
#include "models/pooler.h"

#include <string.h>

/** The tokens after the final norm, where there is one; in vit->y then. */
static const float *normed_tokens(const struct vit *vit) {
    const struct vit_weights *weights = &vit->network->weights;
    if (!weights->norm_w) return vit->x;
    block_norm(vit, weights->norm_w, weights->norm_b);
    return vit->y;
}

/** The mean of all tokens of a window that are not special, weighted by their sizes. */
static void pool_mean(const struct vit *vit, const struct vit_window *window, float *pooled, const float *x) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim, first = config->special_tokens;
    mean_rows(vit->compute, pooled, x + (size_t)first * (size_t)C, C, window->tome.size + first, window->rows - first,
              C);
}

/** logits (windows, num_labels) <- rows `ldx` apart, one a window. */
static void classify(const struct vit *vit, float *logits, const float *x, int ldx, const float *w, const float *b) {
    const struct vit_config *config = &vit->network->config;
    const struct linear_layer layer = {w, b, config_head_width(config), config->num_labels};
    const struct linear_rows rows = {
        .y = logits, .ldy = (size_t)layer.out, .x = x, .ldx = (size_t)ldx, .rows = vit->count};
    linear(vit->compute, &layer, &rows);
}

/** Class and distillation token, which are all that is left, each through its own classifier: the mean of both. */
static void two_heads(struct vit *vit, const float *x) {
    const struct vit_weights *weights = &vit->network->weights;
    const int count = vit->count * vit->network->config.num_labels, C = vit->network->config.embed_dim;
    float *second = vit->logits + count;
    classify(vit, second, x + C, 2 * C, weights->head2_w, weights->head2_b);
    classify(vit, vit->logits, x, 2 * C, weights->head_w, weights->head_b);
    for (int i = 0; i < count; i++) vit->logits[i] = (vit->logits[i] + second[i]) / 2;
}

/** pooled (C, or 2C) of a window's normed tokens. */
static void pool(const struct vit *vit, const struct vit_window *window, float *pooled, const float *x) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim;
    memcpy(pooled, x, (size_t)C * sizeof *x);
    switch (config->pool) {
    case POOL_FIRST_TWO:
        for (int c = 0; c < C; c++) pooled[c] = (x[c] + x[C + c]) / 2;
        break;
    case POOL_MEAN:
        if (!config_pools_mlp(config)) pool_mean(vit, window, pooled, x); /* else the last block has: in x */
        break;
    case POOL_FIRST_AND_MEAN: pool_mean(vit, window, pooled + C, x); break;
    case POOL_FIRST:
    case POOL_TWO_HEADS:
    case POOL_ATTENTIVE: break;
    }
}

static void pool_windows(const struct vit *vit, const float *x) {
    const struct vit_config *config = &vit->network->config;
    for (int i = 0; i < vit->count; i++) {
        const struct vit_window *window = &vit->windows[i];
        float *pooled = vit->pooled + (size_t)i * (size_t)config_head_width(config);
        pool(vit, window, pooled, x + (size_t)window->first * (size_t)config->embed_dim);
    }
}

static void norm_pooled(const struct vit *vit) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    for (int i = 0; i < vit->count; i++) {
        float *pooled = vit->pooled + (size_t)i * (size_t)config_head_width(config);
        vit->compute->kernels->layer_norm(pooled, pooled, weights->head_norm_w, weights->head_norm_b, config->embed_dim,
                                          config->head_norm_eps);
    }
}

void head_logits(struct vit *vit) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    if (config->pool == POOL_TWO_HEADS) {
        two_heads(vit, normed_tokens(vit));
        return;
    }
    if (config->pool == POOL_ATTENTIVE)
        pooler_attend(vit);
    else
        pool_windows(vit, normed_tokens(vit));
    if (weights->head_norm_w) norm_pooled(vit);
    classify(vit, vit->logits, vit->pooled, config_head_width(config), weights->head_w, weights->head_b);
}
