/* SPDX-License-Identifier: MIT */
/* position: the table (N0, C) that is added to the tokens, where the file does not hold it as it is. */
#ifndef POLYTOME_MODELS_POSITION_H
#define POLYTOME_MODELS_POSITION_H

#include "models/network.h"

enum { POSITION_SIDE_MAX = 4096 }; /* rows and columns of a stored table's grid */

/**
 * VideoMAE's table (tokens, C): p / 10000^(2 floor(j / 2) / C), sine at even j, cosine at odd j, in double and then
 * cast; p is the raster index over t, h, w. Owned by the caller, mem_free(); NULL where memory is short.
 */
float *position_sinusoid(int tokens, int embed_dim);

/**
 * Makes network->weights.pos_embed from what was bound, by config.position; a table that is computed is kept in
 * network->computed_pos. Resizing is torch's interpolate(mode="bicubic", align_corners=False), for POSITION_ANTIALIASED
 * with antialias=True.
 */
ptm_status position_prepare(struct network *network, ptm_error *err);

/** position (count, 3): t, h, w on the grid of each of `count` patches, given by their numbers in raster order. */
void position_grid(float *position, const struct patch_grid *grid, const int *patch, int count);

#endif
