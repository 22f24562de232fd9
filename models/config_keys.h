/* SPDX-License-Identifier: MIT */
/* config_keys: values that several config readers share. */
#ifndef POLYTOME_MODELS_CONFIG_KEYS_H
#define POLYTOME_MODELS_CONFIG_KEYS_H

#include "files/json.h"
#include "models/network.h"

enum {
    CONFIG_WIDTH_MAX = 1 << 16, /* embed_dim, mlp_dim */
    CONFIG_SIDE_MAX = 1 << 14,  /* pixels, frames, mel bins */
};

/** A size from 1 to CONFIG_SIDE_MAX given as one number or as [rows, columns]. Absent: both stay as they are. */
ptm_status config_get_pair(struct json object, const char *key, int *rows, int *columns, ptm_error *err);

/** A size of frames, rows and columns as [t, h, w]. Absent: all stay as they are. */
ptm_status config_get_triple(struct json object, const char *key, int size[3], ptm_error *err);

/** A name, and what it stands for. */
struct config_choice {
    const char *name;
    int value;
};

/** The value of the string of a key among the choices, which are ended by one without name and which `expected` lists
 * for the reader. Absent: stays as it is. */
ptm_status config_get_choice(struct json object, const char *key, const struct config_choice *choices,
                             const char *expected, int *value, ptm_error *err);

/** An activation by the names of transformers ("gelu", "gelu_fast", "quick_gelu" ...). Absent: stays as it is. */
ptm_status config_get_activation(struct json object, const char *key, enum activation *activation, ptm_error *err);

/** A filter of resizing by its name: "nearest", "bilinear", "bicubic" or "lanczos". Absent: stays as it is. */
ptm_status config_get_resample(struct json object, const char *key, enum resample *resample, ptm_error *err);

/** hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, layer_norm_eps and hidden_act. */
ptm_status config_read_backbone(struct vit_config *config, struct json json, ptm_error *err);

#endif
