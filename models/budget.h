/* SPDX-License-Identifier: MIT */
/* budget: a merging schedule for a cost, instead of the other way round. docs/merging.md says how it is chosen. */
#ifndef POLYTOME_MODELS_BUDGET_H
#define POLYTOME_MODELS_BUDGET_H

#include "models/network.h"

enum budget_kind {
    BUDGET_NONE,  /* the text is a schedule, not a budget */
    BUDGET_SPEED, /* "2x": a half of the multiply-adds */
    BUDGET_GFLOP, /* "6GFLOP" a window, 2 for each multiply-add */
    BUDGET_MS     /* "40ms" a window on this machine */
};

/** Tells a budget from a schedule; *amount is its number, more than 0. PTM_EINVAL for a budget that is out of range. */
ptm_status budget_parse(const char *text, enum budget_kind *kind, double *amount, ptm_error *err);

/**
 * Fills r (depth) with the schedule whose cost is nearest to `gflop`; `protected_tokens` never merge. PTM_EINVAL where
 * even the steepest schedule costs more.
 */
ptm_status budget_schedule(int *r, const struct vit_config *config, int protected_tokens, double gflop, ptm_error *err);

#endif
