/* SPDX-License-Identifier: MIT */
/* ffmpeg_log: FFmpeg writes to stderr unless the process tells it not to. */
#ifndef POLYTOME_MEDIA_FFMPEG_LOG_H
#define POLYTOME_MEDIA_FFMPEG_LOG_H

/** Quiet, where the level is FFmpeg's untouched default: a program that has chosen a level keeps it. */
void ffmpeg_log_quieten(void);

#endif
