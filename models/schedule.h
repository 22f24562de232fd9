/* SPDX-License-Identifier: MIT */
/* schedule: how many tokens each block merges (r), and how many tokens that leaves. */
#ifndef POLYTOME_MODELS_SCHEDULE_H
#define POLYTOME_MODELS_SCHEDULE_H

#include "base/error.h"

/** Room for the text of a merging: a schedule, or a budget (budget.h). */
enum { SCHEDULE_TEXT = 256 };

/**
 * Parses "off", "R", "R:INFLECT" (-1 <= INFLECT <= 1: linear from R(1 - INFLECT) to R(1 + INFLECT)) or "R0,R1,..."
 * (padded with 0; not longer than depth) into r (depth). The formulas are those of ToMe's parse_r. PTM_EINVAL where it
 * is none of these; `model` is named where it is too long for that one.
 */
ptm_status schedule_parse(int *r, int depth, const char *text, const char *model, ptm_error *err);

/**
 * tokens (depth + 1) entering each block and leaving the last, from N0 = `tokens`: a block merges
 * min(r, (N - protected) / 2).
 */
void schedule_tokens(int *counts, const int *r, int depth, int tokens, int protected_tokens);

#endif
