/* SPDX-License-Identifier: MIT */
/* still: one picture in memory, decoded into a frame of its own. */
#include "base/memory.h"
#include "media/media.h"

#include <string.h>

static ptm_status copy_picture(ptm_frame **out, const struct media_picture *picture, ptm_error *err) {
    const size_t row = (size_t)picture->width * 3;
    size_t bytes;
    if (!mem_product(row, (size_t)picture->height, &bytes)) return error_no_memory(err);
    ptm_frame *frame = mem_alloc(1, sizeof *frame);
    uint8_t *rgb = frame ? mem_alloc(bytes, 1) : NULL;
    if (!rgb) {
        mem_free(frame);
        return error_no_memory(err);
    }
    for (int y = 0; y < picture->height; y++) memcpy(rgb + (size_t)y * row, picture->rgb + y * picture->stride, row);
    *frame = (ptm_frame){rgb, picture->width, picture->height, (ptrdiff_t)row};
    *out = frame;
    return PTM_OK;
}

static ptm_status read_picture(ptm_frame **out, struct media *media, const char *name, ptm_error *err) {
    const struct media_info *info = media_get_info(media);
    if (!info->has_video || !info->is_still) return error_set(err, PTM_EFORMAT, "%s: is not a still picture", name);
    struct media_item item;
    TRY(media_next(media, &item, err));
    if (item.kind != MEDIA_FRAME) return error_set(err, PTM_EFORMAT, "%s: the picture cannot be decoded", name);
    struct media_picture picture;
    TRY(media_frame_rgb(media, &picture, err));
    return copy_picture(out, &picture, err);
}

ptm_status ptm_decode_picture(ptm_frame **out, const void *data, size_t bytes, const char *name, int64_t max_pixels,
                              ptm_error *err) {
    error_clear(err);
    *out = NULL;
    if (!name) name = "memory";
    if (!data && bytes > 0)
        return error_set(err, PTM_EINVAL, "%s: %zu bytes are promised, but no memory is given", name, bytes);
    ptm_classify_options limits;
    ptm_classify_options_default(&limits);
    const struct media_options options = {.want_video = true,
                                          .max_pixels = max_pixels ? max_pixels : limits.max_pixels,
                                          .max_frames = limits.max_frames,
                                          .max_seconds = limits.max_seconds};
    struct media *media;
    TRY(media_open_memory(&media, data, bytes, name, &options, err));
    const ptm_status status = read_picture(out, media, name, err);
    media_close(&media);
    return status;
}

void ptm_frame_free(ptm_frame **frame) {
    if (!frame || !*frame) return;
    mem_free((void *)(*frame)->rgb);
    mem_free(*frame);
    *frame = NULL;
}
