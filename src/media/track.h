/* SPDX-License-Identifier: MIT */
/* track: what the picture and the sound of one input share. */
#ifndef POLYTOME_MEDIA_TRACK_H
#define POLYTOME_MEDIA_TRACK_H

#include "media/decoder.h"

/** Frames and samples at times in [start, end) of the file's own clock are wanted. */
struct track_range {
    double start, end; /* end may be INFINITY */
};

/* Time stamps are sums of rounded ticks: two times that are closer than this are the same. */
#define TRACK_SAME_TIME 1e-6

/** What a track is opened with. */
struct track_setup {
    const struct media_options *options;
    const AVStream *stream;
    const AVCodec *codec;
    const char *name; /* of the input, in sentences */
    struct media_stats *stats;
    struct track_range range;
    double origin;      /* of the file's clock, in the container's */
    bool timestamps;    /* the format carries them */
    bool counted;       /* those of sound are sums of samples */
    bool discontinuous; /* and they may jump */
    bool steered;       /* or are those of a live source, which is to stay with the world */
    bool mid_stream;    /* reading begins after a seek */
};

#endif
