/* SPDX-License-Identifier: MIT */
/*
 * run: one file on its way through a session. Each modality collects what the decoder delivers into windows and answers
 * each window as it fills, so that a file of any length needs the memory of one window.
 */
#ifndef POLYTOME_PIPELINES_RUN_H
#define POLYTOME_PIPELINES_RUN_H

#include "media/media.h"
#include "pipelines/tally.h"
#include "pipelines/window.h"

/** What both modalities of one file share. */
struct run {
    struct ptm_session *session;
    const ptm_classify_options *options;
    double decode_ms, features_ms, network_ms;

    /** Looks at a lane each time it has answered a window; NULL: nobody does. */
    ptm_status (*watch)(void *watcher, const struct lane *lane, ptm_error *err);
    void *watcher;
};

/** Hands over the picture of the frame at hand, converted only when it is asked for. */
struct frame_view {
    ptm_status (*picture)(void *context, struct media_picture *picture, ptm_error *err);
    void *context;
    double time, end; /* seconds during which it is shown */
};

struct video_run {
    struct run *run;
    struct lane *lane;
    struct tally tally;
    ptm_sampling sampling; /* never PTM_SAMPLING_MODEL */
    double frame_rate;     /* of the sampling grid, for windows */
    struct window window;

    int64_t total; /* uniform: frames of the file; 0: not known, keep a thinning set */
    float *kept;   /* uniform, total not known: (KEPT_WINDOWS * T) prepared frames, every `stride`-th */
    int64_t stride;
    int held;

    int64_t frames_seen, frames_used;
    double from, to, padded;
    bool enough; /* no further frame can change the answer */
};

/** `frames` of the file, or 0 where it is not known, are needed for uniform sampling only. */
ptm_status video_run_open(struct video_run *video, struct run *run, int64_t frames, ptm_error *err);
ptm_status video_run_frame(struct video_run *video, const struct frame_view *frame, ptm_error *err);
ptm_status video_run_finish(struct video_run *video, ptm_error *err);
void video_run_close(struct video_run *video);
/** What was looked at. `stats` NULL: there was no decoder. */
ptm_coverage video_run_coverage(const struct video_run *video, const struct media_stats *stats);

/** The sampling of a video lane under these options, never PTM_SAMPLING_MODEL. */
ptm_sampling video_sampling(const struct lane *lane, ptm_sampling asked);

struct audio_run {
    struct run *run;
    struct lane *lane;
    struct tally tally;
    ptm_sampling sampling;
    struct window window;
    float *samples; /* (window) in order, for the features */
    double from, to, padded;
    bool enough;
};

ptm_status audio_run_open(struct audio_run *audio, struct run *run, ptm_error *err);
/** `time` is that of the first of the samples. */
ptm_status audio_run_samples(struct audio_run *audio, const float *samples, size_t count, double time, ptm_error *err);
ptm_status audio_run_finish(struct audio_run *audio, ptm_error *err);
void audio_run_close(struct audio_run *audio);
ptm_coverage audio_run_coverage(const struct audio_run *audio, const struct media_stats *stats);

/** An image model: of a still, or of the middle frame of each second of a video. */
struct image_run {
    struct run *run;
    struct lane *lane;
    struct tally tally;
    double rate;                            /* windows a second */
    int64_t frames_seen, frames_used, next; /* next: window whose middle is looked for */
    double from, to;
    bool first_only, enough;
};

ptm_status image_run_open(struct image_run *image, struct run *run, ptm_error *err);
ptm_status image_run_frame(struct image_run *image, const struct frame_view *frame, ptm_error *err);
ptm_status image_run_finish(struct image_run *image, ptm_error *err);
void image_run_close(struct image_run *image);
ptm_coverage image_run_coverage(const struct image_run *image, const struct media_stats *stats);

/** The frame at hand, prepared for the lane's network, into out (3, H, W); adds to the times of the run. */
ptm_status run_prepare_frame(struct run *run, const struct lane *lane, const struct frame_view *frame, float *out,
                             ptm_error *err);

/** Times and limits that make sense? */
ptm_status run_check_options(const ptm_classify_options *options, ptm_error *err);

/** What to ask of the decoder: pictures, sound at the rate of the audio lane, or both, within the run's options. */
struct media_options run_media_options(const struct run *run, bool pictures, bool sound);

/** Tells the caller how far the file is through, where it wants to know. */
void run_report_progress(const struct run *run, const struct media *media, const struct media_item *item);

/** What the decoder says of the pictures it delivered. */
void run_cover_pictures(ptm_coverage *coverage, const struct media_stats *stats);

/** "uniform", "windows" or "first". */
const char *run_sampling_name(ptm_sampling sampling);

/** Asks the caller whether to go on. */
ptm_status run_check_cancelled(const struct run *run, ptm_error *err);

/** Runs the network on lane->input and adds its answer to the tally. */
ptm_status run_window(struct run *run, struct lane *lane, struct tally *tally, ptm_error *err);

#endif
