/* SPDX-License-Identifier: MIT */
/*
 * weight_source: the tensors of a file as float32: in place where they lie so, converted once where not. Shared by all
 * networks of the file.
 */
#ifndef POLYTOME_MODELS_WEIGHT_SOURCE_H
#define POLYTOME_MODELS_WEIGHT_SOURCE_H

#include "files/safetensors.h"

struct weight_source {
    const struct safetensors *files; /* not owned */
    const float **values;            /* (count) NULL: not needed so far */
    bool *converted;                 /* (count) values[i] is ours */
    bool *used;                      /* (count) a network has it */
    bool packed;                     /* whoever wrote the file has run its networks: finite values are taken on trust */
};

/** `source` is zeroed but for `packed`. PTM_ENOMEM. */
ptm_status weight_source_open(struct weight_source *source, const struct safetensors *files, ptm_error *err);
void weight_source_close(struct weight_source *source);

/** A network has the tensor, whatever its values are; returns its place in the file. */
size_t weight_source_use(struct weight_source *source, const struct tensor *tensor);

/** The same, and its values, which live as long as the source. PTM_EMODEL where one of them is not finite, PTM_ENOMEM.
 */
ptm_status weight_source_values(struct weight_source *source, const struct tensor *tensor, const float **values,
                                ptm_error *err);

#endif
