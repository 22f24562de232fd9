/* SPDX-License-Identifier: MIT */
/* film_writer: frames to an MP4 film. FFmpeg stays behind this header. */
#ifndef POLYTOME_MEDIA_FILM_WRITER_H
#define POLYTOME_MEDIA_FILM_WRITER_H

#include "media/film_sound.h"
#include "media/media.h"

struct film_writer;

/**
 * Begins a film of H.264 (where FFmpeg has no encoder for it: MPEG-4) in the open, empty file `fd`, which stays the
 * caller's and must be seekable. Of an odd side the last row or column is left out. The header says the frame rate (not
 * known: 25) and the shape of pixels of `source`, from which the frames come. `sound` goes along with the pictures;
 * NULL: none. `name` is for sentences; both must outlive the writer.
 */
ptm_status film_writer_open(struct film_writer **out, int fd, const char *name, int width, int height,
                            const struct media_info *source, struct film_sound *sound, ptm_error *err);

/** Of its frames. */
void film_writer_get_size(const struct film_writer *writer, int *width, int *height);

/** Adds a frame shown from `time`, in seconds from the film's begin; times must not fall. */
ptm_status film_writer_add(struct film_writer *writer, const struct media_picture *picture, double time,
                           ptm_error *err);

/** Writes what is still in the encoder, the rest of the sound, and the index; the file is whole then. */
ptm_status film_writer_finish(struct film_writer *writer, ptm_error *err);

/** Frees the writer and sets it to NULL; NULL and *writer NULL are allowed. */
void film_writer_close(struct film_writer **writer);

#endif
