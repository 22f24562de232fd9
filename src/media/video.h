/* SPDX-License-Identifier: MIT */
/* video: the picture stream, decoded and timed. */
#ifndef POLYTOME_MEDIA_VIDEO_H
#define POLYTOME_MEDIA_VIDEO_H

#include "media/frame_picks.h"
#include "media/picture.h"
#include "media/track.h"
#include "media/track_clock.h"

struct video {
    struct track_setup setup;
    struct decoder decoder;
    struct frame_clock clock;
    struct orientation stream_orientation;
    struct picture_converter converter;
    AVFrame *shown; /* delivered last */
    AVFrame *ahead; /* decoded, and delivered once the frame after it tells how long it is shown */
    bool has_ahead;
    double ahead_time;
    int64_t number;            /* of the next frame to deliver */
    struct frame_picks *picks; /* NULL: all frames are wanted */
    bool ended;
};

ptm_status video_open(struct video *video, const struct track_setup *setup, ptm_error *err);

void video_close(struct video *video);

/** Sends a packet, or NULL at the end, to the decoder. */
ptm_status video_send(struct video *video, const AVPacket *packet, ptm_error *err);

/** The next wanted frame, if the packets sent so far give one. */
ptm_status video_receive(struct video *video, struct media_item *item, enum track_state *state, ptm_error *err);

/** Of the frame that video_receive() gave last, upright. */
void video_size(const struct video *video, int *width, int *height);

/** Converts `area` of it. */
ptm_status video_picture(struct video *video, struct area area, struct media_picture *picture, ptm_error *err);

/** Frames per second: the average, or FFmpeg's guess; 0 where not known. */
double video_frame_rate(const AVStream *stream);

struct orientation video_orientation(const AVStream *stream);

#endif
