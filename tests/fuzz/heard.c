/* SPDX-License-Identifier: MIT */
#include "heard.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

#define GOLDEN PTM_SOURCE_DIR "/tests/golden/"

/* Of the models below. */
enum { FRAMES = 4, TUBE = 2, SAMPLE_RATE = 16000, SHIFT = 160, FRAME = 400, SAMPLES = FRAME + 99 * SHIFT };

static const double frame_rate = 30.0 / 4; /* of a video model that says none */

static const double rounding = 2e-5; /* seconds: of sums of times up to 1e10 */

ptm_session *heard_session(int threads) {
    static const char *const paths[HEARD_LANES] = {GOLDEN "videomae_nobias", GOLDEN "ast_stride16", GOLDEN "vit"};
    static ptm_model *models[HEARD_LANES];
    ptm_session_options options;
    ptm_session *session;
    ptm_error err = {0};
    for (int i = 0; i < HEARD_LANES && !models[HEARD_LANES - 1]; i++)
        FUZZ_ASSERT(fuzz_status(ptm_model_open(&models[i], paths[i], NULL, &err), &err) == PTM_OK);
    ptm_session_options_default(&options);
    options.threads = threads;
    const ptm_status status = ptm_session_open(&session, (const ptm_model *const *)models, HEARD_LANES, &options, &err);
    FUZZ_ASSERT(fuzz_status(status, &err) == PTM_OK);
    return session;
}

double heard_length(unsigned byte) {
    static const double lengths[] = {0, 0.02, 0.1, 0.25, 0.37, 0.5, 0.8, 1, 1.7, 3, 20, 0.001, 86400};
    return FUZZ_CHOOSE(lengths, byte);
}

/* ---------------------------------------------------------------- events */

static ptm_status hear_event(void *user, const ptm_event *event, ptm_event_phase phase, ptm_error *err) {
    (void)err;
    struct heard *heard = user;
    FUZZ_ASSERT(event->start < event->end && event->windows > 0);
    FUZZ_ASSERT(event->mean >= 0 && event->mean <= event->peak && event->peak <= 1);
    FUZZ_ASSERT(event->index >= 0 && event->index < HEARD_LABELS && event->label);
    *(phase == PTM_EVENT_BEGIN ? &heard->begun : &heard->ended) += 1;
    FUZZ_ASSERT(heard->ended <= heard->begun);
    return PTM_OK;
}

/* ---------------------------------------------------------------- one window */

static int lane_index(ptm_modality modality) {
    FUZZ_ASSERT(modality == PTM_VIDEO || modality == PTM_AUDIO || modality == PTM_IMAGE);
    return modality == PTM_VIDEO ? 0 : modality == PTM_AUDIO ? 1 : 2;
}

static void check_labels(const ptm_window *window) {
    double sum = 0;
    FUZZ_ASSERT(window->num_labels == HEARD_LABELS);
    for (int i = 0; i < HEARD_LABELS; i++) {
        const ptm_label *label = &window->labels[i];
        FUZZ_ASSERT(label->name && label->index >= 0 && label->index < HEARD_LABELS);
        FUZZ_ASSERT(isfinite(label->logit) && label->score >= 0 && label->score <= 1);
        FUZZ_ASSERT(i == 0 || label->score <= label[-1].score);
        sum += (double)label->score;
    }
    FUZZ_ASSERT(fabs(sum - 1) < 1e-5);
    FUZZ_ASSERT(window->tokens_in >= window->tokens_out && window->tokens_out > 0);
}

static bool near(double a, double b) {
    return fabs(a - b) <= rounding;
}

static void start_afresh(struct heard_lane *lane, const ptm_window *window) {
    lane->origin = window->start;
    lane->first = window->index;
    lane->closed = window->padded > 0;
}

/** Its place: on the grid, one hop after the last, reaching back from a last and unfinished hop, or a fresh start. */
static void check_place(struct heard_lane *lane, const ptm_window *window) {
    const double hops = (double)(window->index - lane->first) * lane->hop / lane->align;
    const double place = lane->origin + lane->align * (double)llround(hops) / lane->rate;
    const ptm_window *last = &lane->last;
    const double length = (window->end - window->start + window->padded) * lane->rate;
    FUZZ_ASSERT(fabs(length - lane->length) <= 1e-3 + 2 * rounding * lane->rate);
    FUZZ_ASSERT(window->padded == 0 || window->index == 0 || lane->restarts);
    const bool on_grid = !lane->closed && near(window->start, place);
    const bool reaches_back = !lane->closed && window->start < place;
    const bool afresh = lane->restarts && window->from == window->start && window->start >= last->end - rounding;
    if (lane->count == 0 || (afresh && !on_grid)) {
        start_afresh(lane, window);
    } else {
        FUZZ_ASSERT(on_grid || reaches_back);
        FUZZ_ASSERT(lane->uncertain || (near(window->from, last->to) && (on_grid || window->start <= last->end)));
        lane->closed = !on_grid;
    }
}

/** A still picture of each hop stands for what lies between the last one's and the end of the hop, or begins anew. */
static void check_picture(const struct heard_lane *lane, const ptm_window *window) {
    FUZZ_ASSERT(window->padded == 0);
    const bool afresh = window->from >= lane->last.to && window->start >= window->from;
    FUZZ_ASSERT(window->index == 0 || lane->uncertain || window->from == lane->last.to || afresh);
}

static void check_window(struct heard *heard, const ptm_window *window) {
    const int number = lane_index(window->modality);
    struct heard_lane *lane = &heard->lanes[number];
    FUZZ_ASSERT(isfinite(window->start) && isfinite(window->end) && window->start < window->end);
    FUZZ_ASSERT(isfinite(window->from) && isfinite(window->to) && window->from < window->to);
    FUZZ_ASSERT(window->padded >= 0 && isfinite(window->padded) && window->dropped == 0);
    FUZZ_ASSERT(window->index == lane->count || (lane->uncertain && window->index > lane->count));
    FUZZ_ASSERT(window->index == 0 || lane->count == 0 || window->start > lane->last.start);
    if (number == 2)
        check_picture(lane, window);
    else
        check_place(lane, window);
    check_labels(window);
    lane->count = window->index + 1;
    lane->uncertain = false;
    lane->last = *window;
}

static ptm_status hear(void *user, const ptm_window *window, ptm_error *err) {
    struct heard *heard = user;
    ptm_error ignored = {0};
    FUZZ_ASSERT(heard->count < HEARD_MOST);
    check_window(heard, window);
    FUZZ_ASSERT(fuzz_status(ptm_events_add(heard->events, window, &ignored), &ignored) == PTM_OK);
    struct heard_window *kept = &heard->windows[heard->count++];
    kept->window = *window;
    memcpy(kept->labels, window->labels, sizeof kept->labels);
    return heard->count == HEARD_MOST ? error_set(err, PTM_ELIMIT, "as many windows as were asked for") : PTM_OK;
}

/* ---------------------------------------------------------------- all windows */

/** Items of a window and of a hop, from what the header says of both. */
static void lay_lanes(struct heard *heard, const ptm_timeline_options *options) {
    const double own_rate = options->window > 0 ? FRAMES / options->window : frame_rate;
    const double samples = options->window > 0 ? fmax(FRAME, round(options->window * SAMPLE_RATE)) : SAMPLES;
    heard->lanes[0] = (struct heard_lane){.rate = own_rate, .length = FRAMES, .align = TUBE};
    heard->lanes[1] = (struct heard_lane){.rate = SAMPLE_RATE, .length = fmin(samples, SAMPLES), .align = SHIFT};
    for (int i = 0; i < 2; i++) {
        struct heard_lane *lane = &heard->lanes[i];
        if (options->hop <= 0) lane->align = 1;
        lane->hop = options->hop <= 0 ? lane->length : fmax(options->hop * lane->rate, lane->align);
    }
}

void heard_open(struct heard *heard, ptm_timeline_options *options, bool restarts) {
    static const ptm_event_options events = {.on = 0.21, .off = 0.2, .min_seconds = 0.3};
    ptm_error err = {0};
    *heard = (struct heard){0};
    lay_lanes(heard, options);
    heard->lanes[0].restarts = restarts;
    heard->lanes[1].restarts = true;
    options->on_window = hear;
    options->user = heard;
    FUZZ_ASSERT(fuzz_status(ptm_events_open(&heard->events, &events, hear_event, heard, &err), &err) == PTM_OK);
}

int heard_count(const struct heard *heard, ptm_modality modality) {
    int count = 0;
    for (int i = 0; i < heard->count; i++) count += heard->windows[i].window.modality == modality;
    return count;
}

void heard_interrupt(struct heard *heard) {
    for (int i = 0; i < HEARD_LANES; i++) heard->lanes[i].uncertain = true;
}

bool heard_same(const struct heard *a, const struct heard *b) {
    bool same = a->count == b->count && a->begun == b->begun && a->ended == b->ended;
    for (int i = 0; same && i < a->count; i++) {
        const ptm_window *x = &a->windows[i].window, *y = &b->windows[i].window;
        same = x->modality == y->modality && x->index == y->index && x->start == y->start && x->end == y->end &&
               x->from == y->from && x->to == y->to && x->padded == y->padded;
        for (int k = 0; same && k < HEARD_LABELS; k++)
            same = a->windows[i].labels[k].index == b->windows[i].labels[k].index &&
                   a->windows[i].labels[k].score == b->windows[i].labels[k].score &&
                   a->windows[i].labels[k].logit == b->windows[i].labels[k].logit;
    }
    return same;
}

void heard_close(struct heard *heard) {
    ptm_error err = {0};
    FUZZ_ASSERT(fuzz_status(ptm_events_finish(heard->events, &err), &err) == PTM_OK);
    FUZZ_ASSERT(heard->begun == heard->ended);
    ptm_events_close(&heard->events);
}
