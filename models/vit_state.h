/* SPDX-License-Identifier: MIT */
/* vit_state: the memory of a forward pass, which block, pooler and head work on. Placed and run by vit.h. */
#ifndef POLYTOME_MODELS_VIT_STATE_H
#define POLYTOME_MODELS_VIT_STATE_H

#include "compute/reduced.h"
#include "models/embed.h"
#include "models/run_length.h"
#include "models/tome.h"

/** Milliseconds of the last forward pass, by stage: of each of its windows as much. */
struct vit_times {
    double total, embed, attention, merge, mlp, head;
};

/** One of the inputs that share a pass, whose tokens are rows `first` and following of the vit's matrices. */
struct vit_window {
    int first, rows;
    int *tokens; /* (L + 1) entering each block, and leaving the last */
    int r;       /* of them, those that merge behind the attention of the block at hand */
    bool prop_attn;
    struct run_length runs; /* patches that are left out */
    struct tome tome;
    float *logits; /* (num_labels) a row of the vit's */
};

/** N: the tokens of all windows. */
struct vit {
    const struct network *network;
    const struct compute *compute;

    int *r;       /* (L) tokens to merge in each block, where all N0 enter the first */
    int *planned; /* (L + 1) entering each block then, and leaving the last */
    bool prop_attn;
    int protected_tokens;   /* of each window; see struct tome */
    float static_threshold; /* see struct run_length */

    struct vit_window *windows; /* (capacity) */
    int capacity, count;
    struct vit_times times;

    const struct block_layers *layers; /* that are not used as they lie in the file, or NULL */
    struct reduced_input prepared;     /* scratch of those */
    struct embed_memory memory;        /* of windows that overlap */

    float *x;    /* (N, C) the tokens; exchanged with y when tokens merge */
    float *y;    /* (N, C) normed tokens, then the heads' output */
    float *wide; /* (N, 3C) q k v, (N, mlp_dim) hidden (twice as wide for SwiGLU), (N, patch volume) patches: in turn */
    float *scratch; /* attention's, for each worker */
    float *pooled;  /* (windows, head width) */
    float *row;     /* (2C) scratch of the pooler */
    float *logits;  /* (windows, num_labels), and as many more for a second head */
};

/** Tokens of all windows. */
static inline int vit_rows(const struct vit *vit) {
    const struct vit_window *last = &vit->windows[vit->count - 1];
    return last->first + last->rows;
}

#endif
