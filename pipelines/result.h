/* SPDX-License-Identifier: MIT */
/* result: what the public ptm_result points to, in one place. */
#ifndef POLYTOME_PIPELINES_RESULT_H
#define POLYTOME_PIPELINES_RESULT_H

#include "pipelines/run.h"

enum { MISSING_TEXT = 256 };

struct result_answer {
    ptm_answer answer;
    const struct network *network; /* whose model is held, as names are its; NULL: there is no answer */
    char r[SCHEDULE_TEXT];
    char missing[MISSING_TEXT];
    ptm_label *labels; /* (num_labels) owned */
    int *tokens;       /* (depth + 1) owned */
};

struct result {
    ptm_result result;                                /* first, so that a pointer to it is a pointer to this */
    struct result_answer answers[NETWORK_MODALITIES]; /* as network_modalities[] */
    ptm_label *fused;                                 /* owned */
};

struct result *result_new(void);

/** An answer of this lane without labels: `missing` says why. */
void result_set_missing(struct result *result, const struct lane *lane, const char *missing);

/** The tallied answer of a lane. */
ptm_status result_set_answer(struct result *result, const struct lane *lane, const struct tally *tally,
                             const ptm_coverage *coverage, ptm_error *err);

/** Where both answers are there and share label names: the mean of the two scores of each. */
ptm_status result_fuse(struct result *result, ptm_error *err);

#endif
