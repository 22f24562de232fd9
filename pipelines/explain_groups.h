/* SPDX-License-Identifier: MIT */
/* explain_groups: the patches of one window by the token that they ended in, and how a group looks. */
#ifndef POLYTOME_PIPELINES_EXPLAIN_GROUPS_H
#define POLYTOME_PIPELINES_EXPLAIN_GROUPS_H

#include "features/canvas.h"
#include "pipelines/explain_map.h"
#include "pipelines/lane.h"

/** Patches that ended in one token. */
struct explain_group {
    struct colour fill, edge;
    int patches;           /* 0: a special token, which no patch ended in */
    int first_patch;       /* in raster order t, h, w */
    int first_tube, tubes; /* first, and as many up to the last */
};

struct explain_groups {
    int tubes, patches; /* of the grid: along t, and of one tube */
    int32_t *token;     /* (tubes, patches) group of each patch */
    int count;
    struct explain_group *group; /* (count) */
};

/** Reads them off the lane's last forward pass; the colours are still to be set. */
ptm_status explain_groups_open(struct explain_groups *groups, const struct lane *lane, ptm_error *err);

/** Frees it; zeroed groups are allowed. */
void explain_groups_close(struct explain_groups *groups);

/** Sets the colour of a group, and the one of its edge after it. */
void explain_group_fill(struct explain_group *group, struct colour fill);

/** Pixels added up, under one patch or one group. */
struct explain_sum {
    uint64_t r, g, b, pixels;
};

/** Adds a picture to the sums of its patches; `map` is of its size. */
void explain_sum_picture(struct explain_sum *sums, const struct explain_map *map, const uint8_t *rgb, ptrdiff_t stride);

/** Fills all groups with the mean colour of what lies under their patches: `sums` (count), of tokens. */
void explain_groups_fill(struct explain_groups *groups, const struct explain_sum *sums);

/**
 * Draws the groups of one tube over the picture that stands at (left, top): each filled but for its edge, `thickness`
 * pixels wide. What the network did not see gets darker.
 */
void explain_groups_paint(const struct explain_groups *groups, int tube, const struct explain_map *map,
                          struct canvas *canvas, int left, int top, int thickness);

/** A fitting width of edges, in pixels: that of the picture and of its patches count. */
int explain_thickness(const struct explain_map *map);

/** Light that stays, in percent, where the network did not look. */
enum { EXPLAIN_DIMMED = 35 };

#endif
