/* SPDX-License-Identifier: MIT */
/*
 * frame_index: the frames of a picture stream as its packets announce them, so that some can be decoded without all
 * others. It is refused wherever a packet may not be one frame, shown at its time stamp, that follows from the key
 * frame before it and from what the first packet and the header say.
 */
#ifndef POLYTOME_MEDIA_FRAME_INDEX_H
#define POLYTOME_MEDIA_FRAME_INDEX_H

#include "media/demux.h"

/** A packet, and the frame that it becomes. */
struct frame_entry {
    int64_t pts;
    int32_t place;    /* in decoding order */
    bool key, within; /* the range that is asked for */
};

enum { FRAME_INDEX_SETS = 32 };

struct frame_index {
    struct frame_entry *coded; /* (count) in decoding order */
    struct frame_entry *shown; /* (count) in order of display; NULL: there is no index */
    int32_t count, room;
    int32_t first; /* of `shown` within the range */
    int32_t end;   /* of `coded` within the range, behind the last */
    bool refused;
    enum AVCodecID codec;
    int length_bytes; /* see nal.h */
    uint64_t sets[FRAME_INDEX_SETS];
    int num_sets; /* hashes of the parameter sets that the first packet brings */
};

/** Begins the index of a stream; one that cannot have any is refused at once. */
void frame_index_begin(struct frame_index *index, const struct demux *demux, int stream);

/** The next packet in decoding order; PTM_ENOMEM. */
ptm_status frame_index_add(struct frame_index *index, const AVPacket *packet, bool within, ptm_error *err);

/** Orders what was added, or frees it where it is refused: index->shown tells. PTM_ENOMEM. */
ptm_status frame_index_end(struct frame_index *index, ptm_error *err);

void frame_index_free(struct frame_index *index);

/** Where in `shown` the frame of this time stamp is; -1: nowhere. */
int32_t frame_index_find(const struct frame_index *index, int64_t pts);

#endif
