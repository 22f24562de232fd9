/* SPDX-License-Identifier: MIT */
/* packed: schema 2 of the single file (docs/format.md): whole checkpoints, their tensors behind a prefix each. */
#ifndef POLYTOME_MODELS_PACKED_H
#define POLYTOME_MODELS_PACKED_H

#include "models/families.h"

/**
 * Fills networks and origins (3 each) from the JSON text of the metadata key `polytome`, all but the weights, and
 * *count. Strings point into the document.
 */
ptm_status packed_read(struct network *networks, struct origin *origins, int *count, struct json root,
                       const struct safetensors *files, int max_tokens, ptm_error *err);

#endif
