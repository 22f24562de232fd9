/* SPDX-License-Identifier: MIT */
/* decoder: one stream's packets to frames; damage is counted and passed over. */
#ifndef POLYTOME_MEDIA_DECODER_H
#define POLYTOME_MEDIA_DECODER_H

#include "media/media.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

/** What asking a track or its decoder for output can bring. */
enum track_state {
    TRACK_READY,  /* here it is */
    TRACK_HUNGRY, /* send a packet first */
    TRACK_ENDED   /* nothing more will come */
};

struct decoder {
    AVCodecContext *context; /* NULL: not opened */
    AVFrame *frame;
    const AVStream *stream;
    const char *name;          /* of the input, in sentences */
    struct media_stats *stats; /* where errors are counted, */
    int *stream_errors;        /* and those of this stream */
    bool mid_stream;           /* begins after a seek: what fails before the first frame is cut off, not damaged */
};

ptm_status decoder_open(struct decoder *decoder, const AVStream *stream, const AVCodec *codec, int64_t max_pixels,
                        ptm_error *err);

void decoder_close(struct decoder *decoder);

/** Counts one piece of damage in the stream. */
void decoder_count_error(struct decoder *decoder);

/** Sends a packet; NULL tells that the stream has ended. */
ptm_status decoder_send(struct decoder *decoder, const AVPacket *packet, ptm_error *err);

/** Whether the decoder says that the frame is not what was coded. */
bool decoder_frame_is_damaged(const AVFrame *frame);

/** The next frame into decoder->frame. */
ptm_status decoder_receive(struct decoder *decoder, enum track_state *state, ptm_error *err);

#endif
