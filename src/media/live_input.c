/* SPDX-License-Identifier: MIT */
#include "media/live_input.h"

#include "media/demux_copy.h"
#include "media/demux_streams.h"

#include <math.h>

ptm_status live_input_open(struct live_input *input, struct live_news *news, double base, double end, ptm_error *err) {
    input->description = news->description;
    news->description = (struct demux){0};
    input->tracks.chosen = news->chosen;
    input->repaired = news->repaired;
    input->recorded = news->recorded;
    input->base = base;
    input->origin = news->origin;
    input->stamped = 0;
    input->held = 0;
    const struct tracks_place place = {
        .range = {fmax(-base, 0), end - base}, .origin = news->origin, .repaired = news->repaired};
    return tracks_open(&input->tracks, &input->description, &place, err);
}

static bool is_same_stream(const struct demux *one, const struct demux *other, int index) {
    if (index < 0) return true;
    const AVStream *a = one->format->streams[index], *b = other->format->streams[index];
    return a->codecpar->codec_id == b->codecpar->codec_id && av_cmp_q(a->time_base, b->time_base) == 0;
}

bool live_input_goes_on(const struct live_input *input, const struct live_news *news) {
    const struct demux *description = &input->description;
    if (!news->continued || !description->format || input->draining) return false;
    return is_same_stream(description, &news->description, input->tracks.video_index) &&
           is_same_stream(description, &news->description, input->tracks.audio_index);
}

void live_input_close(struct live_input *input) {
    tracks_close(&input->tracks);
    demux_forget(&input->description);
    input->draining = false;
}

ptm_status live_input_send(struct live_input *input, const struct live_message *packet, ptm_error *err) {
    if (!input->description.format) return PTM_OK;
    const AVStream *stream = input->description.format->streams[packet->packet->stream_index];
    const double time = demux_seconds(stream, packet->packet->dts) - input->origin + input->base;
    input->stamped = fmax(time, input->stamped);
    input->arrived = packet->arrived;
    return tracks_send(&input->tracks, packet->packet, err);
}

ptm_status live_input_drain(struct live_input *input, ptm_error *err) {
    if (!input->description.format || input->draining) return PTM_OK;
    input->draining = true;
    return tracks_send(&input->tracks, NULL, err);
}

/** Puts what a track gave on the run's clock, and numbers it through all connections. */
static void place_item(struct live_input *input, struct media_item *item) {
    item->time += input->base;
    if (item->kind == MEDIA_FRAME) {
        item->end += input->base;
        item->index = input->frames++;
        item->arrived = input->held > 0 ? input->held : input->arrived;
        input->held = input->arrived;
        input->video_end = item->end;
    } else {
        item->index = input->samples;
        item->arrived = input->arrived;
        input->samples += item->count;
        input->audio_end = item->time + (double)item->count / input->options.sample_rate;
    }
    input->reached = fmax(input->video_end, input->audio_end);
}

ptm_status live_input_receive(struct live_input *input, struct media_item *item, bool *ready, ptm_error *err) {
    *ready = false;
    if (!input->description.format) return PTM_OK;
    enum track_state state = TRACK_HUNGRY;
    TRY(tracks_receive(&input->tracks, item, &state, err));
    *ready = state == TRACK_READY;
    if (*ready) {
        place_item(input, item);
    } else if (state == TRACK_ENDED || input->draining) {
        input->complete |= !input->draining;
        live_input_close(input);
    }
    return PTM_OK;
}

bool live_input_take_loss(struct live_input *input, struct media_item *item) {
    bool *const flag = input->frames_lost ? &input->frames_lost : &input->samples_lost;
    if (!*flag || input->description.format) return false;
    const enum media_kind kind = input->frames_lost ? MEDIA_FRAMES_LOST : MEDIA_SAMPLES_LOST;
    *item = (struct media_item){.kind = kind, .time = input->reached, .arrived = input->arrived};
    *flag = false;
    return true;
}

bool live_input_partly_complete(const struct live_input *input) {
    const struct tracks *tracks = &input->tracks;
    return (tracks->video_index >= 0 && tracks->video.ended) || (tracks->audio_index >= 0 && tracks->audio.ended);
}

void live_input_add_stats(struct media_stats *sum, const struct live_input *input) {
    const struct media_stats *stats = &input->tracks.stats;
    sum->frames_decoded += stats->frames_decoded;
    sum->samples_decoded += input->samples;
    sum->decode_errors += stats->decode_errors;
    sum->video_errors += stats->video_errors;
    sum->audio_errors += stats->audio_errors;
    sum->decoders_opened += stats->decoders_opened;
    sum->frame_rate_clock |= stats->frame_rate_clock;
    sum->rotation += stats->rotation; /* only the first has pictures */
    sum->video_end = fmax(sum->video_end, input->video_end);
    sum->audio_end = fmax(sum->audio_end, input->audio_end);
}
