/* SPDX-License-Identifier: MIT */
/* seek: puts a demuxer where decoding must begin to have everything from a time on. */
#ifndef POLYTOME_MEDIA_SEEK_H
#define POLYTOME_MEDIA_SEEK_H

#include "media/demux.h"

/** Streams (-1: none) and the time from which all of their output is wanted. */
struct seek_target {
    int video, audio;
    double origin, start;
};

/** Moves to a place from which both streams can be decoded at `start`; stays at the beginning where it cannot seek, and
 * then *moved is false. Streams may be other objects afterwards. */
ptm_status seek_before(struct demux *demux, const struct seek_target *target, bool *moved, ptm_error *err);

#endif
