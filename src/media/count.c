/* SPDX-License-Identifier: MIT */
#include "media/count.h"

#include "media/demux_streams.h"

#include <math.h>

/** Packets that carry no picture to show: empty, cut off by an edit list, or VP8's hidden reference frames. */
static bool is_shown(const AVPacket *packet, enum AVCodecID codec) {
    if (packet->size == 0 || packet->flags & AV_PKT_FLAG_DISCARD) return false;
    return codec != AV_CODEC_ID_VP8 || (packet->data[0] & 0x10);
}

static bool is_whole(struct track_range range) {
    return range.start <= 0 && isinf(range.end);
}

/* Packets after the range that the index gets as well: those until decoders have given out the frames in it. */
enum { BEYOND = 64 };

/** The frames so far, and whether another one can matter. */
struct counting {
    const AVStream *stream;
    double origin;
    struct track_range range;
    int64_t frames;
    bool known; /* their number can be told */
    int past;   /* packets since the range has ended */
};

static ptm_status count_packet(struct counting *counting, const AVPacket *packet, struct frame_index *index,
                               ptm_error *err) {
    const struct track_range range = counting->range;
    const double time = demux_seconds(counting->stream, packet->pts) - counting->origin;
    if (!(time >= -TRACK_SAME_TIME)) index->refused = true; /* it will be shown at another time */
    counting->known = is_whole(range) || !isnan(time);
    /* Frames come in decoding order, and none is shown before it is decoded. */
    const double decoded = demux_seconds(counting->stream, packet->dts) - counting->origin;
    counting->past += !is_whole(range) && decoded >= range.end;
    const bool within =
        is_whole(range) || (time >= range.start - TRACK_SAME_TIME && time < range.end - TRACK_SAME_TIME);
    counting->frames += within;
    return frame_index_add(index, packet, within, err);
}

ptm_status count_frames(struct demux *demux, int stream, double origin, struct track_range range, int64_t *count,
                        struct frame_index *index, ptm_error *err) {
    *count = 0;
    frame_index_begin(index, demux, stream);
    struct counting counting = {demux->format->streams[stream], origin, range, .known = true};
    AVPacket *packet = av_packet_alloc();
    if (!packet) return error_no_memory(err);
    ptm_status status = PTM_OK;
    int code = 0;
    while (status == PTM_OK && counting.known && counting.past < BEYOND) {
        code = av_read_frame(demux->format, packet);
        if (code < 0) break;
        if (packet->stream_index == stream && is_shown(packet, counting.stream->codecpar->codec_id))
            status = count_packet(&counting, packet, index, err);
        else if (packet->stream_index == stream)
            index->refused = true;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    TRY(status);
    if (code < 0 && code != AVERROR_EOF) index->refused = true; /* who reads on may find more */
    struct byte_source *source = demux->reader.source;
    if (source->interrupted) return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", source->name);
    if (counting.past == 0) TRY(demux_check_read(demux, err));
    *count = counting.known ? counting.frames : 0;
    return frame_index_end(index, err);
}
