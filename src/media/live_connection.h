/* SPDX-License-Identifier: MIT */
/*
 * live_connection: one connection to a source, from its opening to its last packet. What outlives it is the reader's
 * (live_reader); what FFmpeg is told to open it, live_connect's.
 */
#ifndef POLYTOME_MEDIA_LIVE_CONNECTION_H
#define POLYTOME_MEDIA_LIVE_CONNECTION_H

#include "media/demux.h"
#include "media/live_clock.h"
#include "media/live_source.h"
#include "media/tracks.h"

#include <stdatomic.h>

/** What is wanted of a source. */
struct live_wish {
    const char *name;
    struct demux_form form;
    bool want_video, want_audio;
    bool pace;    /* deliver at the speed of the time stamps */
    double stall; /* seconds without data after which a source that can stall is lost */
    int64_t max_pixels;
};

struct live_connection {
    /* the reader's, which outlive it */
    const struct live_wish *wish;
    const struct live_source *source;
    struct byte_source *bytes; /* of LIVE_BYTES, opened by the first connection: a FIFO's writers come and go */
    const atomic_bool *stop;

    struct demux demux;
    struct tracks_choice chosen;
    bool listed;                       /* it is a playlist of a web server */
    bool recorded;                     /* it is a file, or a playlist that is closed: it has a length */
    double opened;                     /* seconds of clock_ms() at which it stood */
    bool stands;                       /* it was announced, */
    bool brings;                       /* and a packet has come since */
    bool ended;                        /* no more packets */
    bool stuck;                        /* a file whose first packet cannot be come to without seeking */
    AVPacket *last[LIVE_CLOCK_TRACKS]; /* where `recorded`, not delivered yet: a loss may have cut it off */
    double deadline;                   /* milliseconds of clock_ms(), of the call into FFmpeg */
    bool silent;                       /* it was given up, as nothing came */
    int failed_in_a_row;               /* reads */
    bool paces;                        /* packets go on at the speed of their time stamps; and */
    bool paced;                        /* pace_from is known: */
    double pace_from, pace_stamp; /* milliseconds of clock_ms(), and the stamp that was due then, in milliseconds */
};

/** Connects, and chooses the streams. *connection is zeroed but for what is the reader's, and must not move; to be
 * closed also after a failure. PTM_ENODATA where it has nothing that is wanted. */
ptm_status live_connection_open(struct live_connection *connection, ptm_error *err);

void live_connection_close(struct live_connection *connection);

/** Gives the source its time from now on. Who listens has time: the sender may come at any moment. */
void live_connection_expect(struct live_connection *connection);

/** The next packet, to be freed by the caller; NULL where none has come yet, and at the end, which sets `ended`. */
ptm_status live_connection_read(struct live_connection *connection, AVPacket **packet, ptm_error *err);

/** Takes a packet over, and gives one that is whole: of a recording the one of its track before, since the next one
 * shows that it is; NULL: none yet. */
AVPacket *live_connection_hold(struct live_connection *connection, AVPacket *packet);

/** At the end of a recording: a packet that was held, and is whole therefore; NULL: no more of them. */
AVPacket *live_connection_release(struct live_connection *connection);

/** Whether a packet belongs to what is wanted. */
bool live_connection_wants(const struct live_connection *connection, const AVPacket *packet);

/** 0 for a packet of the pictures, 1 of the sound. */
int live_connection_track(const struct live_connection *connection, const AVPacket *packet);

/** Waits, where it paces, until a packet of `time` (seconds, or NAN) is due. */
void live_connection_wait(struct live_connection *connection, double time);

/** A recording in the network has a length; what has none was cut off. A playlist may come to have one. */
bool live_connection_has_length(const struct live_connection *connection);

/** Why an interrupted call ended: we were told to, or nothing came. */
ptm_status live_connection_interrupted(const struct live_connection *connection, ptm_error *err);

/** Sleeps until a moment of clock_ms(), or until *stop is set. */
void live_connection_sleep(const atomic_bool *stop, double moment);

#endif
