/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "pipelines/pass.h"
#include "pipelines/session_use.h"

#include <math.h>

struct ptm_stream {
    ptm_timeline_options options; /* the pass points to it */
    struct pass pass;
    struct media_resampler *resampler; /* NULL: samples come at the model's rate */
    int sample_rate;                   /* of the first samples; 0: none yet */
    double heard;                      /* end of the samples so far, seconds; -INFINITY: none */
    double begin, end;                 /* of the last picture */
    bool finished;
};

static ptm_status open_stream(struct ptm_stream *stream, struct ptm_session *session, ptm_error *err) {
    struct pass *pass = &stream->pass;
    stream->options.classify.sampling = PTM_SAMPLING_WINDOWS;
    TRY(pass_open(pass, session, &stream->options, err));
    if (pass->use & PTM_VIDEO) pass->use &= ~(unsigned)PTM_IMAGE; /* pictures that move are a video */
    pass->run.realtime = true;
    return pass_open_runs(pass, 0, err);
}

ptm_status ptm_stream_open(ptm_stream **out, ptm_session *session, const ptm_timeline_options *options,
                           ptm_error *err) {
    error_clear(err);
    *out = NULL;
    TRY(session_check_free(session, err));
    struct ptm_stream *stream = mem_calloc(1, sizeof *stream);
    if (!stream) return error_no_memory(err);
    stream->heard = -INFINITY;
    ptm_timeline_options_default(&stream->options);
    if (options) stream->options = *options;
    session->streaming = true;
    const ptm_status status = open_stream(stream, session, err);
    if (status != PTM_OK) ptm_stream_close(&stream);
    *out = stream;
    return status;
}

void ptm_stream_close(ptm_stream **stream) {
    if (!stream || !*stream) return;
    media_resampler_close(&(*stream)->resampler);
    (*stream)->pass.run.session->streaming = false;
    (void)pass_close(&(*stream)->pass, NULL, PTM_EINTERRUPTED); /* no result is wanted */
    mem_free(*stream);
    *stream = NULL;
}

/** The session is the call's until leave(). */
static ptm_status enter(struct ptm_stream *stream, ptm_error *err) {
    error_clear(err);
    if (stream->finished) return error_set(err, PTM_EINVAL, "this stream is finished: open another one");
    return session_enter_stream(stream->pass.run.session, err);
}

static ptm_status leave(struct ptm_stream *stream, ptm_status status) {
    session_leave(stream->pass.run.session);
    return status;
}

/** Whether it is a time at all. */
static bool is_time(double time) {
    return fabs(time) <= LIMIT_LATEST;
}

static ptm_status check_picture(const struct ptm_stream *stream, double time, double end, ptm_error *err) {
    const struct pass *pass = &stream->pass;
    const bool first = (pass->use & PTM_VIDEO ? pass->video.frames_seen : pass->image.frames_seen) == 0;
    if (!is_time(time) || !is_time(end) || end <= time)
        return error_set(err, PTM_EINVAL, "a picture from %g to %g s", time, end);
    if (!first && (time <= stream->begin || end <= stream->end))
        return error_set(err, PTM_EINVAL, "a picture from %g to %g s, after one from %g to %g s", time, end,
                         stream->begin, stream->end);
    return PTM_OK;
}

static ptm_status push_frame(struct ptm_stream *stream, const ptm_frame *frame, double time, double end,
                             ptm_error *err) {
    struct pass *pass = &stream->pass;
    if (!(pass->use & RUN_PICTURES))
        return error_set(err, PTM_EINVAL, "no model in use labels pictures, or they were not asked for");
    TRY(check_picture(stream, time, end, err));
    const struct frame_view view = frame_view_of(frame, time, end);
    TRY(pass_frame(pass, &view, err));
    stream->begin = time;
    stream->end = end;
    return PTM_OK;
}

ptm_status ptm_stream_push_frame(ptm_stream *stream, const ptm_frame *frame, double time, double end, ptm_error *err) {
    TRY(enter(stream, err));
    return leave(stream, push_frame(stream, frame, time, end, err));
}

/** The samples at the model's rate, through the resampler; `samples` NULL: what it still holds. */
static ptm_status push_resampled(struct ptm_stream *stream, const float *samples, size_t count, double time,
                                 ptm_error *err) {
    const float *out;
    size_t out_count;
    double held;
    TRY(media_resampler_push(stream->resampler, samples, count, &out, &out_count, &held, err));
    return pass_samples(&stream->pass, out, out_count, time - held, err);
}

/** All of `samples`, the first of which stands at `time`, slice by slice: what has been taken has been heard. */
static ptm_status take_samples(struct ptm_stream *stream, const float *samples, size_t count, double time,
                               ptm_error *err) {
    enum { SLICE = 1 << 15 };
    const double rate = stream->sample_rate;
    for (size_t done = 0, slice; done < count; done += slice) {
        const double start = time + (double)done / rate;
        slice = count - done < SLICE ? count - done : SLICE;
        TRY(stream->resampler ? push_resampled(stream, samples + done, slice, start, err)
                              : pass_samples(&stream->pass, samples + done, slice, start, err));
        stream->heard = time + (double)(done + slice) / rate;
    }
    return PTM_OK;
}

static ptm_status start_samples(struct ptm_stream *stream, int sample_rate, ptm_error *err) {
    const int own = stream->pass.audio.lane->network->audio.sample_rate;
    TRY(run_check_sample_rate(sample_rate, err));
    if (sample_rate != own) TRY(media_resampler_open(&stream->resampler, sample_rate, own, err));
    stream->sample_rate = sample_rate;
    return PTM_OK;
}

static ptm_status push_samples(struct ptm_stream *stream, const float *samples, size_t count, int sample_rate,
                               double time, ptm_error *err) {
    if (!(stream->pass.use & PTM_AUDIO))
        return error_set(err, PTM_EINVAL, "no model in use labels sound, or it was not asked for");
    if (!is_time(time)) return error_set(err, PTM_EINVAL, "samples at %g s are beyond all clocks", time);
    if (!samples && count > 0)
        return error_set(err, PTM_EINVAL, "%zu samples are promised, but no memory is given", count);
    TRY(fbank_check_samples(samples, count, err)); /* later ones would share windows with them */
    if (stream->sample_rate == 0) TRY(start_samples(stream, sample_rate, err));
    if (sample_rate != stream->sample_rate)
        return error_set(err, PTM_EINVAL, "samples of %d Hz after some of %d Hz", sample_rate, stream->sample_rate);
    if (count == 0) return PTM_OK;
    if (time < stream->heard - LIMIT_SOUND_GAP)
        return error_set(err, PTM_EINVAL, "samples at %g s, after some up to %g s", time, stream->heard);
    return take_samples(stream, samples, count, time, err);
}

ptm_status ptm_stream_push_samples(ptm_stream *stream, const float *samples, size_t count, int sample_rate, double time,
                                   ptm_error *err) {
    TRY(enter(stream, err));
    return leave(stream, push_samples(stream, samples, count, sample_rate, time, err));
}

static ptm_status finish(struct ptm_stream *stream, ptm_error *err) {
    stream->finished = true;
    if (stream->resampler && isfinite(stream->heard)) TRY(push_resampled(stream, NULL, 0, stream->heard, err));
    return pass_finish(&stream->pass, err);
}

ptm_status ptm_stream_finish(ptm_stream *stream, ptm_error *err) {
    TRY(enter(stream, err));
    return leave(stream, finish(stream, err));
}
