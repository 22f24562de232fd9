/* SPDX-License-Identifier: MIT */
#include "pipelines/pass.h"
#include "pipelines/session_use.h"

void ptm_classify_options_default(ptm_classify_options *options) {
    *options = (ptm_classify_options){
        .modalities = PTM_VIDEO | PTM_AUDIO | PTM_IMAGE,
        .max_pixels = 1 << 26,
        .max_frames = 10000000,
        .max_seconds = 86400,
    };
}

ptm_timeline_options pass_plain_options(const ptm_classify_options *options) {
    ptm_timeline_options timeline = {0};
    if (options)
        timeline.classify = *options;
    else
        ptm_classify_options_default(&timeline.classify);
    return timeline;
}

ptm_status ptm_classify_file(ptm_session *session, const char *path, const ptm_classify_options *options,
                             ptm_result **out, ptm_error *err) {
    error_clear(err);
    const ptm_timeline_options timeline = pass_plain_options(options);
    struct pass pass;
    ptm_status status = pass_open(&pass, session, &timeline, err);
    if (status == PTM_OK) status = pass_file(&pass, path, err);
    return pass_close(&pass, out, status);
}

ptm_status ptm_classify_memory(ptm_session *session, const void *data, size_t bytes, const char *name,
                               const ptm_classify_options *options, ptm_result **out, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    if (!name) name = "memory";
    if (bytes == 0) return error_set(err, PTM_ENODATA, "%s: is empty", name);
    if (!data) return error_set(err, PTM_EINVAL, "%s: %zu bytes are promised, but no memory is given", name, bytes);
    const ptm_timeline_options timeline = pass_plain_options(options);
    struct pass pass;
    ptm_status status = pass_open(&pass, session, &timeline, err);
    pass.data = data;
    pass.bytes = bytes;
    if (status == PTM_OK) status = pass_file(&pass, name, err);
    return pass_close(&pass, out, status);
}

/* ---------------------------------------------------------------- frames and samples that the caller holds */

/** Whether what was brought is what the options ask for. */
static ptm_status check_asked(unsigned asked, const char *brought, ptm_error *err) {
    return asked ? PTM_OK
                 : error_set(err, PTM_EINVAL, "%s were given, but the options do not ask for them to be labelled",
                             brought);
}

/** The answers, of which there is one at least. */
static ptm_status put_any_result(struct pass *pass, const char *brought, ptm_error *err) {
    TRY(pass_put_result(pass, NULL, err));
    return pass_has_windows(pass) ? PTM_OK : error_set(err, PTM_ENODATA, "too few %s for a window", brought);
}

static ptm_status label_frames(struct pass *pass, const ptm_frame *frames, int count, ptm_error *err) {
    pass->run.gathers = true;
    TRY(pass_open_runs(pass, count, err));
    const double rate = pass->video.window.rate;
    for (int i = 0; i < count && !pass->video.enough; i++) {
        const struct frame_view view = frame_view_of(&frames[i], i / rate, (i + 1) / rate);
        TRY(pass_frame(pass, &view, err));
    }
    TRY(pass_finish(pass, err));
    pass->result->result.duration = count / rate;
    return put_any_result(pass, "frames", err);
}

static ptm_status classify_frames(struct pass *pass, const ptm_frame *frames, int count, ptm_error *err) {
    TRY(session_enter(pass->run.session, err));
    const ptm_status status = label_frames(pass, frames, count, err);
    session_leave(pass->run.session);
    return status;
}

ptm_status ptm_classify_frames(ptm_session *session, const ptm_frame *frames, int count,
                               const ptm_classify_options *options, ptm_result **out, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    const ptm_timeline_options timeline = pass_plain_options(options);
    struct pass pass;
    struct lane *lane;
    TRY(session_need_lane(session, PTM_VIDEO, &lane, err));
    if (count < 1) return error_set(err, PTM_ENODATA, "no frames");
    if (!frames) return error_set(err, PTM_EINVAL, "%d frames are promised, but no memory is given", count);
    ptm_status status = pass_open(&pass, session, &timeline, err);
    pass.use &= PTM_VIDEO;
    if (status == PTM_OK) status = check_asked(pass.use, "frames", err);
    if (status == PTM_OK) status = classify_frames(&pass, frames, count, err);
    return pass_close(&pass, out, status);
}

/** All samples at the model's `rate`, slice by slice, and then what the filter still holds. */
static ptm_status resample(struct pass *pass, struct media_resampler *resampler, const float *samples, size_t count,
                           int rate, ptm_error *err) {
    enum { SLICE = 1 << 15 };
    const float *out;
    size_t got, slice, done = 0, produced = 0;
    double held;
    do {
        slice = count - done < SLICE ? count - done : SLICE;
        TRY(media_resampler_push(resampler, slice ? samples + done : NULL, slice, &out, &got, &held, err));
        TRY(pass_samples(pass, out, got, (double)produced / rate, err));
        done += slice;
        produced += got;
    } while (slice > 0 || got > 0);
    return PTM_OK;
}

static ptm_status take_samples(struct pass *pass, const float *samples, size_t count, int sample_rate, ptm_error *err) {
    const int rate = session_lane(pass->run.session, PTM_AUDIO)->network->audio.sample_rate;
    if (rate == sample_rate) return pass_samples(pass, samples, count, 0, err);
    struct media_resampler *resampler;
    TRY(media_resampler_open(&resampler, sample_rate, rate, err));
    const ptm_status status = resample(pass, resampler, samples, count, rate, err);
    media_resampler_close(&resampler);
    return status;
}

static ptm_status label_samples(struct pass *pass, const float *samples, size_t count, int sample_rate,
                                ptm_error *err) {
    pass->run.gathers = true;
    pass->result->result.duration = (double)count / sample_rate;
    TRY(pass_open_runs(pass, 0, err));
    TRY(take_samples(pass, samples, count, sample_rate, err));
    TRY(pass_finish(pass, err));
    return put_any_result(pass, "samples", err);
}

static ptm_status classify_samples(struct pass *pass, const float *samples, size_t count, int sample_rate,
                                   ptm_error *err) {
    TRY(session_enter(pass->run.session, err));
    const ptm_status status = label_samples(pass, samples, count, sample_rate, err);
    session_leave(pass->run.session);
    return status;
}

ptm_status ptm_classify_samples(ptm_session *session, const float *samples, size_t count, int sample_rate,
                                const ptm_classify_options *options, ptm_result **out, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    const ptm_timeline_options timeline = pass_plain_options(options);
    struct pass pass;
    struct lane *lane;
    TRY(session_need_lane(session, PTM_AUDIO, &lane, err));
    if (count < 1) return error_set(err, PTM_ENODATA, "no samples");
    if (!samples) return error_set(err, PTM_EINVAL, "%zu samples are promised, but no memory is given", count);
    TRY(run_check_sample_rate(sample_rate, err));
    TRY(fbank_check_samples(samples, count, err)); /* resampled, they would be counted otherwise */
    ptm_status status = pass_open(&pass, session, &timeline, err);
    pass.use &= PTM_AUDIO;
    if (status == PTM_OK) status = check_asked(pass.use, "samples", err);
    if (status == PTM_OK) status = classify_samples(&pass, samples, count, sample_rate, err);
    return pass_close(&pass, out, status);
}
