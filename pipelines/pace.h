/* SPDX-License-Identifier: MIT */
/*
 * pace: keeps the networks as fast as a live source brings windows. Where they are not, merging is raised a step at a
 * time, for all lanes alike; where there is ample time again, it is lowered. Only what merging cannot save is dropped.
 */
#ifndef POLYTOME_PIPELINES_PACE_H
#define POLYTOME_PIPELINES_PACE_H

#include "pipelines/lane.h"

struct pace {
    struct pace_lane {
        struct lane *lane;
        double hop_ms;
        double network_ms;     /* of a window, with the merging in force */
        int64_t dropped;       /* that were known of */
        struct lane_merge own; /* merging that was asked for, and its cost */
        double own_gflop;
    } lanes[NETWORK_MODALITIES];
    int count;
    bool started;
    int step;            /* 0: merging as it was asked for */
    int easy;            /* windows in a row for which there was ample time */
    int settling;        /* windows until the last step is known to be too little */
    int raised, lowered; /* steps taken */
};

/** A lane that has a window every `hop` seconds. */
void pace_watch(struct pace *pace, struct lane *lane, double hop);

/** Measures each lane on a synthetic window. */
ptm_status pace_measure(struct pace *pace, ptm_error *err);

/** The lane has no windows after all. */
void pace_forget(struct pace *pace, const struct lane *lane);

/** Raises merging until the lanes keep up, by what was measured, before the first window comes. */
ptm_status pace_start(struct pace *pace, ptm_error *err);

/** Whether a window of the lane that was complete `age` milliseconds ago should make room for the next: its answer
 * would be more than two hops late, and the next one's will not. */
bool pace_is_stale(const struct pace *pace, const struct lane *lane, double age);

/** A window of the lane was answered; `dropped` of them were not, so far. */
ptm_status pace_note(struct pace *pace, const struct lane *lane, int64_t dropped, ptm_error *err);

/** Gives the lanes the merging back that they had. */
void pace_end(struct pace *pace);

#endif
