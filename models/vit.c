/* SPDX-License-Identifier: MIT */
#include "models/vit.h"

#include "base/clock.h"
#include "compute/attention.h"
#include "models/embed.h"
#include "models/head.h"
#include "models/schedule.h"

#include <math.h>

enum { ROWS = 32 }; /* tokens a tile of the norms */

static size_t largest(size_t a, size_t b) {
    return a > b ? a : b;
}

void vit_place(struct vit *vit, struct arena *arena, const struct network *network, const struct compute *compute) {
    const struct vit_config *config = &network->config;
    const size_t N = (size_t)config->tokens, C = (size_t)config->embed_dim, L = (size_t)config->depth;
    const int workers = threads_count(compute->threads);
    const size_t widest = largest(largest(3 * C, (size_t)config->mlp_dim), (size_t)embed_patch_length(&config->grid));

    vit->network = network;
    vit->compute = compute;
    vit->r = arena_take(arena, L, sizeof *vit->r);
    vit->tokens = arena_take(arena, L + 1, sizeof *vit->tokens);
    vit->x = arena_take(arena, N * C, sizeof *vit->x);
    vit->y = arena_take(arena, N * C, sizeof *vit->y);
    vit->wide = arena_take(arena, N * widest, sizeof *vit->wide);
    vit->scratch =
        arena_take(arena, (size_t)workers * attention_scratch(config->tokens, config->head_dim), sizeof *vit->scratch);
    vit->pooled = arena_take(arena, C, sizeof *vit->pooled);
    vit->logits = arena_take(arena, (size_t)config->num_labels, sizeof *vit->logits);
    vit->tome.compute = compute;
    vit->tome.protected_tokens = config->protected_tokens;
    tome_place(&vit->tome, arena, config->tokens, config->head_dim, workers);
}

ptm_status vit_set_merge(struct vit *vit, const char *r, bool prop_attn, ptm_error *err) {
    const struct vit_config *config = &vit->network->config;
    TRY(schedule_parse(vit->r, config->depth, r, err));
    schedule_tokens(vit->tokens, vit->r, config->depth, config->tokens, config->protected_tokens);
    vit->prop_attn = prop_attn;
    return PTM_OK;
}

/* ---------------------------------------------------------------- one block */

struct norm_job {
    const struct vit *vit;
    const float *w, *b;
    int tokens;
};

static void norm_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct norm_job *job = context;
    const struct vit *vit = job->vit;
    const int C = vit->network->config.embed_dim;
    const int end = (tile + 1) * ROWS < job->tokens ? (tile + 1) * ROWS : job->tokens;
    for (int i = tile * ROWS; i < end; i++) {
        const size_t row = (size_t)i * (size_t)C;
        vit->compute->kernels->layer_norm(vit->y + row, vit->x + row, job->w, job->b, C,
                                          vit->network->config.layer_norm_eps);
    }
}

/** y (N, C) = norm(x) */
static void norm_tokens(const struct vit *vit, const float *w, const float *b, int tokens) {
    struct norm_job job = {vit, w, b, tokens};
    threads_run(vit->compute->threads, (tokens + ROWS - 1) / ROWS, norm_tile, &job);
}

/** x += proj(attention(norm1(x))); leaves q, k, v in `wide`. */
static void attend(struct vit *vit, const struct block_weights *block, int N, bool merged) {
    const struct vit_config *config = &vit->network->config;
    const struct compute *compute = vit->compute;
    const int C = config->embed_dim, ld = 3 * C;
    float *q = vit->wide, *k = q + C, *v = k + C; /* rows of (3C): q, k, v of a token side by side */

    norm_tokens(vit, block->norm1_w, block->norm1_b, N);
    linear(compute, q, ld, vit->y, C, block->q_w, block->q_b, N, C, C, ACTIVATION_NONE, LINEAR_SET);
    linear(compute, k, ld, vit->y, C, block->k_w, block->k_b, N, C, C, ACTIVATION_NONE, LINEAR_SET);
    linear(compute, v, ld, vit->y, C, block->v_w, block->v_b, N, C, C, ACTIVATION_NONE, LINEAR_SET);
    attention(compute, vit->y, C, q, k, v, ld, vit->prop_attn && merged ? vit->tome.log_size : NULL, N,
              config->num_heads, config->head_dim, 1 / sqrtf((float)config->head_dim), vit->scratch);
    linear(compute, vit->x, C, vit->y, C, block->proj_w, block->proj_b, N, C, C, ACTIVATION_NONE, LINEAR_ADD);
}

/** Merges the tokens by the keys that attend() left: N -> N - r. */
static void merge(struct vit *vit, int N, int r) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim;
    tome_metric(&vit->tome, vit->wide + C, 3 * C, N, config->num_heads, config->head_dim);
    tome_match(&vit->tome, N, config->head_dim, r);
    tome_merge(&vit->tome, vit->y, vit->x, N, config->tokens, C, r);
    float *merged = vit->y;
    vit->y = vit->x;
    vit->x = merged;
}

/** x += fc2(act(fc1(norm2(x)))) */
static void feed_forward(const struct vit *vit, const struct block_weights *block, int N) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim, M = config->mlp_dim;
    norm_tokens(vit, block->norm2_w, block->norm2_b, N);
    linear(vit->compute, vit->wide, M, vit->y, C, block->fc1_w, block->fc1_b, N, C, M, config->activation, LINEAR_SET);
    linear(vit->compute, vit->x, C, vit->wide, M, block->fc2_w, block->fc2_b, N, M, C, ACTIVATION_NONE, LINEAR_ADD);
}

/* ---------------------------------------------------------------- the whole */

/** Time since *mark, which moves on. */
static double lap(double *mark) {
    const double now = clock_ms(), spent = now - *mark;
    *mark = now;
    return spent;
}

static ptm_status check_finite(const struct vit *vit, ptm_error *err) {
    const struct network *network = vit->network;
    for (int i = 0; i < network->config.num_labels; i++)
        if (!isfinite(vit->logits[i]))
            return error_set(err, PTM_EFORMAT,
                             "model %s gives a logit for \"%s\" that is no finite number: its weights or its input are "
                             "out of range",
                             network->name, network->labels[i]);
    return PTM_OK;
}

ptm_status vit_forward(struct vit *vit, const float *input, ptm_error *err) {
    const struct network *network = vit->network;
    const int depth = network->config.depth, *tokens = vit->tokens;
    const double start = clock_ms();
    double mark = start;
    vit->times = (struct vit_times){0};

    tome_reset(&vit->tome, tokens[0]);
    embed_tokens(vit->compute, vit->x, vit->wide, network, input);
    vit->times.embed = lap(&mark);

    for (int i = 0; i < depth; i++) {
        const struct block_weights *block = &network->weights.blocks[i];
        attend(vit, block, tokens[i], tokens[i] < tokens[0]);
        vit->times.attention += lap(&mark);
        if (tokens[i + 1] < tokens[i]) merge(vit, tokens[i], tokens[i] - tokens[i + 1]);
        vit->times.merge += lap(&mark);
        feed_forward(vit, block, tokens[i + 1]);
        vit->times.mlp += lap(&mark);
    }

    head_logits(vit->compute, vit->logits, vit->pooled, vit->y, network, vit->x, vit->tome.size, tokens[depth]);
    vit->times.head = lap(&mark);
    vit->times.total = mark - start;
    return check_finite(vit, err);
}
