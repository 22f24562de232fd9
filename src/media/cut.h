/* SPDX-License-Identifier: MIT */
/* cut: a stretch of a file as a file of its own, without coding anything anew. */
#ifndef POLYTOME_MEDIA_CUT_H
#define POLYTOME_MEDIA_CUT_H

#include "base/error.h"

struct cut;

/**
 * Opens a named file and goes to where the stretch from `start` to `end` seconds begins: the last key frame at or
 * before it, or, of sound alone, the packet that it lies in or the one before. The clip gets the file's own container
 * where FFmpeg writes that and it takes the codecs, else Matroska.
 */
ptm_status cut_open(struct cut **out, const char *path, double start, double end, ptm_error *err);

/** The usual end of names in the clip's container, without a dot. */
const char *cut_ending(const struct cut *cut);

/** Writes the clip into the open, empty, seekable file `fd`. What it holds, on the file's clock: *from to *to. */
ptm_status cut_write(struct cut *cut, int fd, const char *name, double *from, double *to, ptm_error *err);

void cut_close(struct cut **cut);

#endif
