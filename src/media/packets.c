/* SPDX-License-Identifier: MIT */
#include "media/packets.h"

#include "media/demux_copy.h"
#include "media/demux_streams.h"
#include "media/seek.h"

#include <math.h>

enum { MAX_PIXELS = 1 << 26 }; /* of the decoders that look at the first packets */

static const double INTERLEAVED = 1; /* seconds by which sound lies behind the picture of its time in a file */

static int64_t stamp_of(const AVPacket *packet) {
    return packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
}

/** On the file's own clock. */
static double file_time(const struct packets *packets, int64_t stamp) {
    return demux_seconds(packets_stream(packets), stamp) - packets->origin;
}

const AVStream *packets_stream(const struct packets *packets) {
    return packets->demux.format->streams[packets->packet->stream_index];
}

double packets_time(const struct packets *packets) {
    const AVPacket *packet = packets->packet;
    const int64_t stamp = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    return demux_seconds(packets_stream(packets), stamp);
}

/** Stamps of a strange file are any 64 bits: those that sums of a few would overflow are none. */
static void tame_stamps(AVPacket *packet) {
    const int64_t far = INT64_MAX / 4;
    if (packet->pts < -far || packet->pts > far) packet->pts = AV_NOPTS_VALUE;
    if (packet->dts < -far || packet->dts > far) packet->dts = AV_NOPTS_VALUE;
    if (packet->duration < 0 || packet->duration > far) packet->duration = 0;
}

/** The next packet as it is; *more false where the data ends. */
static ptm_status read_packet(struct packets *packets, bool *more, ptm_error *err) {
    for (;;) {
        av_packet_unref(packets->packet);
        const int code = av_read_frame(packets->demux.format, packets->packet);
        *more = code >= 0;
        if (code == AVERROR(ENOMEM)) return error_no_memory(err);
        if (code < 0) TRY(demux_check_read(&packets->demux, err));
        if (code == AVERROR_EOF || (code < 0 && ++packets->failed_reads > DEMUX_MAX_FAILED_READS)) return PTM_OK;
        if (code < 0) continue;
        packets->failed_reads = 0;
        tame_stamps(packets->packet);
        const int stream = packets->packet->stream_index;
        if (stream == packets->video || stream == packets->audio) return PTM_OK;
    }
}

/** Before the start, where both streams can be decoded. The demuxer's streams may be others after it. */
static ptm_status go_before(struct packets *packets, ptm_error *err) {
    const struct seek_target target = {packets->video, packets->audio, packets->origin, packets->start};
    bool moved;
    TRY(seek_before(&packets->demux, &target, &moved, err));
    demux_keep(&packets->demux, packets->video, packets->audio);
    return PTM_OK;
}

/** Seconds from the packet at hand to where sound is complete: its own, and before that, where coding loses something,
 * one packet's on which the next one leans. */
static double warming(const struct packets *packets) {
    const AVStream *stream = packets_stream(packets);
    const AVCodecDescriptor *codec = avcodec_descriptor_get(stream->codecpar->codec_id);
    const bool lossless = codec && codec->props & AV_CODEC_PROP_LOSSLESS;
    return demux_seconds(stream, packets->packet->duration) * (lossless ? 1 : 2);
}

/** Looks at a packet of the picture for `key`; *known: no later one can be it. */
static void look_for_key(struct packets *packets, bool *known) {
    const AVPacket *packet = packets->packet;
    const double decoded = file_time(packets, packet->dts), shown = file_time(packets, stamp_of(packet));
    *known = *known || (decoded > packets->start + DEMUX_STAMP_SLACK && !isnan(packets->key));
    const bool key = !*known && packet->flags & AV_PKT_FLAG_KEY && !isnan(shown);
    if (key && (isnan(packets->key) || shown <= packets->start + DEMUX_STAMP_SLACK)) packets->key = shown;
}

/** Where the picture begins: the last key frame at or before the start, or the first one at all. The copy begins there,
 * or before it with the sound, which may lie behind that key frame in the file. */
static ptm_status find_beginning(struct packets *packets, ptm_error *err) {
    const AVPacket *packet = packets->packet;
    double sound = packets->audio < 0 ? INFINITY : NAN;
    TRY(go_before(packets, err));
    for (bool more = true, known = false;;) {
        TRY(read_packet(packets, &more, err));
        if (!more) break;
        const double time = file_time(packets, stamp_of(packet));
        if (packet->stream_index == packets->audio) {
            if (isnan(sound) && time + warming(packets) > packets->start) sound = time;
            continue;
        }
        look_for_key(packets, &known);
        const bool behind = packets->key > packets->start + DEMUX_STAMP_SLACK; /* so that sound may come before it */
        if (known && (!behind || !isnan(sound) || time > packets->key + INTERLEAVED)) break;
    }
    if (isnan(packets->key))
        return error_set(err, PTM_ENODATA, "%s: its picture has no key frame with a time stamp to begin a clip with",
                         packets->source.name);
    packets->from = packets->key <= packets->start + DEMUX_STAMP_SLACK ? packets->key : fmin(packets->key, sound);
    return PTM_OK;
}

static ptm_status choose_streams(struct packets *packets, unsigned kinds, ptm_error *err) {
    const AVCodec *decoder;
    enum AVCodecID undecodable;
    const struct demux *demux = &packets->demux;
    packets->video =
        kinds & PACKETS_PICTURE ? demux_best_stream(demux, AVMEDIA_TYPE_VIDEO, &decoder, &undecodable) : -1;
    packets->audio = kinds & PACKETS_SOUND ? demux_best_stream(demux, AVMEDIA_TYPE_AUDIO, &decoder, &undecodable) : -1;
    packets->origin = demux_origin(demux);
    if (isnan(packets->origin))
        packets->origin = 0; /* WAV and its like: time stamps begin at 0 and are not announced */
    const char *name = packets->source.name;
    if (packets->video < 0 && packets->audio < 0) return error_set(err, PTM_ENODATA, "%s: nothing to copy", name);
    if (!demux_has_timestamps(demux))
        return error_set(err, PTM_EFORMAT, "%s: has no time stamps, so that its packets cannot be cut", name);
    return PTM_OK;
}

ptm_status packets_open(struct packets *packets, const char *path, double start, unsigned kinds, ptm_error *err) {
    *packets = (struct packets){.source.fd = -1, .video = -1, .audio = -1, .start = start, .key = NAN, .from = NAN};
    const struct media_options options = {0};
    TRY(byte_source_open(&packets->source, path, &options, err));
    if (!packets->source.seekable)
        return error_set(err, PTM_EINVAL, "%s: packets are copied in a second pass: name a file, not a pipe",
                         packets->source.name);
    packets->packet = av_packet_alloc();
    if (!packets->packet) return error_no_memory(err);
    TRY(demux_open(&packets->demux, &packets->source, NULL, MAX_PIXELS, err));
    TRY(choose_streams(packets, kinds, err));
    if (packets->video >= 0) {
        TRY(find_beginning(packets, err));
        TRY(demux_reopen(&packets->demux, err));
    }
    packets->failed_reads = 0;
    return go_before(packets, err);
}

void packets_close(struct packets *packets) {
    av_packet_free(&packets->packet);
    demux_close(&packets->demux);
    byte_source_close(&packets->source);
}

/** Is the packet part of the copy? Frames shown before the key frame that they follow cannot be decoded. */
static bool belongs(struct packets *packets) {
    const AVPacket *packet = packets->packet;
    const bool picture = packet->stream_index == packets->video;
    const double time = file_time(packets, stamp_of(packet));
    if (isnan(time)) return false;
    if (isnan(packets->from) && time + warming(packets) > packets->start) packets->from = time;
    if (!(time >= (picture ? fmax(packets->from, packets->key) : packets->from) - DEMUX_STAMP_SLACK)) return false;
    packets->key_seen |= picture && packet->flags & AV_PKT_FLAG_KEY;
    return !picture || packets->key_seen;
}

ptm_status packets_next(struct packets *packets, bool *more, ptm_error *err) {
    do {
        TRY(read_packet(packets, more, err));
        if (!*more) return PTM_OK;
    } while (!belongs(packets));
    AVPacket *packet = packets->packet;
    const AVRational base = packets_stream(packets)->time_base;
    const int64_t shift = llrint((packets->origin + packets->from) * base.den / base.num);
    if (packet->pts != AV_NOPTS_VALUE) packet->pts -= shift;
    if (packet->dts != AV_NOPTS_VALUE) packet->dts -= shift;
    packet->pos = -1;
    return PTM_OK;
}

/** Keeps the codec's tag only where the new container means the same by it. */
static void choose_tag(AVCodecParameters *codec, const struct AVCodecTag *const *known) {
    unsigned tag;
    if (!known || av_codec_get_id(known, codec->codec_tag) == codec->codec_id) return;
    if (av_codec_get_tag2(known, codec->codec_id, &tag)) codec->codec_tag = 0;
}

void packets_raise_stamps(AVPacket *packet, bool reordered, int64_t *last) {
    if (packet->dts == AV_NOPTS_VALUE && (!reordered || *last == INT64_MIN)) packet->dts = packet->pts;
    if (packet->dts == AV_NOPTS_VALUE || packet->dts <= *last) packet->dts = *last == INT64_MIN ? 0 : *last + 1;
    if (packet->pts == AV_NOPTS_VALUE || packet->pts < packet->dts) packet->pts = packet->dts;
    *last = packet->dts;
}

int packets_add_stream(AVFormatContext *format, const AVStream *from) {
    AVStream *stream = avformat_new_stream(format, NULL);
    if (!stream) return AVERROR(ENOMEM);
    const int code = avcodec_parameters_copy(stream->codecpar, from->codecpar);
    if (code < 0) return code;
    choose_tag(stream->codecpar, format->oformat->codec_tag);
    stream->time_base = from->time_base;
    stream->avg_frame_rate = from->avg_frame_rate;
    stream->sample_aspect_ratio = from->sample_aspect_ratio;
    return demux_copy_side_data(stream, from) ? 0 : AVERROR(ENOMEM);
}
