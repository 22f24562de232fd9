/* SPDX-License-Identifier: MIT */
/* no_checkpoint: what a directory is instead of a checkpoint's, and what to give or to do. */
#ifndef POLYTOME_MODELS_NO_CHECKPOINT_H
#define POLYTOME_MODELS_NO_CHECKPOINT_H

#include "base/error.h"

/** Of a directory without a config.json: PTM_EMODEL for an adapter, else PTM_EIO, with the name of a folder in it that
 * is likely meant. PTM_ENOMEM. */
ptm_status no_checkpoint_without_config(const char *directory, ptm_error *err);

/** Of one without safetensors: PTM_EMODEL for pickles and adapters, else PTM_EIO. PTM_ENOMEM. */
ptm_status no_checkpoint_without_weights(const char *directory, ptm_error *err);

#endif
