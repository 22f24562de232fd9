/* SPDX-License-Identifier: MIT */
/*
 * run: one file or live source on its way through a session. Each modality (video_run.h, audio_run.h, image_run.h)
 * collects what the decoder delivers into windows and hands each on as it fills, so that any length needs the memory of
 * a few windows. Collecting and answering may be on two threads (relay.h): no field is written by both.
 */
#ifndef POLYTOME_PIPELINES_RUN_H
#define POLYTOME_PIPELINES_RUN_H

#include "media/media.h"
#include "pipelines/tally.h"
#include "pipelines/window.h"

/** The modalities that look at pictures. */
enum { RUN_PICTURES = PTM_VIDEO | PTM_IMAGE };

struct relay;

/** A window that is ready for its network. */
struct ready {
    struct lane *lane;
    struct tally *tally;
    const float *input;              /* prepared for the lane's network; NULL once the window waits for others */
    const struct vit_window *window; /* its answer, when there is one */
    const char *r;                   /* and the merging that it had */
    struct span span;
    int64_t place;   /* of its first tube; see struct embed_memory */
    bool last;       /* the end cut it short: no other of its lane comes */
    bool lost;       /* the loss of its source did: no other follows on it */
    double ready_ms; /* of clock_ms(), when a relay got it */
};

/** What all modalities of one file share. */
struct run {
    struct ptm_session *session;
    const ptm_classify_options *options;
    const char *name;              /* of the file or source, in sentences */
    double until;                  /* seconds at which what is looked at ends; 0: that is not known */
    double window, hop;            /* seconds; 0: as the model was trained, and side by side */
    struct relay *relay;           /* windows are answered beyond it; NULL: where they fill */
    bool gathers;                  /* windows may wait to share a pass (batch.h) */
    int waiting;                   /* those that do */
    ptm_error failure;             /* of answering a window; PTM_OK: none did */
    bool realtime;                 /* it goes on whether it is looked at or not: a gap ends a window unanswered */
    bool ended;                    /* the data has ended, and what is collected now is the rest */
    bool lost;                     /* the source is, and what is collected now is the rest of what came before */
    double reported;               /* seconds: the most of progress() */
    double arrived;                /* of what is being collected; see struct span */
    double decode_ms, features_ms; /* by whoever collects */
    double network_ms;             /* by whoever answers */

    /** Looks at a window when its lane has answered it; NULL: nobody does. */
    ptm_status (*watch)(void *watcher, const struct ready *ready, ptm_error *err);
    void *watcher;
};

/** Hands over the frame at hand, of which only what is asked for is converted. */
struct frame_view {
    ptm_status (*size)(void *context, int *width, int *height, ptm_error *err);
    ptm_status (*picture)(void *context, struct area area, struct media_picture *picture, ptm_error *err);
    void *context;
    double time, end; /* seconds during which it is shown */
    int64_t skipped;  /* frames between the one before and this that were not wanted */
};

/** A picture that the caller holds; PTM_EINVAL from `size` where it has no pixels. */
struct frame_view frame_view_of(const ptm_frame *frame, double time, double end);

/** The frame at hand, prepared for the lane's network, into out (3, H, W); adds to the times of the run. */
ptm_status run_prepare_frame(struct run *run, const struct lane *lane, const struct frame_view *frame, float *out,
                             ptm_error *err);

/** Times and limits that make sense? */
ptm_status run_check_options(const ptm_classify_options *options, ptm_error *err);

/** Samples of a caller's: a rate that the resampler takes? */
ptm_status run_check_sample_rate(int sample_rate, ptm_error *err);

/** What to ask of the decoder for the modalities in `use`, bits of them, within the run's options; sound at the rate of
 * the audio lane. */
struct media_options run_media_options(struct run *run, unsigned use);

/** Tells the caller how far the file is through, where it wants to know. */
void run_report_progress(struct run *run, const struct media *media, const struct media_item *item);

/** What the decoder says of the pictures it delivered. */
void run_cover_pictures(ptm_coverage *coverage, const struct media_stats *stats);

/** PTM_ENODATA: there is nothing to `verb` in `name`, and why of each kind, or NULL. */
ptm_status run_refuse_empty(const char *name, const char *verb, const char *no_video, const char *no_audio,
                            ptm_error *err);

/** PTM_ENODATA: `what` ("no sound") of the run's file could be decoded, between the times asked for if there are any,
 * or these begin behind its end. `duration` of the file in seconds, 0: not known. */
ptm_status run_refuse_undecoded(const struct run *run, const char *what, double duration, ptm_error *err);

/** "uniform", "windows" or "first". */
const char *run_sampling_name(ptm_sampling sampling);

/** Asks the caller whether to go on. */
ptm_status run_check_cancelled(struct run *run, ptm_error *err);

/** What an answer failed with, if one did; the next one may be taken again. */
ptm_status run_take_failure(struct run *run, ptm_error *err);

/** Hands on the window in lane->input, which may then be filled anew. */
ptm_status run_window(struct run *run, struct lane *lane, struct tally *tally, const struct span *span, int64_t place,
                      ptm_error *err);

/** Runs the network on a window, now or, where the run gathers, with others, and adds its answer to the tally. */
ptm_status run_answer(struct run *run, const struct ready *ready, ptm_error *err);

#endif
