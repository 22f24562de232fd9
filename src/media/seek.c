/* SPDX-License-Identifier: MIT */
#include "media/seek.h"

#include "media/demux_streams.h"

#include <math.h>

/* Sound decoders need some packets before their output is right (overlap, bit reservoir, Opus: 80 ms). */
static const double PREROLL = 0.5;

enum { MAX_LOOKED_AT = 20000 }; /* packets read to find the first of each stream */

/** A stream's first packet after a seek from which it can be decoded. */
static bool is_entry(const AVPacket *packet, int stream) {
    return packet->stream_index == stream && (packet->flags & AV_PKT_FLAG_KEY);
}

/** Whether decoding from here yields all that is wanted: seeks in formats without an index may land anywhere. */
static bool landed_before(struct demux *demux, const struct seek_target *target, AVPacket *packet) {
    bool video_seen = target->video < 0, audio_seen = target->audio < 0;
    for (int i = 0; i < MAX_LOOKED_AT && !(video_seen && audio_seen); i++) {
        if (av_read_frame(demux->format, packet) < 0) return false;
        const bool video = !video_seen && is_entry(packet, target->video);
        const bool audio = !audio_seen && is_entry(packet, target->audio);
        const int64_t stamp = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
        const double time = demux_seconds(demux->format->streams[packet->stream_index], stamp) - target->origin;
        av_packet_unref(packet);
        const double latest = audio ? target->start - PREROLL / 2 : target->start;
        if ((video || audio) && !(time <= latest)) return false;
        video_seen |= video;
        audio_seen |= audio;
    }
    return video_seen && audio_seen;
}

static bool seek_to(struct demux *demux, double seconds) {
    const double ticks = seconds * AV_TIME_BASE;
    if (!(fabs(ticks) < (double)(INT64_MAX / 2))) return false;
    return avformat_seek_file(demux->format, -1, INT64_MIN, (int64_t)ticks, (int64_t)ticks, 0) >= 0;
}

ptm_status seek_before(struct demux *demux, const struct seek_target *target, bool *moved, ptm_error *err) {
    *moved = false;
    if (!(target->start > PREROLL) || !demux_seekable(demux) || !demux_has_timestamps(demux) || isnan(target->origin))
        return PTM_OK;
    AVPacket *packet = av_packet_alloc();
    if (!packet) return error_no_memory(err);
    bool landed = false;
    for (double margin = PREROLL; !landed && margin < target->start; margin *= 4) {
        const double to = target->origin + target->start - margin;
        /* Looking has moved on: the same seek again goes back to where it landed. */
        landed = seek_to(demux, to) && landed_before(demux, target, packet) && seek_to(demux, to);
    }
    av_packet_free(&packet);
    *moved = landed;
    if (landed) return PTM_OK;
    struct byte_source *source = demux->reader.source;
    if (source->interrupted) return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", source->name);
    return demux_reopen(demux, err);
}
