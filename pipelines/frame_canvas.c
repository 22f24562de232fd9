/* SPDX-License-Identifier: MIT */
#include "pipelines/frame_canvas.h"

#include "features/resize.h"

#include <string.h>

static ptm_status scale(struct canvas *canvas, const struct media_picture *picture, ptm_error *err) {
    const int w = picture->width, h = picture->height;
    /* Made larger, single pixels stay to be seen. */
    const enum resample resample = canvas->width > w && canvas->height > h ? RESAMPLE_NEAREST : RESAMPLE_BICUBIC;
    struct resizer *resizer;
    TRY(resizer_open(&resizer, h, w, canvas->height, canvas->width, 0, 0, canvas->height, canvas->width, resample,
                     err));
    resizer_run(resizer, canvas->rgb, picture->rgb, picture->stride);
    resizer_close(&resizer);
    return PTM_OK;
}

ptm_status frame_canvas_put(struct canvas *canvas, const struct media_picture *picture, ptm_error *err) {
    if (picture->width != canvas->width || picture->height != canvas->height) return scale(canvas, picture, err);
    for (int y = 0; y < canvas->height; y++)
        memcpy(canvas_pixel(canvas, 0, y), picture->rgb + y * picture->stride, (size_t)canvas->width * 3);
    return PTM_OK;
}

struct media_picture frame_canvas_picture(const struct canvas *canvas) {
    return (struct media_picture){canvas->rgb, canvas->width, canvas->height, (ptrdiff_t)canvas->width * 3};
}
