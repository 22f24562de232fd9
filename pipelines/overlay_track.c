/* SPDX-License-Identifier: MIT */
#include "pipelines/overlay_track.h"

#include "base/memory.h"
#include "pipelines/window_check.h"

#include <math.h>

static const struct colour ground = {24, 24, 24};

/* ---------------------------------------------------------------- gathering */

static ptm_status make_room(struct overlay_track *track, ptm_error *err) {
    if (track->count < track->room) return PTM_OK;
    const size_t room = track->room ? track->room * 2 : 256;
    struct overlay_window *windows = mem_resize(track->windows, track->count, room, sizeof *windows);
    if (!windows) return error_no_memory(err);
    track->windows = windows;
    track->room = room;
    return PTM_OK;
}

static ptm_status prepare_names(struct overlay_track *track, const ptm_window *window, ptm_error *err) {
    TRY(window_check_model(window, track->num_names, err));
    if (track->names) return PTM_OK;
    track->names = mem_calloc((size_t)window->num_labels, sizeof *track->names);
    if (!track->names) return error_no_memory(err);
    track->num_names = window->num_labels;
    return PTM_OK;
}

static ptm_status keep_name(struct overlay_track *track, const ptm_label *label, ptm_error *err) {
    char **name = &track->names[label->index];
    if (!*name) *name = mem_strdup(label->name);
    return *name ? PTM_OK : error_no_memory(err);
}

static ptm_status check_order(const struct overlay_track *track, const ptm_window *window, ptm_error *err) {
    const double last = track->count > 0 ? track->windows[track->count - 1].from : window->from;
    if (window->from < last)
        return error_set(err, PTM_EINVAL,
                         "a window from %g seconds on comes after one from %g: add those of a modality in time order",
                         window->from, last);
    return PTM_OK;
}

ptm_status overlay_track_add(struct overlay_track *track, const ptm_window *window, ptm_error *err) {
    struct overlay_window kept = {.from = window->from, .to = window->to};
    TRY(check_order(track, window, err));
    TRY(prepare_names(track, window, err));
    TRY(make_room(track, err));
    for (; kept.count < OVERLAY_LABELS && kept.count < window->num_labels; kept.count++) {
        const ptm_label *label = &window->labels[kept.count];
        TRY(keep_name(track, label, err));
        kept.labels[kept.count].index = label->index;
        kept.labels[kept.count].score = label->score;
    }
    track->windows[track->count++] = kept;
    return PTM_OK;
}

void overlay_track_close(struct overlay_track *track) {
    for (int i = 0; i < track->num_names; i++) mem_free(track->names[i]);
    mem_free(track->names);
    mem_free(track->windows);
    *track = (struct overlay_track){0};
}

/* ---------------------------------------------------------------- drawing */

const struct overlay_window *overlay_track_at(const struct overlay_track *track, double time) {
    size_t first = 0, beyond = track->count; /* the last that has begun is among them */
    while (first < beyond) {
        const size_t middle = first + (beyond - first) / 2;
        if (track->windows[middle].from <= time)
            first = middle + 1;
        else
            beyond = middle;
    }
    const struct overlay_window *window = first > 0 ? &track->windows[first - 1] : NULL;
    return window && time < window->to ? window : NULL;
}

struct colour overlay_colour(int index) {
    return colour_of_number(index, 0.7, 0.6);
}

ptm_status overlay_track_draw(const struct overlay_track *track, double from, double to, int width, int height,
                              struct canvas *strip, ptm_error *err) {
    TRY(canvas_open(strip, width, height, ground, err));
    for (int x = 0; x < width; x++) {
        const struct overlay_window *window = overlay_track_at(track, from + (x + 0.5) / width * (to - from));
        if (!window) continue;
        const int bar = (int)lrint(fmax(0, fmin((double)window->labels[0].score, 1)) * height);
        canvas_fill(strip, x, height - bar, 1, bar, overlay_colour(window->labels[0].index));
    }
    return PTM_OK;
}
