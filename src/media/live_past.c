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
        past->tracks[i].newest = NAN;
    }
    return PTM_OK;
}

void live_past_close(struct live_past *past) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) mem_free(past->tracks[i].packets);
}

void live_past_begin(struct live_past *past, enum live_past_start start) {
    past->start = start;
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) {
        struct live_past_track *track = &past->tracks[i];
        track->passed = 0;
        track->next = -1;
        track->beyond = track->count == 0;
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
static bool is_same(const struct live_past_packet *known, const struct live_past_packet *packet) {
    return known->crc == packet->crc && known->size == packet->size && !(fabs(known->stamp - packet->stamp) > SAME);
}

static const struct live_past_packet *remembered(const struct live_past_track *track, int64_t number) {
    return &track->packets[number % LIVE_PAST_PACKETS];
}

/** Number of the one that is the same, and nearest in time: those of silence are all alike. -1: none. */
static int64_t find(const struct live_past_track *track, const struct live_past_packet *packet) {
    const int64_t oldest = track->count > LIVE_PAST_PACKETS ? track->count - LIVE_PAST_PACKETS : 0;
    int64_t found = -1;
    double nearest = NAN;
    for (int64_t number = track->count - 1; number >= oldest; number--) {
        const struct live_past_packet *known = remembered(track, number);
        const double distance = fabs(known->stamp - packet->stamp);
        if (!is_same(known, packet) || (found >= 0 && !(distance < nearest))) continue;
        nearest = distance;
        found = number;
    }
    return found;
}

/** Whether the packet, which is none of those that are remembered, was delivered before them. Once the connection has
 * brought as much as all of them, or comes to a later time, there is nothing more to find: it is another source, or a
 * damaged one, and must not be passed over for ever. */
static bool is_forgotten(const struct live_past *past, const struct live_past_track *track,
                         const struct live_past_packet *packet) {
    switch (past->start) {
    case LIVE_PAST_ANYWHERE: return false;
    case LIVE_PAST_AT_FIRST: return track->passed > 0 ? track->passed < track->count : is_same(&track->first, packet);
    case LIVE_PAST_EARLIER: return !isnan(track->newest) && !(packet->stamp > track->newest + SAME);
    }
    return false;
}

/** Whether the packet is one of a file that lies before all that is remembered, by its number: in silence it may be
 * like those that are, and as good as at their time. */
static bool lies_before(const struct live_past *past, const struct live_past_track *track,
                        const struct live_past_packet *packet) {
    if (past->start != LIVE_PAST_AT_FIRST || track->passed >= track->count - LIVE_PAST_PACKETS) return false;
    return track->passed > 0 || is_same(&track->first, packet);
}

/** Once one is known, those behind it are as long as they are the same: a last packet that was cut off is not. */
static bool is_known(const struct live_past *past, struct live_past_track *track,
                     const struct live_past_packet *packet) {
    if (track->beyond) return false;
    const bool early = track->next < 0 && lies_before(past, track, packet);
    const int64_t number = early ? -1 : track->next >= 0 ? track->next : find(track, packet);
    if (number < 0) return is_forgotten(past, track, packet);
    if (!is_same(remembered(track, number), packet)) return false;
    track->next = number + 1;
    track->beyond = track->next == track->count;
    return true;
}

/** The last one of a connection that broke off may have been cut off: then this is all of it. */
static void remember(struct live_past_track *track, const struct live_past_packet *packet) {
    const bool was_last = track->next == track->count - 1 || track->count == 1;
    if (!track->beyond && was_last) track->count--;
    if (track->count == 0) track->first = *packet;
    track->newest = fmax(track->newest, packet->stamp);
    track->packets[track->count++ % LIVE_PAST_PACKETS] = *packet;
    track->beyond = true;
}

bool live_past_knows(struct live_past *past, int track, const AVPacket *packet, double stamp) {
    struct live_past_track *own = &past->tracks[track];
    const struct live_past_packet described = describe(packet, stamp);
    if (is_known(past, own, &described)) {
        own->passed++;
        return true;
    }
    remember(own, &described);
    return false;
}

bool live_past_follows(const struct live_past *past, int track) {
    const struct live_past_track *own = &past->tracks[track];
    return own->count == 1 || own->next == own->count - 1;
}
