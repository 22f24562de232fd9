/* SPDX-License-Identifier: MIT */
/* block: the two halves of a pre-norm transformer block, on the tokens that a vit holds. */
#ifndef POLYTOME_MODELS_BLOCK_H
#define POLYTOME_MODELS_BLOCK_H

#include "models/vit_state.h"

/** log(size) of the tokens for proportional attention; NULL where it is off or nothing has merged yet. */
const float *block_log_size(const struct vit *vit, int tokens);

/** y (N, C) = norm(x); w (C), b (C). */
void block_norm(const struct vit *vit, const float *w, const float *b, int tokens);

/**
 * x += scale1 * proj(attention(norm1(x))) for the first `queries` of all tokens. `rotated`: queries and keys are turned
 * by the tokens' positions. With `metric` the matching metric of the keys, as they are before that, is left in
 * vit->tome.metric.
 */
void block_attend(struct vit *vit, const struct block_weights *block, int tokens, int queries, bool rotated,
                  bool metric);

/** x += scale2 * mlp(norm2(x)) for the first `tokens`. */
void block_feed_forward(const struct vit *vit, const struct block_weights *block, int tokens);

/**
 * The mean of that over the tokens from `first` on, weighted by their sizes, becomes token 0: the second layer is
 * linear and takes one row, the mean of its input. The other tokens are not to be used any more.
 */
void block_feed_forward_mean(const struct vit *vit, const struct block_weights *block, int first, int tokens);

#endif
