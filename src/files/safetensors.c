/* SPDX-License-Identifier: MIT */
/* safetensors: one handle over the tensors of one file, or of the shards that an index names. */
#include "files/safetensors.h"

#include "base/memory.h"
#include "files/json.h"
#include "files/safetensors_shard.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SHARDS = 1024 }; /* a few times what the largest public checkpoints have */

struct safetensors {
    char *path;
    struct shard *shards; /* list, in the order of the index */
    int num_shards;
    struct tensor *tensors; /* (count) of all shards, sorted by name */
    size_t count;
};

static ptm_status new_handle(struct safetensors **out, const char *path, ptm_error *err) {
    struct safetensors *st = mem_calloc(1, sizeof *st);
    *out = st;
    if (!st) return error_no_memory(err);
    st->path = mem_strdup(path);
    return st->path ? PTM_OK : error_no_memory(err);
}

/* ---------------------------------------------------------------- the union of the shards */

/** The first shard that has the tensor, after `shard` where that is not NULL. */
static const struct shard *shard_with(const struct safetensors *st, const struct shard *shard, const char *name) {
    for (shard = shard ? shard->next : st->shards; shard; shard = shard->next)
        if (shard_search(shard->tensors, shard->count, name)) return shard;
    return NULL;
}

/** Gathers the tensors of all shards, which must not share a name. */
static ptm_status gather(struct safetensors *st, ptm_error *err) {
    for (const struct shard *shard = st->shards; shard; shard = shard->next) st->count += shard->count;
    struct tensor *next = st->tensors = mem_alloc(st->count, sizeof *st->tensors);
    if (!next) return error_no_memory(err);
    for (const struct shard *shard = st->shards; shard; shard = shard->next) {
        memcpy(next, shard->tensors, shard->count * sizeof *next);
        next += shard->count;
    }
    qsort(st->tensors, st->count, sizeof *st->tensors, shard_compare_names);
    for (size_t i = 1; i < st->count; i++) {
        const char *name = st->tensors[i].name;
        if (strcmp(st->tensors[i - 1].name, name)) continue;
        const struct shard *first = shard_with(st, NULL, name);
        return error_set(err, PTM_EFORMAT, "tensor \"%.120s\" is in two shards, %.150s and %.150s", name, first->path,
                         shard_with(st, first, name)->path);
    }
    return PTM_OK;
}

/* ---------------------------------------------------------------- the index */

/** Shards lie beside their index: a plain file name, and a weights file. */
static bool good_shard_name(const char *name) {
    static const char suffix[] = ".safetensors";
    const size_t length = strlen(name), suffix_length = sizeof suffix - 1;
    return !strpbrk(name, "/\\") && !strstr(name, "..") && length > suffix_length &&
           !strcmp(name + length - suffix_length, suffix);
}

/** Path of a file beside the index, to be freed; NULL where memory is out. */
static char *path_beside(const char *index_path, const char *name) {
    const char *slash = strrchr(index_path, '/');
    const size_t folder = slash ? (size_t)(slash - index_path) + 1 : 0, bytes = strlen(name) + 1;
    char *path = mem_alloc(folder + bytes, 1);
    if (!path) return NULL;
    memcpy(path, index_path, folder);
    memcpy(path + folder, name, bytes);
    return path;
}

/** The shard of that path, opened where it is not yet. */
static ptm_status need_shard(struct safetensors *st, struct shard **out, const char *path, size_t max_header,
                             ptm_error *err) {
    struct shard **link = &st->shards;
    while (*link && strcmp((*link)->path, path)) link = &(*link)->next;
    *out = *link;
    if (*link) return PTM_OK;
    if (st->num_shards == MAX_SHARDS)
        return error_set(err, PTM_ELIMIT, "%s: names more than %d shards", st->path, MAX_SHARDS);
    TRY(shard_open(link, path, max_header, err));
    *out = *link;
    st->num_shards++;
    return PTM_OK;
}

struct indexing {
    struct safetensors *st;
    size_t max_header;
};

/** One line of the weight map: opens the shard and proves that the tensor is in it. */
static ptm_status index_tensor(void *context, const char *name, struct json value, ptm_error *err) {
    const struct indexing *indexing = context;
    struct safetensors *st = indexing->st;
    const char *shard_name = json_text(value);
    if (!shard_name || !good_shard_name(shard_name))
        return error_set(err, PTM_EFORMAT,
                         "%s: gives tensor \"%.120s\" the shard \"%.80s\", where the plain name of a .safetensors file "
                         "beside the index was expected",
                         st->path, name, shard_name ? shard_name : "(not a string)");
    char *path = path_beside(st->path, shard_name);
    if (!path) return error_no_memory(err);
    struct shard *shard;
    const ptm_status status = need_shard(st, &shard, path, indexing->max_header, err);
    mem_free(path);
    if (status != PTM_OK) return status;
    if (!shard_search(shard->tensors, shard->count, name))
        return error_set(err, PTM_EFORMAT, "%s: names tensor \"%.120s\" of shard %.80s, which does not have it",
                         st->path, name, shard_name);
    return PTM_OK;
}

static ptm_status open_index(struct safetensors *st, size_t max_header, ptm_error *err) {
    struct json_document *index;
    TRY(json_open(&index, st->path, max_header, err));
    const struct json weight_map = json_get(json_root(index), "weight_map");
    struct indexing indexing = {st, max_header};
    const ptm_status status =
        json_is_object(weight_map)
            ? json_each(weight_map, index_tensor, &indexing, err)
            : error_set(err, PTM_EFORMAT, "%s: has no object \"weight_map\" from tensors to shards", st->path);
    json_close(&index);
    return status;
}

static bool is_index(const char *path) {
    static const char suffix[] = ".safetensors.index.json";
    const size_t length = strlen(path), suffix_length = sizeof suffix - 1;
    return length >= suffix_length && !strcmp(path + length - suffix_length, suffix);
}

/* ---------------------------------------------------------------- the handle */

/** What `path` names, or, where `data` is not NULL, that memory under this name. */
static ptm_status open_shards(struct safetensors *st, const char *path, const void *data, size_t bytes,
                              size_t max_header, ptm_error *err) {
    if (data) return shard_open_memory(&st->shards, data, bytes, path, max_header, err);
    return is_index(path) ? open_index(st, max_header, err) : shard_open(&st->shards, path, max_header, err);
}

static ptm_status open_any(struct safetensors **out, const char *path, const void *data, size_t bytes,
                           size_t max_header, ptm_error *err) {
    struct safetensors *st;
    ptm_status status = new_handle(&st, path, err);
    if (status == PTM_OK) status = open_shards(st, path, data, bytes, max_header, err);
    if (status == PTM_OK) status = gather(st, err);
    if (status != PTM_OK) safetensors_close(&st);
    *out = st;
    return status;
}

ptm_status safetensors_open(struct safetensors **out, const char *path, size_t max_header, ptm_error *err) {
    return open_any(out, path, NULL, 0, max_header, err);
}

ptm_status safetensors_open_memory(struct safetensors **out, const void *data, size_t bytes, const char *name,
                                   size_t max_header, ptm_error *err) {
    return open_any(out, name, data ? data : "", data ? bytes : 0, max_header, err);
}

void safetensors_close(struct safetensors **st) {
    if (!st || !*st) return;
    for (struct shard *shard = (*st)->shards; shard;) {
        struct shard *next = shard->next;
        shard_close(&shard);
        shard = next;
    }
    mem_free((*st)->tensors);
    mem_free((*st)->path);
    mem_free(*st);
    *st = NULL;
}

void safetensors_forget(const struct safetensors *st, const void *values, size_t bytes) {
    for (const struct shard *shard = st->shards; shard; shard = shard->next) mapped_forget(&shard->file, values, bytes);
}

const char *safetensors_path(const struct safetensors *st) {
    return st->path;
}

size_t safetensors_count(const struct safetensors *st) {
    return st->count;
}

const struct tensor *safetensors_at(const struct safetensors *st, size_t index) {
    return &st->tensors[index];
}

const struct tensor *safetensors_find(const struct safetensors *st, const char *name) {
    return shard_search(st->tensors, st->count, name);
}

const char *safetensors_metadata(const struct safetensors *st, const char *key) {
    for (const struct shard *shard = st->shards; shard; shard = shard->next) {
        const char *text = json_text(json_get(json_get(json_root(shard->header), "__metadata__"), key));
        if (text) return text;
    }
    return NULL;
}
