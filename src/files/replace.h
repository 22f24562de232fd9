/* SPDX-License-Identifier: MIT */
/* replace: writes a file so that its name holds either the old content or all of the new one. */
#ifndef POLYTOME_FILES_REPLACE_H
#define POLYTOME_FILES_REPLACE_H

#include "base/error.h"

struct piece {
    const void *data;
    size_t bytes;
};

/**
 * Writes the pieces one after another to a temporary name beside `path`, which is then renamed; nothing is left of it
 * on failure. A link stays: what it points to is replaced. A device or a pipe is written in place.
 */
ptm_status replace_file(const char *path, const struct piece *pieces, int count, ptm_error *err);

#endif
