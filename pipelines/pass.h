/* SPDX-License-Identifier: MIT */
/* pass: one way through a file, or through what a caller holds: which lanes look, what each has found, the result. */
#ifndef POLYTOME_PIPELINES_PASS_H
#define POLYTOME_PIPELINES_PASS_H

#include "pipelines/audio_run.h"
#include "pipelines/image_run.h"
#include "pipelines/result.h"
#include "pipelines/video_run.h"

struct pass {
    struct run run;
    const void *data; /* (bytes) the file, where the caller holds it; NULL: it is at its path */
    size_t bytes;
    struct media *media;      /* NULL: the file is read, or the caller brings frames or samples */
    struct media_stats stats; /* what it said in the end */
    bool is_still;
    unsigned use; /* bits of modalities: asked for, with a model; cleared where the file has no such thing */
    struct video_run video;
    struct audio_run audio;
    struct image_run image;
    struct result *result;
    ptm_window_fn *on_window; /* of the caller; NULL: none */
    void *on_window_user;
    ptm_label *labels; /* for it: of the modality with the most */
};

/** The options of a call without windows of its own; `options` may be NULL. */
ptm_timeline_options pass_plain_options(const ptm_classify_options *options);

/** Checks the options and takes memory; pass_close() after it, whatever it returns. The options must outlive the pass.
 */
ptm_status pass_open(struct pass *pass, struct ptm_session *session, const ptm_timeline_options *options,
                     ptm_error *err);

/** Opens each of the lanes in use, for a video of `frames`; 0: not known. */
ptm_status pass_open_runs(struct pass *pass, int64_t frames, ptm_error *err);

/** Bits of the lanes in use for which the source brings nothing. */
unsigned pass_missing(const struct pass *pass, const struct media_info *info);

/** Whether anything was labelled. */
bool pass_has_windows(const struct pass *pass);

/** Hands on one picture, or some samples, to the lanes in use. */
ptm_status pass_frame(struct pass *pass, const struct frame_view *frame, ptm_error *err);
ptm_status pass_samples(struct pass *pass, const float *samples, size_t count, double time, ptm_error *err);

/** Answers what is left when the data has ended. */
ptm_status pass_finish(struct pass *pass, ptm_error *err);

/** Pictures, or else the sound, have ceased for now: answers what is left of them. */
ptm_status pass_break(struct pass *pass, bool pictures, ptm_error *err);

/** Answers the windows that are full and wait for what follows them. */
ptm_status pass_answer_due(struct pass *pass, ptm_error *err);

/** Reads a whole file (of pass->data: called `path`), which is closed then; its last windows may still wait for others.
 * Decoding runs ahead where the session has threads to spare. */
ptm_status pass_read(struct pass *pass, const char *path, ptm_error *err);

/** The result of a file that was read; answers first what still waits. */
ptm_status pass_answer(struct pass *pass, ptm_error *err);

/** Both. */
ptm_status pass_file(struct pass *pass, const char *path, ptm_error *err);

/** The result of what the lanes have seen: answers, fusion, times. `stats` NULL: there was no decoder. */
ptm_status pass_put_result(struct pass *pass, const struct media_stats *stats, ptm_error *err);

/** Closes everything but the result, which goes to *out where `status` is PTM_OK and is freed otherwise. */
ptm_status pass_close(struct pass *pass, ptm_result **out, ptm_status status);

#endif
