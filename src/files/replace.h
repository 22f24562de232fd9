/* SPDX-License-Identifier: MIT */
/* replace: writes a file so that its name holds either the old content or all of the new one. */
#ifndef POLYTOME_FILES_REPLACE_H
#define POLYTOME_FILES_REPLACE_H

#include "base/error.h"

/** A file on its way to its name. */
struct replacement {
    const char *path; /* for sentences */
    char *target;     /* the name that it will have */
    char *aside;      /* the one that it has; NULL where it is written in place */
    int fd;           /* open, empty, for writing */
};

/**
 * Opens a file to write, beside `path`, which must outlive it. A link stays: what it points to is replaced. A device,
 * a pipe and what path_descriptor() knows are written in place. End it with replace_end().
 */
ptm_status replace_open(struct replacement *replacement, const char *path, ptm_error *err);

/** Are both names those of one plain file, which writing the one would take away while the other is read? */
bool replace_is_same(const char *output, const char *input);

/** Closes the file and gives it its name, where what was written is whole: `status` PTM_OK. Otherwise nothing is left
 * of it. Where it cannot have its name the sentence says which one it has. The first failure. */
ptm_status replace_end(struct replacement *replacement, ptm_status status, ptm_error *err);

struct piece {
    const void *data;
    size_t bytes;
};

/** Writes the pieces one after another: replace_open() to replace_end() in one call. `cancelled`, which may be NULL,
 * is asked for each: true gives PTM_EINTERRUPTED. */
ptm_status replace_file(const char *path, const struct piece *pieces, int count, bool (*cancelled)(void *user),
                        void *user, ptm_error *err);

#endif
