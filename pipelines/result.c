/* SPDX-License-Identifier: MIT */
#include "pipelines/result.h"

#include <stdio.h>
#include <string.h>

struct result *result_new(void) {
    return mem_calloc(1, sizeof(struct result));
}

void ptm_result_free(ptm_result **handle) {
    if (!handle || !*handle) return;
    struct result *result = (struct result *)*handle;
    for (int m = 0; m < NETWORK_MODALITIES; m++) {
        struct result_answer *part = &result->answers[m];
        mem_free(part->labels);
        mem_free(part->tokens);
        if (part->network) model_release(part->network);
    }
    mem_free(result->fused);
    mem_free(result);
    *handle = NULL;
}

/** The part of the result that belongs to the lane, with what is known before any window. */
static struct result_answer *begin_answer(struct result *result, const struct lane *lane) {
    const struct network *network = lane->network;
    const int index = network_modality_index(network->modality);
    const ptm_answer **const shown[NETWORK_MODALITIES] = {&result->result.video, &result->result.audio,
                                                          &result->result.image};
    struct result_answer *part = &result->answers[index];
    if (!part->network) model_hold(network);
    part->network = network;
    snprintf(part->r, sizeof part->r, "%s", lane->r);
    part->answer = (ptm_answer){.model = network->name, .r = part->r};
    *shown[index] = &part->answer;
    return part;
}

void result_set_missing(struct result *result, const struct lane *lane, const char *missing) {
    struct result_answer *part = begin_answer(result, lane);
    snprintf(part->missing, sizeof part->missing, "%s", missing);
    part->answer.missing = part->missing;
}

ptm_status result_set_answer(struct result *result, const struct lane *lane, const struct tally *tally,
                             const ptm_coverage *coverage, ptm_error *err) {
    struct result_answer *part = begin_answer(result, lane);
    const int count = lane->network->config.num_labels, depth = lane->network->config.depth;
    part->labels = mem_alloc((size_t)count, sizeof *part->labels);
    part->tokens = mem_alloc((size_t)depth + 1, sizeof *part->tokens);
    if (!part->labels || !part->tokens) return error_no_memory(err);
    memcpy(part->tokens, tally->tokens, ((size_t)depth + 1) * sizeof *part->tokens);
    tally_labels(tally, part->labels);
    part->answer.labels = part->labels;
    part->answer.num_labels = count;
    part->answer.windows = tally->windows;
    part->answer.static_share = tally->static_share / tally->windows;
    part->answer.coverage = *coverage;
    part->answer.tokens_in = part->tokens[0];
    part->answer.tokens_out = part->tokens[depth];
    part->answer.depth = depth;
    part->answer.tokens = part->tokens;
    return PTM_OK;
}

static const ptm_label *find_label(const ptm_answer *answer, const char *name) {
    for (int i = 0; i < answer->num_labels; i++)
        if (strcmp(answer->labels[i].name, name) == 0) return &answer->labels[i];
    return NULL;
}

ptm_status result_fuse(struct result *result, ptm_error *err) {
    const ptm_answer *video = result->result.video, *audio = result->result.audio;
    if (!video || !audio || !video->num_labels || !audio->num_labels) return PTM_OK;
    result->fused = mem_alloc((size_t)video->num_labels, sizeof *result->fused);
    if (!result->fused) return error_no_memory(err);
    int count = 0;
    for (int i = 0; i < video->num_labels; i++) {
        const ptm_label *heard = find_label(audio, video->labels[i].name);
        if (!heard) continue;
        result->fused[count] = video->labels[i];
        result->fused[count++].score = (video->labels[i].score + heard->score) / 2;
    }
    tally_sort(result->fused, count);
    result->result.num_fused = count;
    result->result.fused = count ? result->fused : NULL;
    return PTM_OK;
}
