/* SPDX-License-Identifier: MIT */
#include "pipelines/window.h"

#include <math.h>
#include <string.h>

void window_lay(struct window *window, double hop, int align) {
    const bool beside = hop <= 0;
    window->align = beside ? 1 : align;
    window->hop = beside ? window->capacity : fmax(hop * window->rate, window->align);
}

static bool side_by_side(const struct window *window) {
    return window->hop == window->capacity;
}

/** First item of the awaited window. */
static int64_t start_of(const struct window *window) {
    return window->align * llround((double)window->next * window->hop / window->align);
}

float *window_slot(const struct window *window) {
    return window->items + (size_t)(window->count % window->capacity) * window->width;
}

void window_pushed(struct window *window, int64_t items) {
    window->count += items;
}

int64_t window_missing(const struct window *window) {
    return start_of(window) + window->capacity - window->count;
}

bool window_is_due(const struct window *window) {
    return window_missing(window) == 0;
}

int64_t window_unwanted(const struct window *window) {
    const int64_t ahead = start_of(window) - window->count;
    return ahead > 0 ? ahead : 0;
}

bool window_pending(const struct window *window) {
    if (window->next == 0) return window->count > 0;
    if (window_is_due(window)) return true;
    if (window->hop > window->capacity) return false;
    struct window last = *window;
    last.next--;
    return window_missing(&last) < 0;
}

int window_copy(const struct window *window, float *out) {
    const int held = window->count < window->capacity ? (int)window->count : window->capacity;
    const int oldest = held < window->capacity ? 0 : (int)(window->count % window->capacity);
    const size_t bytes = window->width * sizeof *out;
    const int tail = held - oldest; /* from the oldest to the end of the ring; the rest lies before it */
    memcpy(out, window->items + (size_t)oldest * window->width, (size_t)tail * bytes);
    memcpy(out + (size_t)tail * window->width, window->items, (size_t)oldest * bytes);
    return held;
}

double window_reach(double end, double to, double until) {
    return until > 0 && to > end ? fmax(end, fmin(to, until)) : to;
}

/** Where a window answers to its end: an item may reach beyond what was asked for, which is less than an item. */
static double own_end(double end, double until, double item) {
    return until > 0 && fabs(until - end) < item ? fmin(end, until) : end;
}

struct span window_take(struct window *window, double origin, double until, enum window_end end) {
    const int64_t held = window->count < window->capacity ? window->count : window->capacity;
    struct span span = {
        .index = window->skipped + window->next,
        .start = origin + (double)(window->count - held) / window->rate,
        .end = origin + (double)window->count / window->rate,
        .padded = (double)(window->capacity - held) / window->rate,
    };
    const double middle = (span.start + span.end) / 2, half = window->hop / 2 / window->rate;
    span.from = window->next == 0 ? span.start : window->reached;
    span.to = end == WINDOW_LAST || side_by_side(window) ? own_end(span.end, until, 1 / window->rate)
                                                         : window_reach(span.end, middle + half, until);
    window->reached = span.to;
    window->next++;
    return span;
}

int64_t window_place(const struct window *window) {
    const int64_t first = window->count - window->capacity;
    return first < 0 || first % window->align != 0 ? -1 : window->passed + first;
}

void window_restart(struct window *window) {
    const int64_t seen = window->count + window->capacity; /* nothing is shared across it */
    window->passed += seen + (window->align - seen % window->align) % window->align;
    window->skipped += window->next;
    window->count = window->next = 0;
}
