/* SPDX-License-Identifier: MIT */
#include "media/video.h"

#include "media/demux_streams.h"

#include <math.h>
#include <stdlib.h>

/* Of a stream that says nothing about it: FFmpeg's own default. */
static const double DEFAULT_FRAME_RATE = 25;

static double usable_rate(AVRational rate) {
    return rate.num > 0 && rate.den > 0 ? (double)rate.num / rate.den : 0;
}

double video_frame_rate(const AVStream *stream) {
    const double average = usable_rate(stream->avg_frame_rate);
    return average > 0 ? average : usable_rate(stream->r_frame_rate);
}

static const uint8_t *stream_side_data(const AVStream *stream, enum AVPacketSideDataType type, size_t *bytes) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
    const AVCodecParameters *codec = stream->codecpar;
    const AVPacketSideData *side = av_packet_side_data_get(codec->coded_side_data, codec->nb_coded_side_data, type);
    *bytes = side ? side->size : 0;
    return side ? side->data : NULL;
#else
    return av_stream_get_side_data(stream, type, bytes);
#endif
}

struct orientation video_orientation(const AVStream *stream) {
    size_t bytes = 0;
    const uint8_t *matrix = stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    return orientation_of_matrix(matrix && bytes >= 9 * sizeof(int32_t) ? (const int32_t *)(const void *)matrix : NULL);
}

/** A tag in the picture itself, a display matrix or EXIF's Orientation, goes before that of the container. */
static struct orientation frame_orientation(const struct video *video) {
    const AVFrameSideData *side = av_frame_get_side_data(video->shown, AV_FRAME_DATA_DISPLAYMATRIX);
    if (side && side->size >= 9 * sizeof(int32_t))
        return orientation_of_matrix((const int32_t *)(const void *)side->data);
    const AVDictionaryEntry *exif = av_dict_get(video->shown->metadata, "Orientation", NULL, 0);
    return exif ? orientation_of_exif(atoi(exif->value)) : video->stream_orientation;
}

ptm_status video_open(struct video *video, const struct track_setup *setup, ptm_error *err) {
    const double rate = video_frame_rate(setup->stream);
    *video = (struct video){
        .setup = *setup,
        .decoder = {.name = setup->name,
                    .stats = setup->stats,
                    .stream_errors = &setup->stats->video_errors,
                    .mid_stream = setup->mid_stream},
        .clock = {.discontinuous = setup->discontinuous, .period = 1 / (rate > 0 ? rate : DEFAULT_FRAME_RATE)},
        .stream_orientation = video_orientation(setup->stream)};
    video->shown = av_frame_alloc();
    video->ahead = av_frame_alloc();
    if (!video->shown || !video->ahead) return error_no_memory(err);
    return decoder_open(&video->decoder, setup->stream, setup->codec, setup->options->max_pixels, err);
}

void video_close(struct video *video) {
    decoder_close(&video->decoder);
    av_frame_free(&video->shown);
    av_frame_free(&video->ahead);
    picture_converter_close(&video->converter);
}

/** Seconds that the decoder gives the frame; not above 0 where it gives none. */
static double decoded_duration(const struct video *video, const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    const int64_t ticks = frame->duration;
#else
    const int64_t ticks = frame->pkt_duration;
#endif
    return demux_seconds(video->setup.stream, ticks);
}

/** Time of the frame in the decoder; where no stream had a first time stamp, this one's is the origin. */
static double frame_time(struct video *video) {
    struct track_setup *setup = &video->setup;
    double stamp = NAN;
    if (setup->timestamps) stamp = demux_seconds(setup->stream, video->decoder.frame->best_effort_timestamp);
    if (isnan(setup->origin)) setup->origin = stamp;
    const double time = frame_clock_next(&video->clock, stamp - setup->origin);
    /* The frame rate of a format without time stamps is FFmpeg's guess; the picture stream itself says how long each
     * lasts. */
    const double lasting = decoded_duration(video, video->decoder.frame);
    if (!setup->timestamps && lasting > 0 && lasting < TRACK_LONGEST_PICTURE) video->clock.period = lasting;
    return time;
}

static ptm_status check_limits(const struct video *video, double time, ptm_error *err) {
    const struct media_options *options = video->setup.options;
    const AVFrame *frame = video->decoder.frame;
    const char *name = video->setup.name;
    if ((int64_t)frame->width * frame->height > options->max_pixels)
        return error_set(err, PTM_ELIMIT, "%s: a picture of %dx%d is larger than the limit max_pixels of %lld", name,
                         frame->width, frame->height, (long long)options->max_pixels);
    if (video->setup.stats->frames_decoded > options->max_frames)
        return error_set(err, PTM_ELIMIT, "%s: has more frames than the limit max_frames of %lld", name,
                         (long long)options->max_frames);
    if (time - video->setup.range.start > options->max_seconds)
        return error_set(err, PTM_ELIMIT, "%s: its video is longer than the limit max_seconds of %g", name,
                         options->max_seconds);
    return PTM_OK;
}

/** Seconds for which a frame without a successor is shown. */
static double own_duration(const struct video *video, const AVFrame *frame) {
    const double seconds = video->setup.timestamps ? decoded_duration(video, frame) : 0;
    return seconds > 0 ? seconds : video->clock.period;
}

/** Delivers the frame held back, if there is one. */
static bool deliver(struct video *video, double end, struct media_item *item) {
    if (!video->has_ahead) return false;
    video->has_ahead = false;
    av_frame_unref(video->shown);
    av_frame_move_ref(video->shown, video->ahead);
    end = fmin(end, video->setup.range.end); /* what comes after is not asked for */
    *item = (struct media_item){.kind = MEDIA_FRAME, .time = video->ahead_time, .end = end, .index = video->number++};
    video->setup.stats->video_end = end;
    return true;
}

static void hold(struct video *video, double time) {
    av_frame_move_ref(video->ahead, video->decoder.frame);
    video->ahead_time = time;
    video->has_ahead = true;
}

/** The frame in the decoder, which was picked: the index knows how long it is shown. */
static void deliver_pick(struct video *video, double time, struct media_item *item) {
    hold(video, time);
    const int64_t next = frame_picks_next(video->picks, &video->number);
    const double end = demux_seconds(video->setup.stream, next) - video->setup.origin;
    deliver(video, isnan(end) ? time + own_duration(video, video->ahead) : end, item);
}

ptm_status video_send(struct video *video, const AVPacket *packet, ptm_error *err) {
    return video->picks ? frame_picks_send(video->picks, &video->decoder, packet, err)
                        : decoder_send(&video->decoder, packet, err);
}

static ptm_status receive(struct video *video, enum track_state *state, ptm_error *err) {
    if (!video->picks) return decoder_receive(&video->decoder, state, err);
    TRY(frame_picks_receive(video->picks, &video->decoder, state, err));
    video->setup.stats->misled = video->picks->misled;
    return PTM_OK;
}

ptm_status video_receive(struct video *video, struct media_item *item, enum track_state *state, ptm_error *err) {
    const struct track_range range = video->setup.range;
    while (!video->ended) {
        TRY(receive(video, state, err));
        if (*state == TRACK_HUNGRY) return PTM_OK;
        double time = video->ahead_time + own_duration(video, video->ahead);
        if (*state == TRACK_READY) {
            time = frame_time(video);
            video->setup.stats->frames_decoded += !video->picks; /* which count for themselves */
            video->setup.stats->frame_rate_clock = frame_clock_is_guess(&video->clock);
            if (time < range.end - TRACK_SAME_TIME) TRY(check_limits(video, time, err));
        }
        video->ended = *state == TRACK_ENDED || time >= range.end - TRACK_SAME_TIME;
        if (video->picks && !video->ended) {
            deliver_pick(video, time, item);
            return PTM_OK;
        }
        const bool delivered = deliver(video, time, item);
        if (!video->ended && time >= range.start - TRACK_SAME_TIME) hold(video, time);
        *state = TRACK_READY;
        if (delivered) return PTM_OK;
    }
    *state = TRACK_ENDED;
    return PTM_OK;
}

void video_size(const struct video *video, int *width, int *height) {
    const bool transpose = frame_orientation(video).transpose;
    *width = transpose ? video->shown->height : video->shown->width;
    *height = transpose ? video->shown->width : video->shown->height;
}

ptm_status video_picture(struct video *video, struct area area, struct media_picture *picture, ptm_error *err) {
    const struct orientation orientation = frame_orientation(video);
    video->setup.stats->rotation = orientation_degrees(orientation);
    return picture_convert(&video->converter, video->shown, orientation, area, video->setup.name, picture, err);
}
