/* SPDX-License-Identifier: MIT */
#include "media/count.h"

#include <math.h>

/** Packets that carry no picture to show: cut off by an edit list, or VP8's hidden reference frames. */
static bool is_shown(const AVPacket *packet, enum AVCodecID codec) {
    if (packet->flags & AV_PKT_FLAG_DISCARD) return false;
    return codec != AV_CODEC_ID_VP8 || packet->size == 0 || (packet->data[0] & 0x10);
}

static bool is_whole(struct track_range range) {
    return range.start <= 0 && isinf(range.end);
}

ptm_status count_frames(struct demux *demux, int stream, double origin, struct track_range range, int64_t *count,
                        ptm_error *err) {
    *count = 0;
    const AVStream *chosen = demux->format->streams[stream];
    AVPacket *packet = av_packet_alloc();
    if (!packet) return error_no_memory(err);
    int64_t frames = 0;
    bool known = true, past = false;
    while (known && !past && av_read_frame(demux->format, packet) >= 0) {
        if (packet->stream_index == stream && is_shown(packet, chosen->codecpar->codec_id)) {
            const double time = demux_seconds(chosen, packet->pts) - origin;
            known = is_whole(range) || !isnan(time);
            /* Frames come in decoding order, and none is shown before it is decoded. */
            const double decoded = demux_seconds(chosen, packet->dts) - origin;
            past = !is_whole(range) && decoded >= range.end;
            frames += is_whole(range) || (time >= range.start - TRACK_SAME_TIME && time < range.end - TRACK_SAME_TIME);
        }
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    struct byte_source *source = demux->reader.source;
    if (source->interrupted) return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", source->name);
    *count = known ? frames : 0;
    return past ? PTM_OK : demux_check_read(demux, err);
}
