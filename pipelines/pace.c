/* SPDX-License-Identifier: MIT */
#include "pipelines/pace.h"

/* Merging of a step, where it costs less than what was asked for. */
static const struct {
    const char *r;
    double faster;
} STEPS[] = {{"off", 1},    {"1.25x", 1.25}, {"1.5x", 1.5}, {"1.75x", 1.75}, {"2x", 2},
             {"2.5x", 2.5}, {"3x", 3},       {"4x", 4},     {"6x", 6},       {"8x", 8}};

enum { STEP_COUNT = sizeof STEPS / sizeof *STEPS, EASY_WINDOWS = 20, SETTLING_WINDOWS = 2 };

static const double FULL = 0.85, AMPLE = 0.5; /* of the time that there is */

void pace_watch(struct pace *pace, struct lane *lane, double hop) {
    struct pace_lane *watched = &pace->lanes[pace->count++];
    *watched = (struct pace_lane){.lane = lane, .hop_ms = 1000 * hop};
    watched->own_gflop = lane_gflop(lane);
    lane_get_merge(lane, &watched->own);
}

/** Part of the time that the networks need. */
static double load(const struct pace *pace) {
    double sum = 0;
    for (int i = 0; i < pace->count; i++) sum += pace->lanes[i].network_ms / pace->lanes[i].hop_ms;
    return sum;
}

/** Sets the lane's merging for the step; where no schedule is as cheap as that, it stays as it is. Its time is guessed
 * from the cost until a window shows it. */
static ptm_status set_step(struct pace_lane *watched, int step, ptm_error *err) {
    struct lane *lane = watched->lane;
    const double before = lane_gflop(lane), none = config_gflop(&lane->network->config, NULL);
    const bool own = none / STEPS[step].faster >= watched->own_gflop;
    if (own) {
        lane_put_merge(lane, &watched->own);
    } else {
        ptm_error cause = {0};
        const ptm_status status = lane_set_merge(lane, STEPS[step].r, watched->own.prop_attn, &cause);
        if (status != PTM_OK && status != PTM_EINVAL) return error_set(err, status, "%s", cause.message);
    }
    watched->network_ms *= lane_gflop(lane) / before;
    return PTM_OK;
}

/** Goes up (1) or down (-1) until a lane's cost changes; *moved tells whether one did. */
static ptm_status move(struct pace *pace, int direction, bool *moved, ptm_error *err) {
    *moved = false;
    for (int step = pace->step + direction; !*moved && step >= 0 && step < STEP_COUNT; step += direction) {
        for (int i = 0; i < pace->count; i++) {
            const double before = lane_gflop(pace->lanes[i].lane);
            TRY(set_step(&pace->lanes[i], step, err));
            *moved |= lane_gflop(pace->lanes[i].lane) != before;
        }
        pace->step = step;
    }
    if (*moved && direction > 0) pace->raised++;
    if (*moved && direction < 0) pace->lowered++;
    pace->easy = 0;
    pace->settling = SETTLING_WINDOWS;
    return PTM_OK;
}

ptm_status pace_measure(struct pace *pace, ptm_error *err) {
    enum { PASSES = 2 }; /* the first one finds cold pages */
    for (int i = 0; i < pace->count; i++) {
        struct lane *lane = pace->lanes[i].lane;
        lane_fill_noise(lane);
        TRY(lane_measure(lane, PASSES, &pace->lanes[i].network_ms, err));
    }
    return PTM_OK;
}

void pace_forget(struct pace *pace, const struct lane *lane) {
    int kept = 0;
    for (int i = 0; i < pace->count; i++)
        if (pace->lanes[i].lane != lane) pace->lanes[kept++] = pace->lanes[i];
    pace->count = kept;
}

ptm_status pace_start(struct pace *pace, ptm_error *err) {
    pace->started = true;
    for (bool moved = true; moved && load(pace) > FULL;) TRY(move(pace, 1, &moved, err));
    return PTM_OK;
}

bool pace_is_stale(const struct pace *pace, const struct lane *lane, double age) {
    for (int i = 0; i < pace->count; i++) {
        const struct pace_lane *watched = &pace->lanes[i];
        const double latest = 2 * watched->hop_ms - watched->network_ms;
        if (watched->lane == lane) return pace->started && latest > 0 && age > latest;
    }
    return false;
}

ptm_status pace_note(struct pace *pace, const struct lane *lane, int64_t dropped, ptm_error *err) {
    bool behind = false, moved;
    if (!pace->started) return PTM_OK;
    for (int i = 0; i < pace->count; i++) {
        struct pace_lane *watched = &pace->lanes[i];
        if (watched->lane != lane) continue;
        watched->network_ms = (watched->network_ms + lane->vit.times.total) / 2;
        behind = dropped > watched->dropped;
        watched->dropped = dropped;
    }
    const double now = load(pace);
    pace->easy = now < AMPLE && !behind ? pace->easy + 1 : 0;
    if (pace->settling > 0) {
        pace->settling--;
        return PTM_OK;
    }
    if (now > FULL || (behind && now > AMPLE)) return move(pace, 1, &moved, err);
    return pace->step > 0 && pace->easy >= EASY_WINDOWS ? move(pace, -1, &moved, err) : PTM_OK;
}

void pace_end(struct pace *pace) {
    for (int i = 0; i < pace->count && pace->step > 0; i++) lane_put_merge(pace->lanes[i].lane, &pace->lanes[i].own);
    pace->step = 0;
}
