/* SPDX-License-Identifier: MIT */
#include "media/film_track.h"

#include "base/memory.h"
#include "media/byte_sink.h"
#include "media/packets.h"
#include "media/sound_transcoder.h"

#include <math.h>

struct film_sound {
    struct packets packets;
    double begin, end; /* on the file's clock */
    bool waiting;      /* the packet at hand is not written yet */
    bool ended;
    struct sound_transcoder *transcoder; /* NULL where packets are copied, and then: */
    AVFormatContext *film;
    AVStream *stream; /* of the film */
    int64_t last;     /* decoding time stamp of the packet before, in that stream; it must rise */
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
    return !sound->transcoder;
}

static const AVStream *source_stream(const struct film_sound *sound) {
    return sound->packets.demux.format->streams[sound->packets.audio];
}

static ptm_status open_sound(struct film_sound *sound, const char *path, bool *usable, ptm_error *err) {
    *usable = false;
    ptm_status status = packets_open(&sound->packets, path, sound->begin, PACKETS_SOUND, err);
    if (status == PTM_ENODATA || status == PTM_EFORMAT) {
        error_clear(err);
        return PTM_OK;
    }
    TRY(status);
    int code = 0;
    if (!is_copied(source_stream(sound)->codecpar))
        code = sound_transcoder_open(&sound->transcoder, source_stream(sound), sound->begin);
    *usable = code >= 0;
    return code == AVERROR(ENOMEM) ? error_no_memory(err) : PTM_OK;
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

void film_sound_close(struct film_sound **sound) {
    if (!*sound) return;
    sound_transcoder_close(&(*sound)->transcoder);
    packets_close(&(*sound)->packets);
    mem_free(*sound);
    *sound = NULL;
}

int film_sound_add_stream(struct film_sound *sound, AVFormatContext *film) {
    if (sound->transcoder) return sound_transcoder_add_stream(sound->transcoder, film);
    const int code = packets_add_stream(film, source_stream(sound));
    if (code < 0) return code;
    sound->film = film;
    sound->stream = film->streams[film->nb_streams - 1];
    return 0;
}

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

/** Writes the packet at hand. An AVERROR, or 0. */
static int write_packet(struct film_sound *sound) {
    const struct packets *packets = &sound->packets;
    return sound->transcoder ? sound_transcoder_send(sound->transcoder, packets->packet, packets->from)
                             : copy_packet(sound);
}

static int finish(struct film_sound *sound) {
    return sound->transcoder ? sound_transcoder_finish(sound->transcoder) : 0;
}

ptm_status film_sound_write(struct film_sound *sound, double until, const char *name, ptm_error *err) {
    while (!sound->ended) {
        bool more = true;
        if (!sound->waiting) TRY(packets_next(&sound->packets, &more, err));
        const double time = more ? film_time(sound) : 0;
        sound->waiting = more && time > until;
        if (sound->waiting) return PTM_OK;
        sound->ended = !more || time + sound->begin >= sound->end;
        const int code = sound->ended ? finish(sound) : write_packet(sound);
        if (code < 0) return byte_sink_failure(code, name, err);
    }
    return PTM_OK;
}
