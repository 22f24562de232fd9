/* SPDX-License-Identifier: MIT */
#include "models/pooler.h"

#include "compute/attention.h"
#include "models/block.h"

#include <math.h>
#include <string.h>

/** pooled += mlp(norm2(pooled)) */
static void query_feed_forward(const struct vit *vit, const struct block_weights *block) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim, M = block->mlp_dim;
    vit->compute->kernels->layer_norm(vit->row, vit->pooled, block->norm2_w, block->norm2_b, C, config->layer_norm_eps);
    linear(vit->compute, vit->wide, M, vit->row, C, block->fc1_w, block->fc1_b, 1, C, M, config->activation,
           LINEAR_SET);
    linear(vit->compute, vit->pooled, C, vit->wide, M, block->fc2_w, block->fc2_b, 1, M, C, ACTIVATION_NONE,
           LINEAR_ADD);
}

void pooler_attend(struct vit *vit, int tokens) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    const struct compute *compute = vit->compute;
    const int C = config->embed_dim, D = config->head_dim, ld = 2 * C;

    block_norm(vit, weights->norm_w, weights->norm_b, tokens);
    memcpy(vit->x, vit->y, (size_t)tokens * (size_t)C * sizeof *vit->x);
    const struct block_weights *block = weights->blocks + config->depth;
    for (int i = 0; i < config->pooler_depth; i++, block++) {
        block_attend(vit, block, tokens, tokens, false, false);
        block_feed_forward(vit, block, tokens);
    }

    float *k = vit->wide, *v = k + C, *q = vit->row, *attended = q + C;
    block_norm(vit, block->norm1_w, block->norm1_b, tokens);
    linear(compute, k, ld, vit->y, C, block->k_w, block->k_b, tokens, C, C, ACTIVATION_NONE, LINEAR_SET);
    linear(compute, v, ld, vit->y, C, block->v_w, block->v_b, tokens, C, C, ACTIVATION_NONE, LINEAR_SET);
    linear(compute, q, C, weights->query, C, block->q_w, block->q_b, 1, C, C, ACTIVATION_NONE, LINEAR_SET);
    attention(compute, attended, C, q, C, k, v, ld, block_log_size(vit, tokens), 1, tokens, config->num_heads, D,
              1 / sqrtf((float)D), vit->scratch);
    for (int c = 0; c < C; c++) vit->pooled[c] = weights->query[c] + attended[c];
    query_feed_forward(vit, block);
}
