/* SPDX-License-Identifier: MIT */
/*
 * live: a source that may go on for ever, as pictures and sound. What media does for a file, this does for cameras,
 * microphones and the network, on a clock of our own: the first picture or sample is at 0, and time goes on by that of
 * the world where a source is lost and comes back.
 *
 * A name is /dev/videoN, alsa:NAME, pulse:NAME, rtsp://, rtmp://, udp://, rtp://, tcp://, http(s)://, lavfi:GRAPH, "-",
 * or the path of a FIFO or a file. What comes from the network may open more of the network as its protocol needs, but
 * no file; what is read as a file, a FIFO or standard input opens nothing.
 */
#ifndef POLYTOME_MEDIA_LIVE_H
#define POLYTOME_MEDIA_LIVE_H

#include "media/media.h"

struct live_options {
    struct media_options media; /* as of a file; `start`, `max_frames` and `max_seconds` are not used */
    const char *audio;          /* a second source, for the sound; NULL: it is in the first */
    const char *format;         /* what the (first) source holds, as FFmpeg names it; NULL: told by the content */
    const char *settings;       /* of that format, protocol or device, "video_size=640x480:framerate=30"; NULL: none */
    double stall;               /* seconds without data after which a camera or a sender is taken for lost */
    ptm_source_fn *on_source;   /* is told of losses and returns; or NULL */
    void *on_source_user;
    bool pace; /* deliver a file or a generator at the speed of its time stamps */
};

struct live_stats {
    struct media_stats media; /* of both sources, and all connections */
    int64_t bytes;
    int losses, reconnects; /* connections that broke off or went silent, and those that took their place */
    int time_jumps;         /* of time stamps, forwards, backwards or at their end */
    int time_repeats;       /* time stamps that did not advance */
    bool ended;             /* the (first) source has, by itself */
    char last_loss[512];    /* why it was lost, or could not be connected again, the last time; "" if never */
};

struct live;

/**
 * Connects the source. PTM_EINVAL for names and settings that make no sense, else as media_open(); a source that
 * cannot be reached now is an error now, but one that listens (UDP, RTP, a FIFO) is waited for.
 */
ptm_status live_open(struct live **out, const char *name, const struct live_options *options, ptm_error *err);

void live_close(struct live **live);

/** Whether the source goes on at its own speed, whoever waits: not a file, of this machine or a web server's, a pipe or
 * a generator. */
bool live_is_realtime(const struct live *live);

/** What the (first) source is called in sentences: without the password of a URL. It lives as long as *live. */
const char *live_get_name(const struct live *live);

/** Of the connections as they were last. */
const struct media_info *live_get_info(const struct live *live);
void live_get_stats(const struct live *live, struct live_stats *stats);

/**
 * Waits for the next frame or run of samples; `arrived` is set. Frames are in time order, and so is the sound, across
 * connections too. MEDIA_FRAMES_LOST and MEDIA_SAMPLES_LOST behind the last one of a connection that is lost, of which
 * there may be another. MEDIA_END when `duration` is over, and where the (first) source is a file, a generator,
 * standard input or a recording that has ended; others are connected again, 0.5 to 30 s after they were lost.
 */
ptm_status live_next(struct live *live, struct media_item *item, ptm_error *err);

/** Width and height of the frame just delivered, upright. */
ptm_status live_frame_size(const struct live *live, int *width, int *height, ptm_error *err);

/** Converts `area` of the frame just delivered to upright RGB. *picture is valid until the next live_next(). */
ptm_status live_frame_area(struct live *live, struct area area, struct media_picture *picture, ptm_error *err);

#endif
