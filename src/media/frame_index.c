/* SPDX-License-Identifier: MIT */
#include "media/frame_index.h"

#include "base/memory.h"
#include "media/demux_streams.h"
#include "media/nal.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEWEST = 1024,
    MOST = 1 << 20 /* packets: 32 MiB of index, eleven hours at 25 a second */
};

/**
 * Codecs whose key frames leave nothing of what came before, but for the parameter sets of H.264 and HEVC, and whose
 * decoders tell of damage. Others paint on what is there (GIF, screen codecs), have packets without a frame (VP8,
 * MPEG-4), keep tables from frame to frame (MJPEG, MPEG-2), or pass over damage.
 */
static bool is_indexable(enum AVCodecID codec) {
    return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_VP9 ||
           codec == AV_CODEC_ID_AV1 || codec == AV_CODEC_ID_PRORES;
}

void frame_index_begin(struct frame_index *index, const struct demux *demux, int stream) {
    const AVCodecParameters *codec = demux->format->streams[stream]->codecpar;
    const bool steady = demux_has_timestamps(demux) && !(demux->format->iformat->flags & AVFMT_TS_DISCONT);
    *index = (struct frame_index){.codec = codec->codec_id,
                                  .length_bytes = nal_length_bytes(codec),
                                  .refused = !steady || !is_indexable(codec->codec_id)};
}

/* ---------------------------------------------------------------- what is in a packet */

static uint64_t hash_of(const struct nal_unit *unit) {
    uint64_t hash = UINT64_C(1469598103934665603); /* FNV-1a */
    for (size_t i = 0; i < unit->bytes; i++) hash = (hash ^ unit->data[i]) * UINT64_C(1099511628211);
    return hash;
}

/** A parameter set: the first packet's are kept; false where a later one is another. */
static bool keep_set(struct frame_index *index, const struct nal_unit *unit) {
    const uint64_t hash = hash_of(unit);
    for (int i = 0; i < index->num_sets; i++)
        if (index->sets[i] == hash) return true;
    if (index->count > 0 || index->num_sets == FRAME_INDEX_SETS) return false;
    index->sets[index->num_sets++] = hash;
    return true;
}

/** Units of H.264 (table 7-1): 5 is a slice of an IDR picture, 7, 8, 13 and 15 are parameter sets. */
static bool take_h264(struct frame_index *index, const struct nal_unit *unit, bool *idr) {
    const int type = unit->data[0] & 31;
    *idr = *idr || type == 5;
    return (type != 7 && type != 8 && type != 13 && type != 15) || keep_set(index, unit);
}

/** Units of HEVC (table 7-1): 16 to 23 are slices of pictures from which decoding can begin, 32 to 34 parameter sets.
 * Packets give no frame around 16 to 18, which are made by splicing, where the sequence ends (36, 37), and where
 * no_output_of_prior_pics_flag, the second bit of such a slice, says so. */
static bool take_hevc(struct frame_index *index, const struct nal_unit *unit, bool *irap) {
    const int type = unit->data[0] >> 1 & 63;
    const bool slice = type >= 16 && type <= 23;
    *irap = *irap || slice;
    if (slice && index->count > 0 && (unit->bytes < 3 || unit->data[2] & 0x40)) return false;
    const bool drops = (type >= 16 && type <= 18) || type == 36 || type == 37;
    return !drops && (type < 32 || type > 34 || keep_set(index, unit));
}

/** Looks for what later packets lean on; false where the index must be refused. *key false where the packet is no place
 * to begin at, whatever its flag says: in H.264 that stands for recovery points, too, before which frames may reach. */
static bool look_into(struct frame_index *index, const AVPacket *packet, bool *key) {
    const bool h264 = index->codec == AV_CODEC_ID_H264;
    if (av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, NULL) ||
        av_packet_get_side_data(packet, AV_PKT_DATA_PARAM_CHANGE, NULL))
        return false;
    if (!h264 && index->codec != AV_CODEC_ID_HEVC) return true;
    struct nal_reader reader = {packet->data, packet->data + packet->size, index->length_bytes};
    bool begins = false, good = true;
    for (struct nal_unit unit; good && nal_next(&reader, &unit);)
        good = (h264 ? take_h264 : take_hevc)(index, &unit, &begins);
    *key = *key && begins;
    return good && reader.data == reader.end;
}

/* ---------------------------------------------------------------- the list */

/** Room for one entry more, up to MOST. */
static ptm_status reserve(struct frame_index *index, ptm_error *err) {
    if (index->count < index->room) return PTM_OK;
    const int32_t room = index->room ? 2 * index->room : FEWEST;
    struct frame_entry *coded = mem_resize(index->coded, (size_t)index->count, (size_t)room, sizeof *coded);
    if (!coded) return error_no_memory(err);
    index->coded = coded;
    index->room = room;
    return PTM_OK;
}

ptm_status frame_index_add(struct frame_index *index, const AVPacket *packet, bool within, ptm_error *err) {
    const int64_t far = INT64_MAX / 4; /* so that differences are numbers */
    const bool timed = packet->pts > -far && packet->pts < far;
    const bool whole = packet->size > 0 && !(packet->flags & (AV_PKT_FLAG_DISCARD | AV_PKT_FLAG_CORRUPT));
    bool key = packet->flags & AV_PKT_FLAG_KEY;
    index->refused = index->refused || !timed || !whole || index->count == MOST || !look_into(index, packet, &key);
    if (index->refused) return PTM_OK;
    TRY(reserve(index, err));
    index->coded[index->count] =
        (struct frame_entry){.pts = packet->pts, .place = index->count, .key = key, .within = within};
    index->count++;
    if (within) index->end = index->count;
    return PTM_OK;
}

static int by_time(const void *left, const void *right) {
    const int64_t a = ((const struct frame_entry *)left)->pts, b = ((const struct frame_entry *)right)->pts;
    return (a > b) - (a < b);
}

/** Each frame has a time of its own, nothing is shown before the first key frame, and key frames keep their order. */
static bool is_sound(const struct frame_index *index) {
    const struct frame_entry *first = &index->coded[0];
    if (!first->key || index->shown[0].pts != first->pts) return false;
    int64_t last_key = first->pts;
    for (int32_t i = 1; i < index->count; i++) {
        if (index->shown[i].pts == index->shown[i - 1].pts) return false;
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
