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
    const struct attend_head first = {
        .out = attended,
        .q = q,
        .k = k,
        .v = k + C,
        .bias = block_log_size(vit, window),
        .ldo = (size_t)C,
        .ldq = (size_t)C,
        .ld = 2 * (size_t)C,
        .rows = 1,
        .n = window->rows,
        .head_dim = D,
        .scale = 1 / sqrtf((float)D),
    };
    attention_run(vit->compute,
                  &(struct attention){.first = first, .heads = config->num_heads, .scratch = vit->scratch});
    for (int c = 0; c < C; c++) pooled[c] = vit->network->weights.query[c] + attended[c];
}

static void attend_queries(const struct vit *vit, const struct block_weights *block) {
    const int C = vit->network->config.embed_dim;
    const size_t ld = 2 * (size_t)C;
    float *k = vit->wide, *v = k + C, *q = vit->row;
    struct linear_rows rows = {.y = k, .ldy = ld, .x = vit->y, .ldx = (size_t)C, .rows = vit_rows(vit)};
    block_norm(vit, block->norm1_w, block->norm1_b);
    linear(vit->compute, &(struct linear_layer){block->k_w, block->k_b, C, C}, &rows);
    rows.y = v;
    linear(vit->compute, &(struct linear_layer){block->v_w, block->v_b, C, C}, &rows);
    rows =
        (struct linear_rows){.y = q, .ldy = (size_t)C, .x = vit->network->weights.query, .ldx = (size_t)C, .rows = 1};
    linear(vit->compute, &(struct linear_layer){block->q_w, block->q_b, C, C}, &rows);
    for (int i = 0; i < vit->count; i++) {
        const struct vit_window *window = &vit->windows[i];
        attend_query(vit, window, vit->pooled + (size_t)i * (size_t)C, q, k + (size_t)window->first * ld);
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
    const struct linear_rows up = {
        .y = vit->wide,
        .ldy = (size_t)hidden,
        .x = vit->y,
        .ldx = (size_t)C,
        .rows = vit->count,
        .activation = config->activation,
    };
    const struct linear_rows down = {
        .y = vit->pooled, .ldy = (size_t)C, .x = vit->wide, .ldx = (size_t)hidden, .rows = vit->count, .add = true};
    linear(vit->compute, &(struct linear_layer){block->fc1_w, block->fc1_b, C, hidden}, &up);
    linear(vit->compute, &(struct linear_layer){block->fc2_w, block->fc2_b, hidden, C}, &down);
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
