/* SPDX-License-Identifier: MIT */
/* demux_copy: what the header of a demuxer says of its streams, copied. */
#ifndef POLYTOME_MEDIA_DEMUX_COPY_H
#define POLYTOME_MEDIA_DEMUX_COPY_H

#include "media/demux.h"

/** A copy of what the header says, which outlives the connection: for decoders in another thread. */
ptm_status demux_describe(struct demux *copy, const struct demux *demux, ptm_error *err);

/** The side data of a stream, where its rotation stands; from FFmpeg 6.1 on the codec's parameters bring it along.
 * False where memory ran out. */
bool demux_copy_side_data(AVStream *copy, const AVStream *stream);

/** Frees what demux_describe() made, wholly or in part. */
void demux_forget(struct demux *copy);

#endif
