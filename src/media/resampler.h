/* SPDX-License-Identifier: MIT */
/* resampler: samples of any layout, format and rate to mono float, or to what is to be encoded. */
#ifndef POLYTOME_MEDIA_RESAMPLER_H
#define POLYTOME_MEDIA_RESAMPLER_H

#include "base/error.h"

#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>

/** Input rates that make sense; the filter for others would be of any size. */
enum { RESAMPLER_MIN_RATE = 1, RESAMPLER_MAX_RATE = 3072000, RESAMPLER_MAX_CHANNELS = 64 /* of libswresample */ };

struct resampler_side {
    const AVChannelLayout *layout;
    enum AVSampleFormat format;
    int rate;
};

/** A context from one side to the other, which has 1 or 2 channels; where FFmpeg knows no way, each is the mean of all.
 * An AVERROR, or 0. Free with swr_free(). */
int resampler_try(SwrContext **swr, const struct resampler_side *in, const struct resampler_side *out);

/** A context whose output is the mean of all channels. PTM_EFORMAT where FFmpeg cannot do it, without a sentence of its
 * own in *err. Free with swr_free(). */
ptm_status resampler_open(SwrContext **out, const AVChannelLayout *layout, enum AVSampleFormat format, int from, int to,
                          ptm_error *err);

#endif
