/* SPDX-License-Identifier: MIT */
/* reduce: the linear layers of a network's blocks in int8 or bf16, the choice between them and float32, and float32 of
 * a file that has them reduced. */
#ifndef POLYTOME_MODELS_REDUCE_H
#define POLYTOME_MODELS_REDUCE_H

#include "models/vit_state.h"

enum block_layer { LAYER_QKV, LAYER_PROJ, LAYER_FC1, LAYER_FC2, BLOCK_LAYERS };

struct safetensors;

/** What the sessions of a model share: its layers in a precision that the file has not in place, made when the first
 * session asks for them. */
struct reduced_store;

/** For a model whose weights lie in `files`, which outlives the store; NULL where memory is short. */
struct reduced_store *reduced_store_open(const struct safetensors *files);
void reduced_store_close(struct reduced_store *store);

/** Memory for the prepared inputs of a pass over `windows`; none where the precision is float32. */
void reduce_place(struct vit *vit, struct arena *arena, int windows);

/**
 * Gives the vit the layers of its network for compute->product, where they do not lie in the file so: all blocks but
 * the pooler's last, whose query is one row. They live as long as the model. Safe from several threads. PTM_ENOMEM,
 * PTM_EMODEL.
 */
ptm_status reduce_network(struct vit *vit, ptm_error *err);

/** y = act(layer(x)), or added to y, in the vit's precision; of LAYER_QKV y holds q, k and v side by side. */
void reduce_run_layer(const struct vit *vit, const struct block_weights *block, enum block_layer layer, float *y,
                      int ldy, const float *x, int ldx, int rows, enum activation activation, enum linear_store store);

#endif
