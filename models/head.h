/* SPDX-License-Identifier: MIT */
/* head: the tokens that are left to logits: final norm, pooling, norm, classifier. */
#ifndef POLYTOME_MODELS_HEAD_H
#define POLYTOME_MODELS_HEAD_H

#include "models/vit_state.h"

/**
 * vit->logits (windows, num_labels) <- vit->x (N, C), of which each token stands for tome.size input tokens of its
 * window: a mean over tokens is weighted by it, so that it is the mean which the unmerged network would take (ToMe's
 * MAE patch). Where config_pools_mlp(), a window's one token is that mean already. vit->y is overwritten.
 */
void head_logits(struct vit *vit);

#endif
