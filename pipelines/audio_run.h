/* SPDX-License-Identifier: MIT */
/* audio_run: the samples of a sound on their way to windows of a sound model. */
#ifndef POLYTOME_PIPELINES_AUDIO_RUN_H
#define POLYTOME_PIPELINES_AUDIO_RUN_H

#include "pipelines/run.h"

struct audio_run {
    struct run *run;
    struct lane *lane;
    struct tally tally;
    ptm_sampling sampling;
    struct window window;
    float *samples; /* (window) in order, for the features */

    /* Where windows overlap: what the last one leaves to the next. */
    float *energies; /* (F, M), or NULL */
    size_t frames;   /* of them */
    int64_t first;   /* sample at which the first of them begins */

    int64_t samples_used;
    double from, to, padded;
    double origin; /* seconds of the window's first sample */
    bool enough;
};

ptm_status audio_run_open(struct audio_run *audio, struct run *run, ptm_error *err);

/** `time` is that of the first of the samples. */
ptm_status audio_run_samples(struct audio_run *audio, const float *samples, size_t count, double time, ptm_error *err);
ptm_status audio_run_finish(struct audio_run *audio, ptm_error *err);

/** No sample follows for now: answers what is left, as at the end; with the next one windows begin anew. */
ptm_status audio_run_break(struct audio_run *audio, ptm_error *err);

/** Answers the window that is full and waits for what follows it, if there is one. */
ptm_status audio_run_answer_due(struct audio_run *audio, ptm_error *err);
void audio_run_close(struct audio_run *audio);

/** What was heard. `stats` NULL: there was no decoder. */
ptm_coverage audio_run_coverage(const struct audio_run *audio, const struct media_stats *stats);

#endif
