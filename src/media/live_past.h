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

struct live_past {
    bool whole; /* the connection begins where the recording does, and may be long before what is remembered */
    struct live_past_track {
        struct live_past_packet {
            double stamp; /* seconds of the container's clock, or NAN */
            uint32_t crc;
            int size;
        } * packets;   /* (LIVE_PAST_PACKETS) a ring */
        int64_t count; /* packets delivered so far */
        int64_t next;  /* the one that should follow; -1: no known one has come yet */
        bool beyond;   /* what comes now is new */
    } tracks[LIVE_CLOCK_TRACKS];
};

/** *past is zeroed; to be closed also after a failure. */
ptm_status live_past_open(struct live_past *past, ptm_error *err);

void live_past_close(struct live_past *past);

/** Another connection begins. */
void live_past_begin(struct live_past *past, bool whole);

/** Whether anything was delivered. */
bool live_past_is_empty(const struct live_past *past);

/** Whether the connection's next packet of a track was delivered by an earlier one; else it is remembered. `stamp`: in
 * seconds of the container's clock, or NAN. */
bool live_past_knows(struct live_past *past, int track, const AVPacket *packet, double stamp);

#endif
