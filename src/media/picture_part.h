/* SPDX-License-Identifier: MIT */
/* picture_part: the part of a decoded frame that is converted to RGB for an area of it. */
#ifndef POLYTOME_MEDIA_PICTURE_PART_H
#define POLYTOME_MEDIA_PICTURE_PART_H

#include "base/area.h"

#include <libavutil/frame.h>

/** The area with so much around it that swscale, which is given only the part, makes the same bits of the area as of
 * the whole frame. Of a frame of PICTURE_PART_ROWS the part has as many; the frame's chroma is at most halved. */
struct area picture_part(const AVFrame *frame, struct area area);

enum { PICTURE_PART_ROWS = 16 };

/** Where the part begins in the frame's planes. */
void picture_part_planes(const uint8_t *planes[4], const AVFrame *frame, struct area part);

#endif
