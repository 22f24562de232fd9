/* SPDX-License-Identifier: MIT */
/* live_queue: what the readers of live sources hand to the decoding thread, a bounded queue for each. A full one makes
 * its reader wait, so that memory stays what it is; dropping is the business of who makes windows. */
#ifndef POLYTOME_MEDIA_LIVE_QUEUE_H
#define POLYTOME_MEDIA_LIVE_QUEUE_H

#include "media/tracks.h"

#include <pthread.h>

enum { LIVE_READERS = 2 };

enum live_message_kind {
    LIVE_OPENED, /* a connection stands: `news` has its streams */
    LIVE_PACKET,
    LIVE_LOST,  /* the connection has ended and will be tried again: `news` says why */
    LIVE_BREAK, /* the next connection does not go on where a recording was lost */
    LIVE_ENDED, /* the source has ended */
    LIVE_FAILED /* the source cannot be read: `news` says why, or is NULL when memory ran out */
};

struct live_news {
    struct demux description;
    struct tracks_choice chosen;
    double origin;  /* first time stamp in the container's clock; NAN: not known */
    double began;   /* seconds of clock_ms() at which that was now */
    bool repaired;  /* the packets' time stamps do not jump */
    bool recorded;  /* it is a file, which waits for its reader */
    bool continued; /* its packets are those that would have come next of the file that was lost */
    ptm_error reason;
};

struct live_message {
    enum live_message_kind kind;
    int reader;
    int64_t number;   /* among all messages */
    double arrived;   /* UNIX time */
    AVPacket *packet; /* owned; its time stamps are corrected */
    struct live_news *news;
};

/** Frees what the message owns. */
void live_message_clear(struct live_message *message);

struct live_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct live_ring {
        struct live_message *messages;
        int first, count;
        size_t bytes;
    } rings[LIVE_READERS];
    int64_t pushed; /* messages so far */
    bool stopped;
};

ptm_status live_queue_open(struct live_queue *queue, ptm_error *err);
void live_queue_close(struct live_queue *queue);

/** Takes the message over, once there is room; false, with the message cleared, where the queue has been stopped. */
bool live_queue_push(struct live_queue *queue, struct live_message *message);

/** Waits up to `seconds` for a message of one reader, or, with -1, for the oldest of all. */
bool live_queue_pop(struct live_queue *queue, int reader, struct live_message *message, double seconds);

/** No more pushes: who waits in one returns. */
void live_queue_stop(struct live_queue *queue);

#endif
