/* SPDX-License-Identifier: MIT */
#include "media/live_past.h"

#include "base/memory.h"

#include <libavutil/crc.h>
#include <math.h>

/* Seconds: FFmpeg makes up the stamps of most sounds from the ones before, and rounds. */
static const double SAME = 0.1;

ptm_status live_past_open(struct live_past *past, ptm_error *err) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) {
        struct live_past_packet **packets = &past->tracks[i].packets;
        *packets = mem_alloc(LIVE_PAST_PACKETS, sizeof **packets);
        if (!*packets) return error_no_memory(err);
    }
    return PTM_OK;
}

void live_past_close(struct live_past *past) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) mem_free(past->tracks[i].packets);
}

void live_past_begin(struct live_past *past, bool whole) {
    past->whole = whole;
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) {
        past->tracks[i].next = -1;
        past->tracks[i].beyond = past->tracks[i].count == 0;
    }
}

bool live_past_is_empty(const struct live_past *past) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++)
        if (past->tracks[i].count > 0) return false;
    return true;
}

static struct live_past_packet describe(const AVPacket *packet, double stamp) {
    const AVCRC *table = av_crc_get_table(AV_CRC_32_IEEE);
    const uint32_t crc = av_crc(table, 0, packet->data, (size_t)packet->size);
    return (struct live_past_packet){.stamp = stamp, .crc = crc, .size = packet->size};
}

/** A stamp that is not known tells nothing. */
static bool is_at(const struct live_past_track *track, int64_t number, const struct live_past_packet *packet) {
    const struct live_past_packet *known = &track->packets[number % LIVE_PAST_PACKETS];
    return known->crc == packet->crc && known->size == packet->size && !(fabs(known->stamp - packet->stamp) > SAME);
}

/** Number of the last one that is the same; -1: none. */
static int64_t find(const struct live_past_track *track, const struct live_past_packet *packet) {
    const int64_t oldest = track->count > LIVE_PAST_PACKETS ? track->count - LIVE_PAST_PACKETS : 0;
    for (int64_t number = track->count - 1; number >= oldest; number--)
        if (is_at(track, number, packet)) return number;
    return -1;
}

/** Once one is known, those behind it are as long as they are the same: a last packet that was cut off is not. */
static bool is_known(const struct live_past *past, struct live_past_track *track,
                     const struct live_past_packet *packet) {
    if (track->beyond) return false;
    const int64_t number = track->next >= 0 ? track->next : find(track, packet);
    if (number < 0) return past->whole;
    if (!is_at(track, number, packet)) return false;
    track->next = number + 1;
    track->beyond = track->next == track->count;
    return true;
}

bool live_past_knows(struct live_past *past, int track, const AVPacket *packet, double stamp) {
    struct live_past_track *own = &past->tracks[track];
    const struct live_past_packet described = describe(packet, stamp);
    if (is_known(past, own, &described)) return true;
    own->beyond = true;
    own->packets[own->count++ % LIVE_PAST_PACKETS] = described;
    return false;
}
