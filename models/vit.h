/* SPDX-License-Identifier: MIT */
/* vit: the one backbone. Runs a network on one prepared input in memory that was sized and taken beforehand. */
#ifndef POLYTOME_MODELS_VIT_H
#define POLYTOME_MODELS_VIT_H

#include "models/vit_state.h"

/** Takes all memory for a forward pass from the arena (or measures it). Then vit_set_merge() before the first pass. */
void vit_place(struct vit *vit, struct arena *arena, const struct network *network, const struct compute *compute);

/** Sets the merging of later passes: a schedule's text (schedule.h) or "2x", "6GFLOP" (budget.h), and proportional
 * attention. */
ptm_status vit_set_merge(struct vit *vit, const char *r, bool prop_attn, ptm_error *err);

/** The same for a cost of one pass. */
ptm_status vit_set_budget(struct vit *vit, double gflop, bool prop_attn, ptm_error *err);

/** Sets the schedule itself: r (L), tokens to merge in each block. */
void vit_set_schedule(struct vit *vit, const int *r, bool prop_attn);

/**
 * Runs the network: vit->logits (num_labels), vit->tome.source (N0), vit->times. `input` is prepared as
 * network_input_shape() says. Allocates nothing. PTM_EFORMAT where a logit is not finite.
 */
ptm_status vit_forward(struct vit *vit, const float *input, ptm_error *err);

#endif
