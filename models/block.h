/* SPDX-License-Identifier: MIT */
/* block: the two halves of a pre-norm transformer block, on the tokens that a vit holds. */
#ifndef POLYTOME_MODELS_BLOCK_H
#define POLYTOME_MODELS_BLOCK_H

#include "models/vit_state.h"

/** log(size) of a window's tokens for proportional attention; NULL where it is off or nothing has merged yet. */
const float *block_log_size(const struct vit *vit, const struct vit_window *window);

/** y (N, C) = norm(x); w (C), b (C). */
void block_norm(const struct vit *vit, const float *w, const float *b);

/**
 * x += scale1 * proj(attention(norm1(x))), attention within each window. `read`: only the first so many tokens of each
 * window are read after this block, and only these stay; 0: all. `rotated`: queries and keys are turned by the tokens'
 * positions. For each window that merges, the matching metric of its keys, taken before they are turned, is left in
 * tome.metric.
 */
void block_attend(struct vit *vit, const struct block_weights *block, int read, bool rotated);

/** x += scale2 * mlp(norm2(x)). */
void block_feed_forward(const struct vit *vit, const struct block_weights *block);

/**
 * The mean of that over the tokens of a window that are not special, weighted by their sizes, becomes its only token:
 * the second layer is linear and takes one row, the mean of its input.
 */
void block_feed_forward_mean(struct vit *vit, const struct block_weights *block);

#endif
