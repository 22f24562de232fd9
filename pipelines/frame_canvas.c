/* SPDX-License-Identifier: MIT */
#include "pipelines/frame_canvas.h"

#include "features/resize.h"

#include <string.h>

enum {
    LEAST_ROWS = 96, /* of a frame that takes words */
    ROWS_A_DOT = 300
};

static ptm_status scale(struct canvas *canvas, const struct media_picture *picture, ptm_error *err) {
    const bool larger = canvas->width > picture->width && canvas->height > picture->height;
    const struct resize_spec resize = {
        .in_h = picture->height,
        .in_w = picture->width,
        .out_h = canvas->height,
        .out_w = canvas->width,
        .crop_h = canvas->height,
        .crop_w = canvas->width,
        .resample = larger ? RESAMPLE_NEAREST : RESAMPLE_BICUBIC, /* made larger, single pixels stay to be seen */
    };
    struct resizer *resizer;
    TRY(resizer_open(&resizer, &resize, err));
    const struct area area = resizer_area(resizer);
    resizer_run(resizer, canvas->rgb, area_in(area, picture->rgb, picture->stride), picture->stride);
    resizer_close(&resizer);
    return PTM_OK;
}

ptm_status frame_canvas_put(struct canvas *canvas, const struct media_picture *picture, ptm_error *err) {
    if (picture->width != canvas->width || picture->height != canvas->height) return scale(canvas, picture, err);
    for (int y = 0; y < canvas->height; y++)
        memcpy(canvas_pixel(canvas, 0, y), picture->rgb + y * picture->stride, (size_t)canvas->width * 3);
    return PTM_OK;
}

int frame_canvas_scale(const struct canvas *canvas) {
    return 1 + canvas->height / ROWS_A_DOT;
}

bool frame_canvas_takes_words(const struct canvas *canvas) {
    return canvas->height >= LEAST_ROWS;
}

struct media_picture frame_canvas_picture(const struct canvas *canvas) {
    return (struct media_picture){canvas->rgb, canvas->width, canvas->height, (ptrdiff_t)canvas->width * 3};
}
