/* SPDX-License-Identifier: MIT */
/* count: how many frames decoding will give, from packets alone. */
#ifndef POLYTOME_MEDIA_COUNT_H
#define POLYTOME_MEDIA_COUNT_H

#include "media/frame_index.h"
#include "media/track.h"

/** Packets of `stream` whose frame is shown within the range; 0 where it cannot be told. `demux` is fresh,
 * and used up afterwards. *index gets them all up to the end of the range and a few behind; to be freed by the caller,
 * after failures too. */
ptm_status count_frames(struct demux *demux, int stream, double origin, struct track_range range, int64_t *count,
                        struct frame_index *index, ptm_error *err);

#endif
