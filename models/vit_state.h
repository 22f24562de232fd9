/* SPDX-License-Identifier: MIT */
/* vit_state: the memory of a forward pass, which block, pooler and head work on. Placed and run by vit.h. */
#ifndef POLYTOME_MODELS_VIT_STATE_H
#define POLYTOME_MODELS_VIT_STATE_H

#include "compute/reduced.h"
#include "models/embed.h"
#include "models/run_length.h"
#include "models/tome.h"

/** Milliseconds of the last forward pass, by stage. */
struct vit_times {
    double total, embed, attention, merge, mlp, head;
};

struct vit {
    const struct network *network;
    const struct compute *compute;

    int *r;       /* (L) tokens to merge in each block, where all N0 enter the first */
    int *planned; /* (L + 1) entering each block then, and leaving the last */
    int *tokens;  /* (L + 1) the same of the last pass, which may have had fewer */
    bool prop_attn;
    struct vit_times times;

    const struct reduced_blocks *reduced; /* the layers that are not used as they lie in the file, or NULL */
    struct reduced_input prepared;        /* scratch of those */

    struct embed_memory memory; /* of windows that overlap */
    int64_t place;              /* of the next window; see struct embed_memory */

    struct run_length runs; /* patches that are left out */
    struct tome tome;
    float *x;    /* (N, C) the tokens; exchanged with y when tokens merge */
    float *y;    /* (N, C) normed tokens, then the heads' output */
    float *wide; /* (N, 3C) q k v, (N, mlp_dim) hidden (twice as wide for SwiGLU), (N, patch volume) patches: in turn */
    float *scratch; /* attention's, for each worker */
    float *pooled;  /* (2C) */
    float *row;     /* (2C) scratch of the pooler */
    float *logits;  /* (num_labels), and as many more for a second head */
};

#endif
