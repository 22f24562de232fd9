/* SPDX-License-Identifier: MIT */
/* picture: decoded frames of any pixel format, matrix and range as upright 8-bit RGB. */
#ifndef POLYTOME_MEDIA_PICTURE_H
#define POLYTOME_MEDIA_PICTURE_H

#include "media/media.h"
#include "media/orientation.h"

#include <libavutil/frame.h>

struct SwsContext;

struct picture_converter {
    struct SwsContext *sws;                       /* of the last frame's kind: */
    int width, height, format, colorspace, range; /* width and height: what it converts of the frame */
    bool by_planes;                               /* it writes red, green and blue apart */
    uint8_t *planes, *stored, *upright;
    size_t planes_bytes, stored_bytes, upright_bytes;
};

/**
 * Converts `area` of the upright frame, to the same bits that the whole has there. The picture, of the area's size,
 * lives until the next call. `name` of the input is for sentences. PTM_EINVAL where the area leaves the frame.
 */
ptm_status picture_convert(struct picture_converter *converter, const AVFrame *frame, struct orientation orientation,
                           struct area area, const char *name, struct media_picture *picture, ptm_error *err);

void picture_converter_close(struct picture_converter *converter);

#endif
