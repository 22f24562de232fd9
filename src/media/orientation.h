/* SPDX-License-Identifier: MIT */
/* orientation: how a stored picture is turned and mirrored to stand upright. */
#ifndef POLYTOME_MEDIA_ORIENTATION_H
#define POLYTOME_MEDIA_ORIENTATION_H

#include "base/area.h"

/** Upright (x, y) shows stored (x, y), or (y, x) where transposed; then either upright axis may run backwards. */
struct orientation {
    bool transpose, reverse_x, reverse_y;
};

/** Of a display matrix (nine 16.16 numbers, the files' "rotation tag"), to the nearest quarter turn; NULL: upright. */
struct orientation orientation_of_matrix(const int32_t *matrix);

/** Of EXIF's Orientation, 1 to 8; any other number: upright. */
struct orientation orientation_of_exif(int tag);

/** Degrees clockwise by which it turns the stored picture; a mirroring counts as left to right after the turn. */
int orientation_degrees(struct orientation orientation);

bool orientation_is_upright(struct orientation orientation);

/** The area of the stored picture that `area` of the upright one, of upright_width x upright_height, shows. */
struct area orientation_stored_area(struct orientation orientation, struct area area, int upright_width,
                                    int upright_height);

/** Writes the upright picture of a stored RGB one of width x height. */
void orientation_apply(uint8_t *upright, ptrdiff_t upright_stride, const uint8_t *stored, ptrdiff_t stored_stride,
                       int width, int height, struct orientation orientation);

#endif
