/* SPDX-License-Identifier: MIT */
/* Windows on their way to events: each label of each modality is a switch with two thresholds. */
#include "base/memory.h"
#include "models/network.h"
#include "pipelines/window.h"
#include "pipelines/window_check.h"

#include <math.h>

/** One label: at most one event of it is going on. */
struct label_state {
    char *name;  /* a copy, made when the label first holds */
    float score; /* in the window at hand */
    bool holds, begun;
    ptm_event event;
    double sum; /* of its windows' scores */
};

/** One modality. */
struct event_track {
    struct label_state *states; /* (count) NULL before the first window */
    int count;
    int64_t next; /* number of the window that would follow */
    double until;
};

struct ptm_events {
    ptm_event_options options;
    ptm_event_fn *on_event;
    void *user;
    struct event_track tracks[NETWORK_MODALITIES];
};

void ptm_event_options_default(ptm_event_options *options) {
    *options = (ptm_event_options){.on = 0.5, .off = 0.35};
}

static ptm_status check_options(const ptm_event_options *options, ptm_error *err) {
    if (!(options->off >= 0 && options->on >= options->off && options->on <= 1))
        return error_set(err, PTM_EINVAL,
                         "events that begin at a score of %g and go on to %g: both lie between 0 and 1, and the first "
                         "is not below the second",
                         options->on, options->off);
    if (!(options->min_seconds >= 0 && isfinite(options->min_seconds)))
        return error_set(err, PTM_EINVAL, "a shortest event of %g seconds: it cannot be negative",
                         options->min_seconds);
    return PTM_OK;
}

ptm_status ptm_events_open(ptm_events **out, const ptm_event_options *options, ptm_event_fn *on_event, void *user,
                           ptm_error *err) {
    error_clear(err);
    *out = NULL;
    ptm_event_options defaults;
    ptm_event_options_default(&defaults);
    if (!options) options = &defaults;
    TRY(check_options(options, err));
    if (!on_event) return error_set(err, PTM_EINVAL, "events need a function that takes them");
    ptm_events *events = mem_calloc(1, sizeof *events);
    if (!events) return error_no_memory(err);
    events->options = *options;
    events->on_event = on_event;
    events->user = user;
    *out = events;
    return PTM_OK;
}

void ptm_events_close(ptm_events **events) {
    if (!events || !*events) return;
    for (int i = 0; i < NETWORK_MODALITIES; i++) {
        struct event_track *track = &(*events)->tracks[i];
        for (int k = 0; k < track->count; k++) mem_free(track->states[k].name);
        mem_free(track->states);
    }
    mem_free(*events);
    *events = NULL;
}

/* ---------------------------------------------------------------- one label */

static ptm_status hand_on(const struct ptm_events *events, struct label_state *state, ptm_event_phase phase,
                          ptm_error *err) {
    ptm_error unheard = {0};
    if (!err) err = &unheard; /* the callback may write there */
    state->event.mean = (float)(state->sum / state->event.windows);
    return error_of_callback(err, events->on_event(events->user, &state->event, phase, err),
                             "the caller did not take an event");
}

/** Takes the window into the event, which begins for the caller once it is long enough. */
static ptm_status go_on(const struct ptm_events *events, struct label_state *state, const ptm_window *window,
                        ptm_error *err) {
    ptm_event *event = &state->event;
    event->end = window->to;
    event->peak = fmaxf(event->peak, state->score);
    event->windows++;
    state->sum += (double)state->score;
    if (state->begun || event->end - event->start < events->options.min_seconds - STAMP_SLACK) return PTM_OK;
    state->begun = true;
    return hand_on(events, state, PTM_EVENT_BEGIN, err);
}

static ptm_status begin(const struct ptm_events *events, struct label_state *state, const ptm_window *window,
                        const ptm_label *label, ptm_error *err) {
    if (!state->name) state->name = mem_strdup(label->name);
    if (!state->name) return error_no_memory(err);
    state->event =
        (ptm_event){.modality = window->modality, .label = state->name, .index = label->index, .start = window->from};
    state->holds = true;
    state->begun = false;
    state->sum = 0;
    return go_on(events, state, window, err);
}

static ptm_status end(const struct ptm_events *events, struct label_state *state, ptm_error *err) {
    state->holds = false;
    return state->begun ? hand_on(events, state, PTM_EVENT_END, err) : PTM_OK;
}

/* ---------------------------------------------------------------- one window */

/** Makes room at the first window; later ones must fit. */
static ptm_status prepare_track(struct event_track *track, const ptm_window *window, ptm_error *err) {
    TRY(window_check_model(window, track->count, err));
    if (track->states) return PTM_OK;
    track->states = mem_calloc((size_t)window->num_labels, sizeof *track->states);
    if (!track->states) return error_no_memory(err);
    track->count = window->num_labels;
    track->next = window->index;
    track->until = window->from;
    return PTM_OK;
}

/** Windows are missing before this one, or time jumped: rounding and odd frame rates stay below half a hop. */
static bool follows_gap(const struct event_track *track, const ptm_window *window) {
    return window->index != track->next || fabs(window->from - track->until) > (window->to - window->from) / 2;
}

/* Thresholds are compared as scores are kept: 0.35 as a float lies below 0.35 as a double. */
static ptm_status end_all(const struct ptm_events *events, struct event_track *track, float below, ptm_error *err) {
    for (int i = 0; i < track->count; i++) {
        struct label_state *state = &track->states[i];
        if (state->holds && state->score < below) TRY(end(events, state, err));
    }
    return PTM_OK;
}

static void put_scores(const struct ptm_events *events, struct event_track *track, const ptm_window *window) {
    for (int i = 0; i < window->num_labels; i++) {
        const bool counts = i == 0 || !events->options.best_only;
        track->states[window->labels[i].index].score = counts ? window->labels[i].score : -1;
    }
}

ptm_status ptm_events_add(ptm_events *events, const ptm_window *window, ptm_error *err) {
    error_clear(err);
    TRY(window_check(window, err));
    struct event_track *track = &events->tracks[network_modality_index(window->modality)];
    TRY(prepare_track(track, window, err));
    if (follows_gap(track, window)) TRY(end_all(events, track, INFINITY, err));
    track->next = window->index + 1;
    track->until = window->to;
    put_scores(events, track, window);
    TRY(end_all(events, track, (float)events->options.off, err));
    for (int i = 0; i < window->num_labels; i++) {
        struct label_state *state = &track->states[window->labels[i].index];
        if (state->holds)
            TRY(go_on(events, state, window, err));
        else if (state->score >= (float)events->options.on)
            TRY(begin(events, state, window, &window->labels[i], err));
    }
    return window->lost ? end_all(events, track, INFINITY, err) : PTM_OK;
}

ptm_status ptm_events_finish(ptm_events *events, ptm_error *err) {
    error_clear(err);
    for (int i = 0; i < NETWORK_MODALITIES; i++) TRY(end_all(events, &events->tracks[i], INFINITY, err));
    return PTM_OK;
}
