/* SPDX-License-Identifier: MIT */
/* tally: the answers of a file's windows, added up. */
#ifndef POLYTOME_PIPELINES_TALLY_H
#define POLYTOME_PIPELINES_TALLY_H

#include "pipelines/session.h"

struct tally {
    const struct network *network;
    int windows;
    double *scores, *logits; /* (num_labels) sums over windows */
    double *last;            /* (num_labels) scores of the window added last */
    double static_share;     /* sum over windows */
    int *tokens;             /* (depth + 1) of the last window */
};

/** Takes memory for the sums; tally_close() frees it. */
ptm_status tally_open(struct tally *tally, const struct network *network, ptm_error *err);
void tally_close(struct tally *tally);

/** Adds one window: softmax or sigmoid of its logits, as the model says, and the share of its patches that was left
 * out.
 */
void tally_add(struct tally *tally, const struct vit_window *window);

/** labels (num_labels): of the window just added, whose logits these are, sorted as below. */
void tally_window_labels(const struct tally *tally, const float *logits, ptm_label *labels);

/** labels (num_labels): means over the windows, highest score first, then lower index. */
void tally_labels(const struct tally *tally, ptm_label *labels);

/** Sorts labels: highest score first, then lower index. */
void tally_sort(ptm_label *labels, int count);

#endif
