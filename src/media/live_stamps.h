/* SPDX-License-Identifier: MIT */
/* live_stamps: the time stamps of a connection's packets, put on its live_clock. */
#ifndef POLYTOME_MEDIA_LIVE_STAMPS_H
#define POLYTOME_MEDIA_LIVE_STAMPS_H

#include "media/live_clock.h"

#include <libavformat/avformat.h>

/** Starts as all zero, but for clock.ahead. */
struct live_stamps {
    struct live_clock clock;
    double periods[LIVE_CLOCK_TRACKS]; /* seconds that the last packet lasts */
};

/** When the packet is decoded, in seconds, or NAN. */
double live_stamps_time(const AVStream *stream, const AVPacket *packet);

/** Corrects the stamps of the track's next packet; the same then. */
double live_stamps_correct(struct live_stamps *stamps, int track, const AVStream *stream, AVPacket *packet);

#endif
