/* SPDX-License-Identifier: MIT */
#include "media/live_feed.h"

#include "base/clock.h"
#include "base/memory.h"

#include <time.h>

/* Milliseconds for which closing waits for a thread: far more than an interrupted call needs. */
static const double PATIENCE = 2000;

static void let_go(struct live_feed *feed) {
    if (atomic_fetch_sub(&feed->holders, 1) > 1) return;
    for (int i = 0; i < feed->count; i++) live_reader_close(&feed->threads[i].reader);
    live_queue_close(&feed->queue);
    mem_free(feed);
}

static void *run_thread(void *opaque) {
    struct live_thread *thread = opaque;
    struct live_feed *feed = thread->feed;
    live_reader_run(&thread->reader);
    atomic_store(&thread->finished, true);
    let_go(feed);
    return NULL;
}

static ptm_status start_thread(struct live_thread *thread, ptm_error *err) {
    atomic_fetch_add(&thread->feed->holders, 1);
    thread->started = pthread_create(&thread->id, NULL, run_thread, thread) == 0;
    if (thread->started) return PTM_OK;
    atomic_fetch_sub(&thread->feed->holders, 1);
    return error_set(err, PTM_ENOMEM, "the thread that reads %s cannot be started", thread->reader.wish.name);
}

static ptm_status fill(struct live_feed *feed, const struct live_wish *wishes, int count, ptm_error *err) {
    TRY(live_queue_open(&feed->queue, err));
    while (feed->count < count) {
        const int number = feed->count++;
        struct live_thread *thread = &feed->threads[number];
        thread->feed = feed;
        thread->reader = (struct live_reader){.number = number, .queue = &feed->queue, .stop = &feed->stop};
        TRY(live_reader_open(&thread->reader, &wishes[number], err));
    }
    for (int i = 0; i < count; i++) TRY(start_thread(&feed->threads[i], err));
    return PTM_OK;
}

ptm_status live_feed_open(struct live_feed **out, const struct live_wish *wishes, int count, ptm_error *err) {
    struct live_feed *feed = *out = mem_calloc(1, sizeof *feed);
    if (!feed) return error_no_memory(err);
    atomic_store(&feed->holders, 1);
    const ptm_status status = fill(feed, wishes, count, err);
    if (status != PTM_OK) live_feed_close(out);
    return status;
}

static void end_thread(struct live_thread *thread, double until) {
    if (!thread->started) return;
    const struct timespec moment = {.tv_nsec = 1000000};
    while (!atomic_load(&thread->finished) && clock_ms() < until) nanosleep(&moment, NULL);
    if (atomic_load(&thread->finished))
        pthread_join(thread->id, NULL);
    else
        pthread_detach(thread->id);
}

void live_feed_close(struct live_feed **feed) {
    if (!*feed) return;
    atomic_store(&(*feed)->stop, true);
    live_queue_stop(&(*feed)->queue);
    const double until = clock_ms() + PATIENCE;
    for (int i = 0; i < (*feed)->count; i++) end_thread(&(*feed)->threads[i], until);
    let_go(*feed);
    *feed = NULL;
}
