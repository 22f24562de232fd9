/* SPDX-License-Identifier: MIT */
#include "comparison.h"

#include "grow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_flip(struct comparison_part *part, const char *path, const ptm_label *a, const ptm_label *b) {
    struct flip *flips = grow(part->flips, (size_t)part->num_flips, sizeof *flips);
    if (!flips) return false;
    part->flips = flips;
    char *copy = strdup(path);
    if (!copy) return false;
    flips[part->num_flips++] = (struct flip){copy, {a->name, b->name}, {a->score, b->score}};
    return true;
}

/** Answers are sorted by score, so that the two orders differ: b's labels are put in the order of the model's list. */
static bool add_logits(struct comparison_part *part, const ptm_answer *a, const ptm_answer *b) {
    const ptm_label **in_order = malloc((size_t)b->num_labels * sizeof *in_order);
    if (!in_order) return false;
    for (int i = 0; i < b->num_labels; i++) in_order[b->labels[i].index] = &b->labels[i];
    for (int i = 0; i < a->num_labels; i++) {
        const double difference = fabs((double)a->labels[i].logit - in_order[a->labels[i].index]->logit);
        part->logit_sum += difference;
        part->logit_max = fmax(part->logit_max, difference);
    }
    part->values += a->num_labels;
    const ptm_label *best = &a->labels[0];
    part->score_sum += fabs((double)best->score - in_order[best->index]->score);
    free(in_order);
    return true;
}

static bool add_answer(struct comparison_part *part, const char *path, const ptm_answer *a, const ptm_answer *b) {
    if (!a || !b || a->missing || b->missing) return true;
    part->model = a->model;
    part->files++;
    const ptm_answer *both[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        snprintf(part->r[i], sizeof part->r[i], "%s", both[i]->r);
        part->tokens[i][0] = both[i]->tokens_in;
        part->tokens[i][1] = both[i]->tokens_out;
    }
    const ptm_label *best = &a->labels[0], *other = &b->labels[0];
    return add_logits(part, a, b) && (best->index == other->index || add_flip(part, path, best, other));
}

bool comparison_add(struct comparison *comparison, const char *path, const ptm_result *a, const ptm_result *b) {
    comparison->network_ms[0] += a->ms.network;
    comparison->network_ms[1] += b->ms.network;
    return add_answer(&comparison->video, path, a->video, b->video) &&
           add_answer(&comparison->audio, path, a->audio, b->audio) &&
           add_answer(&comparison->image, path, a->image, b->image);
}

static void free_part(struct comparison_part *part) {
    for (long i = 0; i < part->num_flips; i++) free(part->flips[i].path);
    free(part->flips);
}

void comparison_free(struct comparison *comparison) {
    free_part(&comparison->video);
    free_part(&comparison->audio);
    free_part(&comparison->image);
}
