/* SPDX-License-Identifier: MIT */
#include "models/embed.h"

#include "compute/tiles.h"

#include <string.h>

enum { ROWS = 32 }; /* tokens a tile */

/** One patch in the order c, t, h, w of a convolution's weight. */
static void gather_patch(float *out, const float *corner, const struct patch_grid *grid) {
    const ptrdiff_t step = grid->step[3];
    for (int c = 0; c < grid->channels; c++)
        for (int t = 0; t < grid->patch[0]; t++)
            for (int h = 0; h < grid->patch[1]; h++) {
                const float *row = corner + c * grid->step[0] + t * grid->step[1] + h * grid->step[2];
                for (int w = 0; w < grid->patch[2]; w++) *out++ = row[w * step];
            }
}

struct gather_job {
    const struct embed_job *embed;
    float *patches; /* scratch: the first is that of token `first` */
    int first, length;
};

static void gather_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct gather_job *job = context;
    const struct embed_job *embed = job->embed;
    const struct vit_config *config = &embed->network->config;
    const struct patch_grid *grid = &config->grid;
    const int begin = job->first + tile * ROWS, end = smaller(begin + ROWS, embed->count);
    for (int i = begin; i < end; i++) {
        const int patch = embed->token[i] - config->special_tokens;
        const int w = patch % grid->tokens[2], h = patch / grid->tokens[2] % grid->tokens[1];
        const int t = patch / grid->tokens[2] / grid->tokens[1];
        const float *corner = embed->input + t * grid->stride[0] * grid->step[1] + h * grid->stride[1] * grid->step[2] +
                              w * grid->stride[2] * grid->step[3];
        gather_patch(job->patches + (size_t)(i - job->first) * (size_t)job->length, corner, grid);
    }
}

struct finish_job {
    const struct compute *compute;
    const struct embed_job *embed;
    float *x;
};

/** Positions, and the norm before the first block. */
static void finish_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct finish_job *job = context;
    const struct embed_job *embed = job->embed;
    const struct vit_config *config = &embed->network->config;
    const struct vit_weights *weights = &embed->network->weights;
    const struct kernels *kernels = job->compute->kernels;
    const int C = config->embed_dim, end = tiles_end(tile, ROWS, embed->count);
    for (int i = tile * ROWS; i < end; i++) {
        float *token = job->x + (size_t)i * (size_t)C;
        if (weights->pos_embed) kernels->add(token, weights->pos_embed + (size_t)embed->token[i] * (size_t)C, C);
        if (weights->pre_norm_w)
            kernels->layer_norm(token, token, weights->pre_norm_w, weights->pre_norm_b, C, config->layer_norm_eps);
    }
}

/** Class, distillation and register tokens, in this order. */
static void put_special_tokens(float *x, const struct vit_weights *weights, int embed_dim, int register_tokens) {
    const size_t C = (size_t)embed_dim;
    if (weights->cls_token) {
        memcpy(x, weights->cls_token, C * sizeof *x);
        x += C;
    }
    if (weights->dist_token) {
        memcpy(x, weights->dist_token, C * sizeof *x);
        x += C;
    }
    if (weights->reg_tokens) memcpy(x, weights->reg_tokens, (size_t)register_tokens * C * sizeof *x);
}

/* ---------------------------------------------------------------- tubes that are kept */

size_t embed_memory_floats(const struct network *network) {
    const struct vit_config *config = &network->config;
    return (size_t)(config->tokens - config->special_tokens) * (size_t)config->embed_dim;
}

/** Moves what this window shares with the last one to its front; returns how many patches that is. */
static int keep_tubes(struct embed_memory *memory, const struct network *network, int64_t place) {
    const struct patch_grid *grid = &network->config.grid;
    const int64_t moved = place - memory->place;
    const bool shares = place != EMBED_NOWHERE && memory->place != EMBED_NOWHERE && moved >= 0;
    const size_t tube = (size_t)grid->tokens[1] * (size_t)grid->tokens[2] * (size_t)network->config.embed_dim;
    memory->place = place;
    if (!shares || moved >= grid->tokens[0]) return 0;
    const size_t tubes = (size_t)grid->tokens[0] - (size_t)moved;
    memmove(memory->patches, memory->patches + (size_t)moved * tube, tubes * tube * sizeof *memory->patches);
    return (int)tubes * grid->tokens[1] * grid->tokens[2];
}

/* ---------------------------------------------------------------- the whole */

void embed_tokens(const struct compute *compute, float *x, float *patches, const struct embed_job *job,
                  struct embed_memory *memory) {
    const struct network *network = job->network;
    const struct vit_config *config = &network->config;
    const struct vit_weights *weights = &network->weights;
    const int C = config->embed_dim, special = config->special_tokens, count = job->count - special;
    const int length = config->grid.patch_values;
    const int kept = memory->patches ? keep_tubes(memory, network, job->place) : 0;
    float *first = x + (size_t)special * (size_t)C, *embedded = memory->patches ? memory->patches : first;

    struct gather_job gather = {job, patches, special + kept, length};
    threads_run(compute->threads, tiles_count(count - kept, ROWS), gather_tile, &gather);
    const struct linear_rows rows = {
        .y = embedded + (size_t)kept * (size_t)C,
        .ldy = (size_t)C,
        .x = patches,
        .ldx = (size_t)length,
        .rows = count - kept,
    };
    linear(compute, &(struct linear_layer){weights->patch_w, weights->patch_b, length, C}, &rows);
    if (embedded != first) memcpy(first, embedded, (size_t)count * (size_t)C * sizeof *first);
    put_special_tokens(x, weights, C, config->register_tokens);

    struct finish_job finish = {compute, job, x};
    threads_run(compute->threads, tiles_count(job->count, ROWS), finish_tile, &finish);
}
