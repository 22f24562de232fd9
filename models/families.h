/* SPDX-License-Identifier: MIT */
/*
 * families: the checkpoint families that the one backbone runs, a row each. A row says what a config means where it
 * says nothing, how its front end reads, and what its tensors are called. There is no forward pass in a family.
 */
#ifndef POLYTOME_MODELS_FAMILIES_H
#define POLYTOME_MODELS_FAMILIES_H

#include "files/json.h"
#include "models/weights.h"

/** What a family reads from: the documents (absent: NULL values) and the tensors of a checkpoint. */
struct checkpoint {
    struct json config, preprocessor;
    const struct safetensors *files;
    const char *prefix; /* of its tensors in the files: of a directory mostly "", of a packed file "video/" */
};

/** The checkpoint's tensor of that name, or NULL. */
const struct tensor *checkpoint_find(const struct checkpoint *checkpoint, const char *name);

struct processor;

struct family {
    const char *model_type; /* of config.json; "timm" where that has an "architecture" or is a "timm_wrapper" */
    ptm_modality modality;
    const char *prefix; /* of its tensors */
    const struct weight_table *weights;
    struct vit_config defaults; /* of its configuration class */
    bool prop_attn;             /* proportional attention unless asked otherwise */
    /** Reads what is the family's own: geometry, tokens, pooling. */
    ptm_status (*read_config)(struct network *network, const struct checkpoint *checkpoint, ptm_error *err);
    /* How its input is prepared where the file does not say: by this, or all of it is read by the other. */
    const struct processor *processor;
    ptm_status (*read_preprocessor)(struct network *network, const struct checkpoint *checkpoint, ptm_error *err);
};

/** The checkpoint of a network, and the row that reads it; of a schema 1 file there is none, and `family` is NULL. */
struct origin {
    const struct family *family;
    struct checkpoint checkpoint;
    const char *name; /* of the checkpoint */
};

/** The row of a config.json. PTM_EMODEL names the families that there are. */
ptm_status family_find(const struct family **family, struct json config, ptm_error *err);

/** What the checkpoint's tensors are called. */
struct weight_names family_weight_names(const struct family *family, const struct checkpoint *checkpoint);

/** Tensor names of the layouts; of the single-file polytome layout (docs/format.md) the prefix is "video." or "audio.".
 */
extern const struct weight_table weights_videomae, weights_vivit, weights_vit, weights_deit, weights_ast,
    weights_dinov2, weights_clip, weights_vjepa2, weights_timm, weights_mae_st, weights_omnimae, weights_polytome;

/**
 * Fills *network (all but weights). Strings and labels point into the documents, which must live as long as the
 * network.
 */
ptm_status family_read(struct network *network, const struct family *family, const struct checkpoint *checkpoint,
                       int max_tokens, ptm_error *err);

#endif
