/* SPDX-License-Identifier: MIT */
#include "pipelines/window.h"

#include <string.h>

float *window_slot(const struct window *window) {
    return window->items + (size_t)(window->count % window->capacity) * window->width;
}

void window_pushed(struct window *window) {
    window->count++;
}

bool window_full(const struct window *window) {
    return window->count > 0 && window->count % window->capacity == 0;
}

bool window_pending(const struct window *window) {
    return window->count % window->capacity != 0;
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
