/* SPDX-License-Identifier: MIT */
#include "media/ffmpeg_log.h"

#include <libavutil/log.h>

void ffmpeg_log_quieten(void) {
    if (av_log_get_level() == AV_LOG_INFO) av_log_set_level(AV_LOG_QUIET);
}
