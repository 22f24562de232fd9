/* SPDX-License-Identifier: MIT */
/* fuzz_media: a media file made of the input, read with pictures and sound. */
#include "fuzz.h"

#include "media/media.h"

#include <math.h>

enum { MAX_ITEMS = 40 };

static void check_frame(struct media *media, const struct media_item *item) {
    struct media_picture picture;
    ptm_error err = {0};
    FUZZ_ASSERT(item->end >= item->time);
    if (fuzz_status(media_frame_rgb(media, &picture, &err), &err) != PTM_OK) return;
    FUZZ_ASSERT(picture.width > 0 && picture.height > 0 && picture.stride >= 3 * (ptrdiff_t)picture.width);
    unsigned sum = 0; /* reads every pixel */
    for (int y = 0; y < picture.height; y++)
        for (int x = 0; x < 3 * picture.width; x++) sum += picture.rgb[y * picture.stride + x];
    FUZZ_ASSERT(sum <= 255u * 3u * (unsigned)(picture.width * picture.height));
}

static void check_samples(const struct media_item *item) {
    FUZZ_ASSERT(item->count > 0);
    double sum = 0; /* reads every sample; a file of floats may hold anything */
    for (int i = 0; i < item->count; i++) sum += isfinite(item->samples[i]) ? fabsf(item->samples[i]) : 0;
    FUZZ_ASSERT(sum >= 0);
}

static void read_items(struct media *media) {
    double last[2] = {0};
    for (int i = 0; i < MAX_ITEMS; i++) {
        struct media_item item;
        ptm_error err = {0};
        if (fuzz_status(media_next(media, &item, &err), &err) != PTM_OK || item.kind == MEDIA_END) return;
        double *const before = &last[item.kind == MEDIA_FRAME];
        FUZZ_ASSERT(isfinite(item.time) && item.time >= *before);
        *before = item.time;
        if (item.kind == MEDIA_FRAME)
            check_frame(media, &item);
        else
            check_samples(&item);
    }
}

static void read_media(const uint8_t *data, size_t bytes, double start, bool pick) {
    const struct media_options options = {.want_video = true,
                                          .want_audio = true,
                                          .sample_rate = 16000,
                                          .start = start,
                                          .max_pixels = 1 << 20,
                                          .max_frames = 64,
                                          .max_seconds = 3600};
    struct media *media;
    ptm_error err = {0};
    if (fuzz_status(media_open_memory(&media, data, bytes, "memory", &options, &err), &err) != PTM_OK) {
        FUZZ_ASSERT(!media);
        return;
    }
    int64_t frames;
    fuzz_status(media_count_frames(media, &frames, &err), &err);
    FUZZ_ASSERT(frames >= 0);
    const int64_t wanted[] = {0, frames / 2, frames - 1};
    if (pick && frames > 2) fuzz_status(media_want_frames(media, wanted, 3, &err), &err);
    read_items(media);
    media_close(&media);
    FUZZ_ASSERT(!media);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes == 0 || bytes > FUZZ_MAX_BYTES) return 0;
    /* The last byte also chooses whether a seek is tried, and whether frames are picked. */
    read_media(data, bytes, data[bytes - 1] % 4 == 0 ? 0.6 : 0, data[bytes - 1] % 3 == 0);
    return 0;
}
