/* SPDX-License-Identifier: MIT */
/*
 * uniform_frames: the T frames of a window that are spread evenly over a whole file, as numpy.linspace() lays them.
 * Where it is not known how many frames the file has, a thinning set of prepared ones is kept to its end.
 */
#ifndef POLYTOME_PIPELINES_UNIFORM_FRAMES_H
#define POLYTOME_PIPELINES_UNIFORM_FRAMES_H

#include "base/error.h"

/** Windows of frames that are kept at most. */
enum { UNIFORM_KEPT = 8 };

struct uniform_frames {
    int count;     /* T */
    size_t width;  /* floats of a prepared frame */
    int64_t total; /* frames of the file; 0: not known */

    float *kept; /* where that is not known: (UNIFORM_KEPT * T, width), every `stride`-th frame */
    int64_t stride;
    int held;
};

/** Takes memory where `total` is 0; close it also after a failure. PTM_ENOMEM. */
ptm_status uniform_frames_open(struct uniform_frames *uniform, int64_t total, int count, size_t width, ptm_error *err);

/** Frees it; a zeroed one is allowed. */
void uniform_frames_close(struct uniform_frames *uniform);

/** Numbers of the frames that are used where `total` is known, rising: frames (T); returns how many they are. */
int uniform_frames_wanted(const struct uniform_frames *uniform, int64_t *frames);

/** Where the frame of that number is to be prepared: in the window (T, width) or among those that are kept; NULL: it is
 * not needed. */
float *uniform_frames_slot(struct uniform_frames *uniform, int64_t frame, float *window);

/** Fills the window's other places when all frames, `seen`, have come. */
void uniform_frames_finish(const struct uniform_frames *uniform, int64_t seen, float *window);

#endif
