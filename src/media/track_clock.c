/* SPDX-License-Identifier: MIT */
#include "media/track_clock.h"

#include "base/limits.h"

#include <math.h>

double frame_clock_next(struct frame_clock *clock, double stamp) {
    double time = stamp + clock->shift;
    const double expected = clock->frames ? clock->last + clock->period : 0;
    if (clock->frames && clock->discontinuous && fabs(time - expected) > TRACK_CLOCK_JUMP) {
        clock->shift += expected - time;
        time = expected;
    }
    if (isnan(time)) {
        clock->guessed++;
        time = expected;
    } else if (clock->frames && time <= clock->last) {
        /* One stamp given twice lies between its neighbours; when it goes on so, the stamps stand still. */
        clock->guessed++;
        clock->stuck++;
        time = clock->last + (clock->stuck == 1 ? clock->period / 2 : clock->period);
    } else {
        clock->stuck = 0;
    }
    clock->frames++;
    clock->last = fmax(time, 0);
    return clock->last;
}

bool frame_clock_is_guess(const struct frame_clock *clock) {
    return clock->guessed > clock->frames / 2;
}

double sample_clock_next(struct sample_clock *clock, double stamp, int count, int rate, bool *gap) {
    double stamped = stamp + clock->shift;
    const bool started = clock->rate != 0;
    const double expected = started ? clock->base + (double)clock->samples / clock->rate : 0;
    if (!started) clock->own_rate = rate;
    const bool astray = clock->counted && rate != clock->own_rate;
    const bool jump = clock->discontinuous && fabs(stamped - expected) > TRACK_CLOCK_JUMP;
    if (started && !isnan(stamped) && (jump || astray || clock->astray)) {
        clock->shift += expected - stamped;
        stamped = expected;
    }
    clock->astray = astray;
    *gap = !started || stamped > expected + LIMIT_SOUND_GAP;
    const bool back = started && clock->steered && stamped < expected - LIMIT_SOUND_GAP;
    if (*gap || back || rate != clock->rate) {
        clock->base = (*gap || back) && !isnan(stamped) ? fmax(stamped, 0) : expected;
        clock->samples = 0;
        clock->rate = rate;
    }
    const double time = clock->base + (double)clock->samples / clock->rate;
    clock->samples += count;
    return time;
}
