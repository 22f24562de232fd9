/* SPDX-License-Identifier: MIT */
#include "pipelines/batch.h"

#include <string.h>

/** A window that lies in its lane's vit. */
struct waiting {
    struct run *run; /* NULL: it has gone */
    struct ready ready;
    char r[SCHEDULE_TEXT]; /* of ready */
};

struct batch {
    int first, count;         /* answered so far, and all */
    struct waiting windows[]; /* in the order in which they came */
};

ptm_status batch_open(struct ptm_session *session, ptm_error *err) {
    int capacity = 0;
    for (int m = 0; m < NETWORK_MODALITIES; m++) capacity += session->lanes[m].vit.capacity;
    session->batch = mem_calloc(1, sizeof *session->batch + (size_t)capacity * sizeof *session->batch->windows);
    return session->batch ? PTM_OK : error_no_memory(err);
}

void batch_close(struct ptm_session *session) {
    mem_free(session->batch);
    session->batch = NULL;
}

void batch_add(struct run *run, const struct ready *ready) {
    struct batch *batch = run->session->batch;
    struct lane *lane = ready->lane;
    struct vit *vit = &lane->vit;
    if (lane->waiting == 0) vit_begin(vit);
    vit_put(vit, ready->input, ready->place);
    struct waiting *waiting = &batch->windows[batch->count++];
    waiting->run = run;
    waiting->ready = *ready;
    if (run->gathers) waiting->ready.input = NULL; /* it is not there any more when the window is answered */
    waiting->ready.window = &vit->windows[lane->waiting++];
    memcpy(waiting->r, lane->r, sizeof waiting->r);
    waiting->ready.r = waiting->r;
    run->waiting++;
    if (lane->waiting == vit->capacity) batch_answer(run->session);
}

/** The status decides: who watches may say nothing, or speak of what it got over. */
static ptm_status take_answer(struct run *run, const struct ready *ready, ptm_error *err) {
    const struct vit *vit = &ready->lane->vit;
    TRY(vit_check_finite(vit, ready->window, err));
    run->network_ms += vit->times.total;
    tally_add(ready->tally, ready->window);
    if (!run->watch) return PTM_OK;
    run->session->telling = true;
    const ptm_status status = run->watch(run->watcher, ready, err);
    run->session->telling = false;
    return status;
}

void batch_answer(struct ptm_session *session) {
    struct batch *batch = session->batch;
    while (batch->first < batch->count) {
        const struct waiting *waiting = &batch->windows[batch->first++];
        const struct ready *ready = &waiting->ready;
        struct run *run = waiting->run;
        if (ready->window == ready->lane->vit.windows) { /* the first of its lane */
            vit_run(&ready->lane->vit);
            ready->lane->waiting = 0;
        }
        if (!run) continue;
        run->waiting--;
        if (run->failure.status != PTM_OK) continue;
        (void)error_of_callback(&run->failure, take_answer(run, ready, &run->failure),
                                "the caller did not take a window");
    }
    batch->first = batch->count = 0;
}

void batch_forget(struct run *run) {
    struct ptm_session *session = run->session;
    struct batch *batch = session->batch;
    if (run->waiting == 0) return; /* others may be at work */
    bool others = false;
    for (int i = batch->first; i < batch->count; i++) {
        if (batch->windows[i].run == run) batch->windows[i].run = NULL;
        others = others || batch->windows[i].run;
    }
    run->waiting = 0;
    if (others || session->telling) return; /* batch_answer() goes on */
    batch->first = batch->count = 0;        /* nobody waits: the next window begins a pass */
    for (int m = 0; m < NETWORK_MODALITIES; m++) session->lanes[m].waiting = 0;
}
