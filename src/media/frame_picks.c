/* SPDX-License-Identifier: MIT */
#include "media/frame_picks.h"

#include "base/memory.h"

/* Of the packets from the first to the last that is needed: where fewer than this part can be passed over, none is. */
static const double WORTH = 0.25;

/* ---------------------------------------------------------------- which packets */

/** The last key frame from which the frame can be decoded: those that an open group shows before its key frame lean on
 * the group before. */
static int32_t key_before(const struct frame_index *index, const struct frame_entry *frame) {
    int32_t place = frame->place;
    while (!index->coded[place].key || index->coded[place].pts > frame->pts) place--; /* the first is one */
    return place;
}

/** The last frame, in order of display, of those that are decoded for this one: it may lean on any of them. */
static int32_t last_shown(const struct frame_index *index, int32_t key, int32_t place) {
    int64_t latest = index->coded[key].pts;
    for (int32_t i = key; i <= place; i++)
        if (index->coded[i].pts > latest) latest = index->coded[i].pts;
    return frame_index_find(index, latest);
}

/** Is enough passed over? Key frames of wanted frames lie in the same order as these. */
static bool is_worth(const struct frame_picks *picks) {
    const int32_t first = picks->wanted[0].key; /* what lies before it is sought over */
    int64_t passed = 0;
    int32_t place = first; /* after what was decoded */
    for (int i = 0; i < picks->count; i++) {
        const int32_t last = picks->index->shown[picks->wanted[i].shown].place;
        if (picks->wanted[i].key > place) passed += picks->wanted[i].key - place;
        if (last >= place) place = last + 1;
    }
    return (double)passed >= WORTH * (place - first);
}

ptm_status frame_picks_open(struct frame_picks *picks, const struct frame_index *index, const int64_t *frames,
                            int count, bool *worth, ptm_error *err) {
    *picks = (struct frame_picks){.index = index, .count = count, .place = -1};
    picks->wanted = mem_alloc((size_t)count, sizeof *picks->wanted);
    if (!picks->wanted) return error_no_memory(err);
    for (int i = 0; i < count; i++) {
        const int32_t shown = index->first + (int32_t)frames[i];
        const struct frame_entry *frame = &index->shown[shown];
        const int32_t key = key_before(index, frame);
        picks->wanted[i] = (struct frame_pick){shown, key, last_shown(index, key, frame->place)};
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

/** Did all come that the wanted frames so far may lean on, and does the next one begin elsewhere? */
static bool is_done(const struct frame_picks *picks) {
    if (picks->last < picks->until) return false;
    return picks->next == picks->count || picks->wanted[picks->next].key > picks->place;
}

/** Begins at a key frame, or at the first packet, whose parameter sets all others lean on. */
static void begin(struct frame_picks *picks, struct decoder *decoder, int32_t place) {
    avcodec_flush_buffers(decoder->context);
    /* left alone, this decoder gives out pictures of damaged slices as if they were whole */
    if (picks->index->codec == AV_CODEC_ID_HEVC) decoder->context->err_recognition |= AV_EF_EXPLODE;
    decoder->mid_stream = false;
    picks->inside = true;
    picks->begun = frame_index_find(picks->index, picks->index->coded[place].pts);
    picks->last = picks->begun - 1;
    picks->until = picks->begun;
}

/** The data ends: what the decoder holds may be the rest of what is wanted. */
static ptm_status send_end(struct frame_picks *picks, struct decoder *decoder, ptm_error *err) {
    picks->place = picks->index->count;
    picks->misled = picks->misled || !picks->inside;
    return picks->misled ? PTM_OK : decoder_send(decoder, NULL, err);
}

ptm_status frame_picks_send(struct frame_picks *picks, struct decoder *decoder, const AVPacket *packet,
                            ptm_error *err) {
    if (!packet) return send_end(picks, decoder, err);
    int32_t place;
    if (!take_place(picks, packet, &place)) picks->misled = true;
    if (picks->misled) return PTM_OK;
    if (!picks->inside) {
        const int32_t key = picks->wanted[picks->next].key;
        if (place > 0 && place < key) {
            pass_over(decoder, 1);
            return PTM_OK;
        }
        picks->misled = place > key;
        if (picks->misled) return PTM_OK;
        begin(picks, decoder, place);
    }
    decoder->stats->frames_decoded++;
    return decoder_send(decoder, packet, err);
}

/* ---------------------------------------------------------------- receiving */

static bool is_key(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    const bool flagged = frame->flags & AV_FRAME_FLAG_KEY;
#else
    const bool flagged = frame->key_frame;
#endif
    return flagged && frame->pict_type == AV_PICTURE_TYPE_I;
}

/** Takes a frame: from the key frame on all come whole, one after the other in order of display. */
static bool is_expected(struct frame_picks *picks, const struct decoder *decoder) {
    const AVFrame *frame = decoder->frame;
    const bool first = picks->last < picks->begun;
    picks->last++;
    return picks->last < picks->index->count && frame->pts == picks->index->shown[picks->last].pts &&
           !decoder_frame_is_damaged(frame) && *decoder->stream_errors == 0 && (!first || is_key(frame));
}

/** The frame in the decoder: is it wanted? Those that are shown before the key frame lean on what was passed over. */
static bool is_wanted(struct frame_picks *picks, const struct decoder *decoder) {
    const int64_t stamp = decoder->frame->pts;
    if (stamp != AV_NOPTS_VALUE && stamp < picks->index->shown[picks->begun].pts) return false;
    picks->misled = !is_expected(picks, decoder);
    if (picks->misled || picks->next == picks->count) return false;
    const struct frame_pick pick = picks->wanted[picks->next];
    if (picks->last != pick.shown) return false;
    if (pick.until > picks->until) picks->until = pick.until;
    picks->next++;
    return true;
}

ptm_status frame_picks_receive(struct frame_picks *picks, struct decoder *decoder, enum track_state *state,
                               ptm_error *err) {
    while (!picks->misled) {
        if (picks->inside && is_done(picks)) picks->inside = false;
        *state = TRACK_HUNGRY;
        if (!picks->inside && picks->next == picks->count) break;
        if (picks->inside) TRY(decoder_receive(decoder, state, err));
        if (*state == TRACK_HUNGRY) return PTM_OK;
        if (*state == TRACK_READY && is_wanted(picks, decoder)) return PTM_OK;
        if (*state == TRACK_ENDED) picks->misled = true; /* before a wanted frame, or one that it leans on */
    }
    const int32_t left = picks->index->end - picks->place; /* none of them will be read */
    if (!picks->misled && left > 0) pass_over(decoder, left);
    *state = TRACK_ENDED;
    return PTM_OK;
}

int64_t frame_picks_next(const struct frame_picks *picks, int64_t *number) {
    const struct frame_index *index = picks->index;
    *number = picks->last - index->first;
    return picks->last + 1 < index->count ? index->shown[picks->last + 1].pts : AV_NOPTS_VALUE;
}
