/* SPDX-License-Identifier: MIT */
#include "media/media.h"

#include "base/memory.h"
#include "media/count.h"
#include "media/demux_streams.h"
#include "media/ffmpeg_log.h"
#include "media/seek.h"
#include "media/tracks.h"

#include <math.h>
#include <stdio.h>

/* In a row that gave nothing: then the demuxer goes round in circles. */
enum { MAX_BARREN_PACKETS = 2000000 };

struct media {
    struct media_options options;
    struct byte_source source;
    struct demux demux;
    struct tracks tracks;
    struct tracks_place place;
    AVPacket *packet;
    struct frame_index index; /* of what was counted */
    struct frame_picks picks; /* of it; in use where tracks.video has them */
    int failed_reads, barren_packets;
    bool started, draining, delivered;
    bool chosen;    /* media_want_frames() was called */
    bool has_frame; /* the last item was a frame */
};

ptm_status media_check_options(const struct media_options *options, ptm_error *err) {
    if (options->want_audio && (options->sample_rate < RESAMPLER_MIN_RATE || options->sample_rate > RESAMPLER_MAX_RATE))
        return error_set(err, PTM_EINVAL, "a sample rate of %d Hz is asked for; it lies between %d and %d",
                         options->sample_rate, RESAMPLER_MIN_RATE, RESAMPLER_MAX_RATE);
    if (!(options->start >= 0 && isfinite(options->start)) || !(options->duration >= 0 && isfinite(options->duration)))
        return error_set(err, PTM_EINVAL, "start %g and duration %g: both should be finite, and 0 or more",
                         options->start, options->duration);
    if (options->max_pixels < 1 || options->max_frames < 1 || !(options->max_seconds > 0))
        return error_set(err, PTM_EINVAL, "the limits of pixels, frames and seconds must be positive");
    return PTM_OK;
}

static double known_duration(const AVFormatContext *format) {
    return format->duration > 0 ? (double)format->duration / AV_TIME_BASE : 0;
}

static ptm_status go_to_start(struct media *media, ptm_error *err) {
    const struct seek_target target = {.video = media->options.want_video ? media->tracks.chosen.video : -1,
                                       .audio = media->options.want_audio ? media->tracks.chosen.audio : -1,
                                       .origin = media->place.origin,
                                       .start = media->place.range.start};
    demux_keep(&media->demux, target.video, target.audio);
    return seek_before(&media->demux, &target, &media->place.mid_stream, err);
}

/** Sound alone, in PCM whose rates agree, as in WAV: it announces no start, which is 0, and a seek in it lands where
 * its time stamp says. */
static bool has_plain_samples(const struct demux *demux) {
    if (demux->format->nb_streams != 1 || !demux_has_timestamps(demux)) return false;
    const AVCodecParameters *codec = demux->format->streams[0]->codecpar;
    const int64_t frame = (int64_t)av_get_exact_bits_per_sample(codec->codec_id) * codec->ch_layout.nb_channels;
    return codec->codec_type == AVMEDIA_TYPE_AUDIO && frame > 0 && 8 * (int64_t)codec->block_align == frame &&
           codec->bit_rate == frame * codec->sample_rate;
}

/** Everything after the byte source stands. */
static ptm_status open_streams(struct media *media, ptm_error *err) {
    const struct media_options *options = &media->options;
    ffmpeg_log_quieten();
    media->tracks.name = media->source.name;
    TRY(demux_open(&media->demux, &media->source, NULL, options->max_pixels, err));
    media->packet = av_packet_alloc();
    if (!media->packet) return error_no_memory(err);
    media->place.origin = demux_origin(&media->demux);
    if (isnan(media->place.origin) && options->start > 0 && has_plain_samples(&media->demux)) media->place.origin = 0;
    media->place.range =
        (struct track_range){options->start, options->duration > 0 ? options->start + options->duration : INFINITY};
    media->tracks.info.duration = known_duration(media->demux.format);
    media->tracks.info.seekable = demux_seekable(&media->demux);
    tracks_choose(&media->tracks.chosen, &media->demux);
    TRY(go_to_start(media, err)); /* before the decoders: it may open the demuxer anew */
    TRY(tracks_open(&media->tracks, &media->demux, &media->place, err));
    demux_keep(&media->demux, media->tracks.video_index, media->tracks.audio_index);
    return PTM_OK;
}

static ptm_status media_create(struct media **out, const struct media_options *options, ptm_error *err) {
    *out = NULL;
    TRY(media_check_options(options, err));
    struct media *media = mem_calloc(1, sizeof *media);
    if (!media) return error_no_memory(err);
    media->options = *options;
    media->source.fd = -1;
    media->tracks.options = &media->options;
    media->tracks.video_index = media->tracks.audio_index = -1;
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
    tracks_close(&(*media)->tracks);
    frame_picks_close(&(*media)->picks);
    frame_index_free(&(*media)->index);
    av_packet_free(&(*media)->packet);
    demux_close(&(*media)->demux);
    byte_source_close(&(*media)->source);
    mem_free(*media);
    *media = NULL;
}

const struct media_info *media_get_info(const struct media *media) {
    return &media->tracks.info;
}

const struct media_stats *media_get_stats(const struct media *media) {
    return &media->tracks.stats;
}

static ptm_status interrupted(const struct media *media, ptm_error *err) {
    return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", media->source.name);
}

/** Reads one packet and sends it to its decoder; at the end of the data, tells both decoders so. */
static ptm_status feed(struct media *media, ptm_error *err) {
    const int code = av_read_frame(media->demux.format, media->packet);
    if (media->source.interrupted) return interrupted(media, err);
    if (code >= 0) {
        media->failed_reads = 0;
        media->draining = ++media->barren_packets > MAX_BARREN_PACKETS;
        const ptm_status status = tracks_send(&media->tracks, media->packet, err);
        av_packet_unref(media->packet);
        TRY(status);
    } else if (code == AVERROR(ENOMEM)) {
        return error_no_memory(err);
    } else if (media->demux.reader.error) {
        return demux_check_read(&media->demux, err);
    } else if (code == AVERROR_EOF || ++media->failed_reads > DEMUX_MAX_FAILED_READS) {
        media->draining = true;
    } else if (code != AVERROR(EAGAIN) && media->failed_reads == 1) {
        media->tracks.stats.decode_errors++; /* a run of failed reads is one damage */
    }
    return media->draining ? tracks_send(&media->tracks, NULL, err) : PTM_OK;
}

/** The end: that no packet could be read of a pipe has a reason that the user can mend. */
static ptm_status finish(struct media *media, struct media_item *item, ptm_error *err) {
    *item = (struct media_item){.kind = MEDIA_END};
    if (media->draining)
        TRY(demux_check_read(&media->demux, err)); /* it came to the end, not only to that of the range */
    media->tracks.stats.decode_errors += media->demux.refused;
    media->demux.refused = 0;
    const bool mute = !media->delivered && media->barren_packets == 0 && media->failed_reads > 0;
    if (!mute || media->source.seekable) return PTM_OK;
    return demux_refuse_unseekable(&media->demux, media->source.name, err);
}

ptm_status media_next(struct media *media, struct media_item *item, ptm_error *err) {
    media->has_frame = false;
    if (byte_source_cancelled(&media->source)) return interrupted(media, err);
    media->started = true;
    for (;;) {
        enum track_state state;
        TRY(tracks_receive(&media->tracks, item, &state, err));
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

static ptm_status need_frame(const struct media *media, ptm_error *err) {
    if (media->has_frame) return PTM_OK;
    return error_set(err, PTM_EINVAL, "%s: a picture is asked for where no frame was delivered", media->source.name);
}

ptm_status media_frame_size(const struct media *media, int *width, int *height, ptm_error *err) {
    TRY(need_frame(media, err));
    video_size(&media->tracks.video, width, height);
    return PTM_OK;
}

ptm_status media_frame_rgb(struct media *media, struct media_picture *picture, ptm_error *err) {
    int width, height;
    TRY(media_frame_size(media, &width, &height, err));
    return video_picture(&media->tracks.video, area_whole(width, height), picture, err);
}

ptm_status media_frame_area(struct media *media, struct area area, struct media_picture *picture, ptm_error *err) {
    TRY(need_frame(media, err));
    return video_picture(&media->tracks.video, area, picture, err);
}

static ptm_status check_open(const struct media *media, ptm_error *err) {
    if (!media->started && !media->chosen) return PTM_OK;
    return error_set(err, PTM_EINVAL, "%s: frames can be counted, and then chosen once, before the first is read",
                     media->source.name);
}

ptm_status media_count_frames(struct media *media, int64_t *count, ptm_error *err) {
    *count = 0;
    TRY(check_open(media, err));
    if (media->tracks.video_index < 0 || !media->tracks.info.seekable) return PTM_OK;
    /* A demuxer of its own, so that the one that will be read stays where it is. */
    struct demux demux;
    ptm_status status = demux_open(&demux, &media->source, NULL, media->options.max_pixels, err);
    if (status == PTM_OK && media->tracks.video_index < (int)demux.format->nb_streams) {
        demux_keep(&demux, media->tracks.video_index, -1);
        frame_index_free(&media->index);
        status = count_frames(&demux, media->tracks.video_index, media->place.origin, media->place.range, count,
                              &media->index, err);
    }
    demux_close(&demux);
    return status;
}

ptm_status media_want_frames(struct media *media, const int64_t *frames, int count, ptm_error *err) {
    TRY(check_open(media, err));
    media->chosen = true;
    /* Where there are more than are allowed, the decoder comes to that. */
    if (count == 0 || !media->index.shown || media->index.count > media->options.max_frames) return PTM_OK;
    bool worth;
    TRY(frame_picks_open(&media->picks, &media->index, frames, count, &worth, err));
    if (worth)
        media->tracks.video.picks = &media->picks;
    else
        frame_index_free(&media->index);
    return PTM_OK;
}
