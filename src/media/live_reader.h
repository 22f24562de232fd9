/* SPDX-License-Identifier: MIT */
/*
 * live_reader: keeps one source connected, and puts its packets into the queue. It has a thread of its own: whatever
 * may block for ever (names, sockets, devices) blocks here, and who takes from the queue stays free to stop.
 */
#ifndef POLYTOME_MEDIA_LIVE_READER_H
#define POLYTOME_MEDIA_LIVE_READER_H

#include "media/live_connection.h"
#include "media/live_past.h"
#include "media/live_queue.h"
#include "media/live_source.h"
#include "media/live_stamps.h"

#include <stdatomic.h>

struct live_reader {
    int number;
    struct live_wish wish; /* its strings are the reader's own, and its name is what live_source_name() makes of it */
    const char *given;     /* the name as it was given */
    struct live_source source;
    struct live_queue *queue;
    atomic_bool *stop;
    atomic_int given_up; /* number of the connection whose packets cannot be decoded: it is to be lost */
    atomic_int jumps, repeats;

    /* the thread's own */
    int connections;
    struct live_connection connection;
    struct byte_source bytes;         /* of LIVE_BYTES */
    struct live_stamps stamps;        /* of the connection, and of the next one where that goes on */
    struct live_past past;            /* where source.recordings */
    double seen;                      /* time stamp of the last packet, in seconds of the container's clock */
    bool grew;                        /* the source is, or was, a playlist that grows */
    bool resumes;                     /* the connection before was `recorded`, too, and its decoders wait, */
    struct tracks_choice lost_choice; /* of these streams */
};

/** Copies the wish, and parses its name. *reader is zeroed; to be closed also after a failure. */
ptm_status live_reader_open(struct live_reader *reader, const struct live_wish *wish, ptm_error *err);

void live_reader_close(struct live_reader *reader);

/** Connects and reads until the source has ended or *stop is set. */
void live_reader_run(struct live_reader *reader);

#endif
