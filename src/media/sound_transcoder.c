/* SPDX-License-Identifier: MIT */
#include "media/sound_transcoder.h"

#include "base/limits.h"
#include "base/memory.h"
#include "media/encode.h"
#include "media/resampler.h"

#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>
#include <limits.h>
#include <math.h>

enum {
    USUAL_RATE = 48000,
    CHANNEL_BITS = 96000, /* bits a second for each channel */
    MAX_CHANNELS = 2
};

/* Full scale is 1. FFmpeg's encoder fails on what is no number or far too loud; from 1e5 on it searches for ever. */
static const float LOUDEST = 1e3f;

struct sound_transcoder {
    AVRational base; /* of the packets */
    double begin;    /* of the film, on the file's clock */
    double from;     /* where the packets' time stamps count from, on that clock */
    AVCodecContext *decoder, *encoder;
    AVFormatContext *film;
    AVStream *stream; /* of the film */
    SwrContext *swr;  /* for frames as `kind` says */
    AVFrame *decoded, *frame;
    AVFrame *kind;
    AVAudioFifo *fifo;
    AVPacket *coded;
    int64_t next; /* sample of the film that the first in the FIFO is */
    bool placed;  /* `next` is known */
    int early;    /* samples at the front of the FIFO that lie before the film */
};

/* ---------------------------------------------------------------- opening */

static int open_decoder(struct sound_transcoder *transcoder, const AVStream *stream, const AVCodec *codec) {
    transcoder->decoder = avcodec_alloc_context3(codec);
    if (!transcoder->decoder) return AVERROR(ENOMEM);
    const int code = avcodec_parameters_to_context(transcoder->decoder, stream->codecpar);
    if (code < 0) return code;
    transcoder->decoder->pkt_timebase = stream->time_base;
    return avcodec_open2(transcoder->decoder, codec, NULL);
}

/** The source's own rate where AAC has it. */
static int encoder_rate(int rate) {
    static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        if (rate == rates[i]) return rate;
    return USUAL_RATE;
}

static int open_encoder(struct sound_transcoder *transcoder) {
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (!codec) return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *encoder = transcoder->encoder = avcodec_alloc_context3(codec);
    if (!encoder) return AVERROR(ENOMEM);
    const int channels = transcoder->decoder->ch_layout.nb_channels > 1 ? MAX_CHANNELS : 1;
    av_channel_layout_default(&encoder->ch_layout, channels);
    encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
    encoder->sample_rate = encoder_rate(transcoder->decoder->sample_rate);
    encoder->bit_rate = (int64_t)channels * CHANNEL_BITS;
    encoder->time_base = (AVRational){1, encoder->sample_rate};
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    return avcodec_open2(encoder, codec, NULL);
}

static int open_frames(struct sound_transcoder *transcoder) {
    const AVCodecContext *encoder = transcoder->encoder;
    transcoder->coded = av_packet_alloc();
    transcoder->decoded = av_frame_alloc();
    transcoder->kind = av_frame_alloc();
    AVFrame *frame = transcoder->frame = av_frame_alloc();
    transcoder->fifo = av_audio_fifo_alloc(encoder->sample_fmt, encoder->ch_layout.nb_channels, encoder->frame_size);
    if (!transcoder->coded || !transcoder->decoded || !transcoder->kind || !frame || !transcoder->fifo)
        return AVERROR(ENOMEM);
    frame->format = encoder->sample_fmt;
    frame->sample_rate = encoder->sample_rate;
    frame->nb_samples = encoder->frame_size;
    const int code = av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout);
    return code < 0 ? code : av_frame_get_buffer(frame, 0);
}

int sound_transcoder_open(struct sound_transcoder **out, const AVStream *stream, double begin) {
    *out = NULL;
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (!codec) return AVERROR_DECODER_NOT_FOUND;
    struct sound_transcoder *transcoder = mem_calloc(1, sizeof *transcoder);
    if (!transcoder) return AVERROR(ENOMEM);
    transcoder->base = stream->time_base;
    transcoder->begin = begin;
    const int code = open_decoder(transcoder, stream, codec);
    if (code < 0) sound_transcoder_close(&transcoder);
    *out = transcoder;
    return code;
}

void sound_transcoder_close(struct sound_transcoder **handle) {
    if (!*handle) return;
    struct sound_transcoder *transcoder = *handle;
    if (transcoder->fifo) av_audio_fifo_free(transcoder->fifo);
    swr_free(&transcoder->swr);
    av_frame_free(&transcoder->decoded);
    av_frame_free(&transcoder->kind);
    av_frame_free(&transcoder->frame);
    av_packet_free(&transcoder->coded);
    avcodec_free_context(&transcoder->decoder);
    avcodec_free_context(&transcoder->encoder);
    mem_free(transcoder);
    *handle = NULL;
}

int sound_transcoder_add_stream(struct sound_transcoder *transcoder, AVFormatContext *film) {
    int code = open_encoder(transcoder);
    if (code >= 0) code = open_frames(transcoder);
    if (code < 0) return code;
    transcoder->film = film;
    transcoder->stream = avformat_new_stream(film, NULL);
    if (!transcoder->stream) return AVERROR(ENOMEM);
    transcoder->stream->time_base = transcoder->encoder->time_base;
    return avcodec_parameters_from_context(transcoder->stream->codecpar, transcoder->encoder);
}

/* ---------------------------------------------------------------- transcoding */

/** Sends a frame (NULL: the end) to the encoder and writes what comes of it. */
static int encode(struct sound_transcoder *transcoder, const AVFrame *frame) {
    return encode_frame(transcoder->encoder, frame, transcoder->coded, transcoder->film, transcoder->stream);
}

/** Encodes whole frames out of the FIFO, at the end also a shorter one. */
static int encode_fifo(struct sound_transcoder *transcoder, bool all) {
    AVFrame *frame = transcoder->frame;
    int code = 0;
    for (int held; code >= 0 && (held = av_audio_fifo_size(transcoder->fifo)) > 0;) {
        if (held < transcoder->encoder->frame_size && !all) return 0;
        code = av_frame_make_writable(frame); /* the encoder may still hold the one before */
        if (code >= 0)
            code = av_audio_fifo_read(transcoder->fifo, (void **)frame->extended_data, transcoder->encoder->frame_size);
        if (code < 0) return code;
        frame->nb_samples = code;
        frame->pts = transcoder->next;
        transcoder->next += code;
        code = encode(transcoder, frame);
    }
    return code;
}

/** Where the frame just decoded belongs: the first one, and what comes after a gap, by its time stamp. */
static void place(struct sound_transcoder *transcoder) {
    const AVRational base = transcoder->base;
    const int64_t stamp = transcoder->decoded->best_effort_timestamp;
    const int rate = transcoder->encoder->sample_rate;
    if (stamp == AV_NOPTS_VALUE) return;
    const double time = transcoder->from + (double)stamp * base.num / base.den - transcoder->begin;
    const int64_t sample = llrint(time * rate) - av_audio_fifo_size(transcoder->fifo);
    if (!transcoder->placed || (double)(sample - transcoder->next) > LIMIT_SOUND_GAP * rate)
        transcoder->next = sample > 0 ? sample : 0;
    if (!transcoder->placed || transcoder->early > 0)
        transcoder->early = sample < 0 ? (int)fmin((double)-sample, INT_MAX) : 0;
    transcoder->placed = true;
}

/** Packets are read from a little before the film begins, for decoders that need it: that is not heard. */
static int drop_early(struct sound_transcoder *transcoder) {
    const int held = av_audio_fifo_size(transcoder->fifo),
              dropped = transcoder->early < held ? transcoder->early : held;
    transcoder->early -= dropped;
    return dropped > 0 ? av_audio_fifo_drain(transcoder->fifo, dropped) : 0;
}

/** What is no number is silence, and what is louder than the encoder can take is as loud as it can. */
static void tame_samples(float *samples, int count) {
    for (int i = 0; i < count; i++) samples[i] = isfinite(samples[i]) ? fmaxf(-LOUDEST, fminf(samples[i], LOUDEST)) : 0;
}

/** The frame just decoded, or (`decoded` NULL) what the resampler still holds, into the FIFO. */
static int convert(struct sound_transcoder *transcoder, const AVFrame *decoded) {
    uint8_t *planes[MAX_CHANNELS] = {NULL};
    const AVCodecContext *encoder = transcoder->encoder;
    const int room = swr_get_out_samples(transcoder->swr, decoded ? decoded->nb_samples : 0);
    if (room <= 0) return room;
    int code = av_samples_alloc(planes, NULL, encoder->ch_layout.nb_channels, room, encoder->sample_fmt, 0);
    if (code < 0) return code;
    code = swr_convert(transcoder->swr, planes, room, decoded ? (const uint8_t **)decoded->extended_data : NULL,
                       decoded ? decoded->nb_samples : 0);
    for (int i = 0; i < encoder->ch_layout.nb_channels; i++) tame_samples((float *)planes[i], code);
    if (code > 0) code = av_audio_fifo_write(transcoder->fifo, (void **)planes, code);
    av_freep(&planes[0]);
    return code < 0 ? code : drop_early(transcoder);
}

/** Whether the resampler is for frames such as the one just decoded. */
static bool fits_resampler(const struct sound_transcoder *transcoder) {
    const AVFrame *decoded = transcoder->decoded, *kind = transcoder->kind;
    return transcoder->swr && decoded->format == kind->format && decoded->sample_rate == kind->sample_rate &&
           av_channel_layout_compare(&decoded->ch_layout, &kind->ch_layout) == 0;
}

/** Opens a resampler for frames such as the one just decoded, which may be others than those so far. */
static int start_resampler(struct sound_transcoder *transcoder) {
    const AVCodecContext *encoder = transcoder->encoder;
    const AVFrame *decoded = transcoder->decoded;
    int code = transcoder->swr ? convert(transcoder, NULL) : 0;
    swr_free(&transcoder->swr);
    if (code < 0) return code;
    transcoder->kind->format = decoded->format;
    transcoder->kind->sample_rate = decoded->sample_rate;
    code = av_channel_layout_copy(&transcoder->kind->ch_layout, &decoded->ch_layout);
    return code < 0 ? code
                    : resampler_try(
                          &transcoder->swr,
                          &(struct resampler_side){&decoded->ch_layout, decoded->format, decoded->sample_rate},
                          &(struct resampler_side){&encoder->ch_layout, encoder->sample_fmt, encoder->sample_rate});
}

static int take_decoded(struct sound_transcoder *transcoder) {
    int code = fits_resampler(transcoder) ? 0 : start_resampler(transcoder);
    if (code < 0) return code == AVERROR(ENOMEM) ? code : 0; /* damage: the frame is passed over */
    place(transcoder);
    code = convert(transcoder, transcoder->decoded);
    return code < 0 ? code : encode_fifo(transcoder, false);
}

/** Decodes a packet (NULL: the end) and encodes what comes of it. */
static int transcode(struct sound_transcoder *transcoder, const AVPacket *packet) {
    int code = avcodec_send_packet(transcoder->decoder, packet);
    while (code != AVERROR(ENOMEM)) {
        code = avcodec_receive_frame(transcoder->decoder, transcoder->decoded);
        if (code < 0 && code != AVERROR(ENOMEM)) return 0;
        if (code >= 0) code = take_decoded(transcoder);
        if (code < 0) return code;
    }
    return code;
}

int sound_transcoder_send(struct sound_transcoder *transcoder, const AVPacket *packet, double from) {
    transcoder->from = from;
    return packet->size > 0 ? transcode(transcoder, packet) : 0; /* an empty one would be the end to the decoder */
}

int sound_transcoder_finish(struct sound_transcoder *transcoder) {
    int code = transcode(transcoder, NULL);
    if (code >= 0 && transcoder->swr) code = convert(transcoder, NULL);
    if (code >= 0) code = encode_fifo(transcoder, true);
    return code < 0 ? code : encode(transcoder, NULL);
}
