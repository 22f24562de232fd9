/* SPDX-License-Identifier: MIT */
/* explain_map: which patch of the network's grid lies under a pixel of a picture as it is drawn. */
#ifndef POLYTOME_PIPELINES_EXPLAIN_MAP_H
#define POLYTOME_PIPELINES_EXPLAIN_MAP_H

#include "models/network.h"

enum { EXPLAIN_OUTSIDE = -1 };

/** The pixel (x, y) shows patch row[y] + column[x] of its tube; one of them is EXPLAIN_OUTSIDE where the network does
 * not see it. */
struct explain_map {
    int w, h; /* of the picture */
    int width, height;
    int *column; /* (width) */
    int *row;    /* (height) */
};

/** Patches along one axis of the network's input. */
struct explain_axis {
    int patch, stride, tokens;
};

/**
 * patch (count): that of each of `count` pixels over one side of a picture, of which `placed` says where it lands in
 * the network's input. Where patches overlap, a place belongs to the one whose centre is nearest.
 */
void explain_map_axis(int *patch, int count, const struct pixels_axis *placed, const struct explain_axis *axis);

/** Of a picture of w x h pixels, drawn as width x height. The map, zeroed at first, stays where it is that already.
 * Close with explain_map_close(). */
ptm_status explain_map_picture(struct explain_map *map, const struct network *network, int w, int h, int width,
                               int height, ptm_error *err);

/** Of a spectrogram drawn as width x height, time to the right and low frequencies at the bottom. */
ptm_status explain_map_sound(struct explain_map *map, const struct network *network, int width, int height,
                             ptm_error *err);

/** Frees it; a zeroed map is allowed. */
void explain_map_close(struct explain_map *map);

/** Adjacent pixels of one axis that show the same patch: [begin, end). */
struct explain_span {
    int patch, begin, end;
};

/** The first span that begins at pixel `from` or later; false where there is none. */
bool explain_next_span(struct explain_span *span, const int *patch, int count, int from);

#endif
