/* SPDX-License-Identifier: MIT */
#include "models/budget.h"

#include "base/number.h"
#include "models/schedule.h"

#include <math.h>
#include <strings.h>

ptm_status budget_parse(const char *text, enum budget_kind *kind, double *amount, ptm_error *err) {
    static const struct {
        const char *unit;
        enum budget_kind kind;
        double least;
    } units[] = {{"x", BUDGET_SPEED, 1}, {"GFLOP", BUDGET_GFLOP, 0}, {"ms", BUDGET_MS, 0}};
    const char *end;
    *kind = BUDGET_NONE;
    if (!((*text >= '0' && *text <= '9') || *text == '.')) return PTM_OK;
    *amount = number_read(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcasecmp(end, units[i].unit) != 0) continue;
        if (!isfinite(*amount) || !(*amount > 0) || *amount < units[i].least)
            return error_set(err, PTM_EINVAL,
                             "invalid merging budget \"%s\"; it should be a speed-up from 1x, or more than "
                             "0 GFLOP or ms",
                             text);
        *kind = units[i].kind;
        return PTM_OK;
    }
    return PTM_OK;
}

/**
 * Tokens that should be left after i of L blocks, as a fraction of N0, for a steepness from 0 (all of them) to 3. Up to
 * 1 they fall on a line (a constant r), down to 1 / (L + 1), beyond which the last blocks could not merge their share;
 * up to 2 the line bends into the geometric fall with the same end (early blocks merge more: convex); up to 3 that
 * falls steeper, to halves.
 */
static double left_after(double steepness, int i, int depth) {
    const double end = 1.0 / (depth + 1), place = (double)i / depth;
    if (steepness <= 1) return 1 - steepness * (1 - end) * place;
    const double line = 1 - (1 - end) * place;
    if (steepness <= 2) return (2 - steepness) * line + (steepness - 1) * pow(end, place);
    const double ratio = (3 - steepness) * pow(end, 1.0 / depth) + (steepness - 2) * 0.5;
    return pow(ratio, i);
}

/** The schedule of a steepness, and its cost. */
static double steep_schedule(int *r, const struct vit_config *config, int protected_tokens, double steepness) {
    int tokens[VIT_DEPTH_MAX + 1];
    const double mergeable = config->tokens - protected_tokens;
    double before = mergeable;
    for (int i = 0; i < config->depth; i++) {
        const double after = round(mergeable * left_after(steepness, i + 1, config->depth));
        r[i] = (int)(before - after);
        before = after;
    }
    schedule_tokens(tokens, r, config->depth, config->tokens, protected_tokens);
    return config_gflop(config, tokens);
}

ptm_status budget_schedule(int *r, const struct vit_config *config, int protected_tokens, double gflop,
                           ptm_error *err) {
    const double most = steep_schedule(r, config, protected_tokens, 0);
    if (gflop >= most) return PTM_OK; /* nothing to save */
    const double least = steep_schedule(r, config, protected_tokens, 3);
    if (gflop < least)
        return error_set(
            err, PTM_EINVAL,
            "a budget of %.4g GFLOP cannot be met: this model costs %.4g GFLOP without merging and %.4g at the "
            "steepest",
            gflop, most, least);
    double low = 0, high = 3; /* cost(low) > gflop >= cost(high) */
    for (int i = 0; i < 50; i++) {
        const double middle = (low + high) / 2;
        if (steep_schedule(r, config, protected_tokens, middle) > gflop)
            low = middle;
        else
            high = middle;
    }
    const double above = steep_schedule(r, config, protected_tokens, low);
    const double below = steep_schedule(r, config, protected_tokens, high);
    if (above - gflop < gflop - below) steep_schedule(r, config, protected_tokens, low);
    return PTM_OK;
}
