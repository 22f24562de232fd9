/* SPDX-License-Identifier: MIT */
/* tracks: the picture and the sound of one opened input, chosen and decoded. */
#ifndef POLYTOME_MEDIA_TRACKS_H
#define POLYTOME_MEDIA_TRACKS_H

#include "media/audio.h"
#include "media/demux.h"
#include "media/video.h"

/** One stream of each kind with its decoder, or why there is none. */
struct tracks_choice {
    int video, audio; /* indices; -1: none */
    const AVCodec *video_codec, *audio_codec;
    char no_video[96], no_audio[96];
};

void tracks_choose(struct tracks_choice *choice, const struct demux *demux);

struct tracks {
    const struct media_options *options;
    const char *name; /* of the input, in sentences */
    struct tracks_choice chosen;
    int video_index, audio_index; /* of what is decoded; -1: not wanted or not there */
    struct media_info info;
    struct media_stats stats;
    struct video video;
    struct audio audio;
};

/** Where decoding begins. */
struct tracks_place {
    struct track_range range;
    double origin;   /* of the input's clock, in the container's; NAN: not known */
    bool mid_stream; /* after a seek */
    bool repaired;   /* its time stamps do not jump, whatever the format allows */
};

/** Opens the decoders of `chosen` streams that are wanted. `demux` must outlive them. */
ptm_status tracks_open(struct tracks *tracks, const struct demux *demux, const struct tracks_place *place,
                       ptm_error *err);

/** Closes the decoders; `info` and `stats` stay. */
void tracks_close(struct tracks *tracks);

/** Sends a packet to its decoder; NULL tells both that the data has ended. */
ptm_status tracks_send(struct tracks *tracks, const AVPacket *packet, ptm_error *err);

/** What the packets so far give; TRACK_ENDED when neither track will give more. */
ptm_status tracks_receive(struct tracks *tracks, struct media_item *item, enum track_state *state, ptm_error *err);

#endif
