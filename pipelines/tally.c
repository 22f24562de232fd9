/* SPDX-License-Identifier: MIT */
#include "pipelines/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ptm_status tally_open(struct tally *tally, const struct network *network, ptm_error *err) {
    const size_t count = (size_t)network->config.num_labels;
    *tally = (struct tally){.network = network};
    tally->scores = mem_calloc(3 * count, sizeof *tally->scores);
    tally->tokens = mem_calloc((size_t)network->config.depth + 1, sizeof *tally->tokens);
    if (!tally->scores || !tally->tokens) {
        tally_close(tally);
        return error_no_memory(err);
    }
    tally->logits = tally->scores + count;
    tally->last = tally->logits + count;
    return PTM_OK;
}

void tally_close(struct tally *tally) {
    mem_free(tally->scores);
    mem_free(tally->tokens);
    memset(tally, 0, sizeof *tally);
}

static void softmax(double *scores, const float *logits, int count) {
    double most = logits[0], sum = 0;
    for (int i = 1; i < count; i++) most = logits[i] > most ? logits[i] : most;
    for (int i = 0; i < count; i++) {
        scores[i] = exp(logits[i] - most);
        sum += scores[i];
    }
    for (int i = 0; i < count; i++) scores[i] /= sum;
}

static void sigmoid(double *scores, const float *logits, int count) {
    for (int i = 0; i < count; i++) scores[i] = 1 / (1 + exp(-(double)logits[i]));
}

void tally_add(struct tally *tally, const struct vit_window *window) {
    const int count = tally->network->config.num_labels;
    const float *logits = window->logits;
    (tally->network->score == SCORE_SIGMOID ? sigmoid : softmax)(tally->last, logits, count);
    for (int i = 0; i < count; i++) {
        tally->scores[i] += tally->last[i];
        tally->logits[i] += logits[i];
    }
    tally->static_share += window->runs.share;
    memcpy(tally->tokens, window->tokens, ((size_t)tally->network->config.depth + 1) * sizeof *tally->tokens);
    tally->windows++;
}

static int by_score(const void *left, const void *right) {
    const ptm_label *a = left, *b = right;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

void tally_sort(ptm_label *labels, int count) {
    qsort(labels, (size_t)count, sizeof *labels, by_score);
}

void tally_window_labels(const struct tally *tally, const float *logits, ptm_label *labels) {
    const int count = tally->network->config.num_labels;
    for (int i = 0; i < count; i++)
        labels[i] = (ptm_label){tally->network->labels[i], i, (float)tally->last[i], logits[i]};
    tally_sort(labels, count);
}

void tally_labels(const struct tally *tally, ptm_label *labels) {
    const int count = tally->network->config.num_labels;
    for (int i = 0; i < count; i++)
        labels[i] = (ptm_label){
            .name = tally->network->labels[i],
            .index = i,
            .score = (float)(tally->scores[i] / tally->windows),
            .logit = (float)(tally->logits[i] / tally->windows),
        };
    tally_sort(labels, count);
}
