/* SPDX-License-Identifier: MIT */
/* rotary: position embedding by rotation of queries and keys along t, h and w (V-JEPA 2). */
#ifndef POLYTOME_MODELS_ROTARY_H
#define POLYTOME_MODELS_ROTARY_H

#include "compute/compute.h"

/** The widest head that can be turned; published ones have 64 to 88. */
enum { ROTARY_HEAD_DIM_MAX = 3072 };

/**
 * Turns q and k (N, heads * D), D up to ROTARY_HEAD_DIM_MAX, rows `ld` apart, by position (N, 3). Each head's channels
 * are three groups of 2 * floor(floor(D / 3) / 2) for t, h, w, and a rest that stays. Within a group of G the partner
 * of a channel is its neighbour (pairs 2i, 2i + 1), but its angle is position * 10000^-(j mod G/2 / (G/2)) of channel
 * j: the mismatch is that of the original, whose weights were trained with it.
 */
void rotary_turn(const struct compute *compute, float *q, float *k, int ld, const float *position, int tokens,
                 int heads, int head_dim);

#endif
