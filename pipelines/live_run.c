/* SPDX-License-Identifier: MIT */
#include "media/live.h"

#include "base/clock.h"
#include "pipelines/pace.h"
#include "pipelines/pass.h"
#include "pipelines/relay.h"
#include "pipelines/session_use.h"

#include <stdio.h>

/** A live source on its way through a session. */
struct live_run {
    struct pass pass;
    struct live *live;
    struct pace pace;
    unsigned late; /* bits of lanes that keep up with it once it brings something for them */
    int64_t answered;
};

void ptm_live_options_default(ptm_live_options *options) {
    *options = (ptm_live_options){.adapt = true, .stall = 10};
    ptm_timeline_options_default(&options->timeline);
}

/* ---------------------------------------------------------------- in the decoding thread */

static ptm_status size_of_live(void *context, int *width, int *height, ptm_error *err) {
    return live_frame_size(context, width, height, err);
}

static ptm_status picture_of_live(void *context, struct area area, struct media_picture *picture, ptm_error *err) {
    return live_frame_area(context, area, picture, err);
}

static ptm_status take_item(struct live_run *run, const struct media_item *item, ptm_error *err) {
    struct pass *pass = &run->pass;
    pass->run.arrived = item->arrived;
    if (item->kind == MEDIA_FRAMES_LOST || item->kind == MEDIA_SAMPLES_LOST)
        return pass_break(pass, item->kind == MEDIA_FRAMES_LOST, err);
    if (item->kind == MEDIA_SAMPLES) return pass_samples(pass, item->samples, (size_t)item->count, item->time, err);
    const struct frame_view frame = {size_of_live, picture_of_live, run->live, item->time, item->end, 0};
    return item->kind == MEDIA_FRAME ? pass_frame(pass, &frame, err) : PTM_OK;
}

static ptm_status collect(void *user, ptm_error *err) {
    struct live_run *run = user;
    struct media_item item;
    do {
        TRY(live_next(run->live, &item, err));
        TRY(take_item(run, &item, err));
    } while (item.kind != MEDIA_END);
    return pass_finish(&run->pass, err);
}

/* ---------------------------------------------------------------- in the caller's */

/** Seconds from one window of a lane to the next. */
static double hop_of(const struct pass *pass, ptm_modality modality) {
    if (modality == PTM_VIDEO) return pass->video.window.hop / pass->video.window.rate;
    if (modality == PTM_AUDIO) return pass->audio.window.hop / pass->audio.window.rate;
    return 1 / pass->image.rate;
}

static void watch_lane(struct live_run *run, ptm_modality modality) {
    pace_watch(&run->pace, session_lane(run->pass.run.session, modality), hop_of(&run->pass, modality));
}

static ptm_status answer(void *user, const struct ready *ready, ptm_error *err) {
    struct live_run *run = user;
    struct relay *relay = run->pass.run.relay;
    const ptm_modality modality = ready->lane->network->modality;
    if (!ready->last && !ready->lost && pace_is_stale(&run->pace, ready->lane, clock_ms() - ready->ready_ms)) {
        relay_drop(relay, modality);
        return PTM_OK;
    }
    run->answered++;
    if (run->late & modality) watch_lane(run, modality);
    run->late &= ~(unsigned)modality;
    TRY(run_answer(&run->pass.run, ready, err));
    return pace_note(&run->pace, ready->lane, relay_dropped(relay, modality), err);
}

/** Opens the lanes that were asked for, and measures them before the source begins to send. */
static ptm_status open_lanes(struct live_run *run, bool adapt, ptm_error *err) {
    struct pass *pass = &run->pass;
    TRY(pass_open_runs(pass, 0, err));
    if (!adapt) return PTM_OK;
    for (int i = 0; i < NETWORK_MODALITIES; i++)
        if (pass->use & network_modalities[i]) watch_lane(run, network_modalities[i]);
    return pace_measure(&run->pace, err);
}

/** What of it the source brings. The other lanes stay open: when it is connected again it may bring more. */
static ptm_status choose_lanes(struct live_run *run, bool adapt, ptm_error *err) {
    const struct pass *pass = &run->pass;
    const struct media_info *info = live_get_info(run->live);
    const unsigned missing = pass_missing(pass, info);
    for (int i = 0; i < NETWORK_MODALITIES; i++)
        if (missing & network_modalities[i]) pace_forget(&run->pace, &pass->run.session->lanes[i]);
    if (adapt && run->pass.run.realtime) run->late = missing;
    if (pass->use != missing) return PTM_OK;
    return run_refuse_empty(pass->run.name, "label", info->no_video, info->no_audio, err);
}

static ptm_status open_source(struct live_run *run, const char *source, const ptm_live_options *options,
                              ptm_error *err) {
    struct pass *pass = &run->pass;
    const struct live_options live = {
        .media = run_media_options(&pass->run, pass->use),
        .audio = options->audio,
        .format = options->format,
        .settings = options->settings,
        .stall = options->stall,
        .on_source = options->on_source,
        .on_source_user = options->timeline.user,
        .pace = options->pace,
    };
    TRY(live_open(&run->live, source, &live, err));
    pass->run.name = live_get_name(run->live);
    pass->run.realtime = live_is_realtime(run->live);
    pass->run.until = options->timeline.classify.duration;
    return PTM_OK;
}

/** Who sent what no decoder takes, or nothing until the source or the duration was over, is told so at the end. */
static ptm_status check_decoded(const struct live_run *run, ptm_error *err) {
    struct live_stats stats;
    live_get_stats(run->live, &stats);
    const struct media_stats *media = &stats.media;
    if (media->frames_decoded > 0 || media->samples_decoded > 0) return PTM_OK;
    if (stats.ended || media->decode_errors > 0) return run_refuse_undecoded(&run->pass.run, "nothing", 0, err);
    return error_set(err, PTM_EIO, "%s: no picture and no sound came within %g s", run->pass.run.name,
                     run->pass.run.until);
}

static ptm_status run_source(struct live_run *run, const char *source, const ptm_live_options *options,
                             ptm_error *err) {
    struct run *shared = &run->pass.run;
    if (run->pass.use & PTM_VIDEO) run->pass.use &= ~(unsigned)PTM_IMAGE; /* pictures that move are a video */
    TRY(open_lanes(run, options->adapt, err));
    TRY(open_source(run, source, options, err));
    TRY(choose_lanes(run, options->adapt, err));
    if (shared->realtime && options->adapt) TRY(pace_start(&run->pace, err));
    TRY(relay_open(&shared->relay, shared->session, run->pass.use, shared->realtime ? RELAY_DROPS : RELAY_WAITS, err));
    if (!relay_start(shared->relay, collect, run))
        return error_set(err, PTM_ENOMEM,
                         "cannot start a thread for decoding: raise the limit of threads (ulimit -u) or of memory");
    TRY(relay_run(shared->relay, answer, run, err));
    return check_decoded(run, err);
}

/* ---------------------------------------------------------------- the report */

static void fill_report(struct live_run *run, ptm_live_report *report) {
    struct live_stats stats = {0};
    if (run->live) live_get_stats(run->live, &stats);
    const struct media_stats *media = &stats.media;
    *report = (ptm_live_report){
        .windows = run->answered,
        .seconds = media->video_end > media->audio_end ? media->video_end : media->audio_end,
        .frames_decoded = media->frames_decoded,
        .samples_decoded = media->samples_decoded,
        .bytes = stats.bytes,
        .losses = stats.losses,
        .reconnects = stats.reconnects,
        .time_jumps = stats.time_jumps,
        .time_repeats = stats.time_repeats,
        .decode_errors = media->decode_errors,
        .decoders_opened = media->decoders_opened,
        .raised = run->pace.raised,
        .lowered = run->pace.lowered,
    };
    snprintf(report->last_loss, sizeof report->last_loss, "%s", stats.last_loss);
    for (int i = 0; i < NETWORK_MODALITIES && run->pass.run.relay; i++)
        report->dropped += relay_dropped(run->pass.run.relay, network_modalities[i]);
}

ptm_status ptm_live_run(ptm_session *session, const char *source, const ptm_live_options *options,
                        ptm_live_report *report, ptm_error *err) {
    error_clear(err);
    ptm_live_options live;
    ptm_live_options_default(&live);
    if (options) live = *options;
    live.timeline.classify.sampling = PTM_SAMPLING_WINDOWS;
    struct live_run run = {0};
    ptm_status status = pass_open(&run.pass, session, &live.timeline, err);
    const bool entered = status == PTM_OK && (status = session_enter(session, err)) == PTM_OK;
    if (entered) status = run_source(&run, source, &live, err);
    if (report) fill_report(&run, report);
    pace_end(&run.pace);
    relay_close(&run.pass.run.relay);
    live_close(&run.live);
    if (entered) session_leave(session);
    return pass_close(&run.pass, NULL, status);
}
