/* SPDX-License-Identifier: MIT */
/* live_feed: the readers of one live source or two, each in a thread, and the queue that they fill. */
#ifndef POLYTOME_MEDIA_LIVE_FEED_H
#define POLYTOME_MEDIA_LIVE_FEED_H

#include "media/live_reader.h"

struct live_feed {
    atomic_int holders; /* of this memory: the caller and the threads */
    atomic_bool stop;
    struct live_queue queue;
    int count;
    struct live_thread {
        struct live_feed *feed;
        struct live_reader reader;
        pthread_t id;
        bool started;
        atomic_bool finished;
    } threads[LIVE_READERS];
};

/** Makes readers of `count` wishes and starts them. */
ptm_status live_feed_open(struct live_feed **out, const struct live_wish *wishes, int count, ptm_error *err);

/** Stops the readers. A thread that hangs in a call which nothing interrupts (a name server that does not answer) is
 * not waited for: it ends by itself, and frees what it holds. */
void live_feed_close(struct live_feed **feed);

#endif
