/* SPDX-License-Identifier: MIT */
#include "models/vit.h"

#include "base/clock.h"
#include "compute/attention.h"
#include "compute/tiles.h"
#include "models/block.h"
#include "models/block_layers.h"
#include "models/budget.h"
#include "models/head.h"
#include "models/position.h"
#include "models/schedule.h"

#include <math.h>
#include <string.h>

static size_t largest(size_t a, size_t b) {
    return a > b ? a : b;
}

/* From so many rows on products run at their full rate, in all precisions (docs/decisions.md). */
int vit_batch(const struct network *network, const struct compute *compute, int most) {
    enum { ENOUGH_ROWS = 800, WINDOWS_USUAL = 16, ROWS_MOST = 1 << 24 };
    const int tokens = network->config.tokens, fill = tiles_count(ENOUGH_ROWS, tokens);
    if (!linear_keeps_rows(compute->kernels) || tokens > ROWS_MOST) return 1;
    const int wanted = most > 0 ? most : smaller(fill, WINDOWS_USUAL);
    return smaller(wanted, ROWS_MOST / tokens);
}

static void place_windows(struct vit *vit, struct arena *arena, int workers) {
    const struct vit_config *config = &vit->network->config;
    float *scores = tome_place_scores(arena, workers);
    vit->windows = arena_take(arena, (size_t)vit->capacity, sizeof *vit->windows);
    for (int i = 0; i < vit->capacity; i++) {
        struct vit_window window = {.tome = {.compute = vit->compute, .scores = scores}};
        window.tokens = arena_take(arena, (size_t)config->depth + 1, sizeof *window.tokens);
        run_length_place(&window.runs, arena, config);
        tome_place(&window.tome, arena, config->tokens, config->head_dim, config->position == POSITION_ROTARY);
        if (!arena->base) continue; /* it is measured */
        window.logits = vit->logits + (size_t)i * (size_t)config->num_labels;
        vit->windows[i] = window;
    }
}

void vit_place(struct vit *vit, struct arena *arena, const struct network *network, const struct compute *compute,
               int windows) {
    const struct vit_config *config = &network->config;
    const size_t B = (size_t)windows, N = B * (size_t)config->tokens;
    const size_t C = (size_t)config->embed_dim, L = (size_t)config->depth;
    const int workers = threads_most(compute->threads);
    const size_t hidden = (size_t)config_hidden_width(config, config->mlp_dim);
    const size_t branch = largest(3 * C, largest(hidden, (size_t)config->pooler_mlp_dim));
    const size_t widest = largest(branch, (size_t)config->grid.patch_values);

    vit->network = network;
    vit->compute = compute;
    vit->capacity = windows;
    vit->protected_tokens = config->protected_tokens;
    vit->r = arena_take(arena, L, sizeof *vit->r);
    vit->planned = arena_take(arena, L + 1, sizeof *vit->planned);
    vit->x = arena_take(arena, N * C, sizeof *vit->x);
    vit->y = arena_take(arena, N * C, sizeof *vit->y);
    vit->wide = arena_take(arena, N * widest, sizeof *vit->wide);
    const size_t scratch = attention_scratch(compute, config->tokens, config->head_dim);
    vit->scratch = arena_take(arena, (size_t)workers * scratch, sizeof *vit->scratch);
    vit->pooled = arena_take(arena, B * (size_t)config_head_width(config), sizeof *vit->pooled);
    vit->row = arena_take(arena, 2 * C, sizeof *vit->row);
    vit->logits = arena_take(arena, 2 * B * (size_t)config->num_labels, sizeof *vit->logits);
    block_layers_place(vit, arena, windows);
    place_windows(vit, arena, workers);
}

/** tokens (L + 1) of a window of which `entering` enter: of fewer, as many in proportion are merged. */
static void count_tokens(const struct vit *vit, int *tokens, int entering) {
    const struct vit_config *config = &vit->network->config;
    int r[VIT_DEPTH_MAX];
    for (int i = 0; i < config->depth; i++) r[i] = (int)((int64_t)vit->r[i] * entering / config->tokens);
    schedule_tokens(tokens, r, config->depth, entering, vit->protected_tokens);
}

void vit_set_schedule(struct vit *vit, const int *r, bool prop_attn) {
    const struct vit_config *config = &vit->network->config;
    memcpy(vit->r, r, (size_t)config->depth * sizeof *vit->r);
    count_tokens(vit, vit->planned, config->tokens);
    vit->prop_attn = prop_attn;
}

ptm_status vit_set_budget(struct vit *vit, double gflop, bool prop_attn, ptm_error *err) {
    int r[VIT_DEPTH_MAX];
    TRY(budget_schedule(r, &vit->network->config, vit->protected_tokens, gflop, err));
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
    TRY(schedule_parse(schedule, config->depth, r, vit->network->name, err));
    vit_set_schedule(vit, schedule, prop_attn);
    return PTM_OK;
}

/* ---------------------------------------------------------------- into a pass */

/** Time since *mark, which moves on. */
static double lap(double *mark) {
    const double now = clock_ms(), spent = now - *mark;
    *mark = now;
    return spent;
}

void vit_begin(struct vit *vit) {
    vit->count = 0;
    vit->times = (struct vit_times){0};
}

void vit_put(struct vit *vit, const float *input, int64_t place) {
    const struct vit_config *config = &vit->network->config;
    double mark = clock_ms();
    const int first = vit->count > 0 ? vit_rows(vit) : 0;
    struct vit_window *window = &vit->windows[vit->count++];
    window->first = first;
    window->prop_attn = vit->prop_attn;
    window->runs.threshold = vit->static_threshold;
    window->tome.protected_tokens = vit->protected_tokens;
    tome_reset(&window->tome, config->tokens);
    window->rows = run_length_find(&window->runs, vit->network, input, &window->tome);
    count_tokens(vit, window->tokens, window->rows);
    if (config->position == POSITION_ROTARY)
        position_grid(window->tome.position, &config->grid, window->runs.token, window->rows);
    const struct embed_job job = {vit->network, input, window->runs.token, window->rows, place};
    embed_tokens(vit->compute, vit->x + (size_t)first * (size_t)config->embed_dim, vit->wide, &job, &vit->memory);
    vit->times.embed += lap(&mark);
}

/* ---------------------------------------------------------------- through the blocks */

/** How many tokens of each window block i merges; returns the most. */
static int plan_merging(struct vit *vit, int i) {
    int most = 0;
    for (struct vit_window *window = vit->windows; window < vit->windows + vit->count; window++) {
        window->r = window->tokens[i] - window->tokens[i + 1];
        most = window->r > most ? window->r : most;
    }
    return most;
}

/** merged (N - r, C) <- x (N, C) of a window, by the metric that block_attend() left; of a C of 0 no row is read. */
static void merge_window(const struct vit *vit, struct vit_window *window, int N, float *merged, const float *x,
                         int C) {
    const struct vit_config *config = &vit->network->config;
    tome_match(&window->tome, N, config->head_dim, window->r);
    tome_merge(&window->tome, merged, x, N, config->tokens, C, window->r);
}

/** Merges the tokens of all windows; of one that merges none they keep their bits and their order. */
static void merge(struct vit *vit) {
    const struct vit_config *config = &vit->network->config;
    const size_t C = (size_t)config->embed_dim;
    int first = 0;
    for (struct vit_window *window = vit->windows; window < vit->windows + vit->count; window++) {
        const float *x = vit->x + (size_t)window->first * C;
        float *merged = vit->y + (size_t)first * C;
        if (window->r > 0)
            merge_window(vit, window, window->rows, merged, x, config->embed_dim);
        else
            memcpy(merged, x, (size_t)window->rows * C * sizeof *merged);
        window->rows -= window->r;
        window->first = first;
        first += window->rows;
    }
    float *merged = vit->y;
    vit->y = vit->x;
    vit->x = merged;
}

/** The same where only the first tokens are left, which do not merge: sizes and source maps. */
static void merge_unread(struct vit *vit, int i) {
    for (struct vit_window *window = vit->windows; window < vit->windows + vit->count; window++)
        if (window->r > 0) merge_window(vit, window, window->tokens[i], vit->y, vit->x, 0);
}

static void run_block(struct vit *vit, int i, double *mark) {
    const struct vit_config *config = &vit->network->config;
    const struct block_weights *block = &vit->network->weights.blocks[i];
    const int read = config_read_tokens(config, i), r = plan_merging(vit, i);
    block_attend(vit, block, read, config->position == POSITION_ROTARY);
    vit->times.attention += lap(mark);
    if (r > 0 && read > 0)
        merge_unread(vit, i);
    else if (r > 0)
        merge(vit);
    vit->times.merge += lap(mark);
    if (i + 1 == config->depth && config_pools_mlp(config))
        block_feed_forward_mean(vit, block);
    else
        block_feed_forward(vit, block);
    vit->times.mlp += lap(mark);
}

static void share_times(struct vit_times *times, int windows) {
    times->embed /= windows;
    times->attention /= windows;
    times->merge /= windows;
    times->mlp /= windows;
    times->head /= windows;
    times->total = times->embed + times->attention + times->merge + times->mlp + times->head;
}

void vit_run(struct vit *vit) {
    double mark = clock_ms();
    for (int i = 0; i < vit->network->config.depth; i++) run_block(vit, i, &mark);
    head_logits(vit);
    vit->times.head = lap(&mark);
    share_times(&vit->times, vit->count);
}

const int *vit_tokens(const struct vit *vit) {
    return vit->count > 0 ? vit->windows[vit->count - 1].tokens : vit->planned;
}

ptm_status vit_check_finite(const struct vit *vit, const struct vit_window *window, ptm_error *err) {
    const struct network *network = vit->network;
    for (int i = 0; i < network->config.num_labels; i++)
        if (!isfinite(window->logits[i]))
            return error_set(
                err, PTM_EFORMAT,
                "model %s gives a logit for \"%s\" that is not a finite number: its weights or its input are "
                "out of range",
                network->name, network->labels[i]);
    return PTM_OK;
}

ptm_status vit_forward(struct vit *vit, const float *input, ptm_error *err) {
    vit_begin(vit);
    vit_put(vit, input, EMBED_NOWHERE);
    vit_run(vit);
    return vit_check_finite(vit, vit->windows, err);
}
