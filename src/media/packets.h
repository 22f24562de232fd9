/* SPDX-License-Identifier: MIT */
/* packets: the compressed packets of a file's picture and sound from a time on, as they are to be copied. */
#ifndef POLYTOME_MEDIA_PACKETS_H
#define POLYTOME_MEDIA_PACKETS_H

#include "media/demux.h"

enum packets_stream_kind { PACKETS_PICTURE = 1, PACKETS_SOUND = 2 };

struct packets {
    struct byte_source source;
    struct demux demux;
    int video, audio; /* streams; -1: none */
    double origin;    /* the file's zero on the container's clock */
    double start;     /* that was asked for */
    double key;       /* where its picture begins: the last key frame at or before the start, or the first one */
    double from;      /* where the copy begins: that key frame, or sound that comes before it; NAN: not known yet */
    AVPacket *packet; /* the one at hand; its time stamps count from `from` */
    bool key_seen;
    int failed_reads;
};

/**
 * Opens the streams of the `kinds` (bits) of a named, seekable file and goes to the last key frame at or before `start`
 * seconds, or, where there is none, to the packet of sound that `start` lies in, and where coding loses something to
 * the one before it. PTM_ENODATA where there is no such stream. `path` must outlive it, and `packets` must not move.
 * packets_close() after it, whatever it returns.
 */
ptm_status packets_open(struct packets *packets, const char *path, double start, unsigned kinds, ptm_error *err);

/** The next packet of either stream into packets->packet; *more false at the end. */
ptm_status packets_next(struct packets *packets, bool *more, ptm_error *err);

/** Seconds from `from` at which the packet at hand is decoded; NAN where it does not say. */
double packets_time(const struct packets *packets);

/** The stream of the packet at hand. */
const AVStream *packets_stream(const struct packets *packets);

void packets_close(struct packets *packets);

/** Time stamps of a packet of one stream that are missing or do not rise come after *last, the decoding time stamp of
 * the one before (INT64_MIN: none); files that were joined have such. Of `reordered` pictures, which are decoded in
 * another order than they are shown, the first few of Matroska and NUT do not say when: that is as early as can be,
 * since those that are shown before them are decoded after them. */
void packets_raise_stamps(AVPacket *packet, bool reordered, int64_t *last);

/** A stream like `from` in the file to be written. An AVERROR, or 0. */
int packets_add_stream(AVFormatContext *format, const AVStream *from);

#endif
