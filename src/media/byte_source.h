/* SPDX-License-Identifier: MIT */
/*
 * byte_source: where the bytes of one input come from - a file, standard input or memory - and the readers through
 * which FFmpeg sees them. FFmpeg gets bytes only, never a name: it cannot open the input again, nor anything else.
 */
#ifndef POLYTOME_MEDIA_BYTE_SOURCE_H
#define POLYTOME_MEDIA_BYTE_SOURCE_H

#include "media/media.h"

#include <libavformat/avio.h>

struct byte_source {
    const char *name; /* in sentences: the caller's path or name, or "standard input" */
    int fd;           /* -1: memory */
    const uint8_t *data;
    int64_t size; /* -1: not known */
    bool owns_fd, seekable;
    bool (*cancelled)(void *user);
    void *user;
    bool interrupted; /* `cancelled` has said stop once: it stays so */
};

/** Opens `path` ("-": standard input). `path` must outlive the source. On failure nothing is left to close. */
ptm_status byte_source_open(struct byte_source *source, const char *path, const struct media_options *options,
                            ptm_error *err);

/** The same from memory; `data` and `name`, which is for sentences, must outlive the source. */
ptm_status byte_source_open_memory(struct byte_source *source, const void *data, size_t bytes, const char *name,
                                   const struct media_options *options, ptm_error *err);

void byte_source_close(struct byte_source *source);

/** Waits until a FIFO that is open has bytes again, from another writer; false where the caller says stop. */
bool byte_source_wait(struct byte_source *source);

/** Asks the caller whether to stop. */
bool byte_source_cancelled(struct byte_source *source);

/** A reader with its own position; several may read one seekable source. */
struct byte_reader {
    struct byte_source *source;
    AVIOContext *io;
    int64_t position;
    int error;         /* errno of the first read that failed, 0 where none did, */
    int64_t failed_at; /* and the byte that it was to begin with */
};

ptm_status byte_reader_open(struct byte_reader *reader, struct byte_source *source, ptm_error *err);

void byte_reader_close(struct byte_reader *reader);

#endif
