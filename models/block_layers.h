/* SPDX-License-Identifier: MIT */
/* block_layers: the linear layers of a network's blocks, in the precision that a session computes in: as they lie in
 * the file, or made from that in int8, bf16 or float32. */
#ifndef POLYTOME_MODELS_BLOCK_LAYERS_H
#define POLYTOME_MODELS_BLOCK_LAYERS_H

#include "models/vit_state.h"

enum block_layer { LAYER_QKV, LAYER_PROJ, LAYER_FC1, LAYER_FC2, BLOCK_LAYERS };

struct safetensors;

/** The layers of one backbone where they do not lie in the file as they are used: of all blocks but the pooler's last,
 * whose query is one row. */
struct block_layers {
    const struct product *product; /* NULL: float32 */
    const void *first;             /* names the backbone: networks of one model may share theirs */
    int count;
    struct reduced_layer (*packed)[BLOCK_LAYERS]; /* (count) for the product; NULL: float32 */
    float *(*floats)[BLOCK_LAYERS];               /* (count) of float32: the parts of a layer behind one another */
};

/** Makes those of a network for compute->product, whose weights lie in `files`. To be closed even when it fails:
 * PTM_ENOMEM, PTM_EMODEL where the product cannot take such layers. */
ptm_status block_layers_open(struct block_layers *layers, const struct network *network, const struct compute *compute,
                             const struct safetensors *files, ptm_error *err);
void block_layers_close(struct block_layers *layers);

/** Are they what block_layers_open() would make? */
bool block_layers_fit(const struct block_layers *layers, const struct network *network, const struct compute *compute);

/** Memory for the prepared inputs of a pass over `windows`; none where the precision is float32. */
void block_layers_place(struct vit *vit, struct arena *arena, int windows);

/** A block's layer, as linear(), in the vit's precision; of LAYER_QKV y holds q, k and v side by side. */
void block_layers_run(const struct vit *vit, const struct block_weights *block, enum block_layer layer,
                      const struct linear_rows *rows);

#endif
