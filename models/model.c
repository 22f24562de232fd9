/* SPDX-License-Identifier: MIT */
#include "models/model.h"

#include "base/memory.h"
#include "files/path.h"
#include "models/default_model.h"
#include "models/layer_store.h"
#include "models/packed.h"
#include "models/shared_backbone.h"
#include "models/single_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { CONFIG_BYTES = 16 << 20 };

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

/* ---------------------------------------------------------------- a checkpoint directory */

enum { PICKLE_PATH = 110, PICKLE_NAME = 60 }; /* bytes beside which the command that converts it fits a sentence */

/** `name`: the file's own, as the command to convert it takes it. */
static ptm_status refuse_pickle(const char *path, const char *name, ptm_error *err) {
    if (strpbrk(name, "'\"\\$`!") || strlen(name) > PICKLE_NAME)
        name = "FILE"; /* would break out of the command's quotes */
    return error_set(err, PTM_EMODEL,
                     "%s is a PyTorch pickle, which can run code and is not read; convert it, in its own folder, with: "
                     "python3 -c \"import "
                     "torch; from safetensors.torch import save_file; d = torch.load('%s', 'cpu', weights_only=True); "
                     "d = d.get('model', d.get('state_dict', d)); save_file({k: v.clone().contiguous() for k, v in "
                     "d.items()}, 'model.safetensors')\"",
                     strlen(path) > PICKLE_PATH ? name : path, name);
}

/** The same of a directory whose pickle is in parts. */
static ptm_status refuse_pickles(const char *directory, ptm_error *err) {
    return error_set(
        err, PTM_EMODEL,
        "%s holds PyTorch pickles, which can run code and are not read; convert them, in there, with: python3 -c "
        "\"import glob, torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() "
        "for f in glob.glob('pytorch_model-*.bin') for k, v in torch.load(f, 'cpu', "
        "weights_only=True).items()}, 'model.safetensors')\"",
        strlen(directory) > PICKLE_PATH ? "the directory" : directory);
}

static ptm_status has_file(bool *found, const char *directory, const char *name, ptm_error *err) {
    char *path = path_join(directory, name);
    if (!path) return error_no_memory(err);
    *found = path_is_file(path);
    mem_free(path);
    return PTM_OK;
}

static ptm_status refuse_without_weights(const char *directory, ptm_error *err) {
    static const char name[] = "pytorch_model.bin";
    bool pickles = false, adapter = false;
    TRY(has_file(&pickles, directory, "pytorch_model.bin.index.json", err));
    TRY(has_file(&adapter, directory, "adapter_config.json", err));
    if (pickles) return refuse_pickles(directory, err);
    if (adapter)
        return error_set(err, PTM_EMODEL,
                         "%s holds an adapter (LoRA or the like), not a whole model: merge it into the one that it was "
                         "made for, and save that",
                         directory);
    char *pickle = path_join(directory, name);
    if (!pickle) return error_no_memory(err);
    const ptm_status status =
        path_is_file(pickle)
            ? refuse_pickle(pickle, name, err)
            : error_set(err, PTM_EIO, "%s has neither model.safetensors nor model.safetensors.index.json", directory);
    mem_free(pickle);
    return status;
}

static ptm_status open_weights(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    static const char *const names[] = {"model.safetensors", "model.safetensors.index.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_join(model->path, names[i]);
        if (!path) return error_no_memory(err);
        const bool found = path_is_file(path);
        const ptm_status status =
            found ? safetensors_open(&model->files, path, options->max_header_bytes, err) : PTM_OK;
        mem_free(path);
        if (found) return status;
    }
    return refuse_without_weights(model->path, err);
}

static ptm_status open_json(struct json_document **document, const char *directory, const char *name, bool required,
                            ptm_error *err) {
    char *path = path_join(directory, name);
    if (!path) return error_no_memory(err);
    ptm_status status = PTM_OK;
    if (path_is_file(path))
        status = json_open(document, path, CONFIG_BYTES, err);
    else if (required)
        status = error_set(err, PTM_EIO, "%s is not a checkpoint's directory: it has no %s", directory, name);
    mem_free(path);
    return status;
}

/**
 * The processor of a modality, from the first of these that is there: a file of several processors has a part for each,
 * or none; a video network without a processor of its own has that of pictures.
 */
static ptm_status open_preprocessor(struct json *preprocessor, struct ptm_model *model, ptm_modality modality,
                                    ptm_error *err) {
    static const struct {
        int modalities;
        const char *name, *part;
    } places[] = {
        {PTM_VIDEO, "processor_config.json", "video_processor"},
        {PTM_IMAGE, "processor_config.json", "image_processor"},
        {PTM_AUDIO, "processor_config.json", "feature_extractor"},
        {PTM_VIDEO, "video_preprocessor_config.json", NULL},
        {PTM_VIDEO | PTM_IMAGE | PTM_AUDIO, "preprocessor_config.json", NULL},
        {PTM_VIDEO, "processor_config.json", "image_processor"},
    };
    *preprocessor = (struct json){NULL, "preprocessor_config.json", ""};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!(places[i].modalities & (int)modality)) continue;
        TRY(open_json(&model->preprocessor, model->path, places[i].name, false, err));
        if (!model->preprocessor) continue;
        const struct json root = json_root(model->preprocessor);
        const struct json found = places[i].part ? json_get(root, places[i].part) : root;
        if (json_is_object(found)) {
            *preprocessor = found;
            return PTM_OK;
        }
        json_close(&model->preprocessor);
    }
    return PTM_OK;
}

/** What torch.compile() and data-parallel training put before the names of a model that is saved inside of them. */
static ptm_status find_wrapper(struct ptm_model *model, const struct family *family, ptm_error *err) {
    const char *name;
    const ptrdiff_t length = weights_find_head(model->files, family->weights, &name);
    if (length < 0)
        return error_set(
            err, PTM_EMODEL,
            "%s: tensor \"%s\", the classifier, is missing: a backbone alone has no labels to give; take a "
            "checkpoint that was fine-tuned for classification",
            safetensors_path(model->files), name);
    model->wrapper = mem_calloc((size_t)length + 1, 1);
    if (!model->wrapper) return error_no_memory(err);
    memcpy(model->wrapper, name, (size_t)length);
    return PTM_OK;
}

static ptm_status open_directory(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    struct origin *origin = &model->origins[0];
    TRY(open_json(&model->config, model->path, "config.json", true, err));
    TRY(family_find(&origin->family, json_root(model->config), err));
    struct json preprocessor;
    TRY(open_preprocessor(&preprocessor, model, origin->family->modality, err));
    TRY(open_weights(model, options, err));
    TRY(find_wrapper(model, origin->family, err));
    origin->checkpoint = (struct checkpoint){
        .config = json_root(model->config),
        .preprocessor = preprocessor,
        .files = model->files,
        .prefix = model->wrapper,
    };
    origin->name = model->networks[0].name = model->name;
    model->count = 1;
    return family_read(&model->networks[0], origin->family, &origin->checkpoint, options->max_tokens, err);
}

/* ---------------------------------------------------------------- a single file */

static bool is_pickle(const char *name) {
    static const char *const ends[] = {".pth", ".pt", ".bin", ".ckpt", ".pyth"};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof ends / sizeof *ends; i++)
        if (strcmp(end, ends[i]) == 0) return true;
    return false;
}

static ptm_status open_single(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    if (is_pickle(model->name)) return refuse_pickle(model->path, model->name, err);
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
    if (network->modality != PTM_AUDIO || fbank_check_spec(&network->audio, &wrong) == PTM_OK) return PTM_OK;
    return error_set(err, wrong.status, "model %s: %s", network->name, wrong.message);
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
        TRY(check_front(&model->networks[i], err));
        model->networks[i].layer_store = model->layer_store;
        TRY(weights_bind(&model->networks[i], &model->source, &names[i], err));
    }
    return weights_check_extra(&model->source, names, model->count, err);
}

/* ---------------------------------------------------------------- open and close */

static ptm_status open_path(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    struct stat status;
    if (stat(model->path, &status) != 0)
        return error_set(err, PTM_EIO, "cannot open model %s: %s", model->path, strerror(errno));
    TRY(S_ISDIR(status.st_mode) ? open_directory(model, options, err) : open_single(model, options, err));
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
