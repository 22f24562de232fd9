/* SPDX-License-Identifier: MIT */
/*
 * live_reader: keeps one source connected, and puts its packets into the queue. It has a thread of its own: whatever
 * may block for ever (names, sockets, devices) blocks here, and who takes from the queue stays free to stop.
 */
#ifndef POLYTOME_MEDIA_LIVE_READER_H
#define POLYTOME_MEDIA_LIVE_READER_H

#include "media/live_past.h"
#include "media/live_queue.h"
#include "media/live_source.h"
#include "media/live_stamps.h"

#include <stdatomic.h>

struct live_wish {
    const char *name;
    struct demux_form form;
    bool want_video, want_audio;
    bool pace;    /* deliver at the speed of the time stamps */
    double stall; /* seconds without data after which a source that can stall is lost */
    int64_t max_pixels;
};

struct live_reader {
    int number;
    struct live_wish wish; /* its strings are the reader's own, and its name is what live_source_name() makes of it */
    const char *given;     /* the name as it was given */
    struct live_source source;
    struct live_queue *queue;
    atomic_bool *stop;
    atomic_int given_up; /* number of the connection whose packets cannot be decoded: it is to be lost */
    atomic_int jumps, repeats;
    atomic_int failed_reads;

    /* the thread's own */
    int connections;
    bool stands;                       /* the connection was announced */
    bool silent;                       /* it was given up, as nothing came */
    bool grew;                         /* the source is, or was, a playlist that grows */
    bool remembers;                    /* the connection can be told from an earlier one: `past` holds for it */
    bool recorded;                     /* it is a file, or a playlist that is closed: it has a length */
    bool resumes;                      /* the connection before was one, too, and its decoders wait, */
    struct tracks_choice lost_choice;  /* of these streams */
    AVPacket *last[LIVE_CLOCK_TRACKS]; /* where `recorded`, not delivered yet: a loss may have cut it off */
    struct live_past past;             /* where source.recordings */
    double seen;                       /* time stamp of the last packet, in seconds of the container's clock */
    struct byte_source bytes;          /* of LIVE_BYTES, open as long as the reader: a FIFO's writers come and go */
    struct demux demux;
    struct tracks_choice chosen;
    struct live_stamps stamps;
    double deadline;              /* milliseconds of clock_ms(), of the call into FFmpeg */
    double opened;                /* seconds of clock_ms() at which the connection stood */
    bool paces;                   /* packets go on at the speed of their time stamps; and */
    bool paced;                   /* pace_from is known: */
    double pace_from, pace_stamp; /* milliseconds of clock_ms(), and the stamp that was due then, in milliseconds */
};

/** Copies the wish, and parses its name. *reader is zeroed; to be closed also after a failure. */
ptm_status live_reader_open(struct live_reader *reader, const struct live_wish *wish, ptm_error *err);

void live_reader_close(struct live_reader *reader);

/** Connects and reads until the source has ended or *stop is set. */
void live_reader_run(struct live_reader *reader);

#endif
