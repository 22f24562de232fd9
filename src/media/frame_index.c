/* SPDX-License-Identifier: MIT */
#include "media/frame_index.h"

#include "base/memory.h"
#include "media/track_clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEWEST = 1024,
    MOST = 1 << 20 /* packets: 32 MiB of index, eleven hours at 25 a second */
};

/**
 * Codecs whose key frames leave nothing of what came before them, and whose decoders give one frame a packet. Others
 * (GIF, screen codecs) paint on what is there, or do not say which frames are keys.
 */
static bool is_indexable(enum AVCodecID codec) {
    static const enum AVCodecID known[] = {AV_CODEC_ID_H264,       AV_CODEC_ID_HEVC,       AV_CODEC_ID_AV1,
                                           AV_CODEC_ID_VP8,        AV_CODEC_ID_VP9,        AV_CODEC_ID_MPEG4,
                                           AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MJPEG,
                                           AV_CODEC_ID_PRORES,     AV_CODEC_ID_DNXHD};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (codec == known[i]) return true;
    return false;
}

void frame_index_begin(struct frame_index *index, const struct demux *demux, int stream) {
    const AVStream *chosen = demux->format->streams[stream];
    const AVRational base = chosen->time_base;
    const bool usable = demux_has_timestamps(demux) && is_indexable(chosen->codecpar->codec_id) && base.num > 0;
    *index = (struct frame_index){.gap = INT64_MAX, .refused = !usable};
    if (usable && demux->format->iformat->flags & AVFMT_TS_DISCONT)
        index->gap = (int64_t)(TRACK_CLOCK_JUMP / 2 * base.den / base.num);
}

/** Room for one entry more, up to MOST. */
static ptm_status reserve(struct frame_index *index, ptm_error *err) {
    if (index->count < index->room) return PTM_OK;
    const int32_t room = index->room ? 2 * index->room : FEWEST;
    struct frame_entry *coded = mem_alloc((size_t)room, sizeof *coded);
    if (!coded) return error_no_memory(err);
    if (index->count > 0) memcpy(coded, index->coded, (size_t)index->count * sizeof *coded);
    mem_free(index->coded);
    index->coded = coded;
    index->room = room;
    return PTM_OK;
}

ptm_status frame_index_add(struct frame_index *index, const AVPacket *packet, bool within, ptm_error *err) {
    const int64_t far = INT64_MAX / 4; /* so that differences are numbers */
    const bool timed = packet->pts > -far && packet->pts < far;
    const bool whole = !(packet->flags & (AV_PKT_FLAG_DISCARD | AV_PKT_FLAG_CORRUPT));
    index->refused = index->refused || !timed || !whole || index->count == MOST;
    if (index->refused) return PTM_OK;
    TRY(reserve(index, err));
    index->coded[index->count] = (struct frame_entry){
        .pts = packet->pts, .place = index->count, .key = packet->flags & AV_PKT_FLAG_KEY, .within = within};
    index->count++;
    return PTM_OK;
}

static int by_time(const void *left, const void *right) {
    const int64_t a = ((const struct frame_entry *)left)->pts, b = ((const struct frame_entry *)right)->pts;
    return (a > b) - (a < b);
}

/** Each frame has a time of its own, on one clock; nothing is shown before the first key frame; key frames keep their
 * order. */
static bool is_sound(const struct frame_index *index) {
    const struct frame_entry *first = &index->coded[0];
    if (!first->key || index->shown[0].pts != first->pts) return false;
    int64_t last_key = first->pts;
    for (int32_t i = 1; i < index->count; i++) {
        const int64_t lasts = index->shown[i].pts - index->shown[i - 1].pts;
        if (lasts == 0 || lasts > index->gap) return false;
        if (!index->coded[i].key) continue;
        if (index->coded[i].pts < last_key) return false;
        last_key = index->coded[i].pts;
    }
    return true;
}

ptm_status frame_index_end(struct frame_index *index, ptm_error *err) {
    const size_t count = (size_t)index->count;
    if (index->refused || count == 0) {
        frame_index_free(index);
        return PTM_OK;
    }
    index->shown = mem_alloc(count, sizeof *index->shown);
    if (!index->shown) return error_no_memory(err);
    memcpy(index->shown, index->coded, count * sizeof *index->shown);
    qsort(index->shown, count, sizeof *index->shown, by_time);
    while (index->first < index->count && !index->shown[index->first].within) index->first++;
    if (!is_sound(index)) frame_index_free(index);
    return PTM_OK;
}

void frame_index_free(struct frame_index *index) {
    mem_free(index->coded);
    mem_free(index->shown);
    *index = (struct frame_index){0};
}

int32_t frame_index_find(const struct frame_index *index, int64_t pts) {
    int32_t low = 0, high = index->count;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (index->shown[middle].pts < pts)
            low = middle + 1;
        else
            high = middle;
    }
    return low < index->count && index->shown[low].pts == pts ? low : -1;
}
