/* SPDX-License-Identifier: MIT */
#include "pipelines/lane.h"

#include "models/budget.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RUNS = 3, ROUNDS = 4 };

static const double close_enough = 0.02; /* of the time asked for */

size_t lane_window_floats(const struct lane *lane) {
    return lane->network->modality == PTM_AUDIO ? (size_t)fbank_window_samples(&lane->network->audio)
                                                : network_input_count(lane->network);
}

void lane_fill_noise(struct lane *lane) {
    const size_t count = network_input_count(lane->network);
    uint32_t state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        lane->input[i] = (float)(state >> 8) / (float)(1 << 23) - 1;
    }
}

ptm_status lane_keep_tubes(struct lane *lane, ptm_error *err) {
    struct embed_memory *memory = &lane->vit.memory;
    if (!linear_keeps_rows(lane->vit.compute->kernels) || lane->vit.static_threshold > 0) return PTM_OK;
    memory->place = EMBED_NOWHERE;
    memory->patches = mem_alloc(embed_memory_floats(lane->network), sizeof *memory->patches);
    return memory->patches ? PTM_OK : error_no_memory(err);
}

void lane_forget_tubes(struct lane *lane) {
    mem_free(lane->vit.memory.patches);
    lane->vit.memory.patches = NULL;
}

/* ---------------------------------------------------------------- merging */

double lane_gflop(const struct lane *lane) {
    return config_gflop(&lane->network->config, lane->vit.planned);
}

ptm_status lane_measure(struct lane *lane, int passes, double *ms, ptm_error *err) {
    *ms = INFINITY;
    for (int i = 0; i < passes; i++) {
        TRY(vit_forward(&lane->vit, lane->input, err));
        *ms = fmin(*ms, lane->vit.times.total);
    }
    return PTM_OK;
}

/** What a pass costs and how long it takes. */
struct timing {
    double gflop, ms;
};

static ptm_status take_timing(struct lane *lane, struct timing *timing, ptm_error *err) {
    timing->gflop = lane_gflop(lane);
    return lane_measure(lane, RUNS, &timing->ms, err);
}

/** A step of the secant method: the cost at which the line through the last two timings reaches `ms`. Where it says
 * that less work takes longer, or leaves (0, most), as timings close together may make it, the line through the origin
 * and the last one. */
static double next_cost(double ms, struct timing last, struct timing before, double most) {
    const double slope = (last.ms - before.ms) / (last.gflop - before.gflop);
    const double cost = last.gflop + (ms - last.ms) / slope;
    return slope > 0 && cost > 0 && cost < most ? cost : last.gflop * ms / last.ms;
}

/** A budget of milliseconds is met by measuring on this machine, now: schedule after schedule. */
static ptm_status meet_time(struct lane *lane, double ms, bool prop_attn, ptm_error *err) {
    struct timing last, before = {0, 0};
    lane_fill_noise(lane);
    TRY(vit_set_merge(&lane->vit, "off", prop_attn, err));
    TRY(vit_forward(&lane->vit, lane->input, err)); /* warm-up */
    TRY(take_timing(lane, &last, err));
    const double most = last.gflop;
    for (int round = 0; round < ROUNDS && fabs(last.ms - ms) > close_enough * ms; round++) {
        if (round == 0 && last.ms < ms) return PTM_OK; /* fast enough as it is */
        ptm_error cause = {0};
        if (vit_set_budget(&lane->vit, next_cost(ms, last, before, most), prop_attn, &cause) != PTM_OK)
            return error_set(err, cause.status, "%g ms cannot be met here, where %.4g GFLOP took %.4g ms: %s", ms,
                             last.gflop, last.ms, cause.message);
        before = last;
        TRY(take_timing(lane, &last, err));
        if (last.gflop == before.gflop) break;
    }
    return PTM_OK;
}

void lane_get_merge(const struct lane *lane, struct lane_merge *merge) {
    snprintf(merge->text, sizeof merge->text, "%s", lane->r);
    memcpy(merge->r, lane->vit.r, (size_t)lane->network->config.depth * sizeof *merge->r);
    merge->prop_attn = lane->vit.prop_attn;
}

void lane_put_merge(struct lane *lane, const struct lane_merge *merge) {
    if (!merge->text[0]) return; /* nothing was in force yet */
    vit_set_schedule(&lane->vit, merge->r, merge->prop_attn);
    snprintf(lane->r, sizeof lane->r, "%s", merge->text);
}

ptm_status lane_set_merge(struct lane *lane, const char *r, int prop_attn, ptm_error *err) {
    const struct network *network = lane->network;
    enum budget_kind kind;
    double amount;
    if (!network) return PTM_OK;
    if (prop_attn < -1 || prop_attn > 1)
        return error_set(err, PTM_EINVAL, "proportional attention is 0, 1, or -1 for the model's own, not %d",
                         prop_attn);
    if (!r || strcmp(r, "auto") == 0) r = network->r;
    if (strlen(r) >= sizeof lane->r)
        return error_set(err, PTM_EINVAL, "the merging schedule is longer than %zu characters", sizeof lane->r - 1);
    const bool proportional = prop_attn < 0 ? network->prop_attn : prop_attn != 0;
    TRY(budget_parse(r, &kind, &amount, err));
    struct lane_merge before;
    lane_get_merge(lane, &before);
    const ptm_status status = kind == BUDGET_MS ? meet_time(lane, amount, proportional, err)
                                                : vit_set_merge(&lane->vit, r, proportional, err);
    if (status == PTM_OK)
        snprintf(lane->r, sizeof lane->r, "%s", r);
    else
        lane_put_merge(lane, &before);
    return status;
}
