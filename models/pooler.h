/* SPDX-License-Identifier: MIT */
/* pooler: attentive pooling: blocks over all tokens, then a learned query that attends to them (V-JEPA 2). */
#ifndef POLYTOME_MODELS_POOLER_H
#define POLYTOME_MODELS_POOLER_H

#include "models/vit_state.h"

/**
 * vit->pooled (windows, C) <- vit->x (N, C): final norm, pooler_depth pre-norm blocks, then one block in which only the
 * query asks: pooled = query + attention(query, norm1(x)) without an output projection, pooled += mlp(norm2(pooled)).
 */
void pooler_attend(struct vit *vit);

#endif
