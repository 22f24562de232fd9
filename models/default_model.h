/* SPDX-License-Identifier: MIT */
/* default_model: where the model lies that ships with the library. */
#ifndef POLYTOME_MODELS_DEFAULT_MODEL_H
#define POLYTOME_MODELS_DEFAULT_MODEL_H

#include "base/error.h"

/** $POLYTOME_MODEL, or else the file that is installed beside the library or that lies in its sources; *path is owned
 * by the caller, mem_free(). PTM_EIO where there is none. */
ptm_status default_model_find(char **path, ptm_error *err);

#endif
