/* SPDX-License-Identifier: MIT */
/* safetensors_writer: writes a weights file whose tensors can be used in place. */
#ifndef POLYTOME_FILES_SAFETENSORS_WRITER_H
#define POLYTOME_FILES_SAFETENSORS_WRITER_H

#include "files/safetensors.h"

/**
 * Writes the tensors, whose names differ, with one entry `key` of metadata, to a temporary name beside `path`, which is
 * then renamed. The data begins at a multiple of 64 bytes. The format allows no holes, so tensors are ordered by the
 * largest power of two, up to 64, that divides their length, largest first and else as given: thus each begins at a
 * multiple of that power. `cancelled`: replace.h.
 */
ptm_status safetensors_write(const char *path, const struct tensor *tensors, size_t count, const char *key,
                             const char *value, bool (*cancelled)(void *user), void *user, ptm_error *err);

#endif
