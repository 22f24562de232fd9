/* SPDX-License-Identifier: MIT */
/* byte_sink: an open file as FFmpeg writes to it. */
#ifndef POLYTOME_MEDIA_BYTE_SINK_H
#define POLYTOME_MEDIA_BYTE_SINK_H

#include "base/error.h"

#include <libavformat/avio.h>

struct byte_sink {
    int fd; /* the caller's; seekable */
    AVIOContext *io;
};

/** An AVERROR, or 0. `sink` must not move until the close. */
int byte_sink_open(struct byte_sink *sink, int fd);

/** Writes out what is still held. An AVERROR, or 0 where all of it was written. */
int byte_sink_flush(struct byte_sink *sink);

/** Frees it; a zeroed sink is allowed. */
void byte_sink_close(struct byte_sink *sink);

/** PTM_ENOMEM or PTM_EIO, as FFmpeg's code says; `name` is what is written. */
ptm_status byte_sink_failure(int code, const char *name, ptm_error *err);

#endif
