/* SPDX-License-Identifier: MIT */
/* pickle: files of PyTorch, which can run code. None is read: a sentence says how to convert it. */
#ifndef POLYTOME_MODELS_PICKLE_H
#define POLYTOME_MODELS_PICKLE_H

#include "base/error.h"

/** Whether a file of that name is one ("model.pth"). */
bool pickle_is_name(const char *name);

/** PTM_EMODEL, with a command. `name`: the file's own, as the command takes it. */
ptm_status pickle_refuse(const char *path, const char *name, ptm_error *err);

/** The same of a directory whose pickle is in parts. */
ptm_status pickle_refuse_parts(const char *directory, ptm_error *err);

#endif
