/* SPDX-License-Identifier: MIT */
/* layer_store: what the sessions of a model share beside its file: its layers in each precision that the file has not
 * in place, made when the first session asks for them. */
#ifndef POLYTOME_MODELS_LAYER_STORE_H
#define POLYTOME_MODELS_LAYER_STORE_H

#include "models/block_layers.h"

struct layer_store;

/** For a model whose weights lie in `files`, which outlives the store; NULL where memory is short. */
struct layer_store *layer_store_open(const struct safetensors *files);
void layer_store_close(struct layer_store *store);

/** The layers of a network as `compute` takes them, which live as long as its model; *out NULL where they lie in the
 * file so. Safe from several threads. PTM_ENOMEM, PTM_EMODEL. */
ptm_status layer_store_get(const struct block_layers **out, const struct network *network,
                           const struct compute *compute, ptm_error *err);

#endif
