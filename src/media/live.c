/* SPDX-License-Identifier: MIT */
#include "media/live.h"

#include "base/clock.h"
#include "base/memory.h"
#include "media/ffmpeg_log.h"
#include "media/live_feed.h"
#include "media/live_input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double WAIT = 0.1;  /* seconds after which a caller who waits is asked whether to go on */
static const double GRACE = 1.0; /* seconds beyond `duration` for what is on its way */

struct live {
    struct live_options options;
    struct live_feed *feed;
    struct live_input inputs[LIVE_READERS];
    int count;
    bool started; /* `start` is known: */
    double start; /* our zero, in seconds of clock_ms() */
    struct media_info info;
    int64_t bytes;
    int losses;
    bool has_frame; /* the last item was a frame */
    char last_loss[512];
};

static ptm_status interrupted(const struct live *live, ptm_error *err) {
    return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", live_get_name(live));
}

static bool cancelled(const struct live *live) {
    const struct media_options *options = &live->options.media;
    return options->cancelled && options->cancelled(options->user);
}

/* ---------------------------------------------------------------- connections */

/** Seconds of our clock that are wanted; INFINITY: all. */
static double wanted_end(const struct live *live) {
    return live->options.media.duration > 0 ? live->options.media.duration : INFINITY;
}

/** The connection's zero on our clock: by the time of the world, but never before what was delivered. A file's own zero
 * is ours. What a second source brought before the first one began has times below 0, and is cut off. */
static double connection_base(struct live *live, const struct live_input *input, const struct live_news *news) {
    if (!live->started) live->start = news->began;
    live->started = true;
    if (!news->repaired) return 0;
    const double base = news->began - live->start;
    if (input->connections <= 1) return base;
    return news->recorded ? input->reached : fmax(base, input->reached);
}

static void merge_info(struct live *live) {
    live->info = live->inputs[0].tracks.info;
    if (live->count < 2) return;
    const struct media_info *sound = &live->inputs[1].tracks.info;
    live->info.has_audio = sound->has_audio;
    live->info.no_audio = sound->no_audio;
    live->info.source_sample_rate = sound->source_sample_rate;
    live->info.source_channels = sound->source_channels;
}

static ptm_status open_connection(struct live *live, struct live_input *input, struct live_news *news, ptm_error *err) {
    input->connections++;
    input->connected = true;
    if (input->complete || live_input_goes_on(input, news)) return PTM_OK;
    live_input_close(input); /* with what decoders hold of a recording whose streams are others by now */
    TRY(live_input_open(input, news, connection_base(live, input, news), wanted_end(live), err));
    merge_info(live);
    return PTM_OK;
}

/** What fails in a connection after others have worked is the connection's fault: there will be another. */
static ptm_status forgive(struct live *live, struct live_input *input, ptm_status status, ptm_error *err) {
    const bool forgivable = status == PTM_ELIMIT || status == PTM_EFORMAT;
    if (!forgivable || (input->frames == 0 && input->samples == 0)) return status;
    error_clear(err);
    const int number = (int)(input - live->inputs);
    atomic_store(&live->feed->threads[number].reader.given_up, input->connections);
    live_input_close(input);
    return PTM_OK;
}

/* ---------------------------------------------------------------- messages */

static ptm_status take_failure(const struct live_message *message, ptm_error *err) {
    if (!message->news) return error_no_memory(err);
    return error_set(err, message->news->reason.status, "%s", message->news->reason.message);
}

static void tell(const struct live *live, const struct live_input *input, const char *reason) {
    const struct live_options *options = &live->options;
    if (options->on_source) options->on_source(options->on_source_user, input->tracks.name, reason);
}

/** Why a source is away is told once: again only where another attempt says something else. */
static void tell_loss(struct live *live, struct live_input *input, const char *reason) {
    snprintf(live->last_loss, sizeof live->last_loss, "%s", reason);
    if (input->complete || strcmp(reason, input->told) == 0) return;
    snprintf(input->told, sizeof input->told, "%s", reason);
    tell(live, input, reason);
}

/** It is there again when something of the new connection could be decoded. */
static void tell_return(const struct live *live, struct live_input *input) {
    if (!input->told[0] || !input->connected) return;
    input->told[0] = '\0';
    tell(live, input, NULL);
}

/** Only what stood can be lost: another attempt that failed is no loss, but may say why the source stays away. The
 * decoders of a recording wait: it goes on where it was cut. */
static ptm_status take_loss(struct live *live, struct live_input *input, const struct live_message *message,
                            ptm_error *err) {
    if (message->news) tell_loss(live, input, message->news->reason.message);
    live->losses += input->connected;
    if (input->connected && !input->complete && !input->recorded) {
        input->frames_lost = input->tracks.video_index >= 0;
        input->samples_lost = input->tracks.audio_index >= 0;
    }
    input->connected = false;
    return input->recorded ? PTM_OK : live_input_drain(input, err);
}

static ptm_status take_message(struct live *live, struct live_message *message, ptm_error *err) {
    struct live_input *input = &live->inputs[message->reader];
    input->waited = 0;
    switch (message->kind) {
    case LIVE_OPENED: return forgive(live, input, open_connection(live, input, message->news, err), err);
    case LIVE_PACKET:
        live->bytes += message->packet->size;
        return forgive(live, input, live_input_send(input, message, err), err);
    case LIVE_LOST: return take_loss(live, input, message, err);
    case LIVE_BREAK: return live_input_drain(input, err);
    case LIVE_ENDED: input->ended = true; return live_input_drain(input, err);
    case LIVE_FAILED: return take_failure(message, err);
    }
    return PTM_OK;
}

/** Waits for a message, of one input or (-1) of any, and takes it; *got tells whether there was one. */
static ptm_status wait_message(struct live *live, int number, bool *got, ptm_error *err) {
    struct live_message message;
    if (cancelled(live)) return interrupted(live, err);
    const double before = clock_ms();
    *got = live_queue_pop(&live->feed->queue, number, &message, WAIT);
    const double waited = (clock_ms() - before) / 1e3; /* of whom it is from, it is set back */
    for (int i = 0; i < live->count; i++)
        if (number < 0 || number == i) live->inputs[i].waited += waited;
    if (!*got) return PTM_OK;
    const ptm_status status = take_message(live, &message, err);
    live_message_clear(&message);
    return status;
}

/* ---------------------------------------------------------------- opening */

static ptm_status check_options(const struct live_options *options, ptm_error *err) {
    TRY(media_check_options(&options->media, err));
    if (!(options->stall > 0))
        return error_set(err, PTM_EINVAL, "a source is lost after %g s without data: it must be more than 0",
                         options->stall);
    return PTM_OK;
}

/** Which source is to bring what. */
static void plan(struct live *live, const char *name, struct live_wish wishes[LIVE_READERS]) {
    const struct live_options *options = &live->options;
    live->count = options->audio ? 2 : 1;
    for (int i = 0; i < live->count; i++) {
        struct live_input *input = &live->inputs[i];
        input->options = options->media;
        input->options.want_video = i == 0 && options->media.want_video;
        input->options.want_audio = i == live->count - 1 && options->media.want_audio;
        input->options.max_frames = INT64_MAX;
        input->options.max_seconds = INFINITY;
        input->tracks.options = &input->options;
        wishes[i] = (struct live_wish){.name = i == 0 ? name : options->audio,
                                       .want_video = input->options.want_video,
                                       .want_audio = input->options.want_audio,
                                       .pace = options->pace,
                                       .stall = options->stall,
                                       .max_pixels = options->media.max_pixels};
    }
    wishes[0].form = (struct demux_form){options->format, options->settings};
}

/** Who listens waits for the first byte, but not for longer than it would be wanted, and be missed. */
static ptm_status check_patience(const struct live *live, const struct live_input *input, double since,
                                 ptm_error *err) {
    const double most = wanted_end(live) + live->options.stall;
    if (clock_ms() / 1e3 - since < most) return PTM_OK;
    return error_set(err, PTM_EIO, "%s: had not begun after %g s, duration and stall together", input->tracks.name,
                     most);
}

static ptm_status connect_all(struct live *live, const char *name, ptm_error *err) {
    struct live_wish wishes[LIVE_READERS];
    const double since = clock_ms() / 1e3;
    plan(live, name, wishes);
    TRY(live_feed_open(&live->feed, wishes, live->count, err));
    for (int i = 0; i < live->count; i++) live->inputs[i].tracks.name = live->feed->threads[i].reader.wish.name;
    for (int i = 0; i < live->count; i++)
        for (bool got; live->inputs[i].connections == 0;) {
            TRY(wait_message(live, i, &got, err));
            if (live->inputs[i].connections == 0) TRY(check_patience(live, &live->inputs[i], since, err));
        }
    return PTM_OK;
}

ptm_status live_open(struct live **out, const char *name, const struct live_options *options, ptm_error *err) {
    *out = NULL;
    TRY(check_options(options, err));
    ffmpeg_log_quieten();
    struct live *live = mem_calloc(1, sizeof *live);
    if (!live) return error_no_memory(err);
    live->options = *options;
    *out = live;
    const ptm_status status = connect_all(live, name, err);
    if (status != PTM_OK) live_close(out);
    return status;
}

void live_close(struct live **live) {
    if (!live || !*live) return;
    for (int i = 0; i < LIVE_READERS; i++) live_input_close(&(*live)->inputs[i]);
    live_feed_close(&(*live)->feed);
    mem_free(*live);
    *live = NULL;
}

/* ---------------------------------------------------------------- what it says */

bool live_is_realtime(const struct live *live) {
    const enum live_kind kind = live->feed->threads[0].reader.source.kind;
    return live->options.pace || kind == LIVE_DEVICE || (kind == LIVE_URL && !live->inputs[0].recorded);
}

const char *live_get_name(const struct live *live) {
    return live->inputs[0].tracks.name;
}

const struct media_info *live_get_info(const struct live *live) {
    return &live->info;
}

void live_get_stats(const struct live *live, struct live_stats *stats) {
    *stats = (struct live_stats){.bytes = live->bytes, .losses = live->losses, .ended = live->inputs[0].ended};
    for (int i = 0; i < live->count; i++) {
        const struct live_input *input = &live->inputs[i];
        const struct live_reader *reader = &live->feed->threads[i].reader;
        live_input_add_stats(&stats->media, input);
        stats->reconnects += input->connections - 1;
        stats->time_jumps += atomic_load(&reader->jumps);
        stats->time_repeats += atomic_load(&reader->repeats);
    }
    snprintf(stats->last_loss, sizeof stats->last_loss, "%s", live->last_loss);
}

/* ---------------------------------------------------------------- reading */

static ptm_status receive(struct live *live, struct live_input *input, struct media_item *item, bool *ready,
                          ptm_error *err) {
    TRY(forgive(live, input, live_input_receive(input, item, ready, err), err));
    if (*ready) tell_return(live, input);
    return PTM_OK;
}

/** A file, a pipe or a generator takes the time that it takes: as long as something comes, and while the one stream
 * that `duration` still waits for may only lie behind the other. */
static bool goes_on(const struct live *live, const struct live_input *input) {
    const double patience = live->options.stall;
    const bool behind = input->stamped < wanted_end(live) + patience;
    return input->waited < patience && (behind || !live_input_partly_complete(input));
}

/** Whether `duration`, which is over by the time of the world, may not be so for the input. */
static bool is_spared(const struct live *live, int number) {
    const struct live_input *input = &live->inputs[number];
    const bool got = input->waited < WAIT;
    const bool own_time = !live->options.pace && !live->feed->threads[number].reader.source.comes_back;
    if (!input->description.format) return got;
    return own_time ? goes_on(live, input) : got && !(input->repaired && live_input_partly_complete(input));
}

/** `duration` also ends a source that is lost or silent, or that has lost one of its streams. */
static ptm_status watch_duration(struct live *live, ptm_error *err) {
    if (clock_ms() / 1e3 - live->start < wanted_end(live) + GRACE) return PTM_OK;
    for (int i = 0; i < live->count; i++) {
        if (live->inputs[i].complete || is_spared(live, i)) continue;
        live->inputs[i].complete = true;
        TRY(live_input_drain(&live->inputs[i], err));
    }
    return PTM_OK;
}

static bool is_over(const struct live *live) {
    bool complete = true;
    for (int i = 0; i < live->count; i++) {
        const struct live_input *input = &live->inputs[i];
        const bool closed = input->description.format == NULL;
        if (i == 0 && input->ended && closed) return true;
        complete &= closed && (input->complete || input->ended);
    }
    return complete;
}

ptm_status live_next(struct live *live, struct media_item *item, ptm_error *err) {
    live->has_frame = false;
    for (;;) {
        for (int i = 0; i < live->count; i++) {
            bool ready;
            TRY(receive(live, &live->inputs[i], item, &ready, err));
            if (!ready && !live_input_take_loss(&live->inputs[i], item)) continue;
            live->has_frame = item->kind == MEDIA_FRAME;
            return PTM_OK;
        }
        if (is_over(live)) {
            *item = (struct media_item){.kind = MEDIA_END, .arrived = clock_unix()};
            return PTM_OK;
        }
        bool got;
        TRY(wait_message(live, -1, &got, err));
        TRY(watch_duration(live, err));
    }
}

static ptm_status need_frame(const struct live *live, ptm_error *err) {
    if (live->has_frame) return PTM_OK;
    return error_set(err, PTM_EINVAL, "%s: a picture is asked for where no frame was delivered", live_get_name(live));
}

ptm_status live_frame_size(const struct live *live, int *width, int *height, ptm_error *err) {
    TRY(need_frame(live, err));
    video_size(&live->inputs[0].tracks.video, width, height);
    return PTM_OK;
}

ptm_status live_frame_area(struct live *live, struct area area, struct media_picture *picture, ptm_error *err) {
    TRY(need_frame(live, err));
    return video_picture(&live->inputs[0].tracks.video, area, picture, err);
}
