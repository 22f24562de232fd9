/* SPDX-License-Identifier: MIT */
/* shared_backbone: schema 1 of the single file (docs/format.md): modalities that share one backbone. */
#ifndef POLYTOME_MODELS_SHARED_BACKBONE_H
#define POLYTOME_MODELS_SHARED_BACKBONE_H

#include "files/json.h"
#include "models/network.h"

/**
 * Fills networks (2) from the JSON text of the metadata key `polytome`, all but the weights, and *count. Strings point
 * into the document.
 */
ptm_status shared_backbone_read(struct network *networks, int *count, struct json root, int max_tokens, ptm_error *err);

/** Prefix of a modality's own tensors: "video." or "audio.". */
const char *shared_backbone_prefix(ptm_modality modality);

#endif
