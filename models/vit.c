/* SPDX-License-Identifier: MIT */
#include "models/vit.h"

#include "base/clock.h"
#include "compute/attention.h"
#include "models/block.h"
#include "models/budget.h"
#include "models/head.h"
#include "models/position.h"
#include "models/reduce.h"
#include "models/schedule.h"

#include <math.h>
#include <string.h>

static size_t largest(size_t a, size_t b) {
    return a > b ? a : b;
}

void vit_place(struct vit *vit, struct arena *arena, const struct network *network, const struct compute *compute) {
    const struct vit_config *config = &network->config;
    const size_t N = (size_t)config->tokens, C = (size_t)config->embed_dim, L = (size_t)config->depth;
    const int workers = threads_count(compute->threads);
    const size_t hidden = (size_t)config->mlp_dim * (config_has(config, PART_SWIGLU) ? 2 : 1);
    const size_t branch = largest(3 * C, largest(hidden, (size_t)config->pooler_mlp_dim));
    const size_t widest = largest(branch, (size_t)embed_patch_length(&config->grid));

    vit->network = network;
    vit->compute = compute;
    vit->place = EMBED_NOWHERE;
    vit->r = arena_take(arena, L, sizeof *vit->r);
    vit->planned = arena_take(arena, L + 1, sizeof *vit->planned);
    vit->tokens = arena_take(arena, L + 1, sizeof *vit->tokens);
    vit->x = arena_take(arena, N * C, sizeof *vit->x);
    vit->y = arena_take(arena, N * C, sizeof *vit->y);
    vit->wide = arena_take(arena, N * widest, sizeof *vit->wide);
    const size_t scratch = attention_scratch(compute, config->tokens, config->head_dim);
    vit->scratch = arena_take(arena, (size_t)workers * scratch, sizeof *vit->scratch);
    vit->pooled = arena_take(arena, 2 * C, sizeof *vit->pooled);
    vit->row = arena_take(arena, 2 * C, sizeof *vit->row);
    vit->logits = arena_take(arena, 2 * (size_t)config->num_labels, sizeof *vit->logits);
    reduce_place(vit, arena);
    run_length_place(&vit->runs, arena, config);
    vit->tome.compute = compute;
    vit->tome.protected_tokens = config->protected_tokens;
    tome_place(&vit->tome, arena, config->tokens, config->head_dim, workers, config->position == POSITION_ROTARY);
}

/** vit->tokens for a pass that `entering` tokens enter: of fewer, as many in proportion are merged. */
static void count_tokens(struct vit *vit, int entering) {
    const struct vit_config *config = &vit->network->config;
    int r[VIT_DEPTH_MAX];
    for (int i = 0; i < config->depth; i++) r[i] = (int)((int64_t)vit->r[i] * entering / config->tokens);
    schedule_tokens(vit->tokens, r, config->depth, entering, vit->tome.protected_tokens);
}

void vit_set_schedule(struct vit *vit, const int *r, bool prop_attn) {
    const struct vit_config *config = &vit->network->config;
    memcpy(vit->r, r, (size_t)config->depth * sizeof *vit->r);
    count_tokens(vit, config->tokens);
    memcpy(vit->planned, vit->tokens, ((size_t)config->depth + 1) * sizeof *vit->planned);
    vit->prop_attn = prop_attn;
}

ptm_status vit_set_budget(struct vit *vit, double gflop, bool prop_attn, ptm_error *err) {
    int r[VIT_DEPTH_MAX];
    TRY(budget_schedule(r, &vit->network->config, vit->tome.protected_tokens, gflop, err));
    vit_set_schedule(vit, r, prop_attn);
    return PTM_OK;
}

ptm_status vit_set_merge(struct vit *vit, const char *r, bool prop_attn, ptm_error *err) {
    const struct vit_config *config = &vit->network->config;
    enum budget_kind kind;
    double amount;
    int schedule[VIT_DEPTH_MAX];
    TRY(budget_parse(r, &kind, &amount, err));
    if (kind == BUDGET_SPEED) return vit_set_budget(vit, config_gflop(config, NULL) / amount, prop_attn, err);
    if (kind == BUDGET_GFLOP) return vit_set_budget(vit, amount, prop_attn, err);
    TRY(schedule_parse(schedule, config->depth, r, err));
    vit_set_schedule(vit, schedule, prop_attn);
    return PTM_OK;
}

/* ---------------------------------------------------------------- the whole */

/** Merges the tokens by the metric that block_attend() left: N -> N - r. */
static void merge(struct vit *vit, int N, int r) {
    const struct vit_config *config = &vit->network->config;
    const int C = config->embed_dim;
    tome_match(&vit->tome, N, config->head_dim, r);
    tome_merge(&vit->tome, vit->y, vit->x, N, config->tokens, C, r);
    float *merged = vit->y;
    vit->y = vit->x;
    vit->x = merged;
}

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

/** The tokens that enter the first block. */
static void enter(struct vit *vit, const float *input) {
    const struct vit_config *config = &vit->network->config;
    tome_reset(&vit->tome, config->tokens);
    const int count = run_length_find(&vit->runs, vit->network, input, &vit->tome);
    count_tokens(vit, count);
    if (config->position == POSITION_ROTARY) position_grid(vit->tome.position, &config->grid, vit->runs.token, count);
    const struct embed_job job = {vit->network, input, vit->runs.token, count, vit->place};
    embed_tokens(vit->compute, vit->x, vit->wide, &job, &vit->memory);
}

/** The MLP of a block, as far as anybody reads it. */
static void feed_forward(const struct vit *vit, int i) {
    const struct vit_config *config = &vit->network->config;
    const struct block_weights *block = &vit->network->weights.blocks[i];
    const int tokens = vit->tokens[i + 1];
    if (i + 1 == config->depth && config_pools_mlp(config))
        block_feed_forward_mean(vit, block, config->special_tokens, tokens);
    else
        block_feed_forward(vit, block, config_read_tokens(config, i, tokens));
}

ptm_status vit_forward(struct vit *vit, const float *input, ptm_error *err) {
    const struct network *network = vit->network;
    const int depth = network->config.depth, *tokens = vit->tokens;
    const bool rotated = network->config.position == POSITION_ROTARY;
    const double start = clock_ms();
    double mark = start;
    vit->times = (struct vit_times){0};
    enter(vit, input);
    vit->times.embed = lap(&mark);

    for (int i = 0; i < depth; i++) {
        const struct block_weights *block = &network->weights.blocks[i];
        const int r = tokens[i] - tokens[i + 1];
        block_attend(vit, block, tokens[i], config_read_tokens(&network->config, i, tokens[i]), rotated, r > 0);
        vit->times.attention += lap(&mark);
        if (r > 0) merge(vit, tokens[i], r);
        vit->times.merge += lap(&mark);
        feed_forward(vit, i);
        vit->times.mlp += lap(&mark);
    }

    head_logits(vit, tokens[depth]);
    vit->times.head = lap(&mark);
    vit->times.total = mark - start;
    return check_finite(vit, err);
}
