/* SPDX-License-Identifier: MIT */
/* lane: one modality of a session: its network with the memory of a forward pass, its front end, its merging. */
#ifndef POLYTOME_PIPELINES_LANE_H
#define POLYTOME_PIPELINES_LANE_H

#include "models/model.h"
#include "models/schedule.h"
#include "models/vit.h"

/** A lane's merging, kept to be given back without measuring or parsing it again. */
struct lane_merge {
    char text[SCHEDULE_TEXT];
    int r[VIT_DEPTH_MAX];
    bool prop_attn;
};

/** One modality of a session. */
struct lane {
    const struct network *network; /* NULL: no model brings it */
    struct vit vit;
    int waiting;           /* windows of the vit's pass that is not run yet */
    struct pixels *pixels; /* front end of video and image */
    float *input;          /* the prepared input of one window */
    float *recent;         /* the last frames (T,3,H,W) or samples of a window, as a ring; see window.h */
    char r[SCHEDULE_TEXT]; /* merging in force, as text */
};

/** Sets a lane's merging: a schedule, a budget ("40ms" is met by measuring here and now), NULL or "auto" the model's
 * own. After a failure it is what it was. */
ptm_status lane_set_merge(struct lane *lane, const char *r, int prop_attn, ptm_error *err);

/** What is in force in a lane that has a network, and the way back to it. */
void lane_get_merge(const struct lane *lane, struct lane_merge *merge);
void lane_put_merge(struct lane *lane, const struct lane_merge *merge);

/** Multiply-adds of a pass with the merging in force; see config_gflop(). */
double lane_gflop(const struct lane *lane);

/** The best time of `passes` on lane->input with that merging, milliseconds. */
ptm_status lane_measure(struct lane *lane, int passes, double *ms, ptm_error *err);

/** A synthetic input: numbers like normalised pixels that differ from patch to patch, so that matching has work to do.
 */
void lane_fill_noise(struct lane *lane);

/** Floats of one window as the front end collects it: T prepared frames, or samples. */
size_t lane_window_floats(const struct lane *lane);

/** Lets windows that overlap share the tubes that both have, where that changes no bit, until lane_forget_tubes(). */
ptm_status lane_keep_tubes(struct lane *lane, ptm_error *err);
void lane_forget_tubes(struct lane *lane);

#endif
