/* SPDX-License-Identifier: MIT */
/* vit: the one backbone. Runs a network on one prepared input in memory that was sized and taken beforehand. */
#ifndef POLYTOME_MODELS_VIT_H
#define POLYTOME_MODELS_VIT_H

#include "models/network.h"
#include "models/tome.h"

/** Milliseconds of the last forward pass, by stage. */
struct vit_times {
    double total, embed, attention, merge, mlp, head;
};

struct vit {
    const struct network *network;
    const struct compute *compute;

    int *r;      /* (L) tokens to merge in each block */
    int *tokens; /* (L + 1) entering each block, and leaving the last */
    bool prop_attn;
    struct vit_times times;

    struct tome tome;
    float *x;    /* (N, C) the tokens; exchanged with y when tokens merge */
    float *y;    /* (N, C) normed tokens, then the heads' output */
    float *wide; /* (N, 3C) q k v, (N, mlp_dim) hidden (twice as wide for SwiGLU), (N, patch volume) patches: in turn */
    float *scratch; /* attention's, for each worker */
    float *pooled;  /* (2C) */
    float *row;     /* (2C) scratch of the head */
    float *logits;  /* (num_labels), and as many more for a second head */
};

/** Takes all memory for a forward pass from the arena (or measures it). Then vit_set_merge() before the first pass. */
void vit_place(struct vit *vit, struct arena *arena, const struct network *network, const struct compute *compute);

/** Sets the merging of later passes: a schedule's text (schedule.h) or "2x", "6GFLOP" (budget.h), and proportional
 * attention. */
ptm_status vit_set_merge(struct vit *vit, const char *r, bool prop_attn, ptm_error *err);

/** The same for a cost of one pass. */
ptm_status vit_set_budget(struct vit *vit, double gflop, bool prop_attn, ptm_error *err);

/** log(size) of the tokens for proportional attention; NULL where it is off or nothing has merged yet. */
const float *vit_log_size(const struct vit *vit, int tokens);

/**
 * Runs the network: vit->logits (num_labels), vit->tome.source (N0), vit->times. `input` is prepared as
 * network_input_shape() says. Allocates nothing. PTM_EFORMAT where a logit is not finite.
 */
ptm_status vit_forward(struct vit *vit, const float *input, ptm_error *err);

#endif
