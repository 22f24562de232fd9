/* SPDX-License-Identifier: MIT */
/*
 * tome: token merging by bipartite soft matching (Bolya et al., "Token Merging: Your ViT But Faster", ICLR 2023,
 * sections 3.1 and 3.2). Tokens are split alternately into sources A (even) and destinations B (odd); each source knows
 * its most similar destination; the r most similar pairs merge by size-weighted average.
 */
#ifndef POLYTOME_MODELS_TOME_H
#define POLYTOME_MODELS_TOME_H

#include "base/memory.h"
#include "compute/compute.h"

/** Working memory for up to N0 tokens; placed by tome_place() in the session's arena. */
struct tome {
    const struct compute *compute;
    int protected_tokens; /* at the front: class, distillation token ...; never merged, and they keep their places */

    float *metric;          /* (N, D) unit length */
    float *size;            /* (N) input tokens that each token stands for */
    float *log_size;        /* (N) */
    float *merged_size;     /* (N) */
    float *position;        /* (N, 3) t, h, w of each token on the patch grid; NULL where nobody asks for it */
    float *merged_position; /* (N, 3) */
    int32_t *source;        /* (N0) token that each input token is in now */

    float *node_max;   /* (N/2) score of each A token's best B token */
    int *node_idx;     /* (N/2) and its index in B */
    int *edge;         /* (N/2) A tokens by falling score */
    int *edge_swap;    /* (N/2) for the sort */
    int *kept;         /* (N - r) where each output token was, in the input order: unmerged A, then B */
    int *first, *last; /* (N/2) of each B token: its sources, as a list in merging order; -1: none */
    int *next;         /* (N/2) of each A token: the next source of the same B token */
    int32_t *moved;    /* (N) new index of each old token */
    float *scores;     /* a tile of scores for each worker; tomes of the same workers may share them */
};

/** Takes the memory for N0 tokens of head_dim D from the arena (or measures it), but for the scores; with `positions`
 * also for them. */
void tome_place(struct tome *tome, struct arena *arena, int tokens, int head_dim, bool positions);

/** Takes that for the scores. */
float *tome_place_scores(struct arena *arena, int workers);

/** Forgets all merging: sizes 1, each input token its own source. Once before each forward pass. What enters the first
 * block may then be fewer, larger tokens (run_length.h). */
void tome_reset(struct tome *tome, int tokens);

/** metric (N, D): the mean over heads of k (N, h * D), rows `ld` apart, each row then divided by its length. */
void tome_metric(struct tome *tome, const float *k, int ld, int tokens, int heads, int head_dim);

/**
 * Matches `tokens` by the metric and plans the merging of the r best pairs, r at most (N - protected) / 2.
 * Afterwards `kept`, `first`, `next` and `moved` describe it. Ties: higher score first, then the lower index.
 */
void tome_match(struct tome *tome, int tokens, int head_dim, int r);

/**
 * Carries out the planned merging: merged (N - r, C) <- x (N, C), and brings size, log_size, position and source up to
 * date. A merged token's position is the size-weighted mean (docs/decisions.md). Where nobody reads the rows, C is 0.
 * Returns N - r.
 */
int tome_merge(struct tome *tome, float *merged, const float *x, int tokens, int input_tokens, int embed_dim, int r);

#endif
