/* SPDX-License-Identifier: MIT */
/* single_file: the polytome layout (docs/format.md): one safetensors file whose metadata describes the whole model. */
#ifndef POLYTOME_MODELS_SINGLE_FILE_H
#define POLYTOME_MODELS_SINGLE_FILE_H

#include "files/json.h"
#include "models/network.h"

/**
 * Fills networks (2) from the JSON text of the metadata key `polytome`, all but the weights, and *count. Strings point
 * into the document.
 */
ptm_status single_file_read(struct network *networks, int *count, struct json root, int max_tokens, ptm_error *err);

/** Prefix of a modality's own tensors: "video." or "audio.". */
const char *single_file_prefix(ptm_modality modality);

#endif
