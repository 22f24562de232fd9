/* SPDX-License-Identifier: MIT */
/*
 * families: the checkpoint families that the one backbone runs, a row each. A row says what a config means where it
 * says nothing, how its front end reads, and what its tensors are called. There is no forward pass in a family.
 */
#ifndef POLYTOME_MODELS_FAMILIES_H
#define POLYTOME_MODELS_FAMILIES_H

#include "files/json.h"
#include "models/weights.h"

struct family {
    const char *model_type; /* of config.json */
    ptm_modality modality;
    const char *prefix; /* of its tensors */
    const struct weight_table *weights;
    struct vit_config defaults; /* of its configuration class in transformers */
    bool prop_attn;             /* proportional attention unless asked otherwise */
    /* Reads what is the family's own from config.json: geometry, tokens, pooling. */
    ptm_status (*read_config)(struct network *network, struct json config, ptm_error *err);
    /* Reads preprocessor_config.json (absent: the class's defaults). */
    ptm_status (*read_preprocessor)(struct network *network, struct json preprocessor, ptm_error *err);
};

/** The row of a model_type, or NULL. */
const struct family *family_find(const char *model_type);

/** Names of all families, "a, b, c", for errors. */
const char *family_names(char *text, size_t bytes);

/** Tensor names of the layouts; of the single-file polytome layout (docs/format.md) the prefix is "video." or "audio.".
 */
extern const struct weight_table weights_videomae, weights_ast, weights_polytome;

/**
 * Fills *network (all but weights) from config.json and preprocessor_config.json. Strings and labels point into the
 * documents, which must live as long as the network.
 */
ptm_status family_read(struct network *network, const struct family *family, struct json config,
                       struct json preprocessor, int max_tokens, ptm_error *err);

#endif
