/* SPDX-License-Identifier: MIT */
/* listening: the windows of a file as its caller hears of them, kept to be compared. */
#ifndef POLYTOME_TESTS_LISTENING_H
#define POLYTOME_TESTS_LISTENING_H

#include "opened.h"

#define SAMPLES PTM_SOURCE_DIR "/samples/"

enum { MOST = 64 }; /* windows */

struct heard {
    struct heard_window {
        ptm_modality modality;
        int64_t index;
        double start, end, from, to;
        int label;
        float score, logit;
    } windows[MOST];
    int count, stop_after; /* stop_after 0: never */
};

static inline ptm_status hear(void *user, const ptm_window *window, ptm_error *err) {
    struct heard *heard = user;
    const ptm_label *best = window->labels;
    CU_ASSERT_FATAL(heard->count < MOST);
    heard->windows[heard->count++] =
        (struct heard_window){window->modality, window->index, window->start, window->end, window->from,
                              window->to,       best->index,   best->score,   best->logit};
    return heard->count == heard->stop_after ? error_set(err, PTM_EIO, "no more room") : PTM_OK;
}

/** The windows of one modality, in order. */
static inline int only(const struct heard *heard, ptm_modality modality, struct heard_window *windows) {
    int count = 0;
    for (int i = 0; i < heard->count; i++)
        if (heard->windows[i].modality == modality) windows[count++] = heard->windows[i];
    return count;
}

static inline bool same_window(const struct heard_window *a, const struct heard_window *b) {
    return a->index == b->index && a->start == b->start && a->end == b->end && a->from == b->from && a->to == b->to &&
           a->label == b->label && a->score == b->score && a->logit == b->logit;
}

static inline void check_same(const struct heard *a, const struct heard *b) {
    CU_ASSERT_EQUAL_FATAL(a->count, b->count);
    CU_ASSERT(a->count > 0);
    const ptm_modality modalities[] = {PTM_VIDEO, PTM_AUDIO};
    for (int m = 0; m < 2; m++) {
        struct heard_window left[MOST], right[MOST];
        const int count = only(a, modalities[m], left);
        CU_ASSERT_EQUAL_FATAL(only(b, modalities[m], right), count);
        for (int i = 0; i < count; i++) CU_ASSERT(same_window(&left[i], &right[i]));
    }
}

static inline void listen_with(const char *model, struct heard *heard, const char *path, int threads, double hop,
                               ptm_result **result) {
    struct opened opened;
    open_both(&opened, model, threads, NULL);
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.hop = hop;
    options.on_window = hear;
    options.user = heard;
    *heard = (struct heard){0};
    CHECK_OK(ptm_timeline_file(opened.session, path, &options, result, err));
    close_both(&opened);
}

static inline void listen_to(struct heard *heard, const char *path, int threads, double hop, ptm_result **result) {
    listen_with(NULL, heard, path, threads, hop, result);
}

#endif
