/* SPDX-License-Identifier: MIT */
/* track_clock: time stamps as they come, made into times that never decrease. */
#ifndef POLYTOME_MEDIA_TRACK_CLOCK_H
#define POLYTOME_MEDIA_TRACK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** Formats without a continuous clock (transport streams) may jump by this many seconds; more is a new start. */
#define TRACK_CLOCK_JUMP 10.0

/** Seconds between the pictures of the slowest time-lapse; what says more is damaged. */
#define TRACK_LONGEST_PICTURE 600.0

/** Clock of a picture stream: the time stamps, and the frame rate where they are missing or do not advance. */
struct frame_clock {
    bool discontinuous; /* the format allows its clock to jump */
    double period;      /* seconds of one frame, > 0 */
    double last, shift;
    int64_t frames, guessed;
    int stuck; /* frames in a row whose time stamp did not advance */
};

/** Time of the next frame in display order; `stamp` in seconds since the file's first, or NAN. */
double frame_clock_next(struct frame_clock *clock, double stamp);

/** Whether most frames had no usable time stamp. */
bool frame_clock_is_guess(const struct frame_clock *clock);

/** Clock of a sound stream: it counts samples, and follows the time stamps where they leave a gap. */
struct sample_clock {
    bool discontinuous;
    bool steered; /* it follows time stamps that fall behind the samples, too: those of a live source */
    bool counted; /* the container's stamps are samples, at the rate of the first: at another one they say nothing */
    bool astray;  /* the rate of the last run was another one */
    int own_rate; /* of the first run */
    double base, shift;
    int64_t samples; /* since `base` */
    int rate;        /* 0: not started */
};

/** Time of the first sample of a run of `count`; *gap tells that it does not follow the run before. */
double sample_clock_next(struct sample_clock *clock, double stamp, int count, int rate, bool *gap);

#endif
