/* SPDX-License-Identifier: MIT */
/* picture: decoded frames of any pixel format, matrix and range as upright 8-bit RGB. */
#ifndef POLYTOME_MEDIA_PICTURE_H
#define POLYTOME_MEDIA_PICTURE_H

#include "media/media.h"
#include "media/orientation.h"

#include <libavutil/frame.h>

struct SwsContext;

struct picture_converter {
    struct SwsContext *sws; /* of the last frame's kind: */
    int width, height, format, colorspace, range;
    bool by_planes; /* it writes red, green and blue apart */
    uint8_t *planes, *stored, *upright;
    size_t planes_bytes, stored_bytes, upright_bytes;
};

/** The picture lives until the next call. `name` of the input is for sentences. */
ptm_status picture_convert(struct picture_converter *converter, const AVFrame *frame, struct orientation orientation,
                           const char *name, struct media_picture *picture, ptm_error *err);

void picture_converter_close(struct picture_converter *converter);

#endif
