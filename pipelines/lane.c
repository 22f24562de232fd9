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

/** Cost and best time of a few passes on a synthetic input, with the lane's merging. */
static ptm_status measure(struct lane *lane, double *gflop, double *ms, ptm_error *err) {
    *ms = INFINITY;
    *gflop = config_gflop(&lane->network->config, lane->vit.planned);
    for (int i = 0; i < RUNS; i++) {
        TRY(vit_forward(&lane->vit, lane->input, err));
        *ms = fmin(*ms, lane->vit.times.total);
    }
    return PTM_OK;
}

/** The cost at which a line through the last two measurements says `ms`; where it says that less work takes longer, or
 * leaves (0, most), as measurements close together may make it, a line through the origin. */
static double cost_of(double ms, double gflop, double time, double last_gflop, double last_time, double most) {
    const double slope = (time - last_time) / (gflop - last_gflop), cost = gflop + (ms - time) / slope;
    return slope > 0 && cost > 0 && cost < most ? cost : gflop * ms / time;
}

/** A budget of milliseconds is met by measuring on this machine, now: schedule after schedule. */
static ptm_status meet_time(struct lane *lane, double ms, bool prop_attn, ptm_error *err) {
    double gflop, time, last_gflop = 0, last_time = 0;
    lane_fill_noise(lane);
    TRY(vit_set_merge(&lane->vit, "off", prop_attn, err));
    TRY(vit_forward(&lane->vit, lane->input, err)); /* warm-up */
    TRY(measure(lane, &gflop, &time, err));
    const double most = gflop;
    for (int round = 0; round < ROUNDS && fabs(time - ms) > close_enough * ms; round++) {
        if (round == 0 && time < ms) return PTM_OK; /* fast enough as it is */
        const double next = cost_of(ms, gflop, time, last_gflop, last_time, most);
        last_gflop = gflop;
        last_time = time;
        ptm_error cause = {0};
        if (vit_set_budget(&lane->vit, next, prop_attn, &cause) != PTM_OK)
            return error_set(err, cause.status, "%g ms cannot be met here, where %.4g GFLOP took %.4g ms: %s", ms,
                             gflop, time, cause.message);
        TRY(measure(lane, &gflop, &time, err));
        if (gflop == last_gflop) break;
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
