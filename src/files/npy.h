/* SPDX-License-Identifier: MIT */
/* npy: NumPy's array file, format versions 1 to 3, little-endian, C order; float32 and int32 only, both ways. */
#ifndef POLYTOME_FILES_NPY_H
#define POLYTOME_FILES_NPY_H

#include "base/error.h"

enum { NPY_MAX_RANK = 8 };
enum npy_type { NPY_FLOAT32, NPY_INT32 };

struct npy {
    enum npy_type type;
    int rank;
    int shape[NPY_MAX_RANK];
    size_t count; /* elements */
    void *data;   /* (count) owned */
};

/**
 * Reads a whole file. float64 and int64 are converted to their 32-bit kinds (PTM_EFORMAT where an integer does not
 * fit); any other dtype is refused by name. `max_bytes` bounds the file. Free with npy_free().
 */
ptm_status npy_read(struct npy *npy, const char *path, size_t max_bytes, ptm_error *err);

/** The same from memory; `name` is used in errors. */
ptm_status npy_read_memory(struct npy *npy, const void *data, size_t bytes, const char *name, ptm_error *err);

void npy_free(struct npy *npy);

/** Writes an array to a temporary name beside `path`, then renames it. */
ptm_status npy_write(const char *path, enum npy_type type, const int *shape, int rank, const void *data,
                     ptm_error *err);

#endif
