/* SPDX-License-Identifier: MIT */
#include "pipelines/video_run.h"

#include <math.h>
#include <string.h>

/* Kinetics recipes of checkpoints without a frame rate of their own take every fourth frame at 30 frames a second. */
static const double kinetics_rate = 30.0 / 4;

static int frames_of(const struct lane *lane) {
    return lane->network->config.grid.size[0];
}

static size_t frame_floats(const struct lane *lane) {
    return network_input_count(lane->network) / (size_t)frames_of(lane);
}

ptm_sampling video_sampling(const struct lane *lane, ptm_sampling asked) {
    if (asked != PTM_SAMPLING_MODEL) return asked;
    return lane->network->picture.frame_rate > 0 ? PTM_SAMPLING_WINDOWS : PTM_SAMPLING_UNIFORM;
}

ptm_status video_run_open(struct video_run *video, struct run *run, int64_t frames, ptm_error *err) {
    struct lane *lane = session_lane(run->session, PTM_VIDEO);
    const double own_rate = lane->network->picture.frame_rate;
    const double usual_rate = own_rate > 0 ? own_rate : kinetics_rate;
    *video = (struct video_run){
        .run = run,
        .lane = lane,
        .sampling = video_sampling(lane, run->options->sampling),
        .window = {.items = lane->recent,
                   .capacity = frames_of(lane),
                   .width = frame_floats(lane),
                   .rate = run->window > 0 ? frames_of(lane) / run->window : usual_rate},
    };
    window_lay(&video->window, run->hop, lane->network->config.grid.patch[0]);
    TRY(tally_open(&video->tally, lane->network, err));
    if (video->sampling == PTM_SAMPLING_UNIFORM)
        return uniform_frames_open(&video->uniform, frames, frames_of(lane), frame_floats(lane), err);
    return video->window.hop < video->window.capacity ? lane_keep_tubes(lane, err) : PTM_OK;
}

void video_run_close(struct video_run *video) {
    if (video->lane) lane_forget_tubes(video->lane);
    uniform_frames_close(&video->uniform);
    tally_close(&video->tally);
}

/** The frame at hand, prepared for the network, into out (3, H, W). */
static ptm_status prepare(struct video_run *video, const struct frame_view *frame, float *out, ptm_error *err) {
    TRY(run_prepare_frame(video->run, video->lane, frame, out, err));
    video->frames_used++;
    return PTM_OK;
}

/* ---------------------------------------------------------------- windows */

static ptm_status answer_window(struct video_run *video, enum window_end end, ptm_error *err) {
    const int held = window_copy(&video->window, video->lane->input);
    const size_t width = video->window.width;
    for (int i = held; i < video->window.capacity; i++) /* shorter than one window: its last frame stands still */
        memcpy(video->lane->input + (size_t)i * width, video->lane->input + (size_t)(held - 1) * width,
               width * sizeof(float));
    const int64_t place = window_place(&video->window);
    const double told = video->run->until; /* the pictures may end before */
    const double until = end == WINDOW_LAST && !(told > 0 && told < video->to) ? video->to : told;
    const struct span span = window_take(&video->window, video->origin, until, end);
    video->padded += span.padded;
    video->enough = video->sampling == PTM_SAMPLING_FIRST;
    return run_window(video->run, video->lane, &video->tally, &span,
                      place < 0 ? EMBED_NOWHERE : place / video->window.align, err);
}

ptm_status video_run_answer_due(struct video_run *video, ptm_error *err) {
    return window_is_due(&video->window) ? answer_window(video, WINDOW_FOLLOWED, err) : PTM_OK;
}

/** Takes the frame for one place of the grid; `prepared`, where there is one, is the same frame at the place before. */
static ptm_status take_place(struct video_run *video, const struct frame_view *frame, const float **prepared,
                             ptm_error *err) {
    TRY(video_run_answer_due(video, err));
    float *slot = window_slot(&video->window);
    if (window_unwanted(&video->window) > 0) {
        window_pushed(&video->window, 1);
        return PTM_OK;
    }
    if (*prepared)
        memmove(slot, *prepared, video->window.width * sizeof *slot);
    else
        TRY(prepare(video, frame, slot, err));
    *prepared = slot;
    window_pushed(&video->window, 1);
    const bool at_once = video->run->realtime || video->sampling == PTM_SAMPLING_FIRST;
    return at_once ? video_run_answer_due(video, err) : PTM_OK;
}

/** Takes the frame for every time of the grid at which it is shown, and for those before it that no frame covers. */
static ptm_status sample_grid(struct video_run *video, const struct frame_view *frame, ptm_error *err) {
    const struct window *window = &video->window;
    const double covered = frame->end - (video->origin + (double)window->count / window->rate);
    const double most = video->run->options->max_seconds;
    const float *prepared = NULL;
    if (covered > most)
        return error_set(err, PTM_ELIMIT, "%s: a picture is shown for %g s, longer than the limit max_seconds of %g",
                         video->run->name, covered, most);
    while (!video->enough && video->origin + (double)window->count / window->rate < frame->end - STAMP_SLACK)
        TRY(take_place(video, frame, &prepared, err));
    return PTM_OK;
}

/** After an outage, as of a pipe's writer, the grid begins anew; what was collected before it is answered, of a live
 * source left out. */
static ptm_status bridge_outage(struct video_run *video, const struct frame_view *frame, ptm_error *err) {
    const struct window *window = &video->window;
    const bool anew = video->frames_seen == 0 || video->broken;
    const bool outage = !anew && frame->time - video->to > window->capacity / window->rate;
    if (!anew && !outage) return PTM_OK;
    if (outage && video->sampling != PTM_SAMPLING_UNIFORM && !video->run->realtime && window_pending(window)) {
        TRY(answer_window(video, WINDOW_LAST, err));
        if (video->enough) return PTM_OK;
    }
    if (outage) window_restart(&video->window);
    video->origin = frame->time;
    video->broken = false;
    return PTM_OK;
}

/* ---------------------------------------------------------------- uniform */

static ptm_status sample_uniform(struct video_run *video, const struct frame_view *frame, ptm_error *err) {
    float *slot = uniform_frames_slot(&video->uniform, video->frames_seen, video->lane->input);
    return slot ? prepare(video, frame, slot, err) : PTM_OK;
}

static ptm_status answer_uniform(struct video_run *video, ptm_error *err) {
    const struct span span = {.start = video->from, .end = video->to, .from = video->from, .to = video->to};
    if (video->uniform.total > 0 && video->frames_seen != video->uniform.total)
        return PTM_OK; /* the pass looks again */
    uniform_frames_finish(&video->uniform, video->frames_seen, video->lane->input);
    return run_window(video->run, video->lane, &video->tally, &span, EMBED_NOWHERE, err);
}

/* ---------------------------------------------------------------- both */

ptm_status video_run_frame(struct video_run *video, const struct frame_view *frame, ptm_error *err) {
    if (video->enough) return PTM_OK;
    if (video->frames_seen == 0) video->from = frame->time;
    TRY(bridge_outage(video, frame, err));
    if (video->enough) return PTM_OK;
    video->frames_seen += frame->skipped;
    TRY(video->sampling == PTM_SAMPLING_UNIFORM ? sample_uniform(video, frame, err) : sample_grid(video, frame, err));
    video->frames_seen++;
    video->to = frame->end;
    return PTM_OK;
}

ptm_status video_run_finish(struct video_run *video, ptm_error *err) {
    if (video->frames_seen == 0) return PTM_OK;
    if (video->sampling == PTM_SAMPLING_UNIFORM) return answer_uniform(video, err);
    if (video->enough) video->to = video->from + video->window.capacity / video->window.rate;
    return !video->enough && window_pending(&video->window) ? answer_window(video, WINDOW_LAST, err) : PTM_OK;
}

ptm_status video_run_break(struct video_run *video, ptm_error *err) {
    if (video->sampling == PTM_SAMPLING_UNIFORM || video->enough) return PTM_OK;
    if (window_pending(&video->window)) TRY(answer_window(video, WINDOW_LAST, err));
    window_restart(&video->window);
    video->broken = true;
    return PTM_OK;
}

ptm_coverage video_run_coverage(const struct video_run *video, const struct media_stats *stats) {
    ptm_coverage coverage = {
        .from = video->from,
        .to = video->to,
        .padded = video->padded,
        .frames_decoded = video->frames_seen,
        .frames_used = video->frames_used,
        .sampling = run_sampling_name(video->sampling),
    };
    run_cover_pictures(&coverage, stats);
    return coverage;
}
