/* SPDX-License-Identifier: MIT */
#include "media/decoder.h"

/* A decoder that fails so often without asking for a packet is given up: it may never say that it has ended. */
enum { MAX_ERRORS_IN_A_ROW = 256 };

static ptm_status open_context(struct decoder *decoder, const AVCodec *codec, int64_t max_pixels, ptm_error *err) {
    AVCodecContext *context = decoder->context = avcodec_alloc_context3(codec);
    decoder->frame = av_frame_alloc();
    if (!context || !decoder->frame) return error_no_memory(err);
    int code = avcodec_parameters_to_context(context, decoder->stream->codecpar);
    if (code >= 0) {
        context->pkt_timebase = decoder->stream->time_base;
        context->max_pixels = max_pixels;
        /* One thread: with more, how a damaged picture is concealed depends on how many there are. */
        context->thread_count = 1;
        code = avcodec_open2(context, codec, NULL);
    }
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    if (code < 0) {
        char reason[AV_ERROR_MAX_STRING_SIZE] = "";
        av_strerror(code, reason, sizeof reason);
        return error_set(err, PTM_EFORMAT, "%s: the %s decoder does not accept stream %d: %s", decoder->name,
                         codec->name, decoder->stream->index, reason);
    }
    return PTM_OK;
}

ptm_status decoder_open(struct decoder *decoder, const AVStream *stream, const AVCodec *codec, int64_t max_pixels,
                        ptm_error *err) {
    decoder->stream = stream;
    const ptm_status status = open_context(decoder, codec, max_pixels, err);
    if (status == PTM_OK)
        decoder->stats->decoders_opened++;
    else
        decoder_close(decoder);
    return status;
}

void decoder_close(struct decoder *decoder) {
    avcodec_free_context(&decoder->context);
    av_frame_free(&decoder->frame);
}

void decoder_count_error(struct decoder *decoder) {
    decoder->stats->decode_errors++;
    ++*decoder->stream_errors;
}

static ptm_status count_error(struct decoder *decoder, int code, ptm_error *err) {
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    /* A picture size that only the decoder knows, and refuses: it forgets it then. */
    const AVCodecContext *context = decoder->context;
    if (code == AVERROR(EINVAL) && context->codec_type == AVMEDIA_TYPE_VIDEO && context->width == 0 &&
        decoder->stream->codecpar->width == 0)
        return error_set(err, PTM_ELIMIT, "%s: its pictures are larger than the limit max_pixels of %lld",
                         decoder->name, (long long)context->max_pixels);
    if (!decoder->mid_stream) decoder_count_error(decoder);
    return PTM_OK;
}

ptm_status decoder_send(struct decoder *decoder, const AVPacket *packet, ptm_error *err) {
    if (packet && packet->size == 0) return PTM_OK; /* an empty sample of an MP4; to the decoder it would be the end */
    const int code = avcodec_send_packet(decoder->context, packet);
    if (code >= 0 || code == AVERROR_EOF) return PTM_OK;
    return count_error(decoder, code, err);
}

bool decoder_frame_is_damaged(const AVFrame *frame) {
    return (frame->flags & AV_FRAME_FLAG_CORRUPT) || frame->decode_error_flags;
}

ptm_status decoder_receive(struct decoder *decoder, enum track_state *state, ptm_error *err) {
    for (int attempt = 0;; attempt++) {
        const int code = avcodec_receive_frame(decoder->context, decoder->frame);
        *state = code >= 0 ? TRACK_READY : code == AVERROR(EAGAIN) ? TRACK_HUNGRY : TRACK_ENDED;
        if (code >= 0) {
            if (decoder_frame_is_damaged(decoder->frame) && !decoder->mid_stream) decoder_count_error(decoder);
            decoder->mid_stream = false;
            return PTM_OK;
        }
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return PTM_OK;
        TRY(count_error(decoder, code, err));
        if (attempt == MAX_ERRORS_IN_A_ROW) return PTM_OK;
    }
}
