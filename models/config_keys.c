/* SPDX-License-Identifier: MIT */
#include "models/config_keys.h"

#include <string.h>

ptm_status config_get_pair(struct json object, const char *key, int *rows, int *columns, ptm_error *err) {
    const struct json value = json_get(object, key);
    if (!json_is_array(value)) {
        TRY(json_get_int(object, key, 1, CONFIG_SIDE_MAX, rows, err));
        if (json_present(value)) *columns = *rows;
        return PTM_OK;
    }
    const double high = json_number(json_at(value, 0), 0), wide = json_number(json_at(value, 1), 0);
    *rows = high >= 1 && high <= CONFIG_SIDE_MAX ? (int)high : 0;
    *columns = wide >= 1 && wide <= CONFIG_SIDE_MAX ? (int)wide : 0;
    if (json_length(value) == 2 && *rows == high && *columns == wide) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"%s\" should be one or two whole numbers from 1 to %d", object.document,
                     key, CONFIG_SIDE_MAX);
}

ptm_status config_get_activation(struct json object, const char *key, enum activation *activation, ptm_error *err) {
    static const struct {
        const char *name;
        enum activation activation;
    } known[] = {
        {"gelu", ACTIVATION_GELU},
        {"gelu_fast", ACTIVATION_GELU_TANH},
        {"gelu_new", ACTIVATION_GELU_TANH},
        {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
        {"quick_gelu", ACTIVATION_QUICK_GELU},
    };
    const char *name = NULL;
    TRY(json_get_string(object, key, &name, err));
    if (!name) return PTM_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) != 0) continue;
        *activation = known[i].activation;
        return PTM_OK;
    }
    return error_set(err, PTM_EMODEL,
                     "%s: \"%s\" is \"%s\"; it should be gelu, gelu_fast, gelu_new, gelu_pytorch_tanh or quick_gelu",
                     object.document, key, name);
}
