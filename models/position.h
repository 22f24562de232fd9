/* SPDX-License-Identifier: MIT */
/* position: position tables that are formulas, not tensors. */
#ifndef POLYTOME_MODELS_POSITION_H
#define POLYTOME_MODELS_POSITION_H

/**
 * VideoMAE's table (tokens, C): p / 10000^(2 floor(j / 2) / C), sine at even j, cosine at odd j, in double and then
 * cast; p is the raster index over t, h, w. Owned by the caller, mem_free(); NULL where memory is short.
 */
float *position_sinusoid(int tokens, int embed_dim);

#endif
