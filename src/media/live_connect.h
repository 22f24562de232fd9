/* SPDX-License-Identifier: MIT */
/* live_connect: one connection to a URL, a device or a generator, as a format context. */
#ifndef POLYTOME_MEDIA_LIVE_CONNECT_H
#define POLYTOME_MEDIA_LIVE_CONNECT_H

#include "media/demux.h"
#include "media/live_source.h"

/** Opens what is not LIVE_BYTES, up to its header; to be closed with demux_close(), also after a failure. */
ptm_status live_connect(struct demux *demux, const struct live_source *source, const struct demux_form *form,
                        AVIOInterruptCB interrupt, int64_t max_pixels, ptm_error *err);

#endif
