/* SPDX-License-Identifier: MIT */
#include "media/live_reader.h"

#include "base/clock.h"
#include "base/memory.h"
#include "media/demux_copy.h"
#include "media/demux_streams.h"

#include <math.h>

static const double FIRST_WAIT = 0.5, LONGEST_WAIT = 30; /* seconds from one attempt to the next */

/* Time stamps that are so many seconds from the time of day are the time of day. */
static const double TIME_OF_DAY = 10;

static bool is_stopped(const struct live_reader *reader) {
    return atomic_load(reader->stop);
}

/** Puts a message into the queue, which takes it over. */
static ptm_status push(struct live_reader *reader, struct live_message *message, ptm_error *err) {
    return live_queue_push(reader->queue, message) ? PTM_OK : live_connection_interrupted(&reader->connection, err);
}

/* ---------------------------------------------------------------- connecting */

/** A new clock. What comes through a pipe may be a recording as well: a gap in it stays, but where the format lets
 * stamps jump. */
static void choose_clock(struct live_reader *reader) {
    const bool jumps = reader->connection.demux.format->iformat->flags & AVFMT_TS_DISCONT;
    const bool gaps = reader->source.kind == LIVE_BYTES && !jumps;
    reader->stamps = (struct live_stamps){.clock.ahead = gaps ? LIVE_CLOCK_GAP : LIVE_CLOCK_AHEAD};
}

/** How fast the connection's packets go on. Time stamps of another one are nothing to it. A playlist that grows does so
 * by some seconds at once, which would be more windows than can wait. */
static void choose_pace(struct live_reader *reader) {
    struct live_connection *connection = &reader->connection;
    reader->grew |= connection->listed && !connection->recorded;
    connection->paces = reader->wish.pace || (connection->listed && reader->grew);
}

/** Whether the connection can be told from an earlier one: `past` holds for it. */
static bool remembers(const struct live_connection *connection) {
    return connection->listed || connection->recorded;
}

/** What earlier connections delivered is passed over where the source is the same one still: a file, which is read from
 * its beginning, or a playlist, which is joined some pieces before its end; once it is closed, at its beginning. */
static void choose_past(struct live_reader *reader) {
    const double margin = 60; /* seconds: it begins with the piece before */
    const struct live_connection *connection = &reader->connection;
    const bool listed = connection->listed, closed = connection->recorded;
    if (!remembers(connection)) return;
    live_past_begin(&reader->past, !closed ? LIVE_PAST_ANYWHERE : listed ? LIVE_PAST_EARLIER : LIVE_PAST_AT_FIRST);
    /* Hours may have been listed. Where it cannot seek, they are read. */
    if (listed && closed && !live_past_is_empty(&reader->past))
        av_seek_frame(connection->demux.format, -1, (int64_t)((reader->seen - margin) * AV_TIME_BASE),
                      AVSEEK_FLAG_BACKWARD);
}

static ptm_status connect_source(struct live_reader *reader, ptm_error *err) {
    reader->connection = (struct live_connection){
        .wish = &reader->wish, .source = &reader->source, .bytes = &reader->bytes, .stop = reader->stop};
    TRY(live_connection_open(&reader->connection, err));
    choose_pace(reader);
    choose_past(reader);
    return PTM_OK;
}

/* ---------------------------------------------------------------- announcing */

/** Whether its time stamps may jump, and are put right: those of a file belong to the file. */
static bool repairs(const struct live_reader *reader) {
    return reader->source.kind == LIVE_URL || reader->source.kind == LIVE_DEVICE ||
           (reader->source.kind == LIVE_BYTES && !reader->bytes.seekable);
}

static ptm_status fill_news(const struct live_reader *reader, double origin, struct live_news *news, ptm_error *err) {
    const struct live_connection *connection = &reader->connection;
    news->chosen = connection->chosen;
    news->repaired = repairs(reader);
    news->recorded = connection->recorded;
    news->origin = origin;
    news->began = connection->opened;
    /* Devices stamp with the time of day: that is nearer to the truth than when we came to look. */
    const double age = clock_unix() - news->origin;
    if (fabs(age) < TIME_OF_DAY) news->began = clock_ms() / 1e3 - age;
    return demux_describe(&news->description, &connection->demux, err);
}

/** The connection does not go on where one was lost: it has a clock of its own, and what the decoders of a recording
 * still hold is all that they give. */
static ptm_status announce_break(struct live_reader *reader, ptm_error *err) {
    struct live_message message = {.kind = LIVE_BREAK, .reader = reader->number};
    choose_clock(reader);
    return push(reader, &message, err);
}

/** The connection stands. `origin`: the first time stamp of what will be delivered of it; `continued`: the connection
 * before would have brought that next. */
static ptm_status announce(struct live_reader *reader, double origin, bool continued, ptm_error *err) {
    if (!continued) TRY(announce_break(reader, err));
    struct live_message message = {
        .kind = LIVE_OPENED, .reader = reader->number, .news = mem_calloc(1, sizeof *message.news)};
    if (!message.news) return error_no_memory(err);
    message.news->continued = continued;
    const ptm_status status = fill_news(reader, origin, message.news, err);
    if (status != PTM_OK) {
        live_message_clear(&message);
        return status;
    }
    reader->connections++;
    reader->connection.stands = true;
    return push(reader, &message, err);
}

/** Whether what is new of a recording since a moment ago, a packet of the track, goes on where it was lost. */
static bool is_continued(const struct live_reader *reader, int track) {
    const struct tracks_choice *lost = &reader->lost_choice, *chosen = &reader->connection.chosen;
    const bool same = lost->video == chosen->video && lost->audio == chosen->audio;
    return reader->resumes && reader->connection.recorded && same && live_past_follows(&reader->past, track);
}

/** A connection that brings what is known stands once something new has come: a playlist that nobody writes any more is
 * no source that is there again. */
static ptm_status stand(struct live_reader *reader, int track, double stamp, ptm_error *err) {
    struct live_connection *connection = &reader->connection;
    if (!isnan(stamp)) reader->seen = stamp;
    if (connection->stands) return PTM_OK;
    connection->opened = clock_ms() / 1e3;
    const double origin = isnan(stamp) ? demux_origin(&connection->demux) : stamp;
    return announce(reader, origin, is_continued(reader, track), err);
}

/* ---------------------------------------------------------------- packets */

/** Whether the packet is one of those that are asked for, and no earlier connection delivered it. */
static bool is_wanted(struct live_reader *reader, const AVPacket *packet, int track, double stamp) {
    if (!live_connection_wants(&reader->connection, packet)) return false;
    return !remembers(&reader->connection) || !live_past_knows(&reader->past, track, packet, stamp);
}

/** Puts the packet's time stamps right where they may be wrong; its time in seconds, or NAN, which was `stamp`. */
static double correct_stamps(struct live_reader *reader, AVPacket *packet, int track, double stamp) {
    if (!repairs(reader)) return stamp;
    const struct live_clock *clock = &reader->stamps.clock;
    const int jumps = clock->jumps, repeats = clock->repeats;
    const AVStream *stream = reader->connection.demux.format->streams[packet->stream_index];
    const double time = live_stamps_correct(&reader->stamps, track, stream, packet);
    atomic_fetch_add(&reader->jumps, clock->jumps - jumps);
    atomic_fetch_add(&reader->repeats, clock->repeats - repeats);
    return time;
}

/** Passes the packet on, once it is due, and takes it over. */
static ptm_status deliver(struct live_reader *reader, AVPacket *packet, ptm_error *err) {
    struct live_connection *connection = &reader->connection;
    struct live_message message = {.kind = LIVE_PACKET, .reader = reader->number, .packet = packet};
    const int track = live_connection_track(connection, packet);
    const double stamp = live_stamps_time(connection->demux.format->streams[packet->stream_index], packet);
    const bool wanted = is_wanted(reader, packet, track, stamp);
    const ptm_status status = wanted ? stand(reader, track, stamp, err) : PTM_OK;
    if (!wanted || status != PTM_OK) {
        live_message_clear(&message);
        return status;
    }
    live_connection_wait(connection, correct_stamps(reader, packet, track, stamp));
    message.arrived = clock_unix();
    return push(reader, &message, err);
}

/** Reads to the end of the connection: PTM_OK where it came to one. */
static ptm_status read_packets(struct live_reader *reader, ptm_error *err) {
    struct live_connection *connection = &reader->connection;
    AVPacket *packet;
    for (live_connection_expect(connection);;) {
        if (connection->stands && atomic_load(&reader->given_up) == reader->connections)
            return error_set(err, PTM_EFORMAT, "%s: what comes cannot be decoded", reader->wish.name);
        TRY(live_connection_read(connection, &packet, err));
        if (connection->ended) break;
        if (!packet) continue;
        packet = live_connection_hold(connection, packet);
        if (packet) TRY(deliver(reader, packet, err));
        connection->brings = connection->stands;
        if (connection->stands || connection->recorded) live_connection_expect(connection);
    }
    while ((packet = live_connection_release(connection)) != NULL) TRY(deliver(reader, packet, err));
    return PTM_OK;
}

/* ---------------------------------------------------------------- connection after connection */

/** What the end of a connection means for the source. */
static enum live_message_kind judge(const struct live_reader *reader, ptm_status status) {
    const struct live_source *source = &reader->source;
    const struct live_connection *connection = &reader->connection;
    if (status == PTM_ENOMEM || connection->stuck) return LIVE_FAILED;
    if (reader->connections == 0) {
        const bool nothing_yet = status == PTM_EFORMAT || status == PTM_ENODATA;
        return source->waits && nothing_yet ? LIVE_LOST : LIVE_FAILED;
    }
    if (!source->comes_back) return connection->demux.reader.error ? LIVE_FAILED : LIVE_ENDED;
    const bool whole = status == PTM_OK && source->kind != LIVE_BYTES && live_connection_has_length(connection);
    return whole ? LIVE_ENDED : LIVE_LOST;
}

static void report(struct live_reader *reader, enum live_message_kind kind, const ptm_error *reason) {
    struct live_message message = {.kind = kind, .reader = reader->number};
    if (reason->status != PTM_ENOMEM) message.news = mem_calloc(1, sizeof *message.news);
    if (message.news) message.news->reason = *reason;
    live_queue_push(reader->queue, &message);
}

static void disconnect(struct live_reader *reader) {
    struct live_connection *connection = &reader->connection;
    live_connection_close(connection);
    if (!connection->stands) return; /* decoders wait still, or again do not */
    reader->resumes = connection->recorded && atomic_load(&reader->given_up) != reader->connections;
    reader->lost_choice = connection->chosen;
}

/** One connection from beginning to end; whether there may be another. */
static bool run_connection(struct live_reader *reader) {
    const struct live_connection *connection = &reader->connection;
    ptm_error reason = {0};
    ptm_status status = connect_source(reader, &reason);
    const bool known = remembers(connection) && !live_past_is_empty(&reader->past); /* it begins with that */
    if (status == PTM_OK && !known) status = announce(reader, demux_origin(&connection->demux), false, &reason);
    if (status == PTM_OK) status = read_packets(reader, &reason);
    if (status == PTM_OK) error_set(&reason, PTM_EIO, "%s: the sender has ended it", reader->wish.name);
    const enum live_message_kind kind = judge(reader, status);
    disconnect(reader);
    if (is_stopped(reader)) return false;
    report(reader, kind, &reason);
    return kind == LIVE_LOST;
}

void live_reader_run(struct live_reader *reader) {
    bool again = true;
    for (double wait = FIRST_WAIT; again && !is_stopped(reader);) {
        again = run_connection(reader);
        if (reader->connection.brings) wait = FIRST_WAIT;
        /* Another writer of a FIFO waits already, or will be waited for. */
        if (again && reader->source.kind != LIVE_BYTES) live_connection_sleep(reader->stop, clock_ms() + wait * 1e3);
        wait = fmin(2 * wait, LONGEST_WAIT);
    }
}

ptm_status live_reader_open(struct live_reader *reader, const struct live_wish *wish, ptm_error *err) {
    reader->bytes.fd = -1;
    const char *const texts[] = {wish->name, wish->form.format, wish->form.settings};
    reader->wish = *wish;
    reader->wish.name = live_source_name(wish->name);
    const char **copies[] = {&reader->given, &reader->wish.form.format, &reader->wish.form.settings};
    for (int i = 0; i < 3; i++) *copies[i] = texts[i] ? mem_strdup(texts[i]) : NULL;
    for (int i = 0; i < 3; i++)
        if (texts[i] && !*copies[i]) return error_no_memory(err);
    if (!reader->wish.name) return error_no_memory(err);
    TRY(live_source_parse(&reader->source, reader->given, reader->wish.name, err));
    return reader->source.recordings ? live_past_open(&reader->past, err) : PTM_OK;
}

void live_reader_close(struct live_reader *reader) {
    byte_source_close(&reader->bytes);
    live_past_close(&reader->past);
    mem_free((char *)reader->given);
    mem_free((char *)reader->wish.name);
    mem_free((char *)reader->wish.form.format);
    mem_free((char *)reader->wish.form.settings);
}
