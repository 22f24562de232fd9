/* SPDX-License-Identifier: MIT */
#include "media/resampler.h"

#include "base/memory.h"
#include "media/media.h"

#include <stdint.h>

enum { MAX_OUT = 2 }; /* channels */

/** Weighs all channels alike, into each of the output: for layouts that FFmpeg has no downmix for. */
static int set_mean(SwrContext *swr, int channels, int out_channels) {
    double weights[RESAMPLER_MAX_CHANNELS * MAX_OUT];
    for (int i = 0; i < channels * out_channels; i++) weights[i] = 1.0 / channels;
    return swr_set_matrix(swr, weights, channels);
}

/** One attempt: FFmpeg's own downmix, as `ffmpeg -ac 1` and PyAV give it (stereo: 0.7071 (L + R)), or the plain mean.
 */
static int try_open(SwrContext **swr, const struct resampler_side *in, const struct resampler_side *out, bool mean) {
    AVChannelLayout from = {0}, to = {0};
    int code = av_channel_layout_copy(&from, in->layout);
    if (code >= 0) code = av_channel_layout_copy(&to, out->layout);
    if (code >= 0) code = swr_alloc_set_opts2(swr, &to, out->format, out->rate, &from, in->format, in->rate, 0, NULL);
    if (code >= 0 && mean) code = set_mean(*swr, from.nb_channels, to.nb_channels);
    if (code >= 0) code = swr_init(*swr);
    av_channel_layout_uninit(&from);
    av_channel_layout_uninit(&to);
    if (code < 0) swr_free(swr);
    return code;
}

int resampler_try(SwrContext **swr, const struct resampler_side *in, const struct resampler_side *out) {
    const int channels = in->layout->nb_channels;
    *swr = NULL;
    if (channels < 1 || channels > RESAMPLER_MAX_CHANNELS || out->layout->nb_channels > MAX_OUT) return AVERROR(EINVAL);
    if (in->rate < RESAMPLER_MIN_RATE || in->rate > RESAMPLER_MAX_RATE || out->rate < 1) return AVERROR(EINVAL);
    AVChannelLayout usual = {0};
    av_channel_layout_default(&usual, channels); /* for layouts that name no channels */
    struct resampler_side side = *in;
    if (in->layout->order == AV_CHANNEL_ORDER_UNSPEC) side.layout = &usual;
    int code = try_open(swr, &side, out, false);
    side.layout = &usual;
    if (code < 0 && code != AVERROR(ENOMEM)) code = try_open(swr, &side, out, true);
    av_channel_layout_uninit(&usual);
    return code;
}

ptm_status resampler_open(SwrContext **out, const AVChannelLayout *layout, enum AVSampleFormat format, int from, int to,
                          ptm_error *err) {
    *out = NULL;
    const AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    const int code = resampler_try(out, &(struct resampler_side){layout, format, from},
                                   &(struct resampler_side){&mono, AV_SAMPLE_FMT_FLT, to});
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    return code < 0 ? PTM_EFORMAT : PTM_OK;
}

struct media_resampler {
    SwrContext *swr;
    float *out;
    int room, rate;
    bool started;
    double swallowed; /* samples, before it started */
};

ptm_status media_resampler_open(struct media_resampler **out, int from, int to, ptm_error *err) {
    *out = NULL;
    struct media_resampler *resampler = mem_calloc(1, sizeof *resampler);
    if (!resampler) return error_no_memory(err);
    resampler->rate = from;
    const AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    ptm_status status = resampler_open(&resampler->swr, &mono, AV_SAMPLE_FMT_FLT, from, to, err);
    if (status == PTM_EFORMAT) status = error_set(err, PTM_EINVAL, "cannot resample from %d to %d Hz", from, to);
    if (status != PTM_OK) media_resampler_close(&resampler);
    *out = resampler;
    return status;
}

static ptm_status make_room(struct media_resampler *resampler, int count, ptm_error *err) {
    const int room = swr_get_out_samples(resampler->swr, count);
    if (room <= resampler->room) return room < 0 ? error_no_memory(err) : PTM_OK;
    mem_free(resampler->out);
    resampler->room = 0;
    resampler->out = mem_alloc((size_t)room, sizeof *resampler->out);
    if (!resampler->out) return error_no_memory(err);
    resampler->room = room;
    return PTM_OK;
}

ptm_status media_resampler_push(struct media_resampler *resampler, const float *src, size_t count, const float **out,
                                size_t *out_count, double *held, ptm_error *err) {
    *out_count = 0;
    if (count > INT32_MAX / 2) return error_set(err, PTM_EINVAL, "%zu samples at once are more than fit", count);
    TRY(make_room(resampler, (int)count, err));
    *held = resampler->started ? (double)swr_get_delay(resampler->swr, 1000000) / 1e6
                               : resampler->swallowed / resampler->rate;
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *to = (uint8_t *)resampler->out;
    const int got = swr_convert(resampler->swr, &to, resampler->room, src ? &in : NULL, src ? (int)count : 0);
    if (got == AVERROR(ENOMEM)) return error_no_memory(err);
    if (got < 0) return error_set(err, PTM_EINTERNAL, "resampling of %zu samples failed", count);
    resampler->started |= got > 0;
    if (!resampler->started) resampler->swallowed += (double)count;
    *out = resampler->out;
    *out_count = (size_t)got;
    return PTM_OK;
}

void media_resampler_close(struct media_resampler **resampler) {
    if (!*resampler) return;
    swr_free(&(*resampler)->swr);
    mem_free((*resampler)->out);
    mem_free(*resampler);
    *resampler = NULL;
}
