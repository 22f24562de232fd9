/* SPDX-License-Identifier: MIT */
/* audio: the sound stream, decoded, cut to the range and resampled to mono float. */
#ifndef POLYTOME_MEDIA_AUDIO_H
#define POLYTOME_MEDIA_AUDIO_H

#include "media/resampler.h"
#include "media/track.h"
#include "media/track_clock.h"

struct audio {
    struct track_setup setup;
    struct decoder decoder;
    struct sample_clock clock;
    double reached;  /* end of the frames so far */
    SwrContext *swr; /* for frames of this kind: */
    int rate, format;
    AVChannelLayout layout;
    float *out;
    int out_room;
    int from, to;       /* samples of the decoder's frame that are still to convert: [from, to) */
    double frame_start; /* time of the sample `from` */
    bool gap;           /* it does not follow the sample before */
    double anchor_time; /* output sample `anchor` has this time, and later ones follow from it */
    int64_t anchor, produced;
    bool decoded, ended; /* no more frames; no more samples */
};

ptm_status audio_open(struct audio *audio, const struct track_setup *setup, ptm_error *err);

void audio_close(struct audio *audio);

/** The next run of wanted samples, if the packets sent so far give one. */
ptm_status audio_receive(struct audio *audio, struct media_item *item, enum track_state *state, ptm_error *err);

#endif
