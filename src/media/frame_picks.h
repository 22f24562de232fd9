/* SPDX-License-Identifier: MIT */
/*
 * frame_picks: decodes of a picture stream what certain frames need, from the key frame before each of them until it
 * and all that it may lean on came out, and passes over all other packets. Whatever comes otherwise than the index says
 * ends it: the picks are misled, and who wants the frames reads the whole stream.
 */
#ifndef POLYTOME_MEDIA_FRAME_PICKS_H
#define POLYTOME_MEDIA_FRAME_PICKS_H

#include "media/decoder.h"
#include "media/frame_index.h"

/** A wanted frame. */
struct frame_pick {
    int32_t shown; /* its place in index->shown */
    int32_t key;   /* and in index->coded that of the key frame before it */
    int32_t until; /* in index->shown: the last frame on which it may lean, whose damage only shows when it comes out */
};

struct frame_picks {
    const struct frame_index *index;
    struct frame_pick *wanted; /* (count) rising */
    int count, next;
    int32_t place; /* of the next packet; -1: not known yet */
    bool inside;   /* decoding, since a key frame */
    /* in index->shown: that key frame, the frame that came last (begun - 1: none yet), and the one to wait for */
    int32_t begun, last, until;
    bool misled;
};

/**
 * For `count` frames of those within the range, by their rising numbers among these. The index must outlive it. *worth
 * false where most packets would be decoded all the same; there is nothing to close then.
 */
ptm_status frame_picks_open(struct frame_picks *picks, const struct frame_index *index, const int64_t *frames,
                            int count, bool *worth, ptm_error *err);

void frame_picks_close(struct frame_picks *picks);

/** As decoder_send(), of what a wanted frame needs; passes over the rest. */
ptm_status frame_picks_send(struct frame_picks *picks, struct decoder *decoder, const AVPacket *packet, ptm_error *err);

/** As decoder_receive(), of wanted frames only; TRACK_ENDED after the last of them, and where picks->misled. */
ptm_status frame_picks_receive(struct frame_picks *picks, struct decoder *decoder, enum track_state *state,
                               ptm_error *err);

/** Time stamp of the frame that follows the one received last, AV_NOPTS_VALUE after the last of all; *number: of the
 * one received, within the range. */
int64_t frame_picks_next(const struct frame_picks *picks, int64_t *number);

#endif
