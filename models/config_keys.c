/* SPDX-License-Identifier: MIT */
#include "models/config_keys.h"

#include <string.h>

/** All elements of an array, each a whole number from 1 to CONFIG_SIDE_MAX. */
static bool read_sizes(struct json array, int *sizes) {
    for (size_t i = 0; i < json_length(array); i++) {
        const double size = json_number(json_at(array, i), 0);
        if (!(size >= 1 && size <= CONFIG_SIDE_MAX) || size != (int)size) return false;
        sizes[i] = (int)size;
    }
    return true;
}

ptm_status config_get_pair(struct json object, const char *key, int *rows, int *columns, ptm_error *err) {
    const struct json value = json_get(object, key);
    if (!json_is_array(value)) {
        TRY(json_get_int(object, key, 1, CONFIG_SIDE_MAX, rows, err));
        if (json_present(value)) *columns = *rows;
        return PTM_OK;
    }
    int sizes[2] = {0};
    if (json_length(value) != 2 || !read_sizes(value, sizes))
        return error_set(err, PTM_EMODEL, "%s: \"%s\" should be one or two whole numbers from 1 to %d", object.document,
                         key, CONFIG_SIDE_MAX);
    *rows = sizes[0];
    *columns = sizes[1];
    return PTM_OK;
}

ptm_status config_get_triple(struct json object, const char *key, int size[3], ptm_error *err) {
    const struct json value = json_get(object, key);
    if (!json_present(value) || (json_length(value) == 3 && read_sizes(value, size))) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"%s\" should be three whole numbers from 1 to %d", object.document, key,
                     CONFIG_SIDE_MAX);
}

ptm_status config_get_choice(struct json object, const char *key, const struct config_choice *choices,
                             const char *expected, int *value, ptm_error *err) {
    const char *name = NULL;
    TRY(json_get_string(object, key, &name, err));
    if (!name) return PTM_OK;
    for (; choices->name; choices++) {
        if (strcmp(name, choices->name) != 0) continue;
        *value = choices->value;
        return PTM_OK;
    }
    return error_set(err, PTM_EMODEL, "%s: \"%s\" is \"%s\"; it should be %s", object.document, key, name, expected);
}

ptm_status config_get_activation(struct json object, const char *key, enum activation *activation, ptm_error *err) {
    static const struct config_choice known[] = {
        {"gelu", ACTIVATION_GELU},
        {"gelu_fast", ACTIVATION_GELU_TANH},
        {"gelu_new", ACTIVATION_GELU_TANH},
        {"gelu_python", ACTIVATION_GELU},
        {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
        {"quick_gelu", ACTIVATION_QUICK_GELU},
        {NULL, 0},
    };
    int value = *activation;
    TRY(config_get_choice(object, key, known, "gelu, gelu_python, gelu_fast, gelu_new, gelu_pytorch_tanh or quick_gelu",
                          &value, err));
    *activation = (enum activation)value;
    return PTM_OK;
}

ptm_status config_get_resample(struct json object, const char *key, enum resample *resample, ptm_error *err) {
    static const struct config_choice known[] = {
        {"nearest", RESAMPLE_NEAREST},
        {"bilinear", RESAMPLE_BILINEAR},
        {"bicubic", RESAMPLE_BICUBIC},
        {"lanczos", RESAMPLE_LANCZOS},
        {NULL, 0},
    };
    int value = *resample;
    TRY(config_get_choice(object, key, known, "nearest, bilinear, bicubic or lanczos", &value, err));
    *resample = (enum resample)value;
    return PTM_OK;
}

ptm_status config_read_backbone(struct vit_config *config, struct json json, ptm_error *err) {
    double eps = config->layer_norm_eps;
    TRY(json_get_int(json, "hidden_size", 1, CONFIG_WIDTH_MAX, &config->embed_dim, err));
    TRY(json_get_int(json, "num_hidden_layers", 1, VIT_DEPTH_MAX, &config->depth, err));
    TRY(json_get_int(json, "num_attention_heads", 1, CONFIG_WIDTH_MAX, &config->num_heads, err));
    TRY(json_get_int(json, "intermediate_size", 1, CONFIG_WIDTH_MAX, &config->mlp_dim, err));
    TRY(json_get_double(json, "layer_norm_eps", 0, 1, &eps, err));
    config->layer_norm_eps = (float)eps;
    return config_get_activation(json, "hidden_act", &config->activation, err);
}
