/* SPDX-License-Identifier: MIT */
#include "media/live_reader.h"

#include "base/clock.h"
#include "base/memory.h"
#include "media/demux_copy.h"
#include "media/demux_streams.h"
#include "media/live_connect.h"

#include <libavutil/avstring.h>
#include <math.h>
#include <string.h>
#include <time.h>

static const double FIRST_WAIT = 0.5, LONGEST_WAIT = 30; /* seconds from one attempt to the next */

/* Time stamps that are so many seconds from the time of day are the time of day. */
static const double TIME_OF_DAY = 10;

#define PLAYLISTS "hls,dash" /* formats that read their media themselves */

enum {
    DEVICE_MS = 2, /* until a device without data is asked again */
    NAP_MS = 50    /* how long `stop` may wait */
};

/* ---------------------------------------------------------------- stopping */

static bool is_stopped(const struct live_reader *reader) {
    return atomic_load(reader->stop);
}

/** Of any blocked call: whether to give up. */
static int interrupt(void *opaque) {
    struct live_reader *reader = opaque;
    reader->silent |= clock_ms() > reader->deadline;
    return is_stopped(reader) || reader->silent;
}

static bool cancelled(void *user) {
    return interrupt(user);
}

/** Gives the source its time from now on. Who listens has time: the sender may come at any moment. */
static void expect_data(struct live_reader *reader) {
    const bool for_ever = !reader->source.stalls || (reader->source.waits && !reader->stands);
    reader->silent = false;
    reader->deadline = for_ever ? INFINITY : clock_ms() + reader->wish.stall * 1e3;
}

/** Sleeps until a moment of clock_ms(); false where it was stopped. */
static bool sleep_until(const struct live_reader *reader, double moment) {
    for (double left; !is_stopped(reader) && (left = moment - clock_ms()) > 0;) {
        const struct timespec nap = {.tv_nsec = (long)(fmin(left, NAP_MS) * 1e6)};
        nanosleep(&nap, NULL);
    }
    return !is_stopped(reader);
}

/** Why an interrupted call ended: we were told to, or nothing came. */
static ptm_status interrupted(const struct live_reader *reader, ptm_error *err) {
    error_clear(err);
    if (is_stopped(reader)) return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", reader->wish.name);
    return error_set(err, PTM_EIO, "%s: nothing came for %g s", reader->wish.name, reader->wish.stall);
}

/* ---------------------------------------------------------------- connecting */

static ptm_status open_bytes(struct live_reader *reader, ptm_error *err) {
    const struct media_options options = {.cancelled = cancelled, .user = reader};
    if (reader->bytes.fd < 0) TRY(byte_source_open(&reader->bytes, reader->given, &options, err));
    if (reader->source.comes_back && !byte_source_wait(&reader->bytes)) return interrupted(reader, err);
    reader->opened = clock_ms() / 1e3;
    return demux_open(&reader->demux, &reader->bytes, &reader->wish.form, reader->wish.max_pixels, err);
}

static ptm_status open_other(struct live_reader *reader, ptm_error *err) {
    const AVIOInterruptCB callback = {.callback = interrupt, .opaque = reader};
    TRY(live_connect(&reader->demux, &reader->source, &reader->wish.form, callback, reader->wish.max_pixels, err));
    reader->opened = clock_ms() / 1e3;
    expect_data(reader); /* names and handshakes have had their time */
    return demux_examine(&reader->demux, reader->wish.name, err);
}

/** A new clock. What comes through a pipe may be a recording as well: a gap in it stays, but where the format lets
 * stamps jump. */
static void choose_clock(struct live_reader *reader) {
    const bool jumps = reader->demux.format->iformat->flags & AVFMT_TS_DISCONT;
    const bool gaps = reader->source.kind == LIVE_BYTES && !jumps;
    reader->stamps = (struct live_stamps){.clock.ahead = gaps ? LIVE_CLOCK_GAP : LIVE_CLOCK_AHEAD};
}

static ptm_status choose_streams(struct live_reader *reader, ptm_error *err) {
    struct tracks_choice *chosen = &reader->chosen;
    tracks_choose(chosen, &reader->demux);
    const int video = reader->wish.want_video ? chosen->video : -1;
    const int audio = reader->wish.want_audio ? chosen->audio : -1;
    demux_keep(&reader->demux, video, audio);
    if (video >= 0 || audio >= 0) return PTM_OK;
    return error_set(err, PTM_ENODATA, "%s: nothing to label: %s", reader->wish.name,
                     reader->wish.want_video ? chosen->no_video : chosen->no_audio);
}

static bool is_playlist(const struct demux *demux) {
    return av_match_name(demux->format->iformat->name, PLAYLISTS);
}

/** A recording in the network has a length; what has none was cut off. The bytes of a playlist are not those of what it
 * lists, and a length that is guessed of them means nothing: it tells its own when it is closed. */
static bool has_length(const struct demux *demux) {
    const AVFormatContext *format = demux->format;
    if (!format) return false;
    const bool told = format->duration > 0;
    if (is_playlist(demux)) return told && format->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE;
    return told || (format->pb && avio_size(format->pb) > 0);
}

/** How fast the connection's packets go on. Time stamps of another one are nothing to it. A playlist that grows does so
 * by some seconds at once, which would be more windows than can wait. */
static void choose_pace(struct live_reader *reader) {
    const bool listed = reader->source.recordings && is_playlist(&reader->demux);
    reader->grew |= listed && !has_length(&reader->demux);
    reader->paces = reader->wish.pace || (listed && reader->grew);
    reader->paced = false;
}

/** What earlier connections delivered is passed over where the source is the same one still: a file, which is read from
 * its beginning, or a playlist, which is joined some pieces before its end; once it is closed, at its beginning. */
static void choose_past(struct live_reader *reader) {
    const double margin = 60; /* seconds: it begins with the piece before */
    const bool listed = is_playlist(&reader->demux), closed = has_length(&reader->demux);
    reader->remembers = reader->source.recordings && (listed || closed);
    reader->recorded = reader->source.recordings && closed;
    if (!reader->remembers) return;
    live_past_begin(&reader->past, !closed ? LIVE_PAST_ANYWHERE : listed ? LIVE_PAST_EARLIER : LIVE_PAST_AT_FIRST);
    /* Hours may have been listed. Where it cannot seek, they are read. */
    if (listed && closed && !live_past_is_empty(&reader->past))
        av_seek_frame(reader->demux.format, -1, (int64_t)((reader->seen - margin) * AV_TIME_BASE),
                      AVSEEK_FLAG_BACKWARD);
}

static ptm_status connect_source(struct live_reader *reader, ptm_error *err) {
    reader->demux = (struct demux){0};
    reader->stands = false;
    expect_data(reader);
    const ptm_status status = reader->source.kind == LIVE_BYTES ? open_bytes(reader, err) : open_other(reader, err);
    if (status != PTM_OK && interrupt(reader)) return interrupted(reader, err);
    TRY(status);
    choose_pace(reader);
    TRY(choose_streams(reader, err));
    choose_past(reader);
    return PTM_OK;
}

/** Whether its time stamps may jump, and are put right: those of a file belong to the file. */
static bool repairs(const struct live_reader *reader) {
    return reader->source.kind == LIVE_URL || reader->source.kind == LIVE_DEVICE ||
           (reader->source.kind == LIVE_BYTES && !reader->bytes.seekable);
}

static ptm_status fill_news(const struct live_reader *reader, double origin, struct live_news *news, ptm_error *err) {
    news->chosen = reader->chosen;
    news->repaired = repairs(reader);
    news->recorded = reader->recorded;
    news->origin = origin;
    news->began = reader->opened;
    /* Devices stamp with the time of day: that is nearer to the truth than when we came to look. */
    const double age = clock_unix() - news->origin;
    if (fabs(age) < TIME_OF_DAY) news->began = clock_ms() / 1e3 - age;
    return demux_describe(&news->description, &reader->demux, err);
}

/** The connection does not go on where one was lost: it has a clock of its own, and what the decoders of a recording
 * still hold is all that they give. */
static bool announce_break(struct live_reader *reader) {
    struct live_message message = {.kind = LIVE_BREAK, .reader = reader->number};
    choose_clock(reader);
    return live_queue_push(reader->queue, &message);
}

/** The connection stands. `origin`: the first time stamp of what will be delivered of it; `continued`: the connection
 * before would have brought that next. */
static ptm_status announce(struct live_reader *reader, double origin, bool continued, ptm_error *err) {
    if (!continued && !announce_break(reader)) return interrupted(reader, err);
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
    reader->stands = true;
    return live_queue_push(reader->queue, &message) ? PTM_OK : interrupted(reader, err);
}

/* ---------------------------------------------------------------- packets */

static int track_of(const struct live_reader *reader, const AVPacket *packet) {
    return packet->stream_index == reader->chosen.video ? 0 : 1;
}

/** Puts the packet's time stamps right where they may be wrong; its time in seconds, or NAN, which was `stamp`. */
static double correct_stamps(struct live_reader *reader, AVPacket *packet, double stamp) {
    if (!repairs(reader)) return stamp;
    const AVStream *stream = reader->demux.format->streams[packet->stream_index];
    return live_stamps_correct(&reader->stamps, track_of(reader, packet), stream, packet);
}

static bool wait_for_pace(struct live_reader *reader, double time) {
    if (!reader->paces || isnan(time)) return true;
    if (!reader->paced) {
        reader->paced = true;
        reader->pace_from = clock_ms();
        reader->pace_stamp = time * 1e3;
    }
    return sleep_until(reader, reader->pace_from + (time * 1e3 - reader->pace_stamp));
}

/** Cameras hand out pieces of their own few buffers, which are gone when the device is closed. */
static ptm_status own_packet(AVPacket **packet, ptm_error *err) {
    AVPacket *copy = av_packet_alloc();
    if (!copy || av_new_packet(copy, (*packet)->size) < 0 || av_packet_copy_props(copy, *packet) < 0) {
        av_packet_free(&copy);
        return error_no_memory(err);
    }
    memcpy(copy->data, (*packet)->data, (size_t)(*packet)->size);
    av_packet_free(packet);
    *packet = copy;
    return PTM_OK;
}

/** In Ogg a stream may follow on another, as songs do in Internet radio: FFmpeg hands the headers of the second on as
 * packets that last a second each. */
static bool is_opus_header(const AVCodecParameters *codec, const AVPacket *packet) {
    const char *const names[] = {"OpusHead", "OpusTags"};
    if (codec->codec_id != AV_CODEC_ID_OPUS || packet->size < 8) return false;
    return memcmp(packet->data, names[0], 8) == 0 || memcmp(packet->data, names[1], 8) == 0;
}

static bool is_chosen(const struct live_reader *reader, const AVPacket *packet) {
    const int index = packet->stream_index;
    const bool chosen = (reader->wish.want_video && index == reader->chosen.video) ||
                        (reader->wish.want_audio && index == reader->chosen.audio);
    return chosen && !is_opus_header(reader->demux.format->streams[index]->codecpar, packet);
}

/** Whether the packet is one of those that are asked for, and no earlier connection delivered it. */
static bool is_wanted(struct live_reader *reader, const AVPacket *packet, double stamp) {
    if (!is_chosen(reader, packet)) return false;
    return !reader->remembers || !live_past_knows(&reader->past, track_of(reader, packet), packet, stamp);
}

/** Whether what is new of a recording since a moment ago, a packet of the track, goes on where it was lost. */
static bool is_continued(const struct live_reader *reader, int track) {
    const struct tracks_choice *lost = &reader->lost_choice, *chosen = &reader->chosen;
    const bool same = lost->video == chosen->video && lost->audio == chosen->audio;
    return reader->resumes && reader->recorded && same && live_past_follows(&reader->past, track);
}

/** A connection that brings what is known stands once something new has come: a playlist that nobody writes any more is
 * no source that is there again. */
static ptm_status stand(struct live_reader *reader, int track, double stamp, ptm_error *err) {
    if (!isnan(stamp)) reader->seen = stamp;
    if (reader->stands) return PTM_OK;
    reader->opened = clock_ms() / 1e3;
    const double origin = isnan(stamp) ? demux_origin(&reader->demux) : stamp;
    return announce(reader, origin, is_continued(reader, track), err);
}

/** Passes the packet on, and takes it over. */
static ptm_status deliver_now(struct live_reader *reader, AVPacket *packet, ptm_error *err) {
    struct live_message message = {.kind = LIVE_PACKET, .reader = reader->number, .packet = packet};
    const double stamp = live_stamps_time(reader->demux.format->streams[packet->stream_index], packet);
    const bool wanted = is_wanted(reader, packet, stamp);
    ptm_status status = wanted ? stand(reader, track_of(reader, packet), stamp, err) : PTM_OK;
    if (wanted && status == PTM_OK && reader->source.kind == LIVE_DEVICE) status = own_packet(&message.packet, err);
    if (!wanted || status != PTM_OK) {
        live_message_clear(&message);
        return status;
    }
    const struct live_clock *clock = &reader->stamps.clock;
    const int jumps = clock->jumps, repeats = clock->repeats;
    const double time = correct_stamps(reader, message.packet, stamp);
    atomic_fetch_add(&reader->jumps, clock->jumps - jumps);
    atomic_fetch_add(&reader->repeats, clock->repeats - repeats);
    wait_for_pace(reader, time);
    message.arrived = clock_unix();
    return live_queue_push(reader->queue, &message) ? PTM_OK : interrupted(reader, err);
}

/** Takes the packet over, and passes it on: of a recording once the next one of its track is there, which shows that it
 * is whole. */
static ptm_status deliver(struct live_reader *reader, AVPacket *packet, ptm_error *err) {
    if (!reader->recorded || !is_chosen(reader, packet)) return deliver_now(reader, packet, err);
    AVPacket **last = &reader->last[track_of(reader, packet)], *whole = *last;
    *last = packet;
    return whole ? deliver_now(reader, whole, err) : PTM_OK;
}

/** The recording has ended: its last packets are whole. */
static ptm_status deliver_last(struct live_reader *reader, ptm_error *err) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) {
        AVPacket *packet = reader->last[i];
        reader->last[i] = NULL;
        if (packet) TRY(deliver_now(reader, packet, err));
    }
    return PTM_OK;
}

/** What a read that brought no packet means: PTM_OK to try again. */
static ptm_status examine_failure(struct live_reader *reader, int code, int *failed, ptm_error *err) {
    /* FFmpeg may hand out what it has read, and say only then that it was interrupted. */
    if (interrupt(reader) || code == AVERROR_EXIT) return interrupted(reader, err);
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    TRY(demux_check_read(&reader->demux, err));
    if (code == AVERROR(EAGAIN)) {
        sleep_until(reader, clock_ms() + DEVICE_MS);
        return PTM_OK;
    }
    atomic_fetch_add(&reader->failed_reads, 1);
    if (++*failed <= DEMUX_MAX_FAILED_READS) return PTM_OK;
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    return error_set(err, PTM_EIO, "%s: cannot be read on: %s", reader->wish.name, reason);
}

/** Reads to the end of the connection: PTM_OK where it came to one. */
static ptm_status read_packets(struct live_reader *reader, bool *any, ptm_error *err) {
    int failed = 0;
    for (expect_data(reader);;) {
        if (reader->stands && atomic_load(&reader->given_up) == reader->connections)
            return error_set(err, PTM_EFORMAT, "%s: what comes cannot be decoded", reader->wish.name);
        AVPacket *packet = av_packet_alloc();
        if (!packet) return error_no_memory(err);
        const int code = av_read_frame(reader->demux.format, packet);
        if (code >= 0) {
            failed = 0;
            TRY(deliver(reader, packet, err));
            *any = reader->stands;
            if (reader->stands || reader->recorded) expect_data(reader);
            continue;
        }
        av_packet_free(&packet);
        if (code == AVERROR_EOF && !interrupt(reader)) {
            TRY(demux_check_read(&reader->demux, err));
            return deliver_last(reader, err);
        }
        TRY(examine_failure(reader, code, &failed, err));
    }
}

/* ---------------------------------------------------------------- connection after connection */

/** What the end of a connection means for the source. */
static enum live_message_kind judge(const struct live_reader *reader, ptm_status status) {
    if (status == PTM_ENOMEM) return LIVE_FAILED;
    if (reader->connections == 0) {
        const bool nothing_yet = status == PTM_EFORMAT || status == PTM_ENODATA;
        return reader->source.waits && nothing_yet ? LIVE_LOST : LIVE_FAILED;
    }
    if (!reader->source.comes_back) return reader->demux.reader.error ? LIVE_FAILED : LIVE_ENDED;
    return status == PTM_OK && reader->source.kind != LIVE_BYTES && has_length(&reader->demux) ? LIVE_ENDED : LIVE_LOST;
}

static void report(struct live_reader *reader, enum live_message_kind kind, const ptm_error *reason) {
    struct live_message message = {.kind = kind, .reader = reader->number};
    if (reason->status != PTM_ENOMEM) message.news = mem_calloc(1, sizeof *message.news);
    if (message.news) message.news->reason = *reason;
    live_queue_push(reader->queue, &message);
}

static void disconnect(struct live_reader *reader) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) av_packet_free(&reader->last[i]);
    demux_close(&reader->demux);
    if (!reader->stands) return; /* decoders wait still, or again do not */
    reader->resumes = reader->recorded && atomic_load(&reader->given_up) != reader->connections;
    reader->lost_choice = reader->chosen;
}

/** One connection from beginning to end; whether there may be another. */
static bool run_connection(struct live_reader *reader, bool *any) {
    ptm_error reason = {0};
    ptm_status status = connect_source(reader, &reason);
    const bool known = reader->remembers && !live_past_is_empty(&reader->past); /* it begins with that */
    if (status == PTM_OK && !known) status = announce(reader, demux_origin(&reader->demux), false, &reason);
    if (status == PTM_OK) status = read_packets(reader, any, &reason);
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
        bool any = false;
        again = run_connection(reader, &any);
        if (any) wait = FIRST_WAIT;
        /* Another writer of a FIFO waits already, or will be waited for. */
        if (again && reader->source.kind != LIVE_BYTES) sleep_until(reader, clock_ms() + wait * 1e3);
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
