/* SPDX-License-Identifier: MIT */
#include "media/film_track.h"

#include "base/limits.h"
#include "base/memory.h"
#include "media/byte_sink.h"
#include "media/encode.h"
#include "media/packets.h"
#include "media/resampler.h"

#include <libavutil/audio_fifo.h>
#include <libavutil/opt.h>
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

struct film_sound {
    struct packets packets;
    double begin, end; /* on the file's clock */
    AVFormatContext *film;
    AVStream *stream; /* of the film */
    int64_t last;     /* decoding time stamp of the packet before, in the film's stream; it must rise */
    bool waiting;     /* the packet at hand is not written yet */
    bool ended;

    /* NULL where packets are copied */
    AVCodecContext *decoder, *encoder;
    SwrContext *swr; /* for frames as `kind` says */
    AVFrame *decoded, *frame;
    AVFrame *kind;
    AVAudioFifo *fifo;
    AVPacket *coded;
    int64_t next; /* sample of the film that the first in the FIFO is */
    bool placed;  /* `next` is known */
    int early;    /* samples at the front of the FIFO that lie before the film */
};

/** What an MP4 takes as it is; MP3 from 16 kHz on (libavformat's movenc.c). */
static bool is_copied(const AVCodecParameters *codec) {
    switch (codec->codec_id) {
    case AV_CODEC_ID_MP3: return codec->sample_rate >= 16000;
    case AV_CODEC_ID_AAC:
    case AV_CODEC_ID_AC3:
    case AV_CODEC_ID_EAC3:
    case AV_CODEC_ID_OPUS:
    case AV_CODEC_ID_ALAC: return true;
    default: return false;
    }
}

bool film_sound_is_copied(const struct film_sound *sound) {
    return !sound->encoder;
}

/* ---------------------------------------------------------------- opening */

static int open_decoder(struct film_sound *sound, const AVStream *stream, const AVCodec *codec) {
    sound->decoder = avcodec_alloc_context3(codec);
    if (!sound->decoder) return AVERROR(ENOMEM);
    const int code = avcodec_parameters_to_context(sound->decoder, stream->codecpar);
    if (code < 0) return code;
    sound->decoder->pkt_timebase = stream->time_base;
    return avcodec_open2(sound->decoder, codec, NULL);
}

/** The source's own rate where AAC has it. */
static int encoder_rate(int rate) {
    static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        if (rate == rates[i]) return rate;
    return USUAL_RATE;
}

static int open_encoder(struct film_sound *sound) {
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (!codec) return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *encoder = sound->encoder = avcodec_alloc_context3(codec);
    if (!encoder) return AVERROR(ENOMEM);
    const int channels = sound->decoder->ch_layout.nb_channels > 1 ? MAX_CHANNELS : 1;
    av_channel_layout_default(&encoder->ch_layout, channels);
    encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
    encoder->sample_rate = encoder_rate(sound->decoder->sample_rate);
    encoder->bit_rate = (int64_t)channels * CHANNEL_BITS;
    encoder->time_base = (AVRational){1, encoder->sample_rate};
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    return avcodec_open2(encoder, codec, NULL);
}

static int open_frames(struct film_sound *sound) {
    const AVCodecContext *encoder = sound->encoder;
    sound->coded = av_packet_alloc();
    sound->decoded = av_frame_alloc();
    sound->kind = av_frame_alloc();
    AVFrame *frame = sound->frame = av_frame_alloc();
    sound->fifo = av_audio_fifo_alloc(encoder->sample_fmt, encoder->ch_layout.nb_channels, encoder->frame_size);
    if (!sound->coded || !sound->decoded || !sound->kind || !frame || !sound->fifo) return AVERROR(ENOMEM);
    frame->format = encoder->sample_fmt;
    frame->sample_rate = encoder->sample_rate;
    frame->nb_samples = encoder->frame_size;
    const int code = av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout);
    return code < 0 ? code : av_frame_get_buffer(frame, 0);
}

static ptm_status open_sound(struct film_sound *sound, const char *path, bool *usable, ptm_error *err) {
    *usable = false;
    ptm_status status = packets_open(&sound->packets, path, sound->begin, PACKETS_SOUND, err);
    if (status == PTM_ENODATA || status == PTM_EFORMAT) {
        error_clear(err);
        return PTM_OK;
    }
    TRY(status);
    const AVStream *stream = sound->packets.demux.format->streams[sound->packets.audio];
    *usable = true;
    if (is_copied(stream->codecpar)) return PTM_OK;
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    int code = codec ? open_decoder(sound, stream, codec) : AVERROR_DECODER_NOT_FOUND;
    *usable = code >= 0;
    if (!*usable) return code == AVERROR(ENOMEM) ? error_no_memory(err) : PTM_OK;
    code = open_encoder(sound);
    if (code >= 0) code = open_frames(sound);
    return code < 0 ? byte_sink_failure(code, path, err) : PTM_OK;
}

ptm_status film_sound_open(struct film_sound **out, const char *path, double begin, double end, ptm_error *err) {
    *out = NULL;
    struct film_sound *sound = mem_calloc(1, sizeof *sound);
    if (!sound) return error_no_memory(err);
    sound->last = INT64_MIN;
    sound->begin = begin;
    sound->end = end;
    bool usable;
    const ptm_status status = open_sound(sound, path, &usable, err);
    if (status != PTM_OK || !usable) film_sound_close(&sound);
    *out = sound;
    return status;
}

void film_sound_close(struct film_sound **handle) {
    if (!*handle) return;
    struct film_sound *sound = *handle;
    if (sound->fifo) av_audio_fifo_free(sound->fifo);
    swr_free(&sound->swr);
    av_frame_free(&sound->decoded);
    av_frame_free(&sound->kind);
    av_frame_free(&sound->frame);
    av_packet_free(&sound->coded);
    avcodec_free_context(&sound->decoder);
    avcodec_free_context(&sound->encoder);
    packets_close(&sound->packets);
    mem_free(sound);
    *handle = NULL;
}

int film_sound_add_stream(struct film_sound *sound, AVFormatContext *film) {
    sound->film = film;
    if (!sound->encoder) {
        const int code = packets_add_stream(film, sound->packets.demux.format->streams[sound->packets.audio]);
        if (code < 0) return code;
        sound->stream = film->streams[film->nb_streams - 1];
        return 0;
    }
    sound->stream = avformat_new_stream(film, NULL);
    if (!sound->stream) return AVERROR(ENOMEM);
    sound->stream->time_base = sound->encoder->time_base;
    return avcodec_parameters_from_context(sound->stream->codecpar, sound->encoder);
}

/* ---------------------------------------------------------------- as it is */

/** Seconds of the film at which the packet at hand begins. */
static double film_time(const struct film_sound *sound) {
    return sound->packets.from + packets_time(&sound->packets) - sound->begin;
}

static int copy_packet(struct film_sound *sound) {
    AVPacket *packet = sound->packets.packet;
    const AVRational base = packets_stream(&sound->packets)->time_base;
    const int64_t shift = llrint((sound->packets.from - sound->begin) * base.den / base.num);
    if (packet->pts != AV_NOPTS_VALUE) packet->pts += shift;
    if (packet->dts != AV_NOPTS_VALUE) packet->dts += shift;
    av_packet_rescale_ts(packet, base, sound->stream->time_base);
    packets_raise_stamps(packet, false, &sound->last);
    packet->stream_index = sound->stream->index;
    return av_interleaved_write_frame(sound->film, packet);
}

/* ---------------------------------------------------------------- as AAC */

/** Sends a frame (NULL: the end) to the encoder and writes what comes of it. */
static int encode(struct film_sound *sound, const AVFrame *frame) {
    return encode_frame(sound->encoder, frame, sound->coded, sound->film, sound->stream);
}

/** Encodes whole frames out of the FIFO, at the end also a shorter one. */
static int encode_fifo(struct film_sound *sound, bool all) {
    AVFrame *frame = sound->frame;
    int code = 0;
    for (int held; code >= 0 && (held = av_audio_fifo_size(sound->fifo)) > 0;) {
        if (held < sound->encoder->frame_size && !all) return 0;
        code = av_frame_make_writable(frame); /* the encoder may still hold the one before */
        if (code >= 0)
            code = av_audio_fifo_read(sound->fifo, (void **)frame->extended_data, sound->encoder->frame_size);
        if (code < 0) return code;
        frame->nb_samples = code;
        frame->pts = sound->next;
        sound->next += code;
        code = encode(sound, frame);
    }
    return code;
}

/** Where the frame just decoded belongs: the first one, and what comes after a gap, by its time stamp. */
static void place(struct film_sound *sound) {
    const AVRational base = packets_stream(&sound->packets)->time_base;
    const int64_t stamp = sound->decoded->best_effort_timestamp;
    const int rate = sound->encoder->sample_rate;
    if (stamp == AV_NOPTS_VALUE) return;
    const double time = sound->packets.from + (double)stamp * base.num / base.den - sound->begin;
    const int64_t sample = llrint(time * rate) - av_audio_fifo_size(sound->fifo);
    if (!sound->placed || (double)(sample - sound->next) > LIMIT_SOUND_GAP * rate)
        sound->next = sample > 0 ? sample : 0;
    if (!sound->placed || sound->early > 0) sound->early = sample < 0 ? (int)fmin((double)-sample, INT_MAX) : 0;
    sound->placed = true;
}

/** Packets are read from a little before the film begins, for decoders that need it: that is not heard. */
static int drop_early(struct film_sound *sound) {
    const int held = av_audio_fifo_size(sound->fifo), dropped = sound->early < held ? sound->early : held;
    sound->early -= dropped;
    return dropped > 0 ? av_audio_fifo_drain(sound->fifo, dropped) : 0;
}

/** What is no number is silence, and what is louder than the encoder can take is as loud as it can. */
static void tame_samples(float *samples, int count) {
    for (int i = 0; i < count; i++) samples[i] = isfinite(samples[i]) ? fmaxf(-LOUDEST, fminf(samples[i], LOUDEST)) : 0;
}

/** The frame just decoded, or (`decoded` NULL) what the resampler still holds, into the FIFO. */
static int convert(struct film_sound *sound, const AVFrame *decoded) {
    uint8_t *planes[MAX_CHANNELS] = {NULL};
    const AVCodecContext *encoder = sound->encoder;
    const int room = swr_get_out_samples(sound->swr, decoded ? decoded->nb_samples : 0);
    if (room <= 0) return room;
    int code = av_samples_alloc(planes, NULL, encoder->ch_layout.nb_channels, room, encoder->sample_fmt, 0);
    if (code < 0) return code;
    code = swr_convert(sound->swr, planes, room, decoded ? (const uint8_t **)decoded->extended_data : NULL,
                       decoded ? decoded->nb_samples : 0);
    for (int i = 0; i < encoder->ch_layout.nb_channels; i++) tame_samples((float *)planes[i], code);
    if (code > 0) code = av_audio_fifo_write(sound->fifo, (void **)planes, code);
    av_freep(&planes[0]);
    return code < 0 ? code : drop_early(sound);
}

/** Whether the resampler is for frames such as the one just decoded. */
static bool fits_resampler(const struct film_sound *sound) {
    const AVFrame *decoded = sound->decoded, *kind = sound->kind;
    return sound->swr && decoded->format == kind->format && decoded->sample_rate == kind->sample_rate &&
           av_channel_layout_compare(&decoded->ch_layout, &kind->ch_layout) == 0;
}

/** Opens a resampler for frames such as the one just decoded, which may be others than those so far. */
static int start_resampler(struct film_sound *sound) {
    const AVCodecContext *encoder = sound->encoder;
    const AVFrame *decoded = sound->decoded;
    int code = sound->swr ? convert(sound, NULL) : 0;
    swr_free(&sound->swr);
    if (code < 0) return code;
    sound->kind->format = decoded->format;
    sound->kind->sample_rate = decoded->sample_rate;
    code = av_channel_layout_copy(&sound->kind->ch_layout, &decoded->ch_layout);
    return code < 0
               ? code
               : resampler_try(
                     &sound->swr, &(struct resampler_side){&decoded->ch_layout, decoded->format, decoded->sample_rate},
                     &(struct resampler_side){&encoder->ch_layout, encoder->sample_fmt, encoder->sample_rate});
}

static int take_decoded(struct film_sound *sound) {
    int code = fits_resampler(sound) ? 0 : start_resampler(sound);
    if (code < 0) return code == AVERROR(ENOMEM) ? code : 0; /* damage: the frame is passed over */
    place(sound);
    code = convert(sound, sound->decoded);
    return code < 0 ? code : encode_fifo(sound, false);
}

/** Decodes a packet (NULL: the end) and encodes what comes of it; damaged ones are passed over. */
static int recode(struct film_sound *sound, const AVPacket *packet) {
    if (packet && packet->size == 0) return 0; /* to the decoder it would be the end */
    int code = avcodec_send_packet(sound->decoder, packet);
    while (code != AVERROR(ENOMEM)) {
        code = avcodec_receive_frame(sound->decoder, sound->decoded);
        if (code < 0 && code != AVERROR(ENOMEM)) return 0;
        if (code >= 0) code = take_decoded(sound);
        if (code < 0) return code;
    }
    return code;
}

static int finish(struct film_sound *sound) {
    if (!sound->encoder) return 0;
    int code = recode(sound, NULL);
    if (code >= 0 && sound->swr) code = convert(sound, NULL);
    if (code >= 0) code = encode_fifo(sound, true);
    return code < 0 ? code : encode(sound, NULL);
}

/* ---------------------------------------------------------------- writing */

ptm_status film_sound_write(struct film_sound *sound, double until, const char *name, ptm_error *err) {
    while (!sound->ended) {
        bool more = true;
        if (!sound->waiting) TRY(packets_next(&sound->packets, &more, err));
        const double time = more ? film_time(sound) : 0;
        sound->waiting = more && time > until;
        if (sound->waiting) return PTM_OK;
        sound->ended = !more || time + sound->begin >= sound->end;
        const int code = sound->ended     ? finish(sound)
                         : sound->encoder ? recode(sound, sound->packets.packet)
                                          : copy_packet(sound);
        if (code < 0) return byte_sink_failure(code, name, err);
    }
    return PTM_OK;
}
