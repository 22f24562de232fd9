/* SPDX-License-Identifier: MIT */
#include "media/cut.h"

#include "base/memory.h"
#include "media/byte_sink.h"
#include "media/demux_streams.h"
#include "media/packets.h"

#include <libavutil/avstring.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    STREAMS = 2,
    MAX_ENDING = 16,
    MAX_HELD = 32 /* more than any codec decodes ahead of what it shows */
};

/* How far beyond the end one stream is read while the other has not come to it: packets of both are near each other. */
static const double LOOK_AHEAD = 10;

struct cut {
    struct packets packets;
    double end; /* seconds on the file's clock */
    const AVOutputFormat *container;
    char ending[MAX_ENDING];
    AVFormatContext *format;
    int streams[STREAMS];  /* of the file, for each of the clip's */
    int64_t last[STREAMS]; /* decoding time stamp of the packet before; must rise */
    double until[STREAMS]; /* seconds from the clip's begin up to which a stream is written */
    double next;           /* seconds from the clip's begin at which the first picture is shown that is not in it */
    int count;
    AVPacket *held[MAX_HELD]; /* shown beyond the end: only what is shown before it may need them */
    int num_held;
};

/* ---------------------------------------------------------------- the container */

/** False where a codec is known not to go in; muxers that do not say are tried. */
static bool takes_codecs(const AVOutputFormat *container, const struct packets *packets) {
    const int streams[STREAMS] = {packets->video, packets->audio};
    for (int i = 0; i < STREAMS; i++) {
        if (streams[i] < 0) continue;
        const enum AVCodecID codec = packets->demux.format->streams[streams[i]]->codecpar->codec_id;
        if (avformat_query_codec(container, codec, FF_COMPLIANCE_NORMAL) == 0) return false;
    }
    return true;
}

/** The muxer for what the demuxer has read: the one for the file's name, where that belongs to it, else one of the
 * demuxer's own name. */
static const AVOutputFormat *same_container(const struct packets *packets) {
    const AVInputFormat *read = packets->demux.format->iformat;
    const AVOutputFormat *container = av_guess_format(NULL, packets->source.name, NULL);
    const bool named = read->extensions && av_match_ext(packets->source.name, read->extensions);
    if (container && (named || av_match_list(container->name, read->name, ','))) return container;
    if (av_match_name("mp4", read->name)) return av_guess_format("mp4", NULL, NULL);
    char first[32], file[sizeof first + 2];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(read->name, ","), read->name);
    snprintf(file, sizeof file, "a.%s", first);
    container = av_guess_format(first, NULL, NULL);
    return container ? container : av_guess_format(NULL, file, NULL);
}

/** With the file's own ending, where that is one of the container's. */
static void set_container(struct cut *cut, const AVOutputFormat *container) {
    const char *name = cut->packets.source.name, *usual = container->extensions;
    const char *ending = usual && av_match_ext(name, usual) ? strrchr(name, '.') + 1 : usual ? usual : container->name;
    cut->container = container;
    snprintf(cut->ending, sizeof cut->ending, "%.*s", (int)strcspn(ending, ","), ending);
}

/** The header of FLAC says how many samples the whole file has, and their checksum: of a clip neither is known. */
static void forget_length(AVCodecParameters *codec) {
    enum { SAMPLES = 13, STREAMINFO = 34 }; /* the count: 36 bits, the first of them the lower half of a byte */
    if (codec->codec_id != AV_CODEC_ID_FLAC || codec->extradata_size < STREAMINFO) return;
    codec->extradata[SAMPLES] &= 0xF0;
    memset(codec->extradata + SAMPLES + 1, 0, STREAMINFO - SAMPLES - 1);
}

static int add_stream(struct cut *cut, int stream) {
    if (stream < 0) return 0;
    cut->last[cut->count] = INT64_MIN;
    cut->until[cut->count] = 0;
    cut->streams[cut->count++] = stream;
    const int code = packets_add_stream(cut->format, cut->packets.demux.format->streams[stream]);
    if (code >= 0) forget_length(cut->format->streams[cut->count - 1]->codecpar);
    return code;
}

/** A muxer with the streams of the clip, up to its header. An AVERROR, or 0. */
static int open_muxer(struct cut *cut, AVIOContext *io) {
    avformat_free_context(cut->format);
    cut->format = NULL;
    cut->count = 0;
    int code = avformat_alloc_output_context2(&cut->format, cut->container, NULL, NULL);
    if (code < 0) return code;
    cut->format->pb = io;
    cut->format->flags |= AVFMT_FLAG_BITEXACT; /* no date, no version */
    code = add_stream(cut, cut->packets.video);
    if (code >= 0) code = add_stream(cut, cut->packets.audio);
    return code < 0 ? code : avformat_write_header(cut->format, NULL);
}

/** Whether the container takes the streams as they are, which some muxers know only when they see them: an AVERROR, or
 * 0. */
static int try_streams(struct cut *cut) {
    AVIOContext *io;
    if (avio_open_dyn_buf(&io) < 0) return AVERROR(ENOMEM);
    const int code = open_muxer(cut, io);
    if (code >= 0) av_write_trailer(cut->format);
    uint8_t *data;
    avio_close_dyn_buf(io, &data);
    av_free(data);
    return code;
}

/** Its pictures come in pieces of its own, of which no muxer of FFmpeg's makes what can be decoded. */
static bool is_realmedia(const struct packets *packets) {
    return av_match_name("rm", packets->demux.format->iformat->name);
}

static ptm_status choose_container(struct cut *cut, ptm_error *err) {
    const struct packets *packets = &cut->packets;
    if (is_realmedia(packets) && packets->video >= 0)
        return error_set(err, PTM_EFORMAT, "%s: pictures of RealMedia cannot be copied: encode the file anew",
                         packets->source.name);
    const AVOutputFormat *same = is_realmedia(packets) ? NULL : same_container(packets);
    const AVOutputFormat *matroska = av_guess_format("matroska", NULL, NULL);
    const AVOutputFormat *const choices[] = {same && takes_codecs(same, packets) ? same : NULL, matroska};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        if (!choices[i]) continue;
        set_container(cut, choices[i]);
        const int code = try_streams(cut);
        if (code >= 0) return PTM_OK;
        if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    }
    return error_set(err, PTM_EFORMAT, "%s: neither its own container nor Matroska takes its streams as they are",
                     packets->source.name);
}

/* ---------------------------------------------------------------- the clip */

static ptm_status open_packets(struct cut *cut, const char *path, double start, ptm_error *err) {
    struct packets *packets = &cut->packets;
    TRY(packets_open(packets, path, start, PACKETS_PICTURE | PACKETS_SOUND, err));
    if (packets->audio >= 0 && packets->key >= cut->end - DEMUX_STAMP_SLACK)
        packets->video = -1; /* no picture in it: sound alone */
    return choose_container(cut, err);
}

ptm_status cut_open(struct cut **out, const char *path, double start, double end, ptm_error *err) {
    *out = NULL;
    if (!(start >= 0 && end > start && isfinite(end)))
        return error_set(err, PTM_EINVAL, "%s: a clip from %g to %g seconds", path, start, end);
    struct cut *cut = mem_calloc(1, sizeof *cut);
    if (!cut) return error_no_memory(err);
    cut->end = end;
    const ptm_status status = open_packets(cut, path, start, err);
    if (status != PTM_OK) cut_close(&cut);
    *out = cut;
    return status;
}

const char *cut_ending(const struct cut *cut) {
    return cut->ending;
}

static void drop_held(struct cut *cut) {
    for (int i = 0; i < cut->num_held; i++) av_packet_free(&cut->held[i]);
    cut->num_held = 0;
}

void cut_close(struct cut **cut) {
    if (!cut || !*cut) return;
    drop_held(*cut);
    avformat_free_context((*cut)->format);
    packets_close(&(*cut)->packets);
    mem_free(*cut);
    *cut = NULL;
}

/** Hands a packet to the muxer. An AVERROR, or 0. */
static int write_packet(struct cut *cut, int stream, AVPacket *packet) {
    const AVStream *from = cut->packets.demux.format->streams[cut->streams[stream]];
    const bool shown = packet->duration <= 0 && from->avg_frame_rate.num > 0; /* for as long as is usual */
    const double end = (double)(packet->pts + packet->duration) * av_q2d(from->time_base);
    cut->until[stream] = fmax(cut->until[stream], shown ? end + 1 / av_q2d(from->avg_frame_rate) : end);
    av_packet_rescale_ts(packet, from->time_base, cut->format->streams[stream]->time_base);
    packet->stream_index = stream;
    return av_interleaved_write_frame(cut->format, packet);
}

/** An AVERROR, or 0. */
static int write_held(struct cut *cut, int stream) {
    int code = 0;
    for (int i = 0; i < cut->num_held && code >= 0; i++) code = write_packet(cut, stream, cut->held[i]);
    drop_held(cut);
    return code;
}

/** Takes a packet that is decoded before the end. An AVERROR, or 0. */
static int take_packet(struct cut *cut, int stream, double length) {
    AVPacket *packet = cut->packets.packet;
    if (packet->stream_index != cut->packets.video) return write_packet(cut, stream, packet);
    const bool beyond = demux_seconds(packets_stream(&cut->packets), packet->pts) >= length - DEMUX_STAMP_SLACK;
    if (beyond && cut->num_held < MAX_HELD) {
        cut->held[cut->num_held] = av_packet_clone(packet);
        return cut->held[cut->num_held++] ? 0 : AVERROR(ENOMEM);
    }
    const int code = write_held(cut, stream);
    return code < 0 ? code : write_packet(cut, stream, packet);
}

/** Notes when a packet that is not in the clip is shown, if it is of the picture. */
static void leave_out(struct cut *cut, const AVPacket *packet) {
    const AVStream *stream = cut->packets.demux.format->streams[packet->stream_index];
    if (packet->stream_index == cut->packets.video) cut->next = fmin(cut->next, demux_seconds(stream, packet->pts));
}

/** The last picture is shown until the next one, however long its packet lasts. */
static void show_last(struct cut *cut, double length) {
    if (cut->packets.video < 0 || cut->until[0] <= 0) return;
    for (int i = 0; i < cut->num_held; i++) leave_out(cut, cut->held[i]);
    if (isfinite(cut->next)) cut->until[0] = fmax(cut->until[0], fmin(cut->next, length));
}

/** All packets up to the end, until no stream has any more. */
static ptm_status write_packets(struct cut *cut, const char *name, ptm_error *err) {
    struct packets *packets = &cut->packets;
    bool ended[STREAMS] = {false, cut->count < 2};
    cut->next = INFINITY;
    for (bool more = true; !(ended[0] && ended[1]);) {
        TRY(packets_next(packets, &more, err));
        if (!more) break;
        const int stream = packets->packet->stream_index == cut->streams[0] ? 0 : 1;
        packets_raise_stamps(packets->packet, packets_stream(packets)->codecpar->video_delay > 0, &cut->last[stream]);
        const double time = packets_time(packets), length = cut->end - packets->from;
        ended[stream] = ended[stream] || time >= length - DEMUX_STAMP_SLACK;
        if (ended[stream]) leave_out(cut, packets->packet);
        if (time >= length + LOOK_AHEAD) break;
        if (ended[stream]) continue;
        const int code = take_packet(cut, stream, length);
        if (code < 0) return byte_sink_failure(code, name, err);
    }
    show_last(cut, cut->end - packets->from);
    const double until = fmax(cut->until[0], cut->until[1]);
    if (until > 0 && packets->from + until > packets->start) return PTM_OK;
    return error_set(err, PTM_ENODATA, "%s: nothing lies between %g and %g seconds", packets->source.name,
                     packets->start, cut->end);
}

ptm_status cut_write(struct cut *cut, int fd, const char *name, double *from, double *to, ptm_error *err) {
    struct byte_sink sink;
    int code = byte_sink_open(&sink, fd);
    if (code >= 0) code = open_muxer(cut, sink.io);
    ptm_status status = code < 0 ? byte_sink_failure(code, name, err) : write_packets(cut, name, err);
    if (status == PTM_OK) {
        code = av_write_trailer(cut->format);
        if (code >= 0) code = byte_sink_flush(&sink);
        if (code < 0) status = byte_sink_failure(code, name, err);
    }
    *from = cut->packets.from;
    *to = cut->packets.from + fmax(cut->until[0], cut->until[1]);
    avformat_free_context(cut->format);
    cut->format = NULL;
    byte_sink_close(&sink);
    return status;
}
