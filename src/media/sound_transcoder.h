/* SPDX-License-Identifier: MIT */
/* sound_transcoder: sound that MP4 does not take as it is, decoded and encoded as AAC into a film. */
#ifndef POLYTOME_MEDIA_SOUND_TRANSCODER_H
#define POLYTOME_MEDIA_SOUND_TRANSCODER_H

#include <libavformat/avformat.h>

/* Each call returns an AVERROR, or 0. */

struct sound_transcoder;

/** Opens a decoder for the stream of a file, at whose `begin`, in seconds on its own clock, the film begins. */
int sound_transcoder_open(struct sound_transcoder **out, const AVStream *stream, double begin);

void sound_transcoder_close(struct sound_transcoder **transcoder);

/** Opens an encoder, and adds its stream to the film, before the header. */
int sound_transcoder_add_stream(struct sound_transcoder *transcoder, AVFormatContext *film);

/** Hands the film's muxer what comes of a packet, whose time stamps count from `from` on the file's clock; a damaged
 * one is passed over. */
int sound_transcoder_send(struct sound_transcoder *transcoder, const AVPacket *packet, double from);

/** The same with what is left when the packets have ended. */
int sound_transcoder_finish(struct sound_transcoder *transcoder);

#endif
