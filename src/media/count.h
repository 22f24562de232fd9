/* SPDX-License-Identifier: MIT */
/* count: how many frames decoding will give, from packets alone. */
#ifndef POLYTOME_MEDIA_COUNT_H
#define POLYTOME_MEDIA_COUNT_H

#include "media/demux.h"
#include "media/track.h"

/** Packets of `stream` whose frame is shown within the range; 0 where it cannot be told. `demux` is fresh, and at its
 * end afterwards. */
ptm_status count_frames(struct demux *demux, int stream, double origin, struct track_range range, int64_t *count,
                        ptm_error *err);

#endif
