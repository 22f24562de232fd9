/* SPDX-License-Identifier: MIT */
#include "pipelines/run.h"

#include "base/clock.h"
#include "pipelines/batch.h"
#include "pipelines/relay.h"

#include <math.h>
#include <string.h>

enum { USUAL_SAMPLE_RATE = 16000 }; /* where no model asks for one */

/** What the caller asks of the decoder, of neither pictures nor sound yet. */
static struct media_options media_of(const ptm_classify_options *options) {
    return (struct media_options){
        .start = options->start,
        .duration = options->duration,
        .max_pixels = options->max_pixels,
        .max_frames = options->max_frames,
        .max_seconds = options->max_seconds,
    };
}

ptm_status run_check_options(const ptm_classify_options *options, ptm_error *err) {
    const struct media_options media = media_of(options);
    return media_check_options(&media, err);
}

ptm_status run_check_sample_rate(int sample_rate, ptm_error *err) {
    if (sample_rate >= 1000 && sample_rate <= 768000) return PTM_OK;
    return error_set(err, PTM_EINVAL, "a sample rate of %d Hz; it should be from 1000 to 768000", sample_rate);
}

/** Also ends blocking reads, where nobody waits for what they would bring. */
static bool is_cancelled(void *user) {
    const struct run *run = user;
    const ptm_classify_options *options = run->options;
    if (run->relay && relay_given_up(run->relay)) return true;
    return options->cancelled && options->cancelled(options->user);
}

struct media_options run_media_options(struct run *run, unsigned use) {
    const struct lane *audio = use & PTM_AUDIO ? session_lane(run->session, PTM_AUDIO) : NULL;
    struct media_options media = media_of(run->options);
    media.want_video = use & RUN_PICTURES;
    media.want_audio = use & PTM_AUDIO;
    media.sample_rate = audio ? audio->network->audio.sample_rate : USUAL_SAMPLE_RATE;
    media.cancelled = is_cancelled;
    media.user = run;
    return media;
}

void run_report_progress(struct run *run, const struct media *media, const struct media_item *item) {
    const ptm_classify_options *options = run->options;
    if (!options->progress || item->kind == MEDIA_END) return;
    const double end = media_get_info(media)->duration;
    const double total = options->duration > 0 ? options->duration : end > options->start ? end - options->start : 0;
    run->reported = fmax(run->reported, item->time - options->start); /* a second look begins anew */
    options->progress(options->user, run->reported, total);
}

ptm_status run_check_cancelled(struct run *run, ptm_error *err) {
    return is_cancelled(run) ? error_set(err, PTM_EINTERRUPTED, "interrupted") : PTM_OK;
}

ptm_status run_take_failure(struct run *run, ptm_error *err) {
    if (run->failure.status == PTM_OK) return PTM_OK;
    const ptm_status status = error_set(err, run->failure.status, "%s", run->failure.message);
    error_clear(&run->failure);
    return status;
}

ptm_status run_window(struct run *run, struct lane *lane, struct tally *tally, const struct span *span, int64_t place,
                      ptm_error *err) {
    struct ready ready = {.lane = lane,
                          .tally = tally,
                          .input = lane->input,
                          .span = *span,
                          .place = place,
                          .last = run->ended,
                          .lost = run->lost};
    ready.span.arrived = run->arrived;
    TRY(run_check_cancelled(run, err));
    return run->relay ? relay_put(run->relay, &ready, err) : run_answer(run, &ready, err);
}

ptm_status run_answer(struct run *run, const struct ready *ready, ptm_error *err) {
    batch_add(run, ready);
    if (!run->gathers) batch_answer(run->session);
    return run_take_failure(run, err);
}

ptm_status run_prepare_frame(struct run *run, const struct lane *lane, const struct frame_view *frame, float *out,
                             ptm_error *err) {
    const struct pixels_spec *spec = &lane->network->picture.pixels;
    int width, height;
    struct area area; /* what the network sees of it */
    struct media_picture picture;
    const double start = clock_ms();
    TRY(frame->size(frame->context, &width, &height, err));
    TRY(pixels_set_size(lane->pixels, height, width, &area, err));
    TRY(frame->picture(frame->context, area, &picture, err));
    const double converted = clock_ms();
    pixels_run(lane->pixels, out, (size_t)spec->height * (size_t)spec->width, picture.rgb, picture.stride);
    run->decode_ms += converted - start;
    run->features_ms += clock_ms() - converted;
    return PTM_OK;
}

static ptm_status size_of_frame(void *context, int *width, int *height, ptm_error *err) {
    const ptm_frame *frame = context;
    if (!frame) return error_set(err, PTM_EINVAL, "a frame is promised, but none is given");
    if (!frame->rgb || frame->width < 1 || frame->height < 1)
        return error_set(err, PTM_EINVAL, "a frame of %d x %d pixels cannot be labelled", frame->width, frame->height);
    const ptrdiff_t stride = frame->stride, row = 3 * (ptrdiff_t)frame->width;
    if (stride < row && stride > -row)
        return error_set(
            err, PTM_EINVAL,
            "a frame of %d pixels a row has a stride of %td bytes: it should be %td or more, or %td or less",
            frame->width, stride, row, -row);
    *width = frame->width;
    *height = frame->height;
    return PTM_OK;
}

static ptm_status picture_of_frame(void *context, struct area area, struct media_picture *picture, ptm_error *err) {
    const ptm_frame *frame = context;
    (void)err;
    *picture = (struct media_picture){area_in(area, frame->rgb, frame->stride), area.width, area.height, frame->stride};
    return PTM_OK;
}

struct frame_view frame_view_of(const ptm_frame *frame, double time, double end) {
    return (struct frame_view){size_of_frame, picture_of_frame, (void *)frame, time, end, 0};
}

void run_cover_pictures(ptm_coverage *coverage, const struct media_stats *stats) {
    if (!stats) return;
    coverage->frames_decoded = stats->frames_decoded;
    coverage->rotation = stats->rotation;
    coverage->decode_errors = stats->decode_errors - stats->audio_errors;
    coverage->frame_rate_clock = stats->frame_rate_clock;
}

ptm_status run_refuse_empty(const char *name, const char *verb, const char *no_video, const char *no_audio,
                            ptm_error *err) {
    return error_set(err, PTM_ENODATA, "%s: nothing to %s: %s%s%s", name, verb, no_video ? no_video : "",
                     no_video && no_audio ? ", " : "", no_audio ? no_audio : "");
}

ptm_status run_refuse_undecoded(const struct run *run, const char *what, double duration, ptm_error *err) {
    const char *name = strcmp(run->name, "-") == 0 ? "standard input" : run->name;
    const double start = run->options->start;
    if (duration > 0 && start >= duration)
        return error_set(err, PTM_ENODATA, "%s: ends at %.2f s, and was asked for from %g s on", name, duration, start);
    const bool part = start > 0 || run->options->duration > 0;
    return error_set(err, PTM_ENODATA, "%s: %s could be decoded%s", name, what,
                     part ? " between the times asked for" : "");
}

const char *run_sampling_name(ptm_sampling sampling) {
    return sampling == PTM_SAMPLING_UNIFORM ? "uniform" : sampling == PTM_SAMPLING_FIRST ? "first" : "windows";
}
