/* SPDX-License-Identifier: MIT */
#include "models/block.h"

#include "compute/attention.h"
#include "models/mean.h"
#include "models/reduce.h"
#include "models/rotary.h"

#include <math.h>

enum { ROWS = 32 }; /* tokens a tile of the element-wise steps */

static int tiles_of(int tokens) {
    return (tokens + ROWS - 1) / ROWS;
}

static int tile_end(int tile, int tokens) {
    return (tile + 1) * ROWS < tokens ? (tile + 1) * ROWS : tokens;
}

/* ---------------------------------------------------------------- element-wise steps, in tiles of tokens */

struct row_job {
    const struct vit *vit;
    float *y;
    const float *x, *w, *b;
    int ld, tokens; /* rows of what is not (N, C) lie ld apart */
};

static void norm_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct row_job *job = context;
    const struct vit_config *config = &job->vit->network->config;
    const int C = config->embed_dim;
    for (int i = tile * ROWS; i < tile_end(tile, job->tokens); i++) {
        const size_t row = (size_t)i * (size_t)C;
        job->vit->compute->kernels->layer_norm(job->y + row, job->x + row, job->w, job->b, C, config->layer_norm_eps);
    }
}

void block_norm(const struct vit *vit, const float *w, const float *b, int tokens) {
    struct row_job job = {.vit = vit, .y = vit->y, .x = vit->x, .w = w, .b = b, .tokens = tokens};
    threads_run(vit->compute->threads, tiles_of(tokens), norm_tile, &job);
}

static void scaled_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct row_job *job = context;
    const int C = job->vit->network->config.embed_dim;
    for (int i = tile * ROWS; i < tile_end(tile, job->tokens); i++)
        job->vit->compute->kernels->add_scaled(job->y + (size_t)i * (size_t)C, job->x + (size_t)i * (size_t)job->ld,
                                               job->b, job->w, C);
}

/**
 * The end of a branch: x += scale * layer(in), scale (C) or NULL: 1. `branch` is scratch for (N, C) rows `ld` apart,
 * used under a layer scale only.
 */
static void add_branch(const struct vit *vit, const struct block_weights *block, enum block_layer layer,
                       const float *in, int ldin, const float *scale, float *branch, int ld, int tokens) {
    const int C = vit->network->config.embed_dim;
    if (!scale) {
        reduce_layer(vit, block, layer, vit->x, C, in, ldin, tokens, ACTIVATION_NONE, LINEAR_ADD);
        return;
    }
    reduce_layer(vit, block, layer, branch, ld, in, ldin, tokens, ACTIVATION_NONE, LINEAR_SET);
    struct row_job job = {.vit = vit, .y = vit->x, .x = branch, .w = scale, .ld = ld, .tokens = tokens};
    threads_run(vit->compute->threads, tiles_of(tokens), scaled_tile, &job);
}

/* ---------------------------------------------------------------- attention */

const float *block_log_size(const struct vit *vit, int tokens) {
    return vit->prop_attn && tokens < vit->network->config.tokens ? vit->tome.log_size : NULL;
}

void block_attend(struct vit *vit, const struct block_weights *block, int N, int queries, bool rotated, bool metric) {
    const struct vit_config *config = &vit->network->config;
    const struct compute *compute = vit->compute;
    const int C = config->embed_dim, ld = 3 * C;
    float *q = vit->wide, *k = q + C, *v = k + C; /* rows of (3C): q, k, v of a token side by side */

    block_norm(vit, block->norm1_w, block->norm1_b, N);
    reduce_layer(vit, block, LAYER_QKV, q, ld, vit->y, C, N, ACTIVATION_NONE, LINEAR_SET);
    if (metric) tome_metric(&vit->tome, k, ld, N, config->num_heads, config->head_dim);
    if (rotated) rotary_turn(compute, q, k, ld, vit->tome.position, N, config->num_heads, config->head_dim);
    attention(compute, vit->y, C, q, ld, k, v, ld, block_log_size(vit, N), queries, N, config->num_heads,
              config->head_dim, 1 / sqrtf((float)config->head_dim), vit->scratch);
    add_branch(vit, block, LAYER_PROJ, vit->y, C, block->scale1, q, ld, queries);
}

/* ---------------------------------------------------------------- MLP */

static void swiglu_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct row_job *job = context;
    const int M = job->vit->network->config.mlp_dim;
    for (int i = tile * ROWS; i < tile_end(tile, job->tokens); i++) {
        float *gate = job->y + (size_t)i * (size_t)job->ld;
        const float *up = gate + M;
        for (int c = 0; c < M; c++) gate[c] = gate[c] / (1 + expf(-gate[c])) * up[c];
    }
}

static int hidden_width(const struct vit *vit, const struct block_weights *block) {
    return config_has(&vit->network->config, PART_SWIGLU) ? 2 * block->mlp_dim : block->mlp_dim;
}

/** vit->wide (N, hidden_width()), of which mlp_dim values of a row are the input of the second layer. */
static void hidden_layer(const struct vit *vit, const struct block_weights *block, int N) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim, width = hidden_width(vit, block);
    const bool swiglu = config_has(config, PART_SWIGLU);
    block_norm(vit, block->norm2_w, block->norm2_b, N);
    reduce_layer(vit, block, LAYER_FC1, vit->wide, width, vit->y, C, N, swiglu ? ACTIVATION_NONE : config->activation,
                 LINEAR_SET);
    if (swiglu) {
        struct row_job job = {.vit = vit, .y = vit->wide, .ld = width, .tokens = N};
        threads_run(vit->compute->threads, tiles_of(N), swiglu_tile, &job);
    }
}

void block_feed_forward(const struct vit *vit, const struct block_weights *block, int N) {
    hidden_layer(vit, block, N);
    add_branch(vit, block, LAYER_FC2, vit->wide, hidden_width(vit, block), block->scale2, vit->y,
               vit->network->config.embed_dim, N);
}

void block_feed_forward_mean(const struct vit *vit, const struct block_weights *block, int first, int N) {
    const int C = vit->network->config.embed_dim, width = hidden_width(vit, block), count = N - first;
    const float *size = vit->tome.size + first;
    hidden_layer(vit, block, N);
    float *hidden = vit->wide + (size_t)first * (size_t)width;
    mean_rows(vit->compute, hidden, hidden, width, size, count, block->mlp_dim);
    mean_rows(vit->compute, vit->x, vit->x + (size_t)first * (size_t)C, C, size, count, C);
    add_branch(vit, block, LAYER_FC2, hidden, width, block->scale2, vit->y, C, 1);
}
