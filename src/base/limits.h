/* SPDX-License-Identifier: MIT */
/* limits: numbers that the parts of the library must agree on. */
#ifndef POLYTOME_BASE_LIMITS_H
#define POLYTOME_BASE_LIMITS_H

/** Magnitude of a sample, above which its power may not fit into a float. */
#define LIMIT_LOUDEST 1e10f

/** Seconds of silence between samples: time stamps are rounded to a container's ticks, and more than this is a gap. */
#define LIMIT_SOUND_GAP 0.1

/** Seconds, 300 years: times beyond it are damage, and too coarse to tell one frame from the next. */
#define LIMIT_LATEST 1e10

/** Pixels of a picture's side. */
enum { LIMIT_SIDE = 65535 };

#endif
