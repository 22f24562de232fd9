/* SPDX-License-Identifier: MIT */
#include "models/model.h"

#include "base/memory.h"
#include "models/default_model.h"
#include "models/directory.h"
#include "models/layer_store.h"
#include "models/packed.h"
#include "models/pickle.h"
#include "models/shared_backbone.h"
#include "models/single_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void ptm_model_options_default(ptm_model_options *options) {
    *options = (ptm_model_options){.max_header_bytes = 100000000, .max_tokens = 65536};
}

/** The last part of a path without a trailing slash or ".safetensors"; owned by the caller. */
static char *base_name(const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') start--;
    static const char suffix[] = ".safetensors";
    const size_t length = sizeof suffix - 1;
    if (end - start > length && strncmp(path + end - length, suffix, length) == 0) end -= length;
    char *name = mem_calloc(end - start + 1, 1);
    if (name) memcpy(name, path + start, end - start);
    return name;
}

/* ---------------------------------------------------------------- a single file */

static ptm_status open_single(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    if (pickle_is_name(model->name)) return pickle_refuse(model->path, model->name, err);
    TRY(safetensors_open(&model->files, model->path, options->max_header_bytes, err));
    const char *text = safetensors_metadata(model->files, "polytome");
    if (!text)
        return error_set(
            err, PTM_EMODEL,
            "%s has no \"polytome\" description in its metadata: give the checkpoint's directory, with its "
            "config.json, instead",
            model->path);
    TRY(json_open_memory(&model->config, text, strlen(text), model->path, err));
    const struct json root = json_root(model->config);
    enum single_file_schema schema;
    for (int i = 0; i < NETWORK_MODALITIES; i++) model->networks[i].name = model->name; /* where the file says none */
    TRY(single_file_schema(&schema, root, err));
    if (schema == SINGLE_FILE_SHARED)
        return shared_backbone_read(model->networks, &model->count, root, options->max_tokens, err);
    model->source.packed = true;
    return packed_read(model->networks, model->origins, &model->count, root, model->files, options->max_tokens, err);
}

/* ---------------------------------------------------------------- the weights of either */

static struct weight_names weight_names(const struct ptm_model *model, int i) {
    const struct origin *origin = &model->origins[i];
    if (origin->family) return family_weight_names(origin->family, &origin->checkpoint);
    return (struct weight_names){&weights_polytome, "", shared_backbone_prefix(model->networks[i].modality)};
}

/** What a session would refuse is refused here, with the model's name. */
static ptm_status check_front(const struct network *network, ptm_error *err) {
    ptm_error wrong = {0};
    const ptm_status status = network->modality == PTM_AUDIO ? fbank_check_spec(&network->audio, &wrong)
                                                             : pixels_check_spec(&network->picture.pixels, &wrong);
    if (status == PTM_OK) return PTM_OK;
    return error_set(err, status, "model %s: %s", network->name, wrong.message);
}

/** Binds all networks; every tensor of the files must be spoken for. */
static ptm_status bind(struct ptm_model *model, ptm_error *err) {
    struct weight_names names[NETWORK_MODALITIES];
    TRY(weight_source_open(&model->source, model->files, err));
    model->layer_store = layer_store_open(model->files);
    if (!model->layer_store) return error_no_memory(err);
    for (int i = 0; i < model->count; i++) {
        names[i] = weight_names(model, i);
        network_lay_input(&model->networks[i]);
        model->networks[i].model = model;
        model->networks[i].layer_store = model->layer_store;
        TRY(weights_bind(&model->networks[i], &model->source, &names[i], err));
        TRY(check_front(&model->networks[i], err));
    }
    return weights_check_extra(&model->source, names, model->count, err);
}

/* ---------------------------------------------------------------- open and close */

static ptm_status open_path(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    struct stat status;
    if (stat(model->path, &status) != 0)
        return error_set(err, PTM_EIO, "cannot open model %s: %s%s", model->path, strerror(errno),
                         errno == ENOENT ? "; nothing is downloaded: give a directory that holds the checkpoint" : "");
    TRY(S_ISDIR(status.st_mode) ? directory_open(model, options, err) : open_single(model, options, err));
    return bind(model, err);
}

ptm_status ptm_model_open(ptm_model **out, const char *path, const ptm_model_options *options, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    ptm_model_options defaults;
    ptm_model_options_default(&defaults);
    if (!options) options = &defaults;

    struct ptm_model *model = mem_calloc(1, sizeof *model);
    if (!model) return error_no_memory(err);
    model->users = 1;
    ptm_status status;
    if (path) {
        model->path = mem_strdup(path);
        status = model->path ? PTM_OK : error_no_memory(err);
    } else {
        status = default_model_find(&model->path, err);
    }
    if (status == PTM_OK) {
        model->name = base_name(model->path);
        status = model->name ? open_path(model, options, err) : error_no_memory(err);
    }
    if (status != PTM_OK) ptm_model_close(&model);
    *out = model;
    return status;
}

static void leave(struct ptm_model *model) {
    if (--model->users > 0) return;
    for (int i = 0; i < NETWORK_MODALITIES; i++) network_close(&model->networks[i]);
    layer_store_close(model->layer_store);
    weight_source_close(&model->source);
    safetensors_close(&model->files);
    json_close(&model->preprocessor);
    json_close(&model->config);
    mem_free(model->name);
    mem_free(model->path);
    mem_free(model->wrapper);
    mem_free(model);
}

void ptm_model_close(ptm_model **handle) {
    if (!handle || !*handle) return;
    leave(*handle);
    *handle = NULL;
}

void model_hold(const struct network *network) {
    network->model->users++;
}

void model_release(const struct network *network) {
    leave(network->model);
}

const struct network *model_network(const struct ptm_model *model, ptm_modality modality) {
    for (int i = 0; i < model->count; i++)
        if (model->networks[i].modality == modality) return &model->networks[i];
    return NULL;
}
