/* SPDX-License-Identifier: MIT */
#include "media/media.h"

#include "base/memory.h"
#include "media/audio.h"
#include "media/count.h"
#include "media/demux.h"
#include "media/seek.h"
#include "media/video.h"

#include <libavutil/log.h>
#include <math.h>
#include <stdio.h>

enum {
    MAX_FAILED_READS = 32,      /* in a row: then the data has ended */
    MAX_BARREN_PACKETS = 500000 /* in a row that gave nothing: then the demuxer goes round in circles */
};

struct media {
    struct media_options options;
    struct byte_source source;
    struct demux demux;
    struct media_info info;
    struct media_stats stats;
    struct video video;
    struct audio audio;
    int video_index, audio_index; /* -1: not wanted or not there */
    double origin;
    struct track_range range;
    AVPacket *packet;
    int failed_reads, barren_packets;
    bool mid_stream, started, draining, delivered;
    bool has_frame; /* the last item was a frame */
    char no_video[96], no_audio[96];
};

/** FFmpeg writes to stderr unless the process tells it not to. Only its untouched default is changed: a program that
 * has chosen a level keeps it. */
static void quieten_ffmpeg(void) {
    if (av_log_get_level() == AV_LOG_INFO) av_log_set_level(AV_LOG_QUIET);
}

static ptm_status check_options(const struct media_options *options, ptm_error *err) {
    if (options->want_audio && (options->sample_rate < RESAMPLER_MIN_RATE || options->sample_rate > RESAMPLER_MAX_RATE))
        return error_set(err, PTM_EINVAL, "a sample rate of %d Hz is asked for; it lies between %d and %d",
                         options->sample_rate, RESAMPLER_MIN_RATE, RESAMPLER_MAX_RATE);
    if (!(options->start >= 0 && isfinite(options->start)) || !(options->duration >= 0 && isfinite(options->duration)))
        return error_set(err, PTM_EINVAL, "start %g and duration %g: neither can be negative", options->start,
                         options->duration);
    if (options->max_pixels < 1 || options->max_frames < 1 || !(options->max_seconds > 0))
        return error_set(err, PTM_EINVAL, "the limits of pixels, frames and seconds must be positive");
    return PTM_OK;
}

/** Chooses the stream of a kind; where there is none, `reason` gets the why. */
static int choose(const struct media *media, enum AVMediaType kind, const AVCodec **decoder, char *reason,
                  size_t bytes) {
    const bool video = kind == AVMEDIA_TYPE_VIDEO;
    enum AVCodecID undecodable;
    const int index = demux_best_stream(&media->demux, kind, decoder, &undecodable);
    if (index >= 0) return index;
    if (undecodable != AV_CODEC_ID_NONE)
        snprintf(reason, bytes, "no decoder for codec %s", avcodec_get_name(undecodable));
    else if (video && demux_has_cover_art(&media->demux))
        snprintf(reason, bytes, "only cover art");
    else
        snprintf(reason, bytes, "no %s stream", video ? "video" : "audio");
    return -1;
}

static double known_duration(const AVFormatContext *format) {
    return format->duration > 0 ? (double)format->duration / AV_TIME_BASE : 0;
}

static struct track_setup setup_track(struct media *media, int index, const AVCodec *codec) {
    return (struct track_setup){.options = &media->options,
                                .stream = media->demux.format->streams[index],
                                .codec = codec,
                                .name = media->source.name,
                                .stats = &media->stats,
                                .range = media->range,
                                .origin = media->origin,
                                .timestamps = demux_has_timestamps(&media->demux),
                                .discontinuous = media->demux.format->iformat->flags & AVFMT_TS_DISCONT,
                                .mid_stream = media->mid_stream};
}

/** A stream whose decoder does not accept it counts as missing, with that reason. */
static ptm_status pass_over_stream(ptm_status status, const char *codec, int *index, char *reason, size_t bytes,
                                   ptm_error *err) {
    if (status != PTM_EFORMAT) return status;
    error_clear(err);
    snprintf(reason, bytes, "damaged stream: the %s decoder does not accept it", codec);
    *index = -1;
    return PTM_OK;
}

static ptm_status describe_video(struct media *media, const AVStream *stream, ptm_error *err) {
    struct media_info *info = &media->info;
    const AVCodecParameters *codec = stream->codecpar;
    const struct orientation orientation = video_orientation(stream);
    info->frame_rate = video_frame_rate(stream);
    info->width = orientation.transpose ? codec->height : codec->width;
    info->height = orientation.transpose ? codec->width : codec->height;
    info->rotation = media->stats.rotation = orientation_degrees(orientation);
    info->is_still = demux_is_still(&media->demux, media->video_index);
    const bool known = codec->width > 0;
    const int width = known ? codec->width : media->demux.too_wide;
    const int height = known ? codec->height : media->demux.too_high;
    if ((int64_t)width * height > media->options.max_pixels)
        return error_set(err, PTM_ELIMIT, "%s: its pictures of %dx%d are larger than --max-pixels %lld allows",
                         media->source.name, width, height, (long long)media->options.max_pixels);
    return PTM_OK;
}

static ptm_status open_video(struct media *media, const AVCodec *codec, ptm_error *err) {
    if (media->video_index >= 0 && media->options.want_video) {
        const struct track_setup setup = setup_track(media, media->video_index, codec);
        TRY(describe_video(media, setup.stream, err));
        TRY(pass_over_stream(video_open(&media->video, &setup, err), codec->name, &media->video_index, media->no_video,
                             sizeof media->no_video, err));
    }
    media->info.has_video = media->video_index >= 0;
    media->info.no_video = media->info.has_video ? NULL : media->no_video;
    if (!media->options.want_video) media->video_index = -1;
    return PTM_OK;
}

static ptm_status open_audio(struct media *media, const AVCodec *codec, ptm_error *err) {
    if (media->audio_index >= 0 && media->options.want_audio) {
        const struct track_setup setup = setup_track(media, media->audio_index, codec);
        media->info.source_sample_rate = setup.stream->codecpar->sample_rate;
        media->info.source_channels = setup.stream->codecpar->ch_layout.nb_channels;
        TRY(pass_over_stream(audio_open(&media->audio, &setup, err), codec->name, &media->audio_index, media->no_audio,
                             sizeof media->no_audio, err));
    }
    media->info.has_audio = media->audio_index >= 0;
    media->info.no_audio = media->info.has_audio ? NULL : media->no_audio;
    if (!media->options.want_audio) media->audio_index = -1;
    return PTM_OK;
}

static ptm_status go_to_start(struct media *media, ptm_error *err) {
    const struct seek_target target = {.video = media->options.want_video ? media->video_index : -1,
                                       .audio = media->options.want_audio ? media->audio_index : -1,
                                       .origin = media->origin,
                                       .start = media->range.start};
    demux_keep(&media->demux, target.video, target.audio);
    return seek_before(&media->demux, &target, &media->mid_stream, err);
}

/** Everything after the byte source stands. */
static ptm_status open_streams(struct media *media, ptm_error *err) {
    const struct media_options *options = &media->options;
    quieten_ffmpeg();
    TRY(demux_open(&media->demux, &media->source, options->max_pixels, err));
    media->packet = av_packet_alloc();
    if (!media->packet) return error_no_memory(err);
    media->origin = demux_origin(&media->demux);
    media->range =
        (struct track_range){options->start, options->duration > 0 ? options->start + options->duration : INFINITY};
    media->info.duration = known_duration(media->demux.format);
    media->info.seekable = demux_seekable(&media->demux);
    const AVCodec *video, *audio;
    media->video_index = choose(media, AVMEDIA_TYPE_VIDEO, &video, media->no_video, sizeof media->no_video);
    media->audio_index = choose(media, AVMEDIA_TYPE_AUDIO, &audio, media->no_audio, sizeof media->no_audio);
    TRY(go_to_start(media, err)); /* before the decoders: it may open the demuxer anew */
    TRY(open_video(media, video, err));
    TRY(open_audio(media, audio, err));
    demux_keep(&media->demux, media->video_index, media->audio_index);
    return PTM_OK;
}

static ptm_status media_create(struct media **out, const struct media_options *options, ptm_error *err) {
    *out = NULL;
    TRY(check_options(options, err));
    struct media *media = mem_calloc(1, sizeof *media);
    if (!media) return error_no_memory(err);
    media->options = *options;
    media->source.fd = -1;
    media->video_index = media->audio_index = -1;
    *out = media;
    return PTM_OK;
}

static ptm_status finish_open(struct media **media, ptm_status status, ptm_error *err) {
    if (status == PTM_OK) status = open_streams(*media, err);
    if (status != PTM_OK) media_close(media);
    return status;
}

ptm_status media_open(struct media **out, const char *path, const struct media_options *options, ptm_error *err) {
    TRY(media_create(out, options, err));
    return finish_open(out, byte_source_open(&(*out)->source, path, options, err), err);
}

ptm_status media_open_memory(struct media **out, const void *data, size_t bytes, const char *name,
                             const struct media_options *options, ptm_error *err) {
    TRY(media_create(out, options, err));
    return finish_open(out, byte_source_open_memory(&(*out)->source, data, bytes, name, options, err), err);
}

void media_close(struct media **media) {
    if (!media || !*media) return;
    video_close(&(*media)->video);
    audio_close(&(*media)->audio);
    av_packet_free(&(*media)->packet);
    demux_close(&(*media)->demux);
    byte_source_close(&(*media)->source);
    mem_free(*media);
    *media = NULL;
}

const struct media_info *media_get_info(const struct media *media) {
    return &media->info;
}

const struct media_stats *media_get_stats(const struct media *media) {
    return &media->stats;
}

static ptm_status interrupted(const struct media *media, ptm_error *err) {
    return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", media->source.name);
}

static bool video_wants(const struct media *media) {
    return media->video_index >= 0 && !media->video.ended;
}

static bool audio_wants(const struct media *media) {
    return media->audio_index >= 0 && !media->audio.ended;
}

static ptm_status send(struct media *media, const AVPacket *packet, ptm_error *err) {
    const bool to_video = !packet || packet->stream_index == media->video_index;
    const bool to_audio = !packet || packet->stream_index == media->audio_index;
    if (to_video && video_wants(media)) TRY(decoder_send(&media->video.decoder, packet, err));
    if (to_audio && audio_wants(media)) TRY(decoder_send(&media->audio.decoder, packet, err));
    return PTM_OK;
}

/** Reads one packet and sends it to its decoder; at the end of the data, tells both decoders so. */
static ptm_status feed(struct media *media, ptm_error *err) {
    const int code = av_read_frame(media->demux.format, media->packet);
    if (media->source.interrupted) return interrupted(media, err);
    if (code >= 0) {
        media->failed_reads = 0;
        media->draining = ++media->barren_packets > MAX_BARREN_PACKETS;
        const ptm_status status = send(media, media->packet, err);
        av_packet_unref(media->packet);
        TRY(status);
    } else if (code == AVERROR(ENOMEM)) {
        return error_no_memory(err);
    } else if (code == AVERROR_EOF || ++media->failed_reads > MAX_FAILED_READS) {
        media->draining = true;
    } else if (code != AVERROR(EAGAIN) && media->failed_reads == 1) {
        media->stats.decode_errors++; /* a run of failed reads is one damage */
    }
    return media->draining ? send(media, NULL, err) : PTM_OK;
}

/** What the packets so far give; TRACK_ENDED when neither track will give more. */
static ptm_status receive(struct media *media, struct media_item *item, enum track_state *state, ptm_error *err) {
    enum track_state video = TRACK_ENDED, audio = TRACK_ENDED;
    if (video_wants(media)) TRY(video_receive(&media->video, item, &video, err));
    if (video != TRACK_READY && audio_wants(media)) TRY(audio_receive(&media->audio, item, &audio, err));
    if (video == TRACK_READY || audio == TRACK_READY)
        *state = TRACK_READY;
    else
        *state = video == TRACK_ENDED && audio == TRACK_ENDED ? TRACK_ENDED : TRACK_HUNGRY;
    return PTM_OK;
}

/** The end: nothing at all from a pipe has a reason that the user can mend. */
static ptm_status finish(struct media *media, struct media_item *item, ptm_error *err) {
    *item = (struct media_item){.kind = MEDIA_END};
    media->stats.decode_errors += media->demux.refused;
    media->demux.refused = 0;
    if (media->delivered || media->source.seekable || media->stats.decode_errors == 0) return PTM_OK;
    return error_set(err, PTM_EFORMAT,
                     "%s: nothing in it can be read without seeking (an MP4 with its index at the end?): give the file "
                     "by its name, or remux it with -movflags +faststart",
                     media->source.name);
}

ptm_status media_next(struct media *media, struct media_item *item, ptm_error *err) {
    media->has_frame = false;
    if (byte_source_cancelled(&media->source)) return interrupted(media, err);
    media->started = true;
    for (;;) {
        enum track_state state;
        TRY(receive(media, item, &state, err));
        if (state == TRACK_ENDED || (state == TRACK_HUNGRY && media->draining)) return finish(media, item, err);
        if (state == TRACK_READY) {
            media->barren_packets = 0;
            media->delivered = true;
            media->has_frame = item->kind == MEDIA_FRAME;
            return PTM_OK;
        }
        if (byte_source_cancelled(&media->source)) return interrupted(media, err);
        TRY(feed(media, err));
    }
}

ptm_status media_frame_rgb(struct media *media, struct media_picture *picture, ptm_error *err) {
    if (!media->has_frame)
        return error_set(err, PTM_EINVAL, "%s: a picture is asked for where no frame was delivered",
                         media->source.name);
    return video_picture(&media->video, picture, err);
}

ptm_status media_count_frames(struct media *media, int64_t *count, ptm_error *err) {
    *count = 0;
    if (media->started)
        return error_set(err, PTM_EINVAL, "%s: frames can be counted only before the first is read",
                         media->source.name);
    if (media->video_index < 0 || !media->info.seekable) return PTM_OK;
    /* A demuxer of its own, so that the one that will be read stays where it is. */
    struct demux demux;
    ptm_status status = demux_open(&demux, &media->source, media->options.max_pixels, err);
    if (status == PTM_OK && media->video_index < (int)demux.format->nb_streams) {
        demux_keep(&demux, media->video_index, -1);
        status = count_frames(&demux, media->video_index, media->origin, media->range, count, err);
    }
    demux_close(&demux);
    return status;
}
