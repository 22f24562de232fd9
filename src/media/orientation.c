/* SPDX-License-Identifier: MIT */
#include "media/orientation.h"

#include <string.h>

static int64_t magnitude(int32_t value) {
    return value < 0 ? -(int64_t)value : value;
}

/* The matrix maps stored (x, y) to upright (a x + c y, b x + d y); its rows are (a b u) (c d v) (tx ty w). */
struct orientation orientation_of_matrix(const int32_t *matrix) {
    if (!matrix) return (struct orientation){0};
    const int32_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    const bool transpose = magnitude(b) + magnitude(c) > magnitude(a) + magnitude(d);
    return (struct orientation){
        .transpose = transpose, .reverse_x = (transpose ? c : a) < 0, .reverse_y = (transpose ? b : d) < 0};
}

struct orientation orientation_of_exif(int tag) {
    static const struct orientation known[] = {
        {false, false, false}, {false, true, false}, {false, true, true}, {false, false, true},
        {true, false, false},  {true, true, false},  {true, true, true},  {true, false, true},
    };
    return tag >= 1 && tag <= 8 ? known[tag - 1] : known[0];
}

int orientation_degrees(struct orientation orientation) {
    if (orientation.transpose) return orientation.reverse_y ? 270 : 90;
    return orientation.reverse_y ? 180 : 0;
}

bool orientation_is_upright(struct orientation orientation) {
    return !orientation.transpose && !orientation.reverse_x && !orientation.reverse_y;
}

struct area orientation_stored_area(struct orientation orientation, struct area area, int upright_width,
                                    int upright_height) {
    if (orientation.reverse_x) area.left = upright_width - area.left - area.width;
    if (orientation.reverse_y) area.top = upright_height - area.top - area.height;
    return orientation.transpose ? (struct area){area.top, area.left, area.height, area.width} : area;
}

void orientation_apply(uint8_t *upright, ptrdiff_t upright_stride, const uint8_t *stored, ptrdiff_t stored_stride,
                       int width, int height, struct orientation orientation) {
    const bool transpose = orientation.transpose;
    const int upright_width = transpose ? height : width, upright_height = transpose ? width : height;
    /* Bytes from one stored pixel to that of the next upright column, and of the next upright row. */
    ptrdiff_t column = transpose ? stored_stride : 3, row = transpose ? 3 : stored_stride;
    if (orientation.reverse_x) {
        stored += column * (upright_width - 1);
        column = -column;
    }
    if (orientation.reverse_y) {
        stored += row * (upright_height - 1);
        row = -row;
    }
    for (int y = 0; y < upright_height; y++) {
        uint8_t *to = upright + y * upright_stride;
        const uint8_t *from = stored + y * row;
        for (int x = 0; x < upright_width; x++) memcpy(to + 3 * (ptrdiff_t)x, from + x * column, 3);
    }
}
