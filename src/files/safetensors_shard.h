/* SPDX-License-Identifier: MIT */
/* safetensors_shard: one file: 8 bytes of header length, a JSON header, the data; checked whole when it is opened. */
#ifndef POLYTOME_FILES_SAFETENSORS_SHARD_H
#define POLYTOME_FILES_SAFETENSORS_SHARD_H

#include "files/json.h"
#include "files/mapped.h"
#include "files/safetensors.h"

struct shard {
    struct shard *next; /* for the owner's list */
    char *path;
    struct mapped file; /* zero where the bytes belong to somebody else */
    struct json_document *header;
    struct tensor *tensors; /* (count) sorted by name */
    size_t count;
};

/** The format's own limit of a header. */
enum { SHARD_MAX_HEADER = 100 * 1000 * 1000 };

/** Maps and checks a file. Free with shard_close(). */
ptm_status shard_open(struct shard **out, const char *path, size_t max_header, ptm_error *err);

/** The same from memory, which must outlive it; `name` becomes its path. */
ptm_status shard_open_memory(struct shard **out, const void *data, size_t bytes, const char *name, size_t max_header,
                             ptm_error *err);

void shard_close(struct shard **shard);

/** Order of names, for sorting and searching arrays of tensors. */
int shard_compare_names(const void *tensor_a, const void *tensor_b);

/** The tensor of that name among `count` that are sorted by name, or NULL. */
const struct tensor *shard_search(const struct tensor *tensors, size_t count, const char *name);

#endif
