/* SPDX-License-Identifier: MIT */
#include "media/live_connection.h"

#include "base/clock.h"
#include "media/demux_streams.h"
#include "media/live_connect.h"

#include <libavutil/avstring.h>
#include <math.h>
#include <string.h>
#include <time.h>

#define PLAYLISTS "hls,dash" /* formats that read their media themselves */

enum {
    DEVICE_MS = 2, /* until a device without data is asked again */
    NAP_MS = 50    /* how long `stop` may wait */
};

/* ---------------------------------------------------------------- stopping */

/** Of any blocked call: whether to give up. */
static int interrupt(void *opaque) {
    struct live_connection *connection = opaque;
    connection->silent |= clock_ms() > connection->deadline;
    return atomic_load(connection->stop) || connection->silent;
}

static bool cancelled(void *user) {
    return interrupt(user);
}

void live_connection_expect(struct live_connection *connection) {
    const struct live_source *source = connection->source;
    const bool for_ever = !source->stalls || (source->waits && !connection->stands);
    connection->silent = false;
    connection->deadline = for_ever ? INFINITY : clock_ms() + connection->wish->stall * 1e3;
}

void live_connection_sleep(const atomic_bool *stop, double moment) {
    for (double left; !atomic_load(stop) && (left = moment - clock_ms()) > 0;) {
        const struct timespec nap = {.tv_nsec = (long)(fmin(left, NAP_MS) * 1e6)};
        nanosleep(&nap, NULL);
    }
}

ptm_status live_connection_interrupted(const struct live_connection *connection, ptm_error *err) {
    const struct live_wish *wish = connection->wish;
    error_clear(err);
    if (atomic_load(connection->stop)) return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", wish->name);
    return error_set(err, PTM_EIO, "%s: nothing came for %g s", wish->name, wish->stall);
}

/* ---------------------------------------------------------------- opening */

static ptm_status open_bytes(struct live_connection *connection, ptm_error *err) {
    struct byte_source *bytes = connection->bytes;
    const struct live_source *source = connection->source;
    const struct media_options options = {.cancelled = cancelled, .user = connection};
    if (bytes->fd < 0) TRY(byte_source_open(bytes, source->target, &options, err));
    if (source->comes_back && !byte_source_wait(bytes)) return live_connection_interrupted(connection, err);
    connection->opened = clock_ms() / 1e3;
    return demux_open(&connection->demux, bytes, &connection->wish->form, connection->wish->max_pixels, err);
}

static ptm_status open_other(struct live_connection *connection, ptm_error *err) {
    const struct live_wish *wish = connection->wish;
    const AVIOInterruptCB callback = {.callback = interrupt, .opaque = connection};
    TRY(live_connect(&connection->demux, connection->source, &wish->form, callback, wish->max_pixels, err));
    connection->opened = clock_ms() / 1e3;
    live_connection_expect(connection); /* names and handshakes have had their time */
    return demux_examine(&connection->demux, wish->name, err);
}

static bool is_playlist(const struct demux *demux) {
    return av_match_name(demux->format->iformat->name, PLAYLISTS);
}

/* The bytes of a playlist are not those of what it lists, and a length that is guessed of them means nothing: it tells
 * its own when it is closed. */
bool live_connection_has_length(const struct live_connection *connection) {
    const AVFormatContext *format = connection->demux.format;
    if (!format) return false;
    const bool told = format->duration > 0;
    if (is_playlist(&connection->demux))
        return told && format->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE;
    return told || (format->pb && avio_size(format->pb) > 0);
}

static ptm_status choose_streams(struct live_connection *connection, ptm_error *err) {
    const struct live_wish *wish = connection->wish;
    struct tracks_choice *chosen = &connection->chosen;
    tracks_choose(chosen, &connection->demux);
    const int video = wish->want_video ? chosen->video : -1;
    const int audio = wish->want_audio ? chosen->audio : -1;
    demux_keep(&connection->demux, video, audio);
    if (video >= 0 || audio >= 0) return PTM_OK;
    return error_set(err, PTM_ENODATA, "%s: nothing to label: %s", wish->name,
                     wish->want_video ? chosen->no_video : chosen->no_audio);
}

ptm_status live_connection_open(struct live_connection *connection, ptm_error *err) {
    live_connection_expect(connection);
    const struct live_source *source = connection->source;
    const ptm_status status = source->kind == LIVE_BYTES ? open_bytes(connection, err) : open_other(connection, err);
    if (status != PTM_OK && interrupt(connection)) return live_connection_interrupted(connection, err);
    TRY(status);
    connection->listed = source->recordings && is_playlist(&connection->demux);
    connection->recorded = source->recordings && live_connection_has_length(connection);
    return choose_streams(connection, err);
}

void live_connection_close(struct live_connection *connection) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) av_packet_free(&connection->last[i]);
    demux_close(&connection->demux);
}

/* ---------------------------------------------------------------- packets */

/** Cameras hand out pieces of their own few buffers, which are gone when the device is closed. */
static ptm_status own_packet(AVPacket **packet, ptm_error *err) {
    AVPacket *copy = av_packet_alloc();
    if (!copy || av_new_packet(copy, (*packet)->size) < 0 || av_packet_copy_props(copy, *packet) < 0) {
        av_packet_free(&copy);
        av_packet_free(packet);
        return error_no_memory(err);
    }
    memcpy(copy->data, (*packet)->data, (size_t)(*packet)->size);
    av_packet_free(packet);
    *packet = copy;
    return PTM_OK;
}

/** Whether not all of a file has come whose size is known. */
static bool is_cut_off(AVIOContext *io) {
    return io->bytes_read < avio_size(io);
}

/** Whether a file that is read as it comes failed before its first packet, though all of it is here: that lies before
 * what was read last. */
static bool lacks_seeking(const struct live_connection *connection) {
    AVIOContext *io = connection->demux.format->pb;
    const bool file = connection->recorded ? !connection->listed : !connection->source->comes_back;
    const bool mute = connection->stands && !connection->brings && connection->failed_in_a_row > 0;
    return file && mute && io && !(io->seekable & AVIO_SEEKABLE_NORMAL) && !is_cut_off(io);
}

/** No more will come of the connection, whose last read gave `code`: PTM_OK at its end. */
static ptm_status give_up(struct live_connection *connection, int code, ptm_error *err) {
    const char *name = connection->source->kind == LIVE_BYTES ? connection->bytes->name : connection->wish->name;
    connection->stuck = lacks_seeking(connection);
    if (connection->stuck) return demux_refuse_unseekable(&connection->demux, name, err);
    connection->ended = code == AVERROR_EOF;
    if (connection->ended) return PTM_OK;
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    return error_set(err, PTM_EIO, "%s: cannot be read on: %s", name, reason);
}

/** What a read that brought no packet means: PTM_OK to try again, or at the end. */
static ptm_status examine_failure(struct live_connection *connection, int code, ptm_error *err) {
    /* FFmpeg may hand out what it has read, and say only then that it was interrupted. */
    if (interrupt(connection) || code == AVERROR_EXIT) return live_connection_interrupted(connection, err);
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    TRY(demux_check_read(&connection->demux, err));
    if (code == AVERROR(EAGAIN)) {
        live_connection_sleep(connection->stop, clock_ms() + DEVICE_MS);
        return PTM_OK;
    }
    if (code == AVERROR_EOF || ++connection->failed_in_a_row > DEMUX_MAX_FAILED_READS)
        return give_up(connection, code, err);
    return PTM_OK;
}

ptm_status live_connection_read(struct live_connection *connection, AVPacket **packet, ptm_error *err) {
    *packet = av_packet_alloc();
    if (!*packet) return error_no_memory(err);
    const int code = av_read_frame(connection->demux.format, *packet);
    if (code < 0) {
        av_packet_free(packet);
        return examine_failure(connection, code, err);
    }
    connection->failed_in_a_row = 0;
    return connection->source->kind == LIVE_DEVICE ? own_packet(packet, err) : PTM_OK;
}

int live_connection_track(const struct live_connection *connection, const AVPacket *packet) {
    return packet->stream_index == connection->chosen.video ? 0 : 1;
}

/** In Ogg a stream may follow on another, as songs do in Internet radio: FFmpeg hands the headers of the second on as
 * packets that last a second each. */
static bool is_opus_header(const AVCodecParameters *codec, const AVPacket *packet) {
    const char *const names[] = {"OpusHead", "OpusTags"};
    if (codec->codec_id != AV_CODEC_ID_OPUS || packet->size < 8) return false;
    return memcmp(packet->data, names[0], 8) == 0 || memcmp(packet->data, names[1], 8) == 0;
}

bool live_connection_wants(const struct live_connection *connection, const AVPacket *packet) {
    const struct live_wish *wish = connection->wish;
    const int index = packet->stream_index;
    const bool chosen = (wish->want_video && index == connection->chosen.video) ||
                        (wish->want_audio && index == connection->chosen.audio);
    return chosen && !is_opus_header(connection->demux.format->streams[index]->codecpar, packet);
}

AVPacket *live_connection_hold(struct live_connection *connection, AVPacket *packet) {
    if (!connection->recorded || !live_connection_wants(connection, packet)) return packet;
    AVPacket **last = &connection->last[live_connection_track(connection, packet)], *whole = *last;
    *last = packet;
    return whole;
}

AVPacket *live_connection_release(struct live_connection *connection) {
    for (int i = 0; i < LIVE_CLOCK_TRACKS; i++) {
        AVPacket *packet = connection->last[i];
        connection->last[i] = NULL;
        if (packet) return packet;
    }
    return NULL;
}

void live_connection_wait(struct live_connection *connection, double time) {
    if (!connection->paces || isnan(time)) return;
    if (!connection->paced) {
        connection->paced = true;
        connection->pace_from = clock_ms();
        connection->pace_stamp = time * 1e3;
    }
    live_connection_sleep(connection->stop, connection->pace_from + (time * 1e3 - connection->pace_stamp));
}
