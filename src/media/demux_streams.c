/* SPDX-License-Identifier: MIT */
#include "media/demux_streams.h"

#include "base/limits.h"

#include <libavutil/avstring.h>
#include <math.h>
#include <string.h>

static bool is_cover_art(const AVStream *stream) {
    return stream->disposition & AV_DISPOSITION_ATTACHED_PIC;
}

int demux_best_stream(const struct demux *demux, enum AVMediaType kind, const AVCodec **decoder,
                      enum AVCodecID *undecodable) {
    AVFormatContext *format = demux->format;
    *decoder = NULL;
    *undecodable = AV_CODEC_ID_NONE;
    const int best = av_find_best_stream(format, kind, -1, -1, decoder, 0);
    if (best >= 0 && !is_cover_art(format->streams[best])) return best;
    *decoder = NULL;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVStream *stream = format->streams[i];
        if (stream->codecpar->codec_type != kind || is_cover_art(stream)) continue;
        *decoder = avcodec_find_decoder(stream->codecpar->codec_id);
        if (*decoder) return (int)i;
        *undecodable = stream->codecpar->codec_id;
    }
    return -1;
}

bool demux_is_still(const struct demux *demux, int index) {
    if (demux_holds_bare_pictures(demux->format->iformat)) return true;
    const char *format = demux->format->iformat->name;
    /* Containers of both: an animation or a video has more frames; AVIF is a movie of one. */
    const bool either = strcmp(format, "gif") == 0 || strcmp(format, "apng") == 0 || strstr(format, "mp4") != NULL;
    return either && demux->format->nb_streams == 1 && demux->format->streams[index]->nb_frames == 1;
}

bool demux_has_cover_art(const struct demux *demux) {
    for (unsigned i = 0; i < demux->format->nb_streams; i++)
        if (is_cover_art(demux->format->streams[i])) return true;
    return false;
}

double demux_seconds(const AVStream *stream, int64_t timestamp) {
    const AVRational base = stream->time_base;
    if (timestamp == AV_NOPTS_VALUE || base.num <= 0 || base.den <= 0) return NAN;
    const double seconds = (double)timestamp * base.num / base.den;
    return fabs(seconds) <= LIMIT_LATEST ? seconds : NAN;
}

/** First time stamp of a stream. A negative one is encoder delay where the codec says how much of it: the decoder cuts
 * that off, so the stream begins after it. */
static double stream_start(const AVStream *stream) {
    const AVCodecParameters *codec = stream->codecpar;
    const double start = demux_seconds(stream, stream->start_time);
    if (!(start < 0) || codec->initial_padding <= 0 || codec->sample_rate <= 0) return start;
    const int64_t padding =
        av_rescale_q(codec->initial_padding, (AVRational){1, codec->sample_rate}, stream->time_base);
    return fmin(start + demux_seconds(stream, padding), 0);
}

double demux_origin(const struct demux *demux) {
    double origin = NAN;
    for (unsigned i = 0; i < demux->format->nb_streams; i++) {
        const AVStream *stream = demux->format->streams[i];
        const enum AVMediaType kind = stream->codecpar->codec_type;
        if ((kind == AVMEDIA_TYPE_VIDEO && !is_cover_art(stream)) || kind == AVMEDIA_TYPE_AUDIO)
            origin = fmin(origin, stream_start(stream)); /* fmin() passes over NAN */
    }
    return origin;
}

void demux_keep(const struct demux *demux, int video, int audio) {
    for (unsigned i = 0; i < demux->format->nb_streams; i++) {
        const bool kept = (int)i == video || (int)i == audio;
        demux->format->streams[i]->discard = kept ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
}

bool demux_seekable(const struct demux *demux) {
    return demux->reader.source->seekable && !(demux->format->ctx_flags & AVFMTCTX_UNSEEKABLE);
}

bool demux_has_timestamps(const struct demux *demux) {
    return !(demux->format->iformat->flags & AVFMT_NOTIMESTAMPS);
}

bool demux_counts_samples(const struct demux *demux) {
    const char *name = demux->format->iformat->name;
    return av_match_name(name, "ogg,aac,ac3,dts,eac3,loas,mp3") || !demux_has_timestamps(demux);
}
