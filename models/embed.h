/* SPDX-License-Identifier: MIT */
/* embed: a prepared input to tokens: patches through one matrix product, class and distillation token, positions. */
#ifndef POLYTOME_MODELS_EMBED_H
#define POLYTOME_MODELS_EMBED_H

#include "models/network.h"

/** Numbers in one patch: channels * patch volume. */
int embed_patch_length(const struct patch_grid *grid);

/** x (N0, C) <- input. `patches` is scratch for (N0, embed_patch_length). */
void embed_tokens(const struct compute *compute, float *x, float *patches, const struct network *network,
                  const float *input);

#endif
