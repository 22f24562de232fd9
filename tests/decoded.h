/* SPDX-License-Identifier: MIT */
/* decoded: a file of the tests on its way through the decoder. */
#ifndef POLYTOME_TESTS_DECODED_H
#define POLYTOME_TESTS_DECODED_H

#include "check.h"
#include "media/media.h"

/** Picture and sound from `start` seconds on. Close with media_close(). */
static inline struct media *decoded_open(const char *path, int sample_rate, double start) {
    const struct media_options options = {.want_video = true,
                                          .want_audio = true,
                                          .sample_rate = sample_rate,
                                          .start = start,
                                          .max_pixels = 1 << 26,
                                          .max_frames = 10000,
                                          .max_seconds = 1000};
    struct media *media;
    CHECK_OK(media_open(&media, path, &options, err));
    return media;
}

/** The next frame, or false at the end. */
static inline bool decoded_next_frame(struct media *media, struct media_item *item, struct media_picture *picture) {
    do {
        CHECK_OK(media_next(media, item, err));
    } while (item->kind == MEDIA_SAMPLES);
    if (item->kind == MEDIA_FRAME) CHECK_OK(media_frame_rgb(media, picture, err));
    return item->kind == MEDIA_FRAME;
}

#endif
