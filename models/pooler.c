/* SPDX-License-Identifier: MIT */
#include "models/pooler.h"

#include "compute/attention.h"
#include "models/block.h"

#include <math.h>
#include <string.h>

/** pooled (C) = query + attention(query, norm1(x)) of a window, whose keys and values (N, 2C) lie at k. */
static void attend_query(const struct vit *vit, const struct vit_window *window, float *pooled, const float *q,
                         const float *k) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim, D = config->head_dim;
    float *attended = vit->row + C;
    const struct attention attention = {
        .out = attended,
        .q = q,
        .k = k,
        .v = k + C,
        .log_size = block_log_size(vit, window),
        .ldo = C,
        .ldq = C,
        .ld = 2 * C,
        .rows = 1,
        .n = window->rows,
        .heads = config->num_heads,
        .head_dim = D,
        .scale = 1 / sqrtf((float)D),
        .scratch = vit->scratch,
    };
    attention_run(vit->compute, &attention);
    for (int c = 0; c < C; c++) pooled[c] = vit->network->weights.query[c] + attended[c];
}

static void attend_queries(const struct vit *vit, const struct block_weights *block) {
    const int N = vit_rows(vit), C = vit->network->config.embed_dim, ld = 2 * C;
    const struct compute *compute = vit->compute;
    float *k = vit->wide, *v = k + C, *q = vit->row;
    block_norm(vit, block->norm1_w, block->norm1_b);
    linear(compute, k, ld, vit->y, C, block->k_w, block->k_b, N, C, C, ACTIVATION_NONE, LINEAR_SET);
    linear(compute, v, ld, vit->y, C, block->v_w, block->v_b, N, C, C, ACTIVATION_NONE, LINEAR_SET);
    linear(compute, q, C, vit->network->weights.query, C, block->q_w, block->q_b, 1, C, C, ACTIVATION_NONE, LINEAR_SET);
    for (int i = 0; i < vit->count; i++) {
        const struct vit_window *window = &vit->windows[i];
        attend_query(vit, window, vit->pooled + (size_t)i * (size_t)C, q, k + (size_t)window->first * (size_t)ld);
    }
}

/** pooled += mlp(norm2(pooled)) */
static void query_feed_forward(const struct vit *vit, const struct block_weights *block) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim, hidden = block->mlp_dim;
    for (int i = 0; i < vit->count; i++) {
        const size_t row = (size_t)i * (size_t)C;
        vit->compute->kernels->layer_norm(vit->y + row, vit->pooled + row, block->norm2_w, block->norm2_b, C,
                                          config->layer_norm_eps);
    }
    linear(vit->compute, vit->wide, hidden, vit->y, C, block->fc1_w, block->fc1_b, vit->count, C, hidden,
           config->activation, LINEAR_SET);
    linear(vit->compute, vit->pooled, C, vit->wide, hidden, block->fc2_w, block->fc2_b, vit->count, hidden, C,
           ACTIVATION_NONE, LINEAR_ADD);
}

void pooler_attend(struct vit *vit) {
    const struct vit_config *config = &vit->network->config;
    const struct vit_weights *weights = &vit->network->weights;
    const struct block_weights *block = weights->blocks + config->depth;
    for (int i = 0; i < vit->count; i++) vit->windows[i].r = 0; /* no matching is prepared for */
    block_norm(vit, weights->norm_w, weights->norm_b);
    memcpy(vit->x, vit->y, (size_t)vit_rows(vit) * (size_t)config->embed_dim * sizeof *vit->x);
    for (int i = 0; i < config->pooler_depth; i++, block++) {
        block_attend(vit, block, 0, false);
        block_feed_forward(vit, block);
    }
    attend_queries(vit, block);
    query_feed_forward(vit, block);
}
