/* SPDX-License-Identifier: MIT */
/*
 * window: the last `capacity` items (frames or samples, each of `width` floats) of a stream of any length, and where
 * the windows over it lie. Window k begins at item k * hop, rounded to a multiple of `align`, so that windows keep step
 * with the clock and neighbours share whole patches. The last window reaches back so that it is full; only a stream
 * shorter than one window is padded. Where windows lie further apart than they are long, what is between them, and an
 * unfinished last one, is left out.
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
    double hop;      /* items from one window to the next, at least `align` */
    int align;       /* items */
    double rate;     /* items a second */
    int64_t count;   /* items seen */
    int64_t next;    /* the window that is awaited */
    int64_t skipped; /* windows numbered before the last restart */
    int64_t passed;  /* items seen before it, a multiple of `align` */
    double reached;  /* seconds up to which answers stand */
};

/** By how much time stamps in seconds, which are rounded, and what is reckoned from them may be off: also places of a
 * grid of some a second. */
#define STAMP_SLACK 1e-6

/** What of a stream a window covers, in seconds; see ptm_window. */
struct span {
    int64_t index;
    double start, end, from, to, padded;
    double arrived; /* of a live source: UNIX time */
};

/** Whether items follow a window, or it is the last one and answers to its end. */
enum window_end { WINDOW_FOLLOWED, WINDOW_LAST };

/** Lays windows `hop` seconds apart; 0: side by side. */
void window_lay(struct window *window, double hop, int align);

/** Where the next item goes; window_pushed() then counts it, or as many as were written behind one another. */
float *window_slot(const struct window *window);
void window_pushed(struct window *window, int64_t items);

/** Items until the awaited window is full. */
int64_t window_missing(const struct window *window);

/** Whether it is full. Of a file it may wait until the next item comes, or none, to be known for the last. */
bool window_is_due(const struct window *window);

/** Items until one comes that a window looks at; 0: the next one. */
int64_t window_unwanted(const struct window *window);

/** Whether items have come that no window has looked at, or that fill one, or fewer than one window in all: a last look
 * is due at the end. */
bool window_pending(const struct window *window);

/** The items held, oldest first, into out (capacity, width); returns how many there are. */
int window_copy(const struct window *window, float *out);

/** Up to where a window that ends at `end` may answer which would reach to `to`: no answer for what is not there,
 * behind `until`, where the stream is said to end (0: that is not known). Streams may go on all the same. */
double window_reach(double end, double to, double until);

/** What the items held cover, item 0 being at `origin` seconds; `until`: see window_reach(). Called once for each
 * window that is answered: the next one, which begins to answer where this one ceases, is then awaited. */
struct span window_take(struct window *window, double origin, double until, enum window_end end);

/** Which item of all the awaited window begins with, and so which of its items other windows hold; -1 where that is no
 * multiple of `align` or the window is not full. */
int64_t window_place(const struct window *window);

/** Forgets all items, as after a gap; numbers go on. */
void window_restart(struct window *window);

#endif
