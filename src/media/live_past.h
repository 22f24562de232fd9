/* SPDX-License-Identifier: MIT */
/*
 * live_past: the last packets that were delivered of a recording, or of a playlist that grows. A connection that takes
 * the place of another begins with some of them again: what is known is not delivered once more.
 *
 * Packets are told by their bytes and stamps together. Stamps alone would not do: an encoder that is started again
 * begins anew with those that it had an hour ago.
 */
#ifndef POLYTOME_MEDIA_LIVE_PAST_H
#define POLYTOME_MEDIA_LIVE_PAST_H

#include "base/error.h"
#include "media/live_clock.h"

#include <libavcodec/packet.h>

/** Of each track: some minutes, where a playlist is joined some pieces before its end. */
enum { LIVE_PAST_PACKETS = 8192 };

/** Where a connection begins, of which the first packets may lie before all that is remembered. */
enum live_past_start {
    LIVE_PAST_ANYWHERE, /* in what is remembered, or behind it */
    LIVE_PAST_AT_FIRST, /* at the first packet that was ever delivered of each track */
    LIVE_PAST_EARLIER   /* perhaps before that one */
};

struct live_past {
    enum live_past_start start;
    struct live_past_track {
        struct live_past_packet {
            double stamp; /* seconds of the container's clock, or NAN */
            uint32_t crc;
            int size;
        } * packets;                   /* (LIVE_PAST_PACKETS) a ring */
        struct live_past_packet first; /* of all that were delivered */
        double newest;                 /* stamp, the largest of them; NAN: none had one */
        int64_t count;                 /* packets delivered so far */
        int64_t passed;                /* packets of the connection that were known */
        int64_t next;                  /* the one that should follow; -1: none that is remembered has come yet */
        bool beyond;                   /* what comes now is new */
    } tracks[LIVE_CLOCK_TRACKS];
};

/** *past is zeroed; to be closed also after a failure. */
ptm_status live_past_open(struct live_past *past, ptm_error *err);

void live_past_close(struct live_past *past);

/** Another connection begins. */
void live_past_begin(struct live_past *past, enum live_past_start start);

/** Whether anything was delivered. */
bool live_past_is_empty(const struct live_past *past);

/** Whether the connection's next packet of a track was delivered by an earlier one; else it is remembered. `stamp`: in
 * seconds of the container's clock, or NAN. */
bool live_past_knows(struct live_past *past, int track, const AVPacket *packet, double stamp);

/** Whether the track's packet that was remembered just now is the one that would have come next, had there been one
 * connection only. */
bool live_past_follows(const struct live_past *past, int track);

#endif
