/* SPDX-License-Identifier: MIT */
#include "media/demux_copy.h"

#include <string.h>

bool demux_copy_side_data(AVStream *copy, const AVStream *stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
    (void)copy;
    (void)stream;
#else
    for (int i = 0; i < stream->nb_side_data; i++) {
        const AVPacketSideData *side = &stream->side_data[i];
        uint8_t *data = av_stream_new_side_data(copy, side->type, side->size);
        if (!data) return false;
        memcpy(data, side->data, side->size);
    }
#endif
    return true;
}

static bool copy_stream(AVFormatContext *format, const AVStream *stream) {
    AVStream *copy = avformat_new_stream(format, NULL);
    if (!copy || avcodec_parameters_copy(copy->codecpar, stream->codecpar) < 0) return false;
    copy->time_base = stream->time_base;
    copy->avg_frame_rate = stream->avg_frame_rate;
    copy->r_frame_rate = stream->r_frame_rate;
    copy->nb_frames = stream->nb_frames;
    copy->disposition = stream->disposition;
    return demux_copy_side_data(copy, stream);
}

ptm_status demux_describe(struct demux *copy, const struct demux *demux, ptm_error *err) {
    *copy = (struct demux){.max_pixels = demux->max_pixels, .too_wide = demux->too_wide, .too_high = demux->too_high};
    copy->format = avformat_alloc_context();
    if (!copy->format) return error_no_memory(err);
    copy->format->iformat = demux->format->iformat;
    for (unsigned i = 0; i < demux->format->nb_streams; i++)
        if (!copy_stream(copy->format, demux->format->streams[i])) return error_no_memory(err);
    return PTM_OK;
}

void demux_forget(struct demux *copy) {
    avformat_free_context(copy->format);
    copy->format = NULL;
}
