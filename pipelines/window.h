/* SPDX-License-Identifier: MIT */
/*
 * window: the last `capacity` items (frames or samples, each of `width` floats) of a stream of any length. Windows lie
 * side by side; the last one reaches back so that it is full, and only a stream shorter than one window is padded.
 */
#ifndef POLYTOME_PIPELINES_WINDOW_H
#define POLYTOME_PIPELINES_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
    float *items; /* (capacity, width) a ring; not owned */
    int capacity;
    size_t width;
    int64_t count; /* items seen */
};

/** Where the next item goes; window_pushed() then counts it. */
float *window_slot(const struct window *window);
void window_pushed(struct window *window);

/** Whether the stream just filled a window that has not been looked at. */
bool window_full(const struct window *window);

/** Whether items have come since the last full window, or fewer than one window in all: a last look is due at the end.
 */
bool window_pending(const struct window *window);

/** The items held, oldest first, into out (capacity, width); returns how many there are. */
int window_copy(const struct window *window, float *out);

#endif
