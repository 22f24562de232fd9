/* SPDX-License-Identifier: MIT */
#include "media/film_writer.h"

#include "base/memory.h"
#include "media/byte_sink.h"
#include "media/encode.h"
#include "media/film_track.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    CLOCK = 90000, /* ticks a second: divides by all usual frame rates */
    HD_ROWS = 720, /* from here on players take BT.709 for granted */
    MAX_RATE = 1000
};

static const double usual_rate = 25;

struct film_writer {
    int fd;
    const char *name;
    AVFormatContext *format;
    struct byte_sink sink;
    AVCodecContext *encoder;
    AVStream *stream;
    struct SwsContext *sws;
    AVFrame *frame;
    AVPacket *packet;
    struct film_sound *sound; /* NULL: none */
    int64_t next;             /* tick that no frame has been shown at yet */
};

/** Quality for flat areas with thin lines, and one thread: the bytes do not depend on the machine. */
static void set_quality(AVCodecContext *encoder) {
    encoder->thread_count = 1;
    if (encoder->codec_id == AV_CODEC_ID_H264) {
        av_opt_set(encoder->priv_data, "preset", "veryfast", 0);
        av_opt_set(encoder->priv_data, "crf", "18", 0);
    } else {
        encoder->flags |= AV_CODEC_FLAG_QSCALE;
        encoder->global_quality = 3 * FF_QP2LAMBDA;
    }
}

/** In numbers that H.264 and MPEG-4 have room for; 0/1: not known. */
static AVRational pixel_shape(const struct media_info *source) {
    AVRational shape = {0, 1};
    if (source->pixel_width > 0 && source->pixel_height > 0)
        av_reduce(&shape.num, &shape.den, source->pixel_width, source->pixel_height, 255);
    return shape;
}

static int open_encoder(struct film_writer *writer, const AVCodec *codec, int width, int height,
                        const struct media_info *source) {
    AVCodecContext *encoder = writer->encoder = avcodec_alloc_context3(codec);
    if (!encoder) return AVERROR(ENOMEM);
    const bool hd = height >= HD_ROWS;
    const bool known_rate = source->frame_rate > 0 && source->frame_rate <= MAX_RATE;
    /* MPEG-4 has 16 bits for the ticks of a second. */
    const int clock = encoder->codec_id == AV_CODEC_ID_MPEG4 ? CLOCK / 2 : CLOCK;
    encoder->width = width & ~1;
    encoder->height = height & ~1;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->time_base = (AVRational){1, clock};
    encoder->framerate = av_d2q(known_rate ? source->frame_rate : usual_rate, 65535);
    encoder->sample_aspect_ratio = pixel_shape(source);
    encoder->color_range = AVCOL_RANGE_MPEG;
    encoder->colorspace = hd ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    encoder->color_primaries = hd ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
    encoder->color_trc = hd ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M;
    if (writer->format->oformat->flags & AVFMT_GLOBALHEADER) encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    set_quality(encoder);
    return avcodec_open2(encoder, codec, NULL);
}

static int open_frame(struct film_writer *writer) {
    const AVCodecContext *encoder = writer->encoder;
    writer->packet = av_packet_alloc();
    writer->frame = av_frame_alloc();
    if (!writer->packet || !writer->frame) return AVERROR(ENOMEM);
    writer->frame->format = encoder->pix_fmt;
    writer->frame->width = encoder->width;
    writer->frame->height = encoder->height;
    writer->sws = sws_getContext(encoder->width, encoder->height, AV_PIX_FMT_RGB24, encoder->width, encoder->height,
                                 encoder->pix_fmt, SWS_BICUBIC | SWS_ACCURATE_RND, NULL, NULL, NULL);
    if (!writer->sws) return AVERROR(ENOMEM);
    const int matrix = encoder->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    sws_setColorspaceDetails(writer->sws, sws_getCoefficients(SWS_CS_DEFAULT), 1, sws_getCoefficients(matrix), 0, 0,
                             1 << 16, 1 << 16);
    return av_frame_get_buffer(writer->frame, 0);
}

static int open_muxer(struct film_writer *writer) {
    int code = byte_sink_open(&writer->sink, writer->fd);
    if (code >= 0) code = avformat_alloc_output_context2(&writer->format, NULL, "mp4", NULL);
    if (code < 0) return code;
    writer->format->pb = writer->sink.io;
    writer->format->flags |= AVFMT_FLAG_BITEXACT; /* no date, no version */
    writer->stream = avformat_new_stream(writer->format, NULL);
    return writer->stream ? 0 : AVERROR(ENOMEM);
}

static int begin_stream(struct film_writer *writer) {
    AVStream *stream = writer->stream;
    stream->time_base = writer->encoder->time_base;
    stream->sample_aspect_ratio = writer->encoder->sample_aspect_ratio;
    stream->avg_frame_rate = writer->encoder->framerate; /* how long the last frame is shown */
    int code = avcodec_parameters_from_context(stream->codecpar, writer->encoder);
    if (code >= 0 && writer->sound) code = film_sound_add_stream(writer->sound, writer->format);
    return code < 0 ? code : avformat_write_header(writer->format, NULL);
}

static ptm_status open_film(struct film_writer *writer, int width, int height, const struct media_info *source,
                            ptm_error *err) {
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    if (!codec) codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (!codec) return error_set(err, PTM_EIO, "this build of FFmpeg has no encoder for H.264 or MPEG-4");
    int code = open_muxer(writer);
    if (code >= 0) code = open_encoder(writer, codec, width, height, source);
    if (code < 0 && code != AVERROR(ENOMEM))
        return error_set(err, PTM_EIO, "%s: the %s encoder does not take frames of %d x %d pixels", writer->name,
                         codec->name, width, height);
    if (code >= 0) code = open_frame(writer);
    if (code >= 0) code = begin_stream(writer);
    return code < 0 ? byte_sink_failure(code, writer->name, err) : PTM_OK;
}

ptm_status film_writer_open(struct film_writer **out, int fd, const char *name, int width, int height,
                            const struct media_info *source, struct film_sound *sound, ptm_error *err) {
    *out = NULL;
    if (width < 2 || height < 2)
        return error_set(err, PTM_EINVAL, "%s: frames of %d x %d pixels are too small for a film", name, width, height);
    if (lseek(fd, 0, SEEK_CUR) < 0)
        return error_set(err, PTM_EINVAL, "%s: an MP4 is completed at its beginning, and a pipe has none: name a file",
                         name);
    struct film_writer *writer = mem_calloc(1, sizeof *writer);
    if (!writer) return error_no_memory(err);
    writer->fd = fd;
    writer->name = name;
    writer->sound = sound;
    const ptm_status status = open_film(writer, width, height, source, err);
    if (status != PTM_OK) film_writer_close(&writer);
    *out = writer;
    return status;
}

void film_writer_get_size(const struct film_writer *writer, int *width, int *height) {
    *width = writer->encoder->width;
    *height = writer->encoder->height;
}

/** Sends a frame (NULL: the end) and writes the packets that come of it. */
static ptm_status encode(struct film_writer *writer, const AVFrame *frame, ptm_error *err) {
    const int code = encode_frame(writer->encoder, frame, writer->packet, writer->format, writer->stream);
    return code < 0 ? byte_sink_failure(code, writer->name, err) : PTM_OK;
}

ptm_status film_writer_add(struct film_writer *writer, const struct media_picture *picture, double time,
                           ptm_error *err) {
    AVFrame *frame = writer->frame;
    if (picture->width < frame->width || picture->height < frame->height)
        return error_set(err, PTM_EINTERNAL, "%s: a frame of %d x %d pixels in a film of %d x %d", writer->name,
                         picture->width, picture->height, frame->width, frame->height);
    const int code = av_frame_make_writable(frame); /* the encoder may still hold the one before */
    if (code < 0) return byte_sink_failure(code, writer->name, err);
    const uint8_t *const planes[4] = {picture->rgb};
    const int strides[4] = {(int)picture->stride};
    sws_scale(writer->sws, planes, strides, 0, frame->height, frame->data, frame->linesize);
    const int64_t tick = llrint(time * writer->encoder->time_base.den);
    frame->pts = tick > writer->next ? tick : writer->next;
    writer->next = frame->pts + 1;
    if (writer->sound) TRY(film_sound_write(writer->sound, time, writer->name, err));
    return encode(writer, frame, err);
}

ptm_status film_writer_finish(struct film_writer *writer, ptm_error *err) {
    TRY(encode(writer, NULL, err));
    if (writer->sound) TRY(film_sound_write(writer->sound, INFINITY, writer->name, err));
    int code = av_write_trailer(writer->format);
    if (code >= 0) code = byte_sink_flush(&writer->sink);
    return code < 0 ? byte_sink_failure(code, writer->name, err) : PTM_OK;
}

void film_writer_close(struct film_writer **handle) {
    if (!handle || !*handle) return;
    struct film_writer *writer = *handle;
    sws_freeContext(writer->sws);
    av_frame_free(&writer->frame);
    av_packet_free(&writer->packet);
    avcodec_free_context(&writer->encoder);
    avformat_free_context(writer->format);
    byte_sink_close(&writer->sink);
    mem_free(writer);
    *handle = NULL;
}
