/* SPDX-License-Identifier: MIT */
/* area: a part of a picture. */
#ifndef POLYTOME_BASE_AREA_H
#define POLYTOME_BASE_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** In pixels, from the upper left corner of the picture. */
struct area {
    int left, top, width, height;
};

static inline struct area area_whole(int width, int height) {
    return (struct area){0, 0, width, height};
}

/** Whether it is not empty and lies within a picture of width x height. */
static inline bool area_lies_in(struct area area, int width, int height) {
    return area.left >= 0 && area.top >= 0 && area.width >= 1 && area.height >= 1 && area.width <= width - area.left &&
           area.height <= height - area.top;
}

/** Its first pixel in a picture of packed RGB, whose rows are `stride` bytes apart. */
static inline const uint8_t *area_in(struct area area, const uint8_t *rgb, ptrdiff_t stride) {
    return rgb + area.top * stride + 3 * (ptrdiff_t)area.left;
}

#endif
