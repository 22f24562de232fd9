/* SPDX-License-Identifier: MIT */
/* answers: are two the same, to the bit? */
#ifndef POLYTOME_TESTS_ANSWERS_H
#define POLYTOME_TESTS_ANSWERS_H

#include "polytome.h"

static inline bool same_answer(const ptm_answer *a, const ptm_answer *b) {
    if (!a || !b) return a == b;
    if (a->num_labels != b->num_labels || a->windows != b->windows || a->static_share != b->static_share) return false;
    for (int i = 0; i < a->num_labels; i++)
        if (a->labels[i].index != b->labels[i].index || a->labels[i].score != b->labels[i].score ||
            a->labels[i].logit != b->labels[i].logit)
            return false;
    for (int i = 0; a->tokens && i <= a->depth; i++)
        if (a->tokens[i] != b->tokens[i]) return false;
    return a->coverage.frames_used == b->coverage.frames_used && a->coverage.samples_used == b->coverage.samples_used &&
           a->coverage.from == b->coverage.from && a->coverage.to == b->coverage.to;
}

#endif
