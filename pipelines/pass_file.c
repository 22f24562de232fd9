/* SPDX-License-Identifier: MIT */
/* A pass over a file: the decoder, and what its header and its end say. */
#include "base/clock.h"
#include "pipelines/batch.h"
#include "pipelines/pass.h"
#include "pipelines/relay.h"
#include "pipelines/session_use.h"

#include <math.h>

/* ---------------------------------------------------------------- reading */

static ptm_status size_of_media(void *context, int *width, int *height, ptm_error *err) {
    return media_frame_size(context, width, height, err);
}

static ptm_status picture_of_media(void *context, struct area area, struct media_picture *picture, ptm_error *err) {
    return media_frame_area(context, area, picture, err);
}

static ptm_status take_item(struct pass *pass, const struct media_item *item, ptm_error *err) {
    if (item->kind == MEDIA_SAMPLES) return pass_samples(pass, item->samples, (size_t)item->count, item->time, err);
    const int64_t skipped = pass->use & PTM_VIDEO ? item->index - pass->video.frames_seen : 0;
    const struct frame_view frame = {size_of_media, picture_of_media, pass->media, item->time, item->end, skipped};
    return item->kind == MEDIA_FRAME ? pass_frame(pass, &frame, err) : PTM_OK;
}

static bool has_enough(const struct pass *pass) {
    return (!(pass->use & PTM_VIDEO) || pass->video.enough) && (!(pass->use & PTM_AUDIO) || pass->audio.enough) &&
           (!(pass->use & PTM_IMAGE) || pass->image.enough);
}

/** A file that is damaged from here on still has the windows before it. */
static ptm_status break_off(struct pass *pass, ptm_status status) {
    if (status != PTM_EINTERRUPTED) (void)pass_answer_due(pass, NULL);
    return status;
}

/** Collects to the end of the file, or until nothing more can change the answer. */
static ptm_status collect(void *user, ptm_error *err) {
    struct pass *pass = user;
    struct media_item item;
    do {
        const double start = clock_ms();
        const ptm_status status = media_next(pass->media, &item, err);
        if (status != PTM_OK) return break_off(pass, status);
        pass->run.decode_ms += clock_ms() - start;
        TRY(take_item(pass, &item, err));
        run_report_progress(&pass->run, pass->media, &item);
    } while (item.kind != MEDIA_END && !has_enough(pass));
    return pass_finish(pass, err);
}

static ptm_status answer(void *user, const struct ready *ready, ptm_error *err) {
    struct pass *pass = user;
    return run_answer(&pass->run, ready, err);
}

static ptm_status read_media(struct pass *pass, ptm_error *err) {
    struct run *run = &pass->run;
    run->ended = false;
    const bool one_window = media_get_info(pass->media)->is_still;
    if (one_window || threads_most(run->session->threads) == 1) return collect(pass, err);
    TRY(relay_open(&run->relay, run->session, pass->use, RELAY_WAITS, err));
    const bool started = relay_start(run->relay, collect, pass);
    const ptm_status status = started ? relay_run(run->relay, answer, pass, err) : PTM_OK;
    relay_close(&run->relay);
    return started ? status : collect(pass, err); /* one after the other, where there is no second thread */
}

/**
 * What the file has of what was asked for. A still goes to the image model and a video to the video model; each takes
 * the other's place where that is missing or was not asked for. False: it has nothing.
 */
static bool choose_lanes(struct pass *pass, const struct media_info *info) {
    if ((pass->use & RUN_PICTURES) == RUN_PICTURES) pass->use &= ~(unsigned)(info->is_still ? PTM_VIDEO : PTM_IMAGE);
    pass->use &= ~pass_missing(pass, info);
    return pass->use != 0;
}

/** Seconds at which what is asked for of the file ends; 0: that is not known. */
static double media_end(const struct media_info *info, const ptm_classify_options *options) {
    const double asked = options->duration > 0 ? options->start + options->duration : INFINITY;
    const double end = fmin(info->duration > 0 ? info->duration : INFINITY, asked);
    return isfinite(end) ? end : 0;
}

static ptm_status open_media(struct pass *pass, const char *path, ptm_error *err) {
    const struct media_options options = run_media_options(&pass->run, pass->use);
    const double start = clock_ms();
    if (pass->data)
        TRY(media_open_memory(&pass->media, pass->data, pass->bytes, path, &options, err));
    else
        TRY(media_open(&pass->media, path, &options, err));
    const struct media_info *info = media_get_info(pass->media);
    pass->run.until = media_end(info, pass->run.options);
    const bool any = choose_lanes(pass, info);
    pass->run.gathers = !pass->run.watch || info->seekable; /* who watches what comes in slowly is told at once */
    pass->run.decode_ms += clock_ms() - start;
    return any ? PTM_OK : run_refuse_empty(path, "label", info->no_video, info->no_audio, err);
}

/** Frames of the file, where uniform sampling has to know them and the file can tell. */
static ptm_status count_frames(struct pass *pass, int64_t *frames, ptm_error *err) {
    const struct lane *lane = session_lane(pass->run.session, PTM_VIDEO);
    *frames = 0;
    if (!(pass->use & PTM_VIDEO) || video_sampling(lane, pass->run.options->sampling) != PTM_SAMPLING_UNIFORM ||
        !media_get_info(pass->media)->seekable)
        return PTM_OK;
    const double start = clock_ms();
    TRY(media_count_frames(pass->media, frames, err));
    pass->run.decode_ms += clock_ms() - start;
    return PTM_OK;
}

/** Where frames were counted, only those of the evenly spread places need be decoded. */
static ptm_status want_frames(struct pass *pass, ptm_error *err) {
    const struct uniform_frames *uniform = &pass->video.uniform;
    if (!(pass->use & PTM_VIDEO) || uniform->total == 0) return PTM_OK;
    int64_t *frames = mem_alloc((size_t)uniform->count, sizeof *frames);
    if (!frames) return error_no_memory(err);
    const int count = uniform_frames_wanted(uniform, frames);
    const ptm_status status = media_want_frames(pass->media, frames, count, err);
    mem_free(frames);
    return status;
}

/** Whether frames were counted and decoding then gave another number: the evenly spread places were wrong. */
static bool miscounted(const struct pass *pass) {
    const int64_t total = pass->video.uniform.total, seen = pass->video.frames_seen;
    return pass->use & PTM_VIDEO && total > 0 && seen > 0 && seen != total;
}

/** Another look at the pictures alone, all of them, for a file that delivers other frames than its packets promise. */
static ptm_status look_again(struct pass *pass, const char *path, int64_t frames, ptm_error *err) {
    const unsigned use = pass->use;
    batch_answer(pass->run.session); /* what waits would be added to a tally that is gone */
    video_run_close(&pass->video);
    media_close(&pass->media);
    TRY(open_media(pass, path, err)); /* with the sound, so that what its decoder says of it is told in the end */
    pass->use = PTM_VIDEO;
    TRY(video_run_open(&pass->video, &pass->run, frames, err));
    TRY(read_media(pass, err));
    pass->use = use;
    return PTM_OK;
}

/* ---------------------------------------------------------------- the whole */

/** What was asked for, has a model, and is not in the file. */
static void put_missing(const struct pass *pass) {
    struct result *result = pass->result;
    struct ptm_session *session = pass->run.session;
    const unsigned wanted = pass->run.options->modalities & session_modalities(session);
    const struct media_info *info = media_get_info(pass->media);
    const char *no_video = info->no_video ? info->no_video : wanted & PTM_VIDEO ? "no video stream" : "no picture";
    if (wanted & RUN_PICTURES && !(pass->use & RUN_PICTURES))
        result_set_missing(result, session_lane(session, wanted & PTM_VIDEO ? PTM_VIDEO : PTM_IMAGE), no_video);
    if (wanted & PTM_AUDIO && !(pass->use & PTM_AUDIO))
        result_set_missing(result, session_lane(session, PTM_AUDIO),
                           info->no_audio ? info->no_audio : "no audio stream");
}

/** What the result needs of the decoder, which is then not needed any more. */
static void keep_facts(struct pass *pass) {
    const double header = media_get_info(pass->media)->duration;
    pass->stats = *media_get_stats(pass->media);
    pass->is_still = media_get_info(pass->media)->is_still;
    const double end = fmax(pass->stats.video_end, pass->stats.audio_end);
    pass->result->result.duration = pass->is_still ? 0 : header > 0 ? header : end;
    put_missing(pass);
    media_close(&pass->media);
}

ptm_status pass_read(struct pass *pass, const char *path, ptm_error *err) {
    pass->run.name = path;
    int64_t frames;
    TRY(run_check_cancelled(&pass->run, err));
    TRY(open_media(pass, path, err));
    TRY(count_frames(pass, &frames, err));
    TRY(pass_open_runs(pass, frames, err));
    TRY(want_frames(pass, err));
    TRY(read_media(pass, err));
    if (media_get_stats(pass->media)->misled) TRY(look_again(pass, path, frames, err));
    if (miscounted(pass)) TRY(look_again(pass, path, pass->video.frames_seen, err));
    keep_facts(pass);
    return PTM_OK;
}

ptm_status pass_answer(struct pass *pass, ptm_error *err) {
    TRY(pass_put_result(pass, &pass->stats, err));
    if (pass_has_windows(pass)) return PTM_OK;
    return run_refuse_undecoded(&pass->run, "nothing", pass->result->result.duration, err);
}

static ptm_status label_file(struct pass *pass, const char *path, ptm_error *err) {
    const ptm_status status = pass_read(pass, path, err);
    if (status == PTM_OK) return pass_answer(pass, err);
    if (pass->run.watch && pass->run.waiting > 0) batch_answer(pass->run.session); /* what was handed on is told */
    if (pass->run.failure.status == PTM_OK) return status;
    error_clear(err); /* who was told came before the end of the file */
    return run_take_failure(&pass->run, err);
}

ptm_status pass_file(struct pass *pass, const char *path, ptm_error *err) {
    TRY(session_enter(pass->run.session, err));
    const ptm_status status = label_file(pass, path, err);
    session_leave(pass->run.session);
    return status;
}
