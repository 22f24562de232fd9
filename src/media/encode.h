/* SPDX-License-Identifier: MIT */
/* encode: what an encoder makes of frames, into the stream of a film. */
#ifndef POLYTOME_MEDIA_ENCODE_H
#define POLYTOME_MEDIA_ENCODE_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

/** Sends a frame (NULL: the end) and hands the film's muxer what comes of it, by way of `packet`. An AVERROR, or 0. */
int encode_frame(AVCodecContext *encoder, const AVFrame *frame, AVPacket *packet, AVFormatContext *film,
                 const AVStream *stream);

#endif
