/* SPDX-License-Identifier: MIT */
/* comparison: two answers on each of many files, A and B, added up. */
#ifndef POLYTOME_CLI_COMPARISON_H
#define POLYTOME_CLI_COMPARISON_H

#include "polytome.h"

/** A file whose best label is another one in B. */
struct flip {
    char *path;            /* owned */
    const char *labels[2]; /* of the model: A's best, B's best */
    float scores[2];       /* of each, in its own answer */
};

/** What is known of one modality. */
struct comparison_part {
    const char *model; /* its name, the model's own */
    char r[2][256];    /* merging of A and of B */
    long files;        /* that both labelled */
    int tokens[2][2];  /* A's in and out, B's in and out, of the last file */
    long values;       /* logits that were compared */
    double logit_sum, logit_max, score_sum;
    struct flip *flips; /* owned */
    long num_flips;
};

struct comparison {
    struct comparison_part video, audio, image;
    double network_ms[2];
};

/** Adds one file. False where memory ran out. */
bool comparison_add(struct comparison *comparison, const char *path, const ptm_result *a, const ptm_result *b);

void comparison_free(struct comparison *comparison);

#endif
