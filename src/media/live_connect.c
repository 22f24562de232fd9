/* SPDX-License-Identifier: MIT */
#include "media/live_connect.h"

#include "media/device.h"

#include <libavutil/avstring.h>
#include <netdb.h>

static ptm_status find_input(const AVInputFormat **out, const struct live_source *source, const struct demux_form *form,
                             ptm_error *err) {
    *out = NULL;
    if (source->device && form->format)
        return error_set(err, PTM_EINVAL,
                         "%s: has no format %s to choose: what a device sends is set by its input options "
                         "(of a camera input_format=%s)",
                         source->name, form->format, form->format);
    if (source->device) return device_find(out, source->device, err);
    if (!form->format) return PTM_OK;
    *out = av_find_input_format(form->format);
    if (*out) return PTM_OK;
    return error_set(err, PTM_EINVAL, "%s: is not a format (ffmpeg -demuxers lists them)", form->format);
}

/** Says that the host of a URL has no address, where that is so: FFmpeg calls it an I/O error. */
static ptm_status check_host(const struct live_source *source, ptm_error *err) {
    char host[256];
    struct addrinfo *addresses = NULL;
    av_url_split(NULL, 0, NULL, 0, host, sizeof host, NULL, NULL, 0, source->target);
    const int code = host[0] ? getaddrinfo(host, NULL, NULL, &addresses) : 0;
    if (code == 0) {
        if (addresses) freeaddrinfo(addresses);
        return PTM_OK;
    }
    return error_set(err, PTM_EIO, "%s: the host %s cannot be found: %s", source->name, host, gai_strerror(code));
}

static ptm_status connect_failure(const struct live_source *source, int code, AVIOInterruptCB interrupt,
                                  ptm_error *err) {
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    if (code == AVERROR_EXIT) return error_set(err, PTM_EINTERRUPTED, "%s: interrupted", source->name);
    /* nothing ends that question: it is not asked where time is up */
    if (code == AVERROR(EIO) && source->kind == LIVE_URL && !interrupt.callback(interrupt.opaque))
        TRY(check_host(source, err));
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    if (code == AVERROR_INVALIDDATA && av_strstart(source->target, "rtp:", NULL))
        return error_set(
            err, PTM_EFORMAT,
            "%s: what comes from there is not RTP of a static payload type, as MPEG-TS is; what needs an SDP "
            "to be understood can be sent as that (ffmpeg -f rtp_mpegts) or over RTSP",
            source->name);
    if (code == AVERROR_INVALIDDATA)
        return error_set(err, PTM_EFORMAT, "%s: what comes from there is not media, or is not opened from there",
                         source->name);
    if (source->lister)
        return error_set(err, PTM_EIO, "%s: cannot be opened: %s (%s tells what there is)", source->name, reason,
                         source->lister);
    return error_set(err, PTM_EIO, "%s: cannot be opened: %s", source->name, reason);
}

static ptm_status make_options(AVDictionary **options, const struct live_source *source, const struct demux_form *form,
                               ptm_error *err) {
    TRY(demux_parse_settings(options, source->defaults, source->protocols, source->formats, err));
    return demux_parse_settings(options, form->settings, source->protocols, source->formats, err);
}

static ptm_status open_input(struct demux *demux, const struct live_source *source, const AVInputFormat *input,
                             AVDictionary **options, ptm_error *err) {
    const AVIOInterruptCB interrupt = demux->format->interrupt_callback;
    const int code = avformat_open_input(&demux->format, source->target, input, options);
    if (code < 0) return connect_failure(source, code, interrupt, err); /* the context is freed and NULL */
    return demux_check_settings(options, source->name, demux->format->iformat->name, err);
}

ptm_status live_connect(struct demux *demux, const struct live_source *source, const struct demux_form *form,
                        AVIOInterruptCB interrupt, int64_t max_pixels, ptm_error *err) {
    *demux = (struct demux){.form = form, .max_pixels = max_pixels};
    const AVInputFormat *input;
    TRY(find_input(&input, source, form, err));
    demux->format = avformat_alloc_context();
    if (!demux->format) return error_no_memory(err);
    demux->format->interrupt_callback = interrupt;
    /* A device that hangs would hold its reader, so it is asked again and again. */
    if (source->kind == LIVE_DEVICE) demux->format->flags |= AVFMT_FLAG_NONBLOCK;
    AVDictionary *options = NULL;
    ptm_status status = make_options(&options, source, form, err);
    if (status == PTM_OK) status = open_input(demux, source, input, &options, err);
    av_dict_free(&options);
    return status;
}
