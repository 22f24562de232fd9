/* SPDX-License-Identifier: MIT */
/* config_keys: values that several config readers share. */
#ifndef POLYTOME_MODELS_CONFIG_KEYS_H
#define POLYTOME_MODELS_CONFIG_KEYS_H

#include "compute/linear.h"
#include "files/json.h"

enum {
    CONFIG_WIDTH_MAX = 1 << 16, /* embed_dim, mlp_dim */
    CONFIG_DEPTH_MAX = 256,
    CONFIG_SIDE_MAX = 1 << 14, /* pixels, frames, mel bins */
};

/** A size from 1 to CONFIG_SIDE_MAX given as one number or as [rows, columns]. Absent: both stay as they are. */
ptm_status config_get_pair(struct json object, const char *key, int *rows, int *columns, ptm_error *err);

/** An activation by the names of transformers ("gelu", "gelu_fast", "quick_gelu" ...). Absent: stays as it is. */
ptm_status config_get_activation(struct json object, const char *key, enum activation *activation, ptm_error *err);

#endif
