/* SPDX-License-Identifier: MIT */
/* image_run: the frames of a video, or a still, on their way to an image model, which sees the middle frame of each
 * second. */
#ifndef POLYTOME_PIPELINES_IMAGE_RUN_H
#define POLYTOME_PIPELINES_IMAGE_RUN_H

#include "pipelines/run.h"

struct image_run {
    struct run *run;
    struct lane *lane;
    struct tally tally;
    double rate;                            /* windows a second */
    int64_t frames_seen, frames_used, next; /* next: window whose middle is looked for */
    int64_t answered;
    double from, to, origin, reached; /* origin: of the windows; reached: up to which answers stand */
    bool first_only, enough;
};

ptm_status image_run_open(struct image_run *image, struct run *run, ptm_error *err);
ptm_status image_run_frame(struct image_run *image, const struct frame_view *frame, ptm_error *err);
ptm_status image_run_finish(struct image_run *image, ptm_error *err);
void image_run_close(struct image_run *image);

/** What was looked at. `stats` NULL: there was no decoder. */
ptm_coverage image_run_coverage(const struct image_run *image, const struct media_stats *stats);

#endif
