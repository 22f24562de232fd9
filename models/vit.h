/* SPDX-License-Identifier: MIT */
/*
 * vit: the one backbone. Runs a network on prepared inputs in memory that was sized and taken beforehand. Several
 * windows share a pass where that reads the weights less often; each has the same bits as alone.
 */
#ifndef POLYTOME_MODELS_VIT_H
#define POLYTOME_MODELS_VIT_H

#include "models/vit_state.h"

enum { VIT_WINDOWS_MAX = 64 };

/** How many windows may share a pass: `most` of them, 0: as many as make it faster; fewer where they would be very many
 * tokens, 1 where sharing would change bits. */
int vit_batch(const struct network *network, const struct compute *compute, int most);

/**
 * Takes all memory for a forward pass of up to `windows` from the arena (or measures it). Then vit_set_merge() before
 * the first pass.
 */
void vit_place(struct vit *vit, struct arena *arena, const struct network *network, const struct compute *compute,
               int windows);

/** Sets the merging of later windows: a schedule's text (schedule.h) or "2x", "6GFLOP" (budget.h), and proportional
 * attention. */
ptm_status vit_set_merge(struct vit *vit, const char *r, bool prop_attn, ptm_error *err);

/** The same for a cost of one window. */
ptm_status vit_set_budget(struct vit *vit, double gflop, bool prop_attn, ptm_error *err);

/** Sets the schedule itself: r (L), tokens to merge in each block. */
void vit_set_schedule(struct vit *vit, const int *r, bool prop_attn);

/** A pass begins, without windows. */
void vit_begin(struct vit *vit);

/**
 * One more window for the pass, of fewer than vit->capacity so far: makes tokens of an input that is prepared as
 * network_input_shape() says, and which is not needed any more then. `place` is that of its first tube; see struct
 * embed_memory.
 */
void vit_put(struct vit *vit, const float *input, int64_t place);

/** Runs the network on the windows, 1 or more: of each logits (num_labels) and tome.source (N0), and vit->times.
 * Allocates nothing. */
void vit_run(struct vit *vit);

/** Tokens (L + 1) of the last window of the pass, before the first one as they are planned. */
const int *vit_tokens(const struct vit *vit);

/** PTM_EFORMAT where a logit of the window is not finite. */
ptm_status vit_check_finite(const struct vit *vit, const struct vit_window *window, ptm_error *err);

/** All of that for one input: vit->windows[0]. */
ptm_status vit_forward(struct vit *vit, const float *input, ptm_error *err);

#endif
