/* SPDX-License-Identifier: MIT */
#include "media/frame_picks.h"

#include "base/memory.h"

/* Of the packets up to the last wanted frame: where fewer than this part can be passed over, none is. */
static const double WORTH = 0.25;

/*
 * What is decoded for a frame begins so many packets before the end of the data, at least: what FFmpeg's H.264 decoder
 * still holds at the end it gives out only where the key frame came out before, unless that cleared all references.
 */
enum { FROM_END = 32 };

/* ---------------------------------------------------------------- which packets */

/** The last key frame from which the frame can be decoded: those that an open group shows before its key frame lean on
 * the group before. */
static int32_t key_before(const struct frame_index *index, const struct frame_entry *frame) {
    const int32_t latest = index->count - FROM_END;
    int32_t place = frame->place;
    while (place > 0 && (!index->coded[place].key || index->coded[place].pts > frame->pts || place > latest)) place--;
    return place; /* 0 is one */
}

/** Is enough passed over? Key frames of wanted frames lie in the same order as these. */
static bool is_worth(const struct frame_picks *picks) {
    int64_t passed = 0;
    int32_t place = 0; /* after what was decoded */
    for (int i = 0; i < picks->count; i++) {
        const int32_t last = picks->index->shown[picks->wanted[i].shown].place;
        if (picks->wanted[i].key > place) passed += picks->wanted[i].key - place;
        if (last >= place) place = last + 1;
    }
    return (double)passed >= WORTH * place;
}

ptm_status frame_picks_open(struct frame_picks *picks, const struct frame_index *index, const int64_t *frames,
                            int count, bool *worth, ptm_error *err) {
    *picks = (struct frame_picks){.index = index, .count = count, .place = -1};
    picks->wanted = mem_alloc((size_t)count, sizeof *picks->wanted);
    if (!picks->wanted) return error_no_memory(err);
    for (int i = 0; i < count; i++) {
        const int32_t shown = index->first + (int32_t)frames[i];
        picks->wanted[i] = (struct frame_pick){shown, key_before(index, &index->shown[shown])};
    }
    *worth = is_worth(picks);
    if (!*worth) frame_picks_close(picks);
    return PTM_OK;
}

void frame_picks_close(struct frame_picks *picks) {
    mem_free(picks->wanted);
    *picks = (struct frame_picks){0};
}

/* ---------------------------------------------------------------- sending */

/** The packet's place in decoding order; false where it is not the one that follows. */
static bool take_place(struct frame_picks *picks, const AVPacket *packet, int32_t *place) {
    const struct frame_index *index = picks->index;
    if (picks->place < 0) { /* the first, which may lie anywhere after a seek */
        const int32_t shown = frame_index_find(index, packet->pts);
        picks->place = shown < 0 ? index->count : index->shown[shown].place;
    }
    *place = picks->place++;
    return *place < index->count && index->coded[*place].pts == packet->pts;
}

/** Counts packets that are not decoded. */
static void pass_over(struct decoder *decoder, int64_t packets) {
    decoder->stats->frames_decoded += packets;
    decoder->stats->frames_passed_over += packets;
}

static void begin(struct frame_picks *picks, struct decoder *decoder, int32_t place) {
    picks->inside = true;
    picks->key = frame_index_find(picks->index, picks->index->coded[place].pts);
    picks->shown = picks->key - 1;
    decoder->mid_stream = place > 0;
}

ptm_status frame_picks_send(struct frame_picks *picks, struct decoder *decoder, const AVPacket *packet,
                            ptm_error *err) {
    if (packet && !picks->misled) {
        const int32_t key = picks->wanted[picks->next].key;
        int32_t place;
        picks->misled = !take_place(picks, packet, &place) || (!picks->inside && place > key);
        if (!picks->misled && !picks->inside && place < key) {
            pass_over(decoder, 1);
            return PTM_OK;
        }
        if (!picks->misled && !picks->inside) begin(picks, decoder, place);
        decoder->stats->frames_decoded++;
    } else {
        picks->misled = picks->misled || !picks->inside; /* the data ends before a wanted frame */
    }
    return picks->misled ? PTM_OK : decoder_send(decoder, packet, err);
}

/* ---------------------------------------------------------------- receiving */

static bool is_damaged(const AVFrame *frame) {
    return (frame->flags & AV_FRAME_FLAG_CORRUPT) || frame->decode_error_flags;
}

static bool is_key(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    return frame->flags & AV_FRAME_FLAG_KEY;
#else
    return frame->key_frame;
#endif
}

/** Takes a frame: from the key frame on all come whole, one after the other in order of display. */
static bool is_expected(struct frame_picks *picks, const struct decoder *decoder) {
    const AVFrame *frame = decoder->frame;
    const bool first = picks->shown < picks->key;
    picks->shown++;
    return picks->shown < picks->index->count && frame->pts == picks->index->shown[picks->shown].pts &&
           !is_damaged(frame) && *decoder->stream_errors == 0 && (!first || is_key(frame));
}

/** After a wanted frame: packets up to the key frame of the next one are passed over. */
static void go_on(struct frame_picks *picks, struct decoder *decoder) {
    if (++picks->next == picks->count) {
        pass_over(decoder, picks->index->count - picks->place); /* none of them will be read */
    } else if (picks->wanted[picks->next].key > picks->place) {
        avcodec_flush_buffers(decoder->context);
        picks->inside = false;
    }
}

/** The frame in the decoder: is it wanted? */
static bool is_wanted(struct frame_picks *picks, struct decoder *decoder) {
    const int64_t stamp = decoder->frame->pts;
    if (stamp != AV_NOPTS_VALUE && stamp < picks->index->shown[picks->key].pts) {
        decoder->mid_stream = true; /* shown before the key frame: it leans on what was passed over */
        return false;
    }
    picks->misled = !is_expected(picks, decoder);
    if (picks->misled || picks->shown != picks->wanted[picks->next].shown) return false;
    go_on(picks, decoder);
    return true;
}

ptm_status frame_picks_receive(struct frame_picks *picks, struct decoder *decoder, enum track_state *state,
                               ptm_error *err) {
    while (!picks->misled && picks->next < picks->count) {
        *state = TRACK_HUNGRY;
        if (picks->inside) TRY(decoder_receive(decoder, state, err));
        if (*state == TRACK_HUNGRY) return PTM_OK;
        if (*state == TRACK_READY && is_wanted(picks, decoder)) return PTM_OK;
        if (*state == TRACK_ENDED) picks->misled = true; /* before a wanted frame */
    }
    *state = TRACK_ENDED;
    return PTM_OK;
}

int64_t frame_picks_next(const struct frame_picks *picks, int64_t *number) {
    const struct frame_index *index = picks->index;
    *number = picks->shown - index->first;
    return picks->shown + 1 < index->count ? index->shown[picks->shown + 1].pts : AV_NOPTS_VALUE;
}
