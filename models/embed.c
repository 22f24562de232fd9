/* SPDX-License-Identifier: MIT */
#include "models/embed.h"

#include <string.h>

enum { ROWS = 32 }; /* tokens a tile */

int embed_patch_length(const struct patch_grid *grid) {
    return grid->channels * grid->patch[0] * grid->patch[1] * grid->patch[2];
}

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
    const struct patch_grid *grid;
    const float *input;
    float *patches;
    int count, length;
};

static void gather_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct gather_job *job = context;
    const struct patch_grid *grid = job->grid;
    const int end = (tile + 1) * ROWS < job->count ? (tile + 1) * ROWS : job->count;
    for (int i = tile * ROWS; i < end; i++) {
        const int w = i % grid->tokens[2], h = i / grid->tokens[2] % grid->tokens[1];
        const int t = i / grid->tokens[2] / grid->tokens[1];
        const float *corner = job->input + t * grid->stride[0] * grid->step[1] + h * grid->stride[1] * grid->step[2] +
                              w * grid->stride[2] * grid->step[3];
        gather_patch(job->patches + (size_t)i * (size_t)job->length, corner, grid);
    }
}

struct position_job {
    const struct compute *compute;
    float *x;
    const float *pos_embed;
    int tokens, embed_dim;
};

static void position_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct position_job *job = context;
    const int end = (tile + 1) * ROWS < job->tokens ? (tile + 1) * ROWS : job->tokens;
    const size_t from = (size_t)(tile * ROWS) * (size_t)job->embed_dim;
    job->compute->kernels->add(job->x + from, job->pos_embed + from, (end - tile * ROWS) * job->embed_dim);
}

void embed_tokens(const struct compute *compute, float *x, float *patches, const struct network *network,
                  const float *input) {
    const struct vit_config *config = &network->config;
    const struct vit_weights *weights = &network->weights;
    const int C = config->embed_dim, special = config->special_tokens, count = config->tokens - special;
    const int length = embed_patch_length(&config->grid);

    struct gather_job gather = {&config->grid, input, patches, count, length};
    threads_run(compute->threads, (count + ROWS - 1) / ROWS, gather_tile, &gather);
    linear(compute, x + (size_t)special * (size_t)C, C, patches, length, weights->patch_w, weights->patch_b, count,
           length, C, ACTIVATION_NONE, LINEAR_SET);
    if (weights->cls_token) memcpy(x, weights->cls_token, (size_t)C * sizeof *x);
    if (weights->dist_token) memcpy(x + C, weights->dist_token, (size_t)C * sizeof *x);

    struct position_job position = {compute, x, weights->pos_embed, config->tokens, C};
    threads_run(compute->threads, (config->tokens + ROWS - 1) / ROWS, position_tile, &position);
}
