/* SPDX-License-Identifier: MIT */
/*
 * mapped: a whole regular file as read-only memory. Whoever shortens the file while it is mapped takes pages away from
 * under us (SIGBUS), as with every program that maps files: model files are replaced by renaming, not by rewriting.
 */
#ifndef POLYTOME_FILES_MAPPED_H
#define POLYTOME_FILES_MAPPED_H

#include "base/error.h"

struct mapped {
    const void *data; /* never NULL, also where the file is empty */
    size_t bytes;
};

/** Maps a file of at most `max_bytes`; PTM_EIO where it cannot be opened, PTM_ELIMIT where it is larger. */
ptm_status mapped_open(struct mapped *file, const char *path, size_t max_bytes, ptm_error *err);

/** Gives back the memory of the pages that lie whole in a range, until they are read again; a range that is not the
 * file's is left alone. */
void mapped_forget(const struct mapped *file, const void *from, size_t bytes);

/** Unmaps it and zeroes *file; a zeroed *file is allowed. */
void mapped_close(struct mapped *file);

#endif
