/* SPDX-License-Identifier: MIT */
/*
 * safetensors: reader of the weights format (github.com/huggingface/safetensors), one file or a sharded index. A file
 * is checked whole before anything of it is used: every number of the header, every range, the total length.
 */
#ifndef POLYTOME_FILES_SAFETENSORS_H
#define POLYTOME_FILES_SAFETENSORS_H

#include "base/error.h"

enum { TENSOR_MAX_RANK = 8 };

enum dtype { DTYPE_F32, DTYPE_F16, DTYPE_BF16, DTYPE_F64, DTYPE_OTHER };

/** One tensor, in place in the mapped file: little-endian, C order, of any alignment. */
struct tensor {
    const char *path; /* of the file that holds it, for errors */
    const char *name;
    enum dtype dtype;
    const char *dtype_name; /* as the file says it */
    int rank;
    int64_t shape[TENSOR_MAX_RANK];
    size_t elements;
    const void *data;
    size_t bytes;
};

struct safetensors;

/**
 * Opens a `.safetensors` file, or a `.safetensors.index.json` with its shards (names without path separators, beside
 * it). The files stay mapped until safetensors_close(). `max_header` bounds each JSON header in bytes.
 */
ptm_status safetensors_open(struct safetensors **out, const char *path, size_t max_header, ptm_error *err);

/** The same for one file that lies in memory, which must outlive the handle. `name` is used in errors. */
ptm_status safetensors_open_memory(struct safetensors **out, const void *data, size_t bytes, const char *name,
                                   size_t max_header, ptm_error *err);

void safetensors_close(struct safetensors **st);

/** Path of the file (or the index), for errors. */
const char *safetensors_path(const struct safetensors *st);

/** Tensors, sorted by name: 0 .. safetensors_count() - 1. */
size_t safetensors_count(const struct safetensors *st);
const struct tensor *safetensors_at(const struct safetensors *st, size_t index);

/** The tensor of that name, or NULL. */
const struct tensor *safetensors_find(const struct safetensors *st, const char *name);

/** The string of that key in `__metadata__`, or NULL. */
const char *safetensors_metadata(const struct safetensors *st, const char *key);

/** Gives back the memory of values that will hardly be read again; they stay where they are. Values that lie elsewhere
 * are left alone. */
void safetensors_forget(const struct safetensors *st, const void *values, size_t bytes);

/** Converts (elements) values to float32. F32, F16, BF16 and F64; PTM_EMODEL for another dtype. */
ptm_status tensor_to_f32(const struct tensor *tensor, float *out, ptm_error *err);

/** Shape as text, "[768,3,2,16,16]", into `text`; returns `text`. */
const char *tensor_shape_text(const struct tensor *tensor, char *text, size_t bytes);

#endif
