/* SPDX-License-Identifier: MIT */
/* head: the tokens that are left to logits: final norm, pooling, norm, classifier. */
#ifndef POLYTOME_MODELS_HEAD_H
#define POLYTOME_MODELS_HEAD_H

#include "models/network.h"

/**
 * logits (num_labels) <- x (N, C), of which each stands for size (N) input tokens: a mean over tokens is weighted by
 * it, so it is the mean that the unmerged network would take (ToMe's MAE patch). pooled (C) and row (C) are scratch.
 */
void head_logits(const struct compute *compute, float *logits, float *pooled, float *row, const struct network *network,
                 const float *x, const float *size, int tokens);

#endif
