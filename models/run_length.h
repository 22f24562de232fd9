/* SPDX-License-Identifier: MIT */
/*
 * run_length: patches of a video that stand still are left out before the network (Choudhury et al., "Don't Look Twice:
 * Faster Video Transformers with Run-Length Tokenization", NeurIPS 2024). Each patch that stays stands for the run of
 * those left out behind it: the length of the run is its token size, as if they had merged into it.
 */
#ifndef POLYTOME_MODELS_RUN_LENGTH_H
#define POLYTOME_MODELS_RUN_LENGTH_H

#include "models/network.h"
#include "models/tome.h"

struct run_length {
    float threshold; /* mean |difference| of ImageNet-normalised pixels up to which a patch stands still; 0: off */
    int *token;      /* (N0) of each token at the network's input, its number among all N0 */
    int *latest;     /* (patches of a tube) the token that stands for each place just now */
    double share;    /* of the patches of the last window: left out */
};

/** Takes its memory from the arena (or measures it). */
void run_length_place(struct run_length *runs, struct arena *arena, const struct vit_config *config);

/**
 * Finds the tokens that enter the network for a prepared input: runs->token, and source, size and log_size of `tome`,
 * which was reset. A patch of tube k is left out where its last frame differs by no more than the threshold from the
 * first frame of tube k - 1. Special and protected tokens stay. Returns how many enter.
 */
int run_length_find(struct run_length *runs, const struct network *network, const float *input, struct tome *tome);

#endif
