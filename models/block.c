/* SPDX-License-Identifier: MIT */
#include "models/block.h"

#include "compute/attention.h"
#include "compute/tiles.h"
#include "models/block_layers.h"
#include "models/mean.h"
#include "models/rotary.h"

#include <math.h>
#include <string.h>

enum { ROWS = 32 }; /* tokens a tile of the element-wise steps */

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
    for (int i = tile * ROWS; i < tiles_end(tile, ROWS, job->tokens); i++) {
        const size_t row = (size_t)i * (size_t)C;
        job->vit->compute->kernels->layer_norm(job->y + row, job->x + row, job->w, job->b, C, config->layer_norm_eps);
    }
}

void block_norm(const struct vit *vit, const float *w, const float *b) {
    struct row_job job = {.vit = vit, .y = vit->y, .x = vit->x, .w = w, .b = b, .tokens = vit_rows(vit)};
    threads_run(vit->compute->threads, tiles_count(job.tokens, ROWS), norm_tile, &job);
}

static void scaled_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct row_job *job = context;
    const int C = job->vit->network->config.embed_dim;
    for (int i = tile * ROWS; i < tiles_end(tile, ROWS, job->tokens); i++)
        job->vit->compute->kernels->add_scaled(job->y + (size_t)i * (size_t)C, job->x + (size_t)i * (size_t)job->ld,
                                               job->w, C);
}

/**
 * The end of a branch: x += scale * layer(in), scale (C) or NULL: 1. `branch` is scratch for (N, C) rows `ld` apart,
 * used under a layer scale only.
 */
static void add_branch(const struct vit *vit, const struct block_weights *block, enum block_layer layer,
                       const float *in, int ldin, const float *scale, float *branch, int ld) {
    const int tokens = vit_rows(vit);
    const struct linear_rows rows = {
        .y = scale ? branch : vit->x,
        .ldy = (size_t)(scale ? ld : vit->network->config.embed_dim),
        .x = in,
        .ldx = (size_t)ldin,
        .rows = tokens,
        .add = !scale,
    };
    block_layers_run(vit, block, layer, &rows);
    if (!scale) return;
    struct row_job job = {.vit = vit, .y = vit->x, .x = branch, .w = scale, .ld = ld, .tokens = tokens};
    threads_run(vit->compute->threads, tiles_count(tokens, ROWS), scaled_tile, &job);
}

/* ---------------------------------------------------------------- attention */

const float *block_log_size(const struct vit *vit, const struct vit_window *window) {
    return window->prop_attn && window->rows < vit->network->config.tokens ? window->tome.log_size : NULL;
}

/** out (queries, C): attention of a window's first tokens to all of them. */
static void attend_window(struct vit *vit, struct vit_window *window, float *out, int queries, bool rotated) {
    const struct vit_config *config = &vit->network->config;
    const struct compute *compute = vit->compute;
    const int N = window->rows, C = config->embed_dim, ld = 3 * C, heads = config->num_heads, D = config->head_dim;
    float *q = vit->wide + (size_t)window->first * (size_t)ld, *k = q + C, *v = k + C; /* of a token side by side */
    if (window->r > 0) tome_metric(&window->tome, k, ld, N, heads, D);
    if (rotated) rotary_turn(compute, q, k, ld, window->tome.position, N, heads, D);
    const struct attend_head first = {
        .out = out,
        .q = q,
        .k = k,
        .v = v,
        .bias = block_log_size(vit, window),
        .ldo = (size_t)C,
        .ldq = (size_t)ld,
        .ld = (size_t)ld,
        .rows = queries,
        .n = N,
        .head_dim = D,
        .scale = 1 / sqrtf((float)D),
    };
    attention_run(compute, &(struct attention){.first = first, .heads = heads, .scratch = vit->scratch});
}

/** Of each window so many tokens stay, the first. */
static void keep_first(struct vit *vit, int read) {
    const size_t C = (size_t)vit->network->config.embed_dim;
    int first = 0;
    for (struct vit_window *window = vit->windows; window < vit->windows + vit->count; window++) {
        memmove(vit->x + (size_t)first * C, vit->x + (size_t)window->first * C, (size_t)read * C * sizeof *vit->x);
        window->first = first;
        window->rows = read;
        first += read;
    }
}

void block_attend(struct vit *vit, const struct block_weights *block, int read, bool rotated) {
    const int C = vit->network->config.embed_dim, ld = 3 * C;
    const struct linear_rows qkv = {
        .y = vit->wide, .ldy = (size_t)ld, .x = vit->y, .ldx = (size_t)C, .rows = vit_rows(vit)};
    float *attended = vit->y;
    block_norm(vit, block->norm1_w, block->norm1_b);
    block_layers_run(vit, block, LAYER_QKV, &qkv);
    for (struct vit_window *window = vit->windows; window < vit->windows + vit->count; window++) {
        const int queries = read > 0 ? read : window->rows;
        attend_window(vit, window, attended, queries, rotated);
        attended += (size_t)queries * (size_t)C;
    }
    if (read > 0) keep_first(vit, read);
    add_branch(vit, block, LAYER_PROJ, vit->y, C, block->scale1, vit->wide, ld);
}

/* ---------------------------------------------------------------- MLP */

static void swiglu_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct row_job *job = context;
    const int hidden = job->vit->network->config.mlp_dim;
    for (int i = tile * ROWS; i < tiles_end(tile, ROWS, job->tokens); i++) {
        float *gate = job->y + (size_t)i * (size_t)job->ld;
        job->vit->compute->kernels->swiglu(gate, gate + hidden, hidden);
    }
}

static int hidden_width(const struct vit *vit, const struct block_weights *block) {
    return config_hidden_width(&vit->network->config, block->mlp_dim);
}

/** vit->wide (N, hidden_width()), of which mlp_dim values of a row are the input of the second layer. */
static void hidden_layer(const struct vit *vit, const struct block_weights *block) {
    const struct vit_config *config = &vit->network->config;
    const int N = vit_rows(vit), width = hidden_width(vit, block);
    const bool swiglu = config_has(config, PART_SWIGLU);
    const struct linear_rows rows = {
        .y = vit->wide,
        .ldy = (size_t)width,
        .x = vit->y,
        .ldx = (size_t)config->embed_dim,
        .rows = N,
        .activation = swiglu ? ACTIVATION_NONE : config->activation,
    };
    block_norm(vit, block->norm2_w, block->norm2_b);
    block_layers_run(vit, block, LAYER_FC1, &rows);
    if (swiglu) {
        struct row_job job = {.vit = vit, .y = vit->wide, .ld = width, .tokens = N};
        threads_run(vit->compute->threads, tiles_count(N, ROWS), swiglu_tile, &job);
    }
}

void block_feed_forward(const struct vit *vit, const struct block_weights *block) {
    hidden_layer(vit, block);
    add_branch(vit, block, LAYER_FC2, vit->wide, hidden_width(vit, block), block->scale2, vit->y,
               vit->network->config.embed_dim);
}

/** The mean over a window's tokens, of x and of the hidden layer, into rows `row` of both, which are free: all windows
 * before this one have been read. */
static void take_mean(struct vit *vit, struct vit_window *window, int row, int width, int hidden_count) {
    const struct vit_config *config = &vit->network->config;
    const size_t C = (size_t)config->embed_dim, ld = (size_t)width;
    const size_t first = (size_t)(window->first + config->special_tokens);
    const int count = window->rows - config->special_tokens;
    const float *size = window->tome.size + config->special_tokens;
    mean_rows(vit->compute, vit->wide + (size_t)row * ld, vit->wide + first * ld, width, size, count, hidden_count);
    mean_rows(vit->compute, vit->x + (size_t)row * C, vit->x + first * C, (int)C, size, count, (int)C);
    window->first = row;
    window->rows = 1;
}

void block_feed_forward_mean(struct vit *vit, const struct block_weights *block) {
    const int width = hidden_width(vit, block);
    hidden_layer(vit, block);
    for (int i = 0; i < vit->count; i++) take_mean(vit, &vit->windows[i], i, width, block->mlp_dim);
    add_branch(vit, block, LAYER_FC2, vit->wide, width, block->scale2, vit->y, vit->network->config.embed_dim);
}
