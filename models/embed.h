/* SPDX-License-Identifier: MIT */
/* embed: a prepared input to tokens: patches through one matrix product, special tokens, positions. */
#ifndef POLYTOME_MODELS_EMBED_H
#define POLYTOME_MODELS_EMBED_H

#include "models/network.h"

/** The patches of the last window, embedded, for a next one that shares whole tubes with it. */
struct embed_memory {
    float *patches; /* (patches of a window, C) without positions; NULL: nothing is kept */
    int64_t place;  /* of its first tube on the time line, in tubes; EMBED_NOWHERE: it shares none */
};

enum { EMBED_NOWHERE = -1 };

/** Floats of embed_memory.patches. */
size_t embed_memory_floats(const struct network *network);

/** What to make tokens of. */
struct embed_job {
    const struct network *network;
    const float *input; /* prepared */
    const int *token;   /* (count) of each token its number among all N0, rising; the special ones are all there */
    int count;
    int64_t place; /* of the window's first tube; see struct embed_memory */
};

/**
 * x (count, C) <- the input. `patches` is scratch for (N0, grid.patch_values). Tubes that `memory` holds are not
 * embedded again, and memory->place is the job's afterwards; a memory is for windows of which all tokens enter.
 */
void embed_tokens(const struct compute *compute, float *x, float *patches, const struct embed_job *job,
                  struct embed_memory *memory);

#endif
