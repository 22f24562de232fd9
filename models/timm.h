/* SPDX-License-Identifier: MIT */
/*
 * timm: checkpoints with the names of timm's VisionTransformer: timm's own, DeiT, MAE, and AudioMAE where the input has
 * one channel. Their config.json names an architecture; what it means is read off the tensors, which cannot lie about
 * it.
 */
#ifndef POLYTOME_MODELS_TIMM_H
#define POLYTOME_MODELS_TIMM_H

#include "models/families.h"

/** What transformers' TimmWrapper puts in front of a tensor's name, unless the weights were loaded from timm's own. */
#define TIMM_WRAPPED "timm_model."

ptm_status timm_config(struct network *network, const struct checkpoint *checkpoint, ptm_error *err);

/** timm's evaluation transform from pretrained_cfg; for AudioMAE its spectrogram. */
ptm_status timm_preprocessor(struct network *network, const struct checkpoint *checkpoint, ptm_error *err);

#endif
