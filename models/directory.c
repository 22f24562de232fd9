/* SPDX-License-Identifier: MIT */
#include "models/directory.h"

#include "base/memory.h"
#include "files/path.h"
#include "models/no_checkpoint.h"

#include <string.h>

enum { CONFIG_BYTES = 16 << 20 };

/* ---------------------------------------------------------------- its files */

static ptm_status open_weights(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    static const char *const names[] = {"model.safetensors", "model.safetensors.index.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path;
        TRY(path_find(&path, model->path, names[i], err));
        if (!path) continue;
        const ptm_status status = safetensors_open(&model->files, path, options->max_header_bytes, err);
        mem_free(path);
        return status;
    }
    return no_checkpoint_without_weights(model->path, err);
}

/** Where there is none of that name, *document stays as it is. */
static ptm_status open_json(struct json_document **document, const char *directory, const char *name, ptm_error *err) {
    char *path;
    TRY(path_find(&path, directory, name, err));
    const ptm_status status = path ? json_open(document, path, CONFIG_BYTES, err) : PTM_OK;
    mem_free(path);
    return status;
}

/* ---------------------------------------------------------------- what they hold */

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
        TRY(open_json(&model->preprocessor, model->path, places[i].name, err));
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

ptm_status directory_open(struct ptm_model *model, const ptm_model_options *options, ptm_error *err) {
    struct origin *origin = &model->origins[0];
    TRY(open_json(&model->config, model->path, "config.json", err));
    if (!model->config) return no_checkpoint_without_config(model->path, err);
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
