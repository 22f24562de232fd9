/* SPDX-License-Identifier: MIT */
#include "media/tracks.h"

#include "media/demux_streams.h"

#include <stdio.h>

/** Chooses the stream of a kind; where there is none, `reason` gets the why. */
static int choose(const struct demux *demux, enum AVMediaType kind, const AVCodec **decoder, char *reason,
                  size_t bytes) {
    const bool video = kind == AVMEDIA_TYPE_VIDEO;
    enum AVCodecID undecodable;
    const int index = demux_best_stream(demux, kind, decoder, &undecodable);
    if (index >= 0) return index;
    if (undecodable != AV_CODEC_ID_NONE)
        snprintf(reason, bytes, "no decoder for codec %s", avcodec_get_name(undecodable));
    else if (video && demux_has_cover_art(demux))
        snprintf(reason, bytes, "only cover art");
    else
        snprintf(reason, bytes, "no %s stream", video ? "video" : "audio");
    return -1;
}

void tracks_choose(struct tracks_choice *choice, const struct demux *demux) {
    choice->video = choose(demux, AVMEDIA_TYPE_VIDEO, &choice->video_codec, choice->no_video, sizeof choice->no_video);
    choice->audio = choose(demux, AVMEDIA_TYPE_AUDIO, &choice->audio_codec, choice->no_audio, sizeof choice->no_audio);
}

static struct track_setup setup_track(struct tracks *tracks, const struct demux *demux,
                                      const struct tracks_place *place, int index, const AVCodec *codec) {
    return (struct track_setup){.options = tracks->options,
                                .stream = demux->format->streams[index],
                                .codec = codec,
                                .name = tracks->name,
                                .stats = &tracks->stats,
                                .range = place->range,
                                .origin = place->origin,
                                .timestamps = demux_has_timestamps(demux),
                                .counted = demux_counts_samples(demux),
                                .discontinuous = !place->repaired && demux->format->iformat->flags & AVFMT_TS_DISCONT,
                                .steered = place->repaired,
                                .mid_stream = place->mid_stream};
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

/** The shape of the stream's upright pixels: as the container says, or else the codec. */
static void describe_pixels(struct media_info *info, const AVStream *stream, bool transposed) {
    AVRational shape = stream->sample_aspect_ratio;
    if (shape.num <= 0 || shape.den <= 0) shape = stream->codecpar->sample_aspect_ratio;
    if (shape.num <= 0 || shape.den <= 0) return;
    info->pixel_width = transposed ? shape.den : shape.num;
    info->pixel_height = transposed ? shape.num : shape.den;
}

static ptm_status describe_video(struct tracks *tracks, const struct demux *demux, const AVStream *stream,
                                 ptm_error *err) {
    struct media_info *info = &tracks->info;
    const AVCodecParameters *codec = stream->codecpar;
    const struct orientation orientation = video_orientation(stream);
    info->frame_rate = video_frame_rate(stream);
    info->width = orientation.transpose ? codec->height : codec->width;
    info->height = orientation.transpose ? codec->width : codec->height;
    describe_pixels(info, stream, orientation.transpose);
    info->rotation = tracks->stats.rotation = orientation_degrees(orientation);
    info->is_still = demux_is_still(demux, tracks->chosen.video);
    const bool known = codec->width > 0;
    const int width = known ? codec->width : demux->too_wide;
    const int height = known ? codec->height : demux->too_high;
    if ((int64_t)width * height > tracks->options->max_pixels)
        return error_set(err, PTM_ELIMIT, "%s: its pictures of %dx%d are larger than the limit max_pixels of %lld",
                         tracks->name, width, height, (long long)tracks->options->max_pixels);
    return PTM_OK;
}

static ptm_status open_video(struct tracks *tracks, const struct demux *demux, const struct tracks_place *place,
                             ptm_error *err) {
    struct tracks_choice *chosen = &tracks->chosen;
    if (chosen->video >= 0 && tracks->options->want_video) {
        const struct track_setup setup = setup_track(tracks, demux, place, chosen->video, chosen->video_codec);
        TRY(describe_video(tracks, demux, setup.stream, err));
        TRY(pass_over_stream(video_open(&tracks->video, &setup, err), setup.codec->name, &chosen->video,
                             chosen->no_video, sizeof chosen->no_video, err));
    }
    tracks->info.has_video = chosen->video >= 0;
    tracks->info.no_video = tracks->info.has_video ? NULL : chosen->no_video;
    tracks->video_index = tracks->options->want_video ? chosen->video : -1;
    return PTM_OK;
}

/** What no resampler takes counts as missing: all of it would pass for damage. */
static void pass_over_odd_sound(struct tracks_choice *chosen, const struct media_info *info) {
    char *reason = chosen->no_audio;
    const int channels = info->source_channels, rate = info->source_sample_rate;
    if (channels > RESAMPLER_MAX_CHANNELS)
        snprintf(reason, sizeof chosen->no_audio, "%d channels of sound, and at most %d are read", channels,
                 RESAMPLER_MAX_CHANNELS);
    else if (rate > RESAMPLER_MAX_RATE)
        snprintf(reason, sizeof chosen->no_audio, "sound of %d Hz, and at most %d are read", rate, RESAMPLER_MAX_RATE);
    else
        return;
    chosen->audio = -1;
}

static ptm_status open_audio(struct tracks *tracks, const struct demux *demux, const struct tracks_place *place,
                             ptm_error *err) {
    struct tracks_choice *chosen = &tracks->chosen;
    if (chosen->audio >= 0 && tracks->options->want_audio) {
        const struct track_setup setup = setup_track(tracks, demux, place, chosen->audio, chosen->audio_codec);
        tracks->info.source_sample_rate = setup.stream->codecpar->sample_rate;
        tracks->info.source_channels = setup.stream->codecpar->ch_layout.nb_channels;
        pass_over_odd_sound(chosen, &tracks->info);
        if (chosen->audio >= 0)
            TRY(pass_over_stream(audio_open(&tracks->audio, &setup, err), setup.codec->name, &chosen->audio,
                                 chosen->no_audio, sizeof chosen->no_audio, err));
    }
    tracks->info.has_audio = chosen->audio >= 0;
    tracks->info.no_audio = tracks->info.has_audio ? NULL : chosen->no_audio;
    tracks->audio_index = tracks->options->want_audio ? chosen->audio : -1;
    return PTM_OK;
}

ptm_status tracks_open(struct tracks *tracks, const struct demux *demux, const struct tracks_place *place,
                       ptm_error *err) {
    TRY(open_video(tracks, demux, place, err));
    return open_audio(tracks, demux, place, err);
}

void tracks_close(struct tracks *tracks) {
    video_close(&tracks->video);
    audio_close(&tracks->audio);
}

static bool video_wants(const struct tracks *tracks) {
    return tracks->video_index >= 0 && !tracks->video.ended;
}

static bool audio_wants(const struct tracks *tracks) {
    return tracks->audio_index >= 0 && !tracks->audio.ended;
}

ptm_status tracks_send(struct tracks *tracks, const AVPacket *packet, ptm_error *err) {
    const bool to_video = !packet || packet->stream_index == tracks->video_index;
    const bool to_audio = !packet || packet->stream_index == tracks->audio_index;
    if (to_video && video_wants(tracks)) TRY(video_send(&tracks->video, packet, err));
    if (to_audio && audio_wants(tracks)) TRY(decoder_send(&tracks->audio.decoder, packet, err));
    return PTM_OK;
}

ptm_status tracks_receive(struct tracks *tracks, struct media_item *item, enum track_state *state, ptm_error *err) {
    enum track_state video = TRACK_ENDED, audio = TRACK_ENDED;
    if (video_wants(tracks)) TRY(video_receive(&tracks->video, item, &video, err));
    if (video != TRACK_READY && audio_wants(tracks)) TRY(audio_receive(&tracks->audio, item, &audio, err));
    if (video == TRACK_READY || audio == TRACK_READY)
        *state = TRACK_READY;
    else
        *state = video == TRACK_ENDED && audio == TRACK_ENDED ? TRACK_ENDED : TRACK_HUNGRY;
    return PTM_OK;
}
