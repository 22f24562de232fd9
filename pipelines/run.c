/* SPDX-License-Identifier: MIT */
#include "pipelines/run.h"

#include "base/clock.h"

enum { USUAL_SAMPLE_RATE = 16000 }; /* where no model asks for one */

ptm_status run_check_options(const ptm_classify_options *options, ptm_error *err) {
    if (!(options->start >= 0) || !(options->duration >= 0))
        return error_set(err, PTM_EINVAL, "start and duration should be 0 seconds or more");
    if (options->max_pixels < 1 || options->max_frames < 1 || !(options->max_seconds > 0))
        return error_set(err, PTM_EINVAL, "limits should be more than 0");
    return PTM_OK;
}

struct media_options run_media_options(const struct run *run, bool pictures, bool sound) {
    const ptm_classify_options *options = run->options;
    const struct lane *audio = session_lane(run->session, PTM_AUDIO);
    return (struct media_options){
        .want_video = pictures,
        .want_audio = sound,
        .sample_rate = audio ? audio->network->audio.sample_rate : USUAL_SAMPLE_RATE,
        .start = options->start,
        .duration = options->duration,
        .max_pixels = options->max_pixels,
        .max_frames = options->max_frames,
        .max_seconds = options->max_seconds,
        .cancelled = options->cancelled,
        .user = options->user,
    };
}

void run_report_progress(const struct run *run, const struct media *media, const struct media_item *item) {
    const ptm_classify_options *options = run->options;
    if (!options->progress || item->kind == MEDIA_END) return;
    const double end = media_get_info(media)->duration;
    const double total = options->duration > 0 ? options->duration : end > options->start ? end - options->start : 0;
    options->progress(options->user, item->time - options->start, total);
}

ptm_status run_check_cancelled(const struct run *run, ptm_error *err) {
    const ptm_classify_options *options = run->options;
    if (options->cancelled && options->cancelled(options->user)) return error_set(err, PTM_EINTERRUPTED, "interrupted");
    return PTM_OK;
}

ptm_status run_window(struct run *run, struct lane *lane, struct tally *tally, ptm_error *err) {
    TRY(run_check_cancelled(run, err));
    TRY(vit_forward(&lane->vit, lane->input, err));
    run->network_ms += lane->vit.times.total;
    tally_add(tally, lane->vit.logits);
    return run->watch ? run->watch(run->watcher, lane, err) : PTM_OK;
}

ptm_status run_prepare_frame(struct run *run, const struct lane *lane, const struct frame_view *frame, float *out,
                             ptm_error *err) {
    const struct pixels_spec *spec = &lane->network->picture.pixels;
    struct media_picture picture;
    const double start = clock_ms();
    TRY(frame->picture(frame->context, &picture, err));
    const double converted = clock_ms();
    TRY(pixels_run(lane->pixels, out, (size_t)spec->height * (size_t)spec->width, picture.rgb, picture.width,
                   picture.height, picture.stride, err));
    run->decode_ms += converted - start;
    run->features_ms += clock_ms() - converted;
    return PTM_OK;
}

void run_cover_pictures(ptm_coverage *coverage, const struct media_stats *stats) {
    if (!stats) return;
    coverage->frames_decoded = stats->frames_decoded;
    coverage->rotation = stats->rotation;
    coverage->decode_errors = stats->decode_errors - stats->audio_errors;
    coverage->frame_rate_clock = stats->frame_rate_clock;
}

const char *run_sampling_name(ptm_sampling sampling) {
    return sampling == PTM_SAMPLING_UNIFORM ? "uniform" : sampling == PTM_SAMPLING_FIRST ? "first" : "windows";
}
