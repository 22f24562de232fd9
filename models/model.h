/* SPDX-License-Identifier: MIT */
/* model: an opened checkpoint, its networks and all that they point into. */
#ifndef POLYTOME_MODELS_MODEL_H
#define POLYTOME_MODELS_MODEL_H

#include "models/families.h"

#include <stdatomic.h>

struct ptm_model {
    atomic_int users; /* the caller, sessions and results; the last one frees it */
    char *name, *path;
    char *wrapper; /* of a directory: what stands before the name of every tensor; NULL: not known yet */
    struct safetensors *files;
    struct json_document *config, *preprocessor; /* preprocessor NULL: none, or a single file */
    struct weight_source source;
    struct layer_store *layer_store;
    struct network networks[NETWORK_MODALITIES];
    struct origin origins[NETWORK_MODALITIES]; /* of each network; all zero where the file has schema 1 */
    int count;
};

/** One user more of the model that a network belongs to; and one less, which may be the last. From any thread. */
void model_hold(const struct network *network);
void model_release(const struct network *network);

/** The network of a modality, or NULL. */
const struct network *model_network(const struct ptm_model *model, ptm_modality modality);

#endif
