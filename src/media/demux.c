/* SPDX-License-Identifier: MIT */
#include "media/demux.h"

#include "base/memory.h"
#include "media/hidden_sound.h"

#include <libavutil/avstring.h>
#include <libavutil/dict.h>
#include <string.h>

/* Formats whose content is the names of other files or of hosts. They could open none of them here; this gives the user
 * the reason. */
static const char *const PLAYLISTS = "hls,applehttp,dash,concat,sdp,rtsp,rtp,imf,vobsub,image2,webm_dash_manifest";

static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    (void)url;
    (void)flags;
    (void)options;
    struct demux *demux = format->opaque;
    if (demux) demux->refused++;
    *io = NULL;
    return AVERROR(EPERM);
}

static int ask_cancelled(void *opaque) {
    return byte_source_cancelled(opaque);
}

ptm_status demux_check_read(const struct demux *demux, ptm_error *err) {
    const struct byte_reader *reader = &demux->reader;
    if (!reader->error) return PTM_OK;
    error_clear(err);
    return error_set(err, PTM_EIO, "%s: cannot be read from byte %lld on: %s", reader->source->name,
                     (long long)reader->failed_at, strerror(reader->error));
}

ptm_status demux_refuse_unseekable(const struct demux *demux, const char *name, ptm_error *err) {
    const bool network = !demux->reader.source;
    if (demux_holds_bare_pictures(demux->format->iformat))
        return error_set(err, PTM_EFORMAT,
                         "%s: a picture of this format (%s) can be read by the file's name only, not through a pipe",
                         name, avcodec_get_name(demux->format->streams[0]->codecpar->codec_id));
    return error_set(
        err, PTM_EFORMAT,
        "%s: nothing in it can be read without seeking (an MP4 with its index at the end?): %s, or remux it "
        "with -movflags +faststart",
        name, network ? "download it first, as its server knows no ranges" : "give the file by its name");
}

/** The sentence of a failure before the first packet. */
static ptm_status open_failure(const struct demux *demux, const AVInputFormat *input, int code, ptm_error *err) {
    const struct byte_reader *reader = &demux->reader;
    const char *name = reader->source->name;
    if (reader->source->interrupted) return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", name);
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    TRY(demux_check_read(demux, err));
    if (demux->form && demux->form->format && code == AVERROR(EINVAL))
        return error_set(err, PTM_EINVAL, "%s: cannot be opened as %s: a setting is missing, or is wrong", name,
                         demux->form->format);
    if (reader->position == 0 && !reader->source->seekable) return error_set(err, PTM_ENODATA, "%s: is empty", name);
    if (input && !reader->source->seekable)
        return error_set(err, PTM_EFORMAT,
                         "%s: its %s header cannot be read from a stream that cannot seek: give the file by its name",
                         name, input->name);
    return error_set(err, PTM_EFORMAT, "%s: is not a media file of a known format, or is damaged at its beginning",
                     name);
}

/** The format that the caller names, if it reads bytes: not one that is a name or a device itself. */
static ptm_status named_format(const char *name, const AVInputFormat **out, ptm_error *err) {
    *out = av_find_input_format(name);
    if (*out && !((*out)->flags & AVFMT_NOFILE)) return PTM_OK;
    return error_set(err, PTM_EINVAL, "%s: is not a format that bytes can be read as (ffmpeg -demuxers lists them)",
                     name);
}

static ptm_status find_format(struct demux *demux, const AVInputFormat **out, ptm_error *err) {
    const AVInputFormat *input = NULL;
    if (demux->form && demux->form->format) {
        TRY(named_format(demux->form->format, &input, err));
    } else {
        /* A format is told by its content, the same for a file and for a pipe. The name is no format's but HLS's, which
         * from FFmpeg 7.1 on is not told without one: to say that it is a playlist. */
        const int code = av_probe_input_buffer2(demux->reader.io, &input, ".m3u8", NULL, 0, 0);
        if (code < 0) return open_failure(demux, NULL, code, err);
    }
    if (av_match_list(input->name, PLAYLISTS, ','))
        return error_set(err, PTM_EFORMAT,
                         "%s: is a playlist (%s), and files that it names are not opened: give those files",
                         demux->reader.source->name, input->name);
    *out = input;
    return PTM_OK;
}

/** Keeps the size of pictures that are too large: FFmpeg forgets it as soon as a decoder refuses it. */
static void note_large_picture(struct demux *demux) {
    for (unsigned i = 0; i < demux->format->nb_streams; i++) {
        const AVCodecParameters *codec = demux->format->streams[i]->codecpar;
        if (codec->codec_type != AVMEDIA_TYPE_VIDEO || codec->width <= 0 || codec->height <= 0) continue;
        if ((int64_t)codec->width * codec->height <= demux->max_pixels) continue;
        demux->too_wide = codec->width;
        demux->too_high = codec->height;
    }
}

bool demux_holds_bare_pictures(const AVInputFormat *format) {
    const size_t length = strlen(format->name);
    return length > 5 && strcmp(format->name + length - 5, "_pipe") == 0;
}

/** Reads the first packets, with the picture limit in the decoders that FFmpeg uses for it, but for streams that only
 * these packets make known: their pictures are refused after that. Bare pictures it may only take apart: it would
 * decode one to say what pixels it has, and then it would be decoded again; and never sure of their rate, which is its
 * own, it would take apart five seconds of them. */
static ptm_status probe_streams(struct demux *demux, const char *name, ptm_error *err) {
    AVFormatContext *format = demux->format;
    const unsigned count = format->nb_streams;
    AVDictionary **options = count ? mem_calloc(count, sizeof *options) : NULL;
    if (count && !options) return error_no_memory(err);
    const bool bare = demux_holds_bare_pictures(format->iformat) && !format->codec_whitelist;
    /* with the limit a parser would forget a size beyond it */
    for (unsigned i = 0; !bare && i < count; i++) av_dict_set_int(&options[i], "max_pixels", demux->max_pixels, 0);
    if (bare) format->codec_whitelist = av_strdup("none");
    if (bare && format->max_analyze_duration == 0) format->max_analyze_duration = 1; /* us */
    const int code = avformat_find_stream_info(format, options);
    if (bare) av_freep(&format->codec_whitelist);
    for (unsigned i = 0; i < count; i++) av_dict_free(&options[i]);
    mem_free(options);
    if (format->interrupt_callback.callback(format->interrupt_callback.opaque))
        return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", name);
    /* Other failures leave what is known so far, and reading on shows how much of it holds. */
    return code == AVERROR(ENOMEM) ? error_no_memory(err) : PTM_OK;
}

ptm_status demux_examine(struct demux *demux, const char *name, ptm_error *err) {
    note_large_picture(demux);
    TRY(probe_streams(demux, name, err));
    for (unsigned i = 0; i < demux->format->nb_streams; i++) {
        const enum AVMediaType kind = demux->format->streams[i]->codecpar->codec_type;
        if (kind == AVMEDIA_TYPE_VIDEO || kind == AVMEDIA_TYPE_AUDIO) return PTM_OK;
    }
    return error_set(err, PTM_EFORMAT, "%s: holds no picture and no sound%s", name,
                     demux->refused ? " of its own, and the files that it names are not opened" : "");
}

ptm_status demux_parse_settings(AVDictionary **options, const char *settings, const char *protocols,
                                const char *formats, ptm_error *err) {
    int code = settings ? av_dict_parse_string(options, settings, "=", ":", 0) : 0;
    if (code < 0 && code != AVERROR(ENOMEM))
        return error_set(err, PTM_EINVAL, "input options are given as name=value:name=value, with \\: for a colon");
    /* These come last: no setting opens what they close. */
    if (code >= 0) code = av_dict_set(options, "protocol_whitelist", protocols, 0);
    if (code >= 0) code = av_dict_set(options, "format_whitelist", formats, 0);
    return code < 0 ? error_no_memory(err) : PTM_OK;
}

ptm_status demux_check_settings(AVDictionary **options, const char *name, const char *format, ptm_error *err) {
    const AVDictionaryEntry *unused = av_dict_get(*options, "", NULL, AV_DICT_IGNORE_SUFFIX);
    const ptm_status status =
        unused ? error_set(err, PTM_EINVAL, "%s: its format (%s) has no setting \"%s\"", name, format, unused->key)
               : PTM_OK;
    av_dict_free(options);
    return status;
}

/** Opens the context over the reader; it is freed and NULL where that fails. */
static ptm_status open_format(struct demux *demux, const AVInputFormat *input, ptm_error *err) {
    AVDictionary *options = NULL;
    /* The whitelist is for demuxers that open a nested context without our io_open: no protocol has this name. */
    ptm_status status = demux_parse_settings(&options, demux->form ? demux->form->settings : NULL, "none", NULL, err);
    const int code = status == PTM_OK ? avformat_open_input(&demux->format, "", input, &options) : 0;
    if (code < 0) status = open_failure(demux, input, code, err);
    if (status == PTM_OK) return demux_check_settings(&options, demux->reader.source->name, input->name, err);
    av_dict_free(&options);
    return status;
}

/** FFmpeg asks all its formats whether the 16-bit samples of a WAV file are coded sound, again and again as packets
 * come in: that takes longer than decoding them, so it may do so in full only where there is a sign of it. */
static ptm_status limit_probing(struct demux *demux, const AVInputFormat *input, ptm_error *err) {
    if (strcmp(input->name, "wav") != 0 || !demux->reader.source->seekable) return PTM_OK;
    int packets;
    TRY(hidden_sound_look(demux->reader.io, &packets, err));
    if (packets < demux->format->max_probe_packets) demux->format->max_probe_packets = packets;
    return PTM_OK;
}

ptm_status demux_open(struct demux *demux, struct byte_source *source, const struct demux_form *form,
                      int64_t max_pixels, ptm_error *err) {
    *demux = (struct demux){.form = form, .max_pixels = max_pixels};
    TRY(byte_reader_open(&demux->reader, source, err));
    AVFormatContext *format = demux->format = avformat_alloc_context();
    if (!format) return error_no_memory(err);
    format->pb = demux->reader.io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO; /* closing the format leaves `pb` to us, however far the opening came */
    format->opaque = demux;
    format->io_open = refuse_open;
    format->interrupt_callback = (AVIOInterruptCB){.callback = ask_cancelled, .opaque = source};
    const AVInputFormat *input = NULL;
    TRY(find_format(demux, &input, err));
    TRY(limit_probing(demux, input, err));
    TRY(open_format(demux, input, err));
    const ptm_status status = demux_examine(demux, source->name, err);
    if (status == PTM_EFORMAT) TRY(demux_check_read(demux, err)); /* an unreadable index is as good as none to FFmpeg */
    return status;
}

void demux_close(struct demux *demux) {
    avformat_close_input(&demux->format);
    byte_reader_close(&demux->reader);
}

ptm_status demux_reopen(struct demux *demux, ptm_error *err) {
    struct byte_source *source = demux->reader.source;
    const struct demux_form *form = demux->form;
    const int64_t max_pixels = demux->max_pixels;
    demux_close(demux);
    return demux_open(demux, source, form, max_pixels, err);
}
