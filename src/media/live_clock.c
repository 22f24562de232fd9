/* SPDX-License-Identifier: MIT */
#include "media/live_clock.h"

#include <math.h>

static bool follows(const struct live_clock *clock, const struct live_clock_track *track, double stamp,
                    double elapsed) {
    const double step = stamp - track->stamp;
    return step > -LIVE_CLOCK_BACK && step < elapsed + clock->ahead;
}

/** The correction with which `stamp` follows the track's last one. */
static double find_shift(struct live_clock *clock, const struct live_clock_track *track, double stamp, double elapsed,
                         double period, double wrap) {
    if (follows(clock, track, stamp + clock->shift, elapsed)) return clock->shift;
    /* The other track has jumped already, and this packet is one of those from before. */
    if (follows(clock, track, stamp + clock->previous, elapsed)) return clock->previous;
    clock->jumps++;
    clock->previous = clock->shift;
    if (follows(clock, track, stamp + clock->shift + wrap, elapsed))
        clock->shift += wrap;
    else
        clock->shift = track->stamp + fmax(period, elapsed) - stamp;
    return clock->shift;
}

double live_clock_shift(struct live_clock *clock, int track, double stamp, double arrived, double period, double wrap) {
    struct live_clock_track *last = &clock->tracks[track];
    if (isnan(stamp)) return clock->shift;
    const double shift =
        last->started ? find_shift(clock, last, stamp, arrived - last->arrived, period, wrap) : clock->shift;
    if (last->started && stamp + shift <= last->stamp) clock->repeats++;
    *last = (struct live_clock_track){true, stamp + shift, arrived};
    return shift;
}
