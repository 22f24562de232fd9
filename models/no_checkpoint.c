/* SPDX-License-Identifier: MIT */
#include "models/no_checkpoint.h"

#include "base/memory.h"
#include "files/path.h"
#include "models/pickle.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- what else it is */

static ptm_status has_file(bool *found, const char *directory, const char *name, ptm_error *err) {
    char *path;
    TRY(path_find(&path, directory, name, err));
    *found = path != NULL;
    mem_free(path);
    return PTM_OK;
}

/** peft saves adapters without a config.json; where one was put beside it, it lacks the weights. */
static ptm_status refuse_adapter(const char *directory, ptm_error *err) {
    bool adapter;
    TRY(has_file(&adapter, directory, "adapter_config.json", err));
    if (!adapter) return PTM_OK;
    return error_set(err, PTM_EMODEL,
                     "%s holds an adapter (LoRA or the like), not a whole model: merge it into the one that it was "
                     "made for, and save that",
                     directory);
}

ptm_status no_checkpoint_without_weights(const char *directory, ptm_error *err) {
    static const char name[] = "pytorch_model.bin";
    bool parts;
    char *pickle;
    TRY(has_file(&parts, directory, "pytorch_model.bin.index.json", err));
    if (parts) return pickle_refuse_parts(directory, err);
    TRY(refuse_adapter(directory, err));
    TRY(path_find(&pickle, directory, name, err));
    if (!pickle)
        return error_set(err, PTM_EIO, "%s has neither model.safetensors nor model.safetensors.index.json", directory);
    const ptm_status status = pickle_refuse(pickle, name, err);
    mem_free(pickle);
    return status;
}

/* ---------------------------------------------------------------- a checkpoint inside of it */

/** A checkpoint's folder, and when it was changed last. */
struct inner {
    char *path;
    struct timespec changed;
};

static bool is_later(struct timespec a, struct timespec b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/** Takes directory/name in place of *newest where it has a config.json and was changed later. */
static ptm_status try_inner(struct inner *newest, const char *directory, const char *name, ptm_error *err) {
    struct inner inner = {path_join(directory, name), {0}};
    if (!inner.path) return error_no_memory(err);
    bool whole = false;
    struct stat status;
    const ptm_status searched = has_file(&whole, inner.path, "config.json", err);
    if (searched == PTM_OK && whole && stat(inner.path, &status) == 0) inner.changed = status.st_mtim;
    if (is_later(inner.changed, newest->changed)) {
        const struct inner older = *newest;
        *newest = inner;
        inner = older;
    }
    mem_free(inner.path);
    return searched;
}

/** The newest of the folders directory/prefix*; *newest stays as it is where none is newer. */
static ptm_status find_inner(struct inner *newest, const char *directory, const char *prefix, ptm_error *err) {
    DIR *entries = opendir(directory);
    ptm_status status = PTM_OK;
    for (const struct dirent *entry; entries && status == PTM_OK && (entry = readdir(entries));)
        if (entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            status = try_inner(newest, directory, entry->d_name, err);
    if (entries) closedir(entries);
    return status;
}

/** Those of a Hugging Face cache, and of transformers' Trainer. */
static ptm_status find_inners(struct inner *newest, const char *directory, ptm_error *err) {
    char *snapshots = path_join(directory, "snapshots");
    if (!snapshots) return error_no_memory(err);
    ptm_status status = find_inner(newest, snapshots, "", err);
    if (status == PTM_OK) status = find_inner(newest, directory, "checkpoint-", err);
    mem_free(snapshots);
    return status;
}

ptm_status no_checkpoint_without_config(const char *directory, ptm_error *err) {
    struct inner newest = {NULL, {0}};
    TRY(refuse_adapter(directory, err));
    ptm_status status = find_inners(&newest, directory, err);
    if (status == PTM_OK && newest.path)
        status =
            error_set(err, PTM_EIO, "%s is not a checkpoint's directory: it has no config.json; give %s, which has one",
                      directory, newest.path);
    else if (status == PTM_OK)
        status = error_set(err, PTM_EIO, "%s is not a checkpoint's directory: it has no config.json", directory);
    mem_free(newest.path);
    return status;
}
