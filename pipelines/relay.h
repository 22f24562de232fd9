/* SPDX-License-Identifier: MIT */
/*
 * relay: hands windows from the thread that decodes to the one that runs the networks, so that neither waits for the
 * other as long as there is work. Each lane has one window waiting, a few where several share a pass, and one more that
 * is being answered, so memory is bounded.
 */
#ifndef POLYTOME_PIPELINES_RELAY_H
#define POLYTOME_PIPELINES_RELAY_H

#include "pipelines/run.h"

/** What becomes of a window for which there is no room. */
enum relay_policy {
    RELAY_WAITS, /* the collector waits: nothing is lost */
    RELAY_DROPS  /* it takes the place of the one that waited: the newest wins, but that before a loss or the end */
};

/** Makes room for the windows of the session's lanes in `modalities`. */
ptm_status relay_open(struct relay **out, struct ptm_session *session, unsigned modalities, enum relay_policy policy,
                      ptm_error *err);

void relay_close(struct relay **relay);

/** Hands a window on; its input is copied. PTM_EINTERRUPTED where the other side has given up. */
ptm_status relay_put(struct relay *relay, const struct ready *ready, ptm_error *err);

/** Whether the other side has given up; for whoever collects and waits for data. */
bool relay_given_up(struct relay *relay);

/** Counts a window that was taken and left out as dropped. */
void relay_drop(struct relay *relay, ptm_modality modality);

/** Windows of a modality that were dropped so far. */
int64_t relay_dropped(struct relay *relay, ptm_modality modality);

/** Runs `collect`, which hands windows to relay_put(), on a thread of its own. False where the system has none left. */
bool relay_start(struct relay *relay, ptm_status (*collect)(void *user, ptm_error *err), void *user);

/**
 * After relay_start(): runs `answer` for each window, in order, on the caller's thread. Returns when both are through,
 * with the status of whichever failed first; windows that were ready before a failure of `collect` are answered still,
 * unless it was PTM_EINTERRUPTED.
 */
ptm_status relay_run(struct relay *relay, ptm_status (*answer)(void *user, const struct ready *ready, ptm_error *err),
                     void *user, ptm_error *err);

#endif
