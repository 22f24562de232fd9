/* SPDX-License-Identifier: MIT */
#include "pipelines/pass.h"

#include "base/clock.h"
#include "pipelines/batch.h"
#include "pipelines/relay.h"

static const double shortest_span = 0.001, longest_span = 86400; /* seconds of a window or a hop */

/* ---------------------------------------------------------------- open */

/** Seconds of a window or a hop; 0: as they are without being asked for. */
static bool is_span(double seconds) {
    return seconds == 0 || (seconds >= shortest_span && seconds <= longest_span);
}

static ptm_status check_options(struct ptm_session *session, const ptm_timeline_options *timeline, ptm_error *err) {
    const ptm_classify_options *options = &timeline->classify;
    if (!(options->modalities & (RUN_PICTURES | PTM_AUDIO)))
        return error_set(err, PTM_EINVAL, "nothing was asked for: begin with ptm_classify_options_default()");
    if (!(options->modalities & session_modalities(session))) return session_refuse(session, options->modalities, err);
    if (options->sampling < PTM_SAMPLING_MODEL || options->sampling > PTM_SAMPLING_FIRST)
        return error_set(err, PTM_EINVAL, "unknown sampling %d", (int)options->sampling);
    if (!is_span(timeline->window) || !is_span(timeline->hop))
        return error_set(err, PTM_EINVAL, "window and hop should be from %g to %g seconds, or 0", shortest_span,
                         longest_span);
    return run_check_options(options, err);
}

static int most_labels(const struct ptm_session *session) {
    int most = 0;
    for (int i = 0; i < NETWORK_MODALITIES; i++) {
        const struct network *network = session->lanes[i].network;
        const int count = network ? network->config.num_labels : 0;
        most = count > most ? count : most;
    }
    return most;
}

/** Tells the caller of a window's answer. */
static ptm_status tell_window(void *watcher, const struct ready *ready, ptm_error *err) {
    const struct pass *pass = watcher;
    const struct lane *lane = ready->lane;
    const struct span *span = &ready->span;
    const struct vit_window *answer = ready->window;
    tally_window_labels(ready->tally, answer->logits, pass->labels);
    const ptm_window window = {
        .modality = lane->network->modality,
        .model = lane->network->name,
        .index = span->index,
        .start = span->start,
        .end = span->end,
        .from = span->from,
        .to = span->to,
        .padded = span->padded,
        .num_labels = lane->network->config.num_labels,
        .labels = pass->labels,
        .static_share = answer->runs.share,
        .tokens_in = answer->tokens[0],
        .tokens_out = answer->tokens[lane->network->config.depth],
        .r = ready->r,
        .network_ms = lane->vit.times.total,
        .arrived = span->arrived,
        .latency_ms = span->arrived > 0 ? 1e3 * (clock_unix() - span->arrived) : 0,
        .dropped = pass->run.relay ? relay_dropped(pass->run.relay, lane->network->modality) : 0,
        .lost = ready->lost,
    };
    return pass->on_window(pass->on_window_user, &window, err);
}

ptm_status pass_open(struct pass *pass, struct ptm_session *session, const ptm_timeline_options *options,
                     ptm_error *err) {
    *pass = (struct pass){
        .run = {.session = session,
                .options = &options->classify,
                .name = "the input",
                .window = options->window,
                .hop = options->hop},
        .use = options->classify.modalities & session_modalities(session),
        .on_window = options->on_window,
        .on_window_user = options->user,
    };
    TRY(check_options(session, options, err));
    pass->result = result_new();
    if (!pass->result) return error_no_memory(err);
    if (!pass->on_window) return PTM_OK;
    pass->run.watch = tell_window;
    pass->run.watcher = pass;
    pass->labels = mem_alloc((size_t)most_labels(session), sizeof *pass->labels);
    return pass->labels ? PTM_OK : error_no_memory(err);
}

ptm_status pass_open_runs(struct pass *pass, int64_t frames, ptm_error *err) {
    if (pass->use & PTM_VIDEO) TRY(video_run_open(&pass->video, &pass->run, frames, err));
    if (pass->use & PTM_IMAGE) TRY(image_run_open(&pass->image, &pass->run, err));
    return pass->use & PTM_AUDIO ? audio_run_open(&pass->audio, &pass->run, err) : PTM_OK;
}

ptm_status pass_close(struct pass *pass, ptm_result **out, ptm_status status) {
    batch_forget(&pass->run);
    video_run_close(&pass->video);
    audio_run_close(&pass->audio);
    image_run_close(&pass->image);
    media_close(&pass->media);
    mem_free(pass->labels);
    ptm_result *result = pass->result ? &pass->result->result : NULL;
    pass->result = NULL;
    if (status != PTM_OK || !out) ptm_result_free(&result);
    if (out) *out = result;
    return status;
}

/* ---------------------------------------------------------------- data */

ptm_status pass_frame(struct pass *pass, const struct frame_view *frame, ptm_error *err) {
    if (pass->use & PTM_VIDEO) TRY(video_run_frame(&pass->video, frame, err));
    return pass->use & PTM_IMAGE ? image_run_frame(&pass->image, frame, err) : PTM_OK;
}

ptm_status pass_samples(struct pass *pass, const float *samples, size_t count, double time, ptm_error *err) {
    return pass->use & PTM_AUDIO ? audio_run_samples(&pass->audio, samples, count, time, err) : PTM_OK;
}

ptm_status pass_finish(struct pass *pass, ptm_error *err) {
    pass->run.ended = true;
    if (pass->use & PTM_VIDEO) TRY(video_run_finish(&pass->video, err));
    if (pass->use & PTM_IMAGE) TRY(image_run_finish(&pass->image, err));
    return pass->use & PTM_AUDIO ? audio_run_finish(&pass->audio, err) : PTM_OK;
}

ptm_status pass_break(struct pass *pass, bool pictures, ptm_error *err) {
    ptm_status status = PTM_OK;
    pass->run.lost = true;
    if (pictures && pass->use & PTM_VIDEO) status = video_run_break(&pass->video, err);
    if (!pictures && pass->use & PTM_AUDIO) status = audio_run_break(&pass->audio, err);
    pass->run.lost = false;
    return status;
}

ptm_status pass_answer_due(struct pass *pass, ptm_error *err) {
    if (pass->use & PTM_VIDEO) TRY(video_run_answer_due(&pass->video, err));
    return pass->use & PTM_AUDIO ? audio_run_answer_due(&pass->audio, err) : PTM_OK;
}

unsigned pass_missing(const struct pass *pass, const struct media_info *info) {
    const unsigned absent = (info->has_video ? 0 : RUN_PICTURES) | (info->has_audio ? 0 : PTM_AUDIO);
    return pass->use & absent;
}

bool pass_has_windows(const struct pass *pass) {
    return pass->video.tally.windows > 0 || pass->audio.tally.windows > 0 || pass->image.tally.windows > 0;
}

/* ---------------------------------------------------------------- the result */

/** A lane's answer, or why there is none. */
static ptm_status put_answer(struct result *result, const struct lane *lane, const struct tally *tally,
                             ptm_coverage coverage, const char *missing, ptm_error *err) {
    if (tally->windows > 0) return result_set_answer(result, lane, tally, &coverage, err);
    result_set_missing(result, lane, missing);
    return PTM_OK;
}

/** A still has no time, though decoders give it that of one frame. */
static ptm_coverage image_coverage(const struct pass *pass, const struct media_stats *stats) {
    ptm_coverage coverage = image_run_coverage(&pass->image, stats);
    if (pass->is_still) coverage.from = coverage.to = 0;
    return coverage;
}

/** The answers of what was looked at. `stats` NULL: the frames or samples came from the caller. */
static ptm_status put_answers(const struct pass *pass, const struct media_stats *stats, ptm_error *err) {
    struct result *result = pass->result;
    const struct video_run *video = &pass->video;
    const struct audio_run *audio = &pass->audio;
    const struct image_run *image = &pass->image;
    if (pass->use & PTM_VIDEO)
        TRY(put_answer(result, video->lane, &video->tally, video_run_coverage(video, stats),
                       "no frame could be decoded", err));
    if (pass->use & PTM_IMAGE)
        TRY(put_answer(result, image->lane, &image->tally, image_coverage(pass, stats), "no picture could be decoded",
                       err));
    if (pass->use & PTM_AUDIO)
        TRY(put_answer(result, audio->lane, &audio->tally, audio_run_coverage(audio, stats),
                       "no sound could be decoded", err));
    return PTM_OK;
}

ptm_status pass_put_result(struct pass *pass, const struct media_stats *stats, ptm_error *err) {
    ptm_result *result = &pass->result->result;
    if (pass->run.waiting > 0) batch_answer(pass->run.session);
    TRY(run_take_failure(&pass->run, err));
    TRY(put_answers(pass, stats, err));
    result->ms.decode = pass->run.decode_ms;
    result->ms.features = pass->run.features_ms;
    result->ms.network = pass->run.network_ms;
    return result_fuse(pass->result, err);
}
