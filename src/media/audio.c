/* SPDX-License-Identifier: MIT */
#include "media/audio.h"

#include "base/limits.h"
#include "base/memory.h"
#include "media/demux_streams.h"

#include <math.h>

/* Output samples of one delivery, about: a frame is converted in slices of this size. */
enum { DELIVERY = 8192 };

ptm_status audio_open(struct audio *audio, const struct track_setup *setup, ptm_error *err) {
    *audio = (struct audio){
        .setup = *setup,
        .decoder = {.name = setup->name,
                    .stats = setup->stats,
                    .stream_errors = &setup->stats->audio_errors,
                    .mid_stream = setup->mid_stream},
        .clock = {.discontinuous = setup->discontinuous, .steered = setup->steered, .counted = setup->counted}};
    return decoder_open(&audio->decoder, setup->stream, setup->codec, setup->options->max_pixels, err);
}

void audio_close(struct audio *audio) {
    decoder_close(&audio->decoder);
    swr_free(&audio->swr);
    av_channel_layout_uninit(&audio->layout);
    mem_free(audio->out);
    audio->out = NULL;
}

/** Number of samples before `time`, of `count` that begin at `start`: to the nearest, because `start` is rounded to the
 * container's ticks, and not always the same way. */
static int samples_before(double time, double start, int count, int rate) {
    const double samples = floor((time - start) * rate + 0.5);
    if (!(samples > 0)) return 0;
    return samples < count ? (int)samples : count;
}

/** Takes the frame in the decoder: gives it a time, and cuts it to the range and to what has not been there yet.
 * Cutting at the source's rate makes the first sample the same one whether the file was read from its beginning or from
 * a seek. */
static void accept_frame(struct audio *audio) {
    struct track_setup *setup = &audio->setup;
    const AVFrame *frame = audio->decoder.frame;
    const int count = frame->nb_samples, rate = frame->sample_rate;
    audio->from = audio->to = 0;
    if (count <= 0 || rate < RESAMPLER_MIN_RATE || rate > RESAMPLER_MAX_RATE) {
        decoder_count_error(&audio->decoder);
        return;
    }
    const double stamp = demux_seconds(setup->stream, frame->best_effort_timestamp);
    if (isnan(setup->origin)) setup->origin = stamp;
    bool gap;
    const double time = sample_clock_next(&audio->clock, stamp - setup->origin, count, rate, &gap);
    audio->gap |= gap; /* of an earlier frame too, if that was cut off wholly */
    audio->from = samples_before(fmax(setup->range.start, audio->reached), time, count, rate);
    audio->to = samples_before(setup->range.end, time, count, rate);
    audio->frame_start = time + (double)audio->from / rate;
    audio->reached = fmax(audio->reached, time + (double)count / rate);
    audio->decoded = audio->to < count;
}

static bool same_kind(const struct audio *audio, const AVFrame *frame) {
    return audio->rate == frame->sample_rate && audio->format == frame->format &&
           av_channel_layout_compare(&audio->layout, &frame->ch_layout) == 0;
}

/** Makes a resampler for the frame; one that cannot be is damage, and the frame is passed over. */
static ptm_status start_resampler(struct audio *audio, ptm_error *err) {
    const AVFrame *frame = audio->decoder.frame;
    const ptm_status status = resampler_open(&audio->swr, &frame->ch_layout, frame->format, frame->sample_rate,
                                             audio->setup.options->sample_rate, err);
    audio->rate = frame->sample_rate;
    audio->format = frame->format;
    if (av_channel_layout_copy(&audio->layout, &frame->ch_layout) < 0) return error_no_memory(err);
    audio->gap = true; /* a new filter: no samples before it */
    if (status != PTM_EFORMAT) return status;
    decoder_count_error(&audio->decoder);
    audio->to = audio->from;
    return PTM_OK;
}

/** Converts `count` samples of the frame from `audio->from` on, or, with count 0, what the filter still holds. */
static ptm_status convert(struct audio *audio, int count, int *got, ptm_error *err) {
    const AVFrame *frame = audio->decoder.frame;
    const int room = swr_get_out_samples(audio->swr, count) + 1;
    if (room < 1) return error_no_memory(err);
    if (room > audio->out_room) {
        mem_free(audio->out);
        audio->out_room = 0;
        audio->out = mem_alloc((size_t)room, sizeof *audio->out);
        if (!audio->out) return error_no_memory(err);
        audio->out_room = room;
    }
    const uint8_t *in[RESAMPLER_MAX_CHANNELS] = {0};
    if (count) {
        const bool planar = av_sample_fmt_is_planar(frame->format);
        const int channels = planar ? frame->ch_layout.nb_channels : 1;
        const size_t step =
            (size_t)av_get_bytes_per_sample(frame->format) * (size_t)(planar ? 1 : frame->ch_layout.nb_channels);
        for (int i = 0; i < channels; i++) in[i] = frame->extended_data[i] + (size_t)audio->from * step;
    }
    uint8_t *out = (uint8_t *)audio->out;
    *got = swr_convert(audio->swr, &out, audio->out_room, count ? in : NULL, count);
    if (*got == AVERROR(ENOMEM)) return error_no_memory(err);
    if (*got < 0) {
        decoder_count_error(&audio->decoder);
        *got = 0;
    }
    return PTM_OK;
}

/** Fixes the time of the next output sample: that of the next input sample, less what the filter holds back. */
static void set_anchor(struct audio *audio) {
    const double step = 1.0 / audio->setup.options->sample_rate;
    const double held = audio->produced ? (double)swr_get_delay(audio->swr, 1000000) / 1e6 : 0;
    const double follows = audio->anchor_time + (double)(audio->produced - audio->anchor) * step;
    audio->anchor_time = fmax(audio->frame_start - fmax(held, 0), audio->produced ? follows : 0);
    audio->anchor = audio->produced;
    audio->gap = false;
}

static ptm_status convert_slice(struct audio *audio, int *got, ptm_error *err) {
    if (audio->gap) set_anchor(audio);
    const int64_t wanted = (int64_t)DELIVERY * audio->rate / audio->setup.options->sample_rate + 1;
    const int left = audio->to - audio->from;
    const int count = wanted < left ? (int)wanted : left;
    TRY(convert(audio, count, got, err));
    audio->from += count;
    return PTM_OK;
}

/** What is no number, or louder than any spectrum holds, is damage: silence in its place. */
static void silence_damage(struct audio *audio, int count) {
    bool damaged = false;
    for (int i = 0; i < count; i++) {
        if (fabsf(audio->out[i]) <= LIMIT_LOUDEST) continue;
        audio->out[i] = 0;
        damaged = true;
    }
    if (damaged) decoder_count_error(&audio->decoder);
}

static ptm_status deliver(struct audio *audio, int count, struct media_item *item, ptm_error *err) {
    const struct media_options *options = audio->setup.options;
    struct media_stats *stats = audio->setup.stats;
    const double step = 1.0 / options->sample_rate;
    const double time = audio->anchor_time + (double)(audio->produced - audio->anchor) * step;
    silence_damage(audio, count);
    *item = (struct media_item){
        .kind = MEDIA_SAMPLES, .time = time, .index = audio->produced, .samples = audio->out, .count = count};
    audio->produced += count;
    stats->samples_decoded = audio->produced;
    stats->audio_end = time + count * step;
    if (time - audio->setup.range.start > options->max_seconds)
        return error_set(err, PTM_ELIMIT, "%s: its sound is longer than the limit max_seconds of %g", audio->setup.name,
                         options->max_seconds);
    return PTM_OK;
}

/** Gets the next frame once the last is used up. */
static ptm_status fill(struct audio *audio, enum track_state *state, ptm_error *err) {
    TRY(decoder_receive(&audio->decoder, state, err));
    if (*state == TRACK_READY) accept_frame(audio);
    if (*state == TRACK_ENDED) audio->decoded = true;
    return PTM_OK;
}

ptm_status audio_receive(struct audio *audio, struct media_item *item, enum track_state *state, ptm_error *err) {
    while (!audio->ended) {
        int got = 0;
        const bool frame = audio->from < audio->to;
        if (audio->swr && (frame ? !same_kind(audio, audio->decoder.frame) : audio->decoded)) {
            TRY(convert(audio, 0, &got, err)); /* the last samples of this kind */
            if (got == 0) swr_free(&audio->swr);
        } else if (frame && !audio->swr) {
            TRY(start_resampler(audio, err));
        } else if (frame) {
            TRY(convert_slice(audio, &got, err));
        } else if (!audio->decoded) {
            TRY(fill(audio, state, err));
            if (*state == TRACK_HUNGRY) return PTM_OK;
        } else {
            audio->ended = true;
        }
        if (got > 0) {
            *state = TRACK_READY;
            return deliver(audio, got, item, err);
        }
    }
    *state = TRACK_ENDED;
    return PTM_OK;
}
