/* SPDX-License-Identifier: MIT */
/*
 * live_clock: packets of a live connection whose time stamps jump, in either direction, or start again at 2^33, put on
 * one clock that goes on. Sound and picture share the correction, so that they stay together.
 */
#ifndef POLYTOME_MEDIA_LIVE_CLOCK_H
#define POLYTOME_MEDIA_LIVE_CLOCK_H

#include <stdbool.h>

/** A step forwards of this many seconds beyond the time that has passed is a jump; */
#define LIVE_CLOCK_AHEAD 10.0
/** in what is read from a pipe and may be a recording, with gaps, of this many; */
#define LIVE_CLOCK_GAP 3600.0
/** and so is one backwards of this many: packets come in decoding order, in which time stamps only go up. */
#define LIVE_CLOCK_BACK 0.5

enum { LIVE_CLOCK_TRACKS = 2 };

struct live_clock {
    double ahead;           /* LIVE_CLOCK_AHEAD or LIVE_CLOCK_GAP */
    double shift, previous; /* seconds added to time stamps now, and before the last jump */
    int jumps;
    int repeats; /* time stamps that did not advance */
    struct live_clock_track {
        bool started;
        double stamp;   /* corrected, of the last packet */
        double arrived; /* seconds of our clock */
    } tracks[LIVE_CLOCK_TRACKS];
};

/** Seconds to add to the time stamp of the track's next packet. `stamp` in seconds, or NAN; `period`: those that the
 * packet before lasts, or 0; `wrap`: those after which the container's stamps start again, or INFINITY. */
double live_clock_shift(struct live_clock *clock, int track, double stamp, double arrived, double period, double wrap);

#endif
