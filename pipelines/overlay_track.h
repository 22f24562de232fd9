/* SPDX-License-Identifier: MIT */
/* overlay_track: the best labels of each window of one modality, and a strip of their scores. */
#ifndef POLYTOME_PIPELINES_OVERLAY_TRACK_H
#define POLYTOME_PIPELINES_OVERLAY_TRACK_H

#include "features/canvas.h"

enum { OVERLAY_LABELS = 3 };

struct overlay_window {
    double from, to;
    struct {
        int index;
        float score;
    } labels[OVERLAY_LABELS];
    int count;
};

struct overlay_track {
    struct overlay_window *windows; /* (count) in the order of time */
    size_t count, room;
    char **names; /* (num_names) of the labels that were ever among the best, else NULL */
    int num_names;
};

/** A window that window_check() lets pass. PTM_EINVAL of another model's, and out of the order of time. */
ptm_status overlay_track_add(struct overlay_track *track, const ptm_window *window, ptm_error *err);

void overlay_track_close(struct overlay_track *track);

/** The window whose answer stands for that time; NULL where there is none. */
const struct overlay_window *overlay_track_at(const struct overlay_track *track, double time);

/** The colour of a label, the same wherever it is shown. */
struct colour overlay_colour(int index);

/** Draws a new canvas: from its left to its right edge the time from `from` to `to`, a bar for each column: the best
 * label's score in its colour. Close it with canvas_close(). */
ptm_status overlay_track_draw(const struct overlay_track *track, double from, double to, int width, int height,
                              struct canvas *strip, ptm_error *err);

#endif
