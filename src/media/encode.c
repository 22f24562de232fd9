/* SPDX-License-Identifier: MIT */
#include "media/encode.h"

int encode_frame(AVCodecContext *encoder, const AVFrame *frame, AVPacket *packet, AVFormatContext *film,
                 const AVStream *stream) {
    int code = avcodec_send_frame(encoder, frame);
    while (code >= 0) {
        code = avcodec_receive_packet(encoder, packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return 0;
        if (code < 0) break;
        av_packet_rescale_ts(packet, encoder->time_base, stream->time_base);
        packet->stream_index = stream->index;
        code = av_interleaved_write_frame(film, packet);
    }
    return code;
}
