/* SPDX-License-Identifier: MIT */
/* directory: a checkpoint as its authors publish it: config.json, a processor's file and model.safetensors. */
#ifndef POLYTOME_MODELS_DIRECTORY_H
#define POLYTOME_MODELS_DIRECTORY_H

#include "models/model.h"

/**
 * Reads the directory model->path into the model: its files, which the model owns also after a failure, and the one
 * network, all but the weights. PTM_EIO where a file is not there, PTM_EMODEL where it is not what it should be.
 */
ptm_status directory_open(struct ptm_model *model, const ptm_model_options *options, ptm_error *err);

#endif
