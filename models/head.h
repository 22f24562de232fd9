/* SPDX-License-Identifier: MIT */
/* head: the tokens that are left to logits: final norm, pooling, norm, classifier. */
#ifndef POLYTOME_MODELS_HEAD_H
#define POLYTOME_MODELS_HEAD_H

#include "models/vit_state.h"

/**
 * vit->logits (num_labels) <- vit->x (N, C), of which each token stands for vit->tome.size (N) input tokens: a mean
 * over tokens is weighted by it, so that it is the mean which the unmerged network would take (ToMe's MAE patch). Where
 * config_pools_mlp(), token 0 is that mean already. vit->y is overwritten.
 */
void head_logits(struct vit *vit, int tokens);

#endif
