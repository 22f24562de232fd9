/* SPDX-License-Identifier: MIT */
/* video_run: the frames of a video on their way to windows of a video model, in a row or spread over the file. */
#ifndef POLYTOME_PIPELINES_VIDEO_RUN_H
#define POLYTOME_PIPELINES_VIDEO_RUN_H

#include "pipelines/run.h"
#include "pipelines/uniform_frames.h"

struct video_run {
    struct run *run;
    struct lane *lane;
    struct tally tally;
    ptm_sampling sampling; /* never PTM_SAMPLING_MODEL */
    struct window window;
    struct uniform_frames uniform; /* all zero where sampling is not uniform */
    int64_t frames_seen, frames_used;
    double from, to, padded;
    double origin; /* seconds of the grid's first place */
    bool broken;   /* video_run_break(): the next frame begins the grid anew */
    bool enough;   /* no further frame can change the answer */
};

/** `frames` of the file, or 0 where it is not known, are needed for uniform sampling only. */
ptm_status video_run_open(struct video_run *video, struct run *run, int64_t frames, ptm_error *err);
ptm_status video_run_frame(struct video_run *video, const struct frame_view *frame, ptm_error *err);
ptm_status video_run_finish(struct video_run *video, ptm_error *err);

/** No frame follows for now: answers what is left, as at the end; with the next one windows begin anew. */
ptm_status video_run_break(struct video_run *video, ptm_error *err);

/** Answers the window that is full and waits for what follows it, if there is one. */
ptm_status video_run_answer_due(struct video_run *video, ptm_error *err);
void video_run_close(struct video_run *video);

/** What was looked at. `stats` NULL: there was no decoder. */
ptm_coverage video_run_coverage(const struct video_run *video, const struct media_stats *stats);

/** The sampling of a video lane under these options, never PTM_SAMPLING_MODEL. */
ptm_sampling video_sampling(const struct lane *lane, ptm_sampling asked);

#endif
