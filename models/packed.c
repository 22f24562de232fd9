/* SPDX-License-Identifier: MIT */
#include "models/packed.h"

#include "models/single_file.h"

#include <string.h>

enum { PREFIX_MAX = 32 };

static ptm_status refuse(struct json json, const char *key, const char *expected, ptm_error *err) {
    return error_set(err, PTM_EMODEL, "%s: \"models.%s\" should be %s", json.document, key, expected);
}

static ptm_status read_modality(ptm_modality *modality, struct json json, ptm_error *err) {
    const char *name = NULL;
    TRY(json_get_string(json, "modality", &name, err));
    for (int i = 0; name && i < NETWORK_MODALITIES; i++) {
        if (strcmp(name, network_modality_name(network_modalities[i])) != 0) continue;
        *modality = network_modalities[i];
        return PTM_OK;
    }
    return refuse(json, "modality", "\"video\", \"audio\" or \"image\"", err);
}

static ptm_status read_precision(ptm_precision *precision, struct json json, ptm_error *err) {
    static const ptm_precision known[] = {PTM_F32, PTM_BF16, PTM_INT8};
    const char *name = product_precision_name(PTM_F32);
    TRY(json_get_string(json, "precision", &name, err));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, product_precision_name(known[i])) != 0) continue;
        *precision = known[i];
        return PTM_OK;
    }
    return refuse(json, "precision", "\"f32\", \"bf16\" or \"int8\"", err);
}

/** Letters, digits, '_' and '-', then the only '/': so no prefix is the beginning of another. */
static bool is_prefix(const char *text) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const size_t length = strspn(text, allowed);
    return length > 0 && length < PREFIX_MAX && strcmp(text + length, "/") == 0;
}

static ptm_status read_checkpoint(struct origin *origin, struct json json, ptm_error *err) {
    struct checkpoint *checkpoint = &origin->checkpoint;
    TRY(json_get_string(json, "prefix", &checkpoint->prefix, err));
    if (!checkpoint->prefix || !is_prefix(checkpoint->prefix))
        return refuse(json, "prefix", "a word of at most 31 letters, digits, _ or - with a / at its end", err);
    checkpoint->config = json_get(json, "config");
    checkpoint->preprocessor = json_get(json, "preprocessor");
    if (!json_is_object(checkpoint->config)) return refuse(json, "config", "an object", err);
    if (json_present(checkpoint->preprocessor) && !json_is_object(checkpoint->preprocessor))
        return refuse(json, "preprocessor", "an object or null", err);
    return family_find(&origin->family, checkpoint->config, err);
}

/** What the file says itself comes first; a model's own entry then overrides it. */
static ptm_status read_texts(struct network *network, struct origin *origin, struct json root, struct json json,
                             ptm_error *err) {
    TRY(json_get_string(root, "name", &network->name, err));
    TRY(json_get_string(root, "licence", &network->licence, err));
    TRY(json_get_string(root, "source", &network->source, err));
    TRY(json_get_string(json, "licence", &network->licence, err));
    TRY(json_get_string(json, "source", &network->source, err));
    origin->name = network->name;
    return json_get_string(json, "name", &origin->name, err);
}

static ptm_status read_model(struct network *network, struct origin *origin, struct json root, struct json json,
                             int max_tokens, ptm_error *err) {
    ptm_modality modality = 0;
    if (!json_is_object(json))
        return error_set(err, PTM_EMODEL, "%s: every entry of \"models\" should be an object", json.document);
    TRY(read_modality(&modality, json, err));
    TRY(read_checkpoint(origin, json, err));
    TRY(family_read(network, origin->family, &origin->checkpoint, max_tokens, err));
    if (network->modality != modality)
        return error_set(err, PTM_EMODEL,
                         "%s: \"models.modality\" is \"%s\", but its \"config\" is that of a model of \"%s\"",
                         json.document, network_modality_name(modality), network_modality_name(network->modality));
    TRY(read_precision(&network->precision, json, err));
    TRY(read_texts(network, origin, root, json, err));
    TRY(single_file_read_merge(network, json, err));
    return single_file_read_self_test(network, json_get(json, "selftest"), err);
}

/** The last of `count` models shares neither modality nor prefix with one before. */
static ptm_status check_unlike(const struct network *networks, const struct origin *origins, int count,
                               struct json root, ptm_error *err) {
    const int last = count - 1;
    for (int i = 0; i < last; i++) {
        if (networks[i].modality == networks[last].modality)
            return error_set(err, PTM_EMODEL, "%s: two of \"models\" have the modality \"%s\"", root.document,
                             network_modality_name(networks[i].modality));
        if (strcmp(origins[i].checkpoint.prefix, origins[last].checkpoint.prefix) == 0)
            return error_set(err, PTM_EMODEL, "%s: two of \"models\" have the prefix \"%s\"", root.document,
                             origins[i].checkpoint.prefix);
    }
    return PTM_OK;
}

ptm_status packed_read(struct network *networks, struct origin *origins, int *count, struct json root,
                       const struct safetensors *files, int max_tokens, ptm_error *err) {
    const struct json models = json_get(root, "models");
    const size_t length = json_length(models);
    *count = 0;
    if (length < 1 || length > NETWORK_MODALITIES)
        return error_set(err, PTM_EMODEL, "%s: \"models\" should be a list of 1 to %d models", root.document,
                         NETWORK_MODALITIES);
    while ((size_t)*count < length) {
        const int i = (*count)++;
        origins[i].checkpoint.files = files;
        TRY(read_model(&networks[i], &origins[i], root, json_at(models, (size_t)i), max_tokens, err));
        TRY(check_unlike(networks, origins, *count, root, err));
    }
    return PTM_OK;
}
