/* SPDX-License-Identifier: MIT */
#include "media/png.h"

#include "base/memory.h"
#include "media/byte_sink.h"

#include <libavcodec/avcodec.h>
#include <libavutil/base64.h>
#include <libavutil/opt.h>
#include <limits.h>
#include <string.h>

static AVCodecContext *open_context(const AVCodec *codec, const struct media_picture *picture) {
    AVCodecContext *context = avcodec_alloc_context3(codec);
    if (!context) return NULL;
    context->width = picture->width;
    context->height = picture->height;
    context->pix_fmt = AV_PIX_FMT_RGB24;
    context->time_base = (AVRational){1, 1};
    av_opt_set(context, "pred", "mixed", AV_OPT_SEARCH_CHILDREN);
    return context;
}

/** One frame through an encoder that gives one packet for it. An AVERROR, or 0. */
static int encode_one(AVCodecContext *context, AVPacket *packet, AVFrame *frame, const struct media_picture *picture) {
    frame->format = context->pix_fmt;
    frame->width = picture->width;
    frame->height = picture->height;
    int code = avcodec_open2(context, NULL, NULL);
    if (code >= 0) code = av_frame_get_buffer(frame, 0);
    if (code < 0) return code;
    for (int y = 0; y < picture->height; y++)
        memcpy(frame->data[0] + (ptrdiff_t)y * frame->linesize[0], picture->rgb + y * picture->stride,
               (size_t)picture->width * 3);
    code = avcodec_send_frame(context, frame);
    if (code >= 0) code = avcodec_send_frame(context, NULL);
    return code < 0 ? code : avcodec_receive_packet(context, packet);
}

ptm_status png_encode(void **out, size_t *bytes, const struct media_picture *picture, ptm_error *err) {
    *out = NULL;
    *bytes = 0;
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    if (!codec) return error_set(err, PTM_EIO, "this build of FFmpeg has no PNG encoder; ask for an .svg instead");
    AVCodecContext *context = open_context(codec, picture);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    const int code = context && packet && frame ? encode_one(context, packet, frame, picture) : AVERROR(ENOMEM);
    ptm_status status = code < 0 ? byte_sink_failure(code, "the PNG picture", err) : PTM_OK;
    if (status == PTM_OK) {
        *out = mem_alloc((size_t)packet->size, 1);
        if (*out) {
            memcpy(*out, packet->data, (size_t)packet->size);
            *bytes = (size_t)packet->size;
        } else {
            status = error_no_memory(err);
        }
    }
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&context);
    return status;
}

ptm_status png_encode_base64(char **out, const struct media_picture *picture, ptm_error *err) {
    void *png;
    size_t bytes;
    *out = NULL;
    TRY(png_encode(&png, &bytes, picture, err));
    const size_t room = bytes <= INT_MAX / 2 ? AV_BASE64_SIZE(bytes) : 0;
    char *text = room ? mem_alloc(room, 1) : NULL;
    if (text) *out = av_base64_encode(text, (int)room, png, (int)bytes);
    mem_free(png);
    return text ? PTM_OK : error_no_memory(err);
}
