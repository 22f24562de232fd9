/* SPDX-License-Identifier: MIT */
/*
 * explain_look: the windows of a picture or a video as a session sees them. Keeps for each window which patches ended
 * together and in which colour; the pictures themselves go by, but for one of each tube of the first window.
 */
#ifndef POLYTOME_PIPELINES_EXPLAIN_LOOK_H
#define POLYTOME_PIPELINES_EXPLAIN_LOOK_H

#include "pipelines/explain.h"
#include "pipelines/image_run.h"
#include "pipelines/video_run.h"

/** One window, over the times from `begin` on. Its tubes are counted from `start`, which lies before that where the
 * last window reaches back. */
struct explain_window {
    double begin, start;
    struct explain_groups groups;
};

struct explain_look {
    struct explain *explain;
    struct video_run video; /* of these two the one that the lane says */
    struct image_run image;
    double frame_time, tube_seconds; /* of the frame at hand; tube_seconds 0: one tube a window */

    struct explain_window *windows;
    int num_windows, max_windows;

    int width, height;           /* of the first picture */
    struct explain_map map;      /* patches of pictures of the last size */
    int frames, patches;         /* T, and patches of one tube */
    struct explain_sum *recent;  /* (T, patches) of the last T places of the grid, as a ring */
    struct explain_sum *current; /* (patches) of the last picture */
    int64_t settled;             /* places of the grid whose sums are in the ring */

    bool keep_tiles;
    int columns;          /* of a sheet, for tiles of this size */
    struct canvas *tiles; /* (tubes) the first picture of each tube of the first window, drawn small */
    struct canvas tile;   /* the last picture as such */
    struct explain_map tile_map;
};

/** Takes memory; explain_look_close() frees it, also after a failure. */
ptm_status explain_look_open(struct explain_look *look, struct explain *explain, bool keep_tiles, ptm_error *err);
void explain_look_close(struct explain_look *look);

/** Goes through the open media: all of it, or up to the end of the first window, as the run's sampling says. */
ptm_status explain_look_run(struct explain_look *look, ptm_error *err);

/** The answers of all windows. */
const struct tally *explain_look_tally(const struct explain_look *look);

/** The window, and its tube, that a frame shown from `time` to `end` belongs to. */
const struct explain_window *explain_look_at(const struct explain_look *look, double time, double end, int *tube);

#endif
