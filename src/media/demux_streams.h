/* SPDX-License-Identifier: MIT */
/* demux_streams: what the streams of a demuxer are, which of them are read, and what their time stamps mean. */
#ifndef POLYTOME_MEDIA_DEMUX_STREAMS_H
#define POLYTOME_MEDIA_DEMUX_STREAMS_H

#include "media/demux.h"

/** Seconds by which time stamps that mean the same moment may differ: containers round them to their ticks. */
#define DEMUX_STAMP_SLACK 1e-4

/** Index of the best stream of a kind, cover art excluded, and its decoder; -1 where there is none, then *decoder is
 * NULL and *undecodable the codec that lacks a decoder, or AV_CODEC_ID_NONE. */
int demux_best_stream(const struct demux *demux, enum AVMediaType kind, const AVCodec **decoder,
                      enum AVCodecID *undecodable);

/** Whether the stream is one picture of an image format, not a video. */
bool demux_is_still(const struct demux *demux, int index);

bool demux_has_cover_art(const struct demux *demux);

/** The file's zero: the earliest first time stamp of its picture and sound streams, in seconds of the container's
 * clock; NAN where there are no time stamps. */
double demux_origin(const struct demux *demux);

/** Seconds of the container's clock; NAN for a missing time stamp, an unusable time base, and a time beyond all clocks.
 */
double demux_seconds(const AVStream *stream, int64_t timestamp);

/** Tells the demuxer to skip all streams but these two (-1: none). */
void demux_keep(const struct demux *demux, int video, int audio);

/** Whether a seek by time can work at all. */
bool demux_seekable(const struct demux *demux);

/** False where the format carries no time stamps (elementary streams): those that FFmpeg makes up are its own guess. */
bool demux_has_timestamps(const struct demux *demux);

/** Whether stamps of sound are sums of samples, as in Ogg, or of FFmpeg's own making for formats that have none: at
 * another rate than the first they say nothing. */
bool demux_counts_samples(const struct demux *demux);

#endif
