/* SPDX-License-Identifier: MIT */
/* device: FFmpeg's cameras, microphones and generators, whose library is loaded when the first one is asked for. */
#ifndef POLYTOME_MEDIA_DEVICE_H
#define POLYTOME_MEDIA_DEVICE_H

#include "base/error.h"

#include <libavformat/avformat.h>

/** FFmpeg's input device of this name, to be used on the thread that asks, where ALSA prints nothing then. PTM_EIO
 * where libavdevice is not on this machine or lacks it. */
ptm_status device_find(const AVInputFormat **out, const char *name, ptm_error *err);

#endif
