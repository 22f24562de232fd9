/* SPDX-License-Identifier: MIT */
#include "media/live_stamps.h"

#include "base/clock.h"
#include "media/demux_streams.h"
#include "media/track_clock.h"

#include <math.h>

static void add_ticks(int64_t *stamp, double ticks) {
    if (*stamp == AV_NOPTS_VALUE) return;
    if (!(fabs(ticks) < 0x1p62) || __builtin_add_overflow(*stamp, (int64_t)ticks, stamp)) *stamp = AV_NOPTS_VALUE;
}

/** The clock goes by the time of decoding. A frame is shown a little after it: a damaged stamp says hours, and what is
 * on the screen until then would be hours long. */
static void mend_showing(AVPacket *packet, double tick) {
    const double lasting = (double)packet->duration * tick;
    if (!(lasting >= 0 && lasting < TRACK_LONGEST_PICTURE)) packet->duration = 0;
    if (packet->pts == AV_NOPTS_VALUE || packet->dts == AV_NOPTS_VALUE) return;
    const double delay = ((double)packet->pts - (double)packet->dts) * tick;
    if (!(delay > -LIVE_CLOCK_BACK && delay < LIVE_CLOCK_AHEAD)) packet->pts = packet->dts;
}

/* Of pictures in another order, the first ones of Matroska and NUT say only when they are shown, which goes back and
 * forth. */
double live_stamps_time(const AVStream *stream, const AVPacket *packet) {
    const bool reordered = stream->codecpar->video_delay > 0;
    return demux_seconds(stream, packet->dts != AV_NOPTS_VALUE || reordered ? packet->dts : packet->pts);
}

double live_stamps_correct(struct live_stamps *stamps, int track, const AVStream *stream, AVPacket *packet) {
    const double stamp = live_stamps_time(stream, packet), tick = demux_seconds(stream, 1);
    mend_showing(packet, tick);
    const double wrap = stream->pts_wrap_bits < 63 ? ldexp(tick, stream->pts_wrap_bits) : INFINITY;
    const double shift = live_clock_shift(&stamps->clock, track, stamp, clock_ms() / 1e3, stamps->periods[track], wrap);
    stamps->periods[track] = fmax(demux_seconds(stream, packet->duration), 0);
    const double ticks = round(shift / tick);
    add_ticks(&packet->pts, ticks);
    add_ticks(&packet->dts, ticks);
    return stamp + shift;
}
