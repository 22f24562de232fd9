/* SPDX-License-Identifier: MIT */
#include "models/schedule.h"

#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_R "is not a whole number up to 1048576"

enum { R_MAX = 1 << 20 };
_Static_assert(R_MAX == 1048576, "as NO_R says");

static ptm_status refuse(const char *text, const char *why, ptm_error *err) {
    return error_set(
        err, PTM_EINVAL,
        "invalid merging schedule \"%s\": %s; it should be off, auto, R, R:INFLECT (INFLECT from -1 to 1), "
        "R0,R1,... with one R a block, or a budget: 2x, 6GFLOP or 40ms",
        text, why);
}

/** Reads one R at *cursor and moves past it. */
static bool read_r(const char **cursor, int *r) {
    char *end;
    errno = 0;
    const long value = **cursor >= '0' && **cursor <= '9' ? strtol(*cursor, &end, 10) : -1;
    if (value < 0 || value > R_MAX || errno) return false;
    *r = (int)value;
    *cursor = end;
    return true;
}

/** parse_r of ToMe for (r, inflect), in double arithmetic and truncating as Python's int() does. */
static void sloped(int *r, int depth, int mean, double inflect) {
    const double low = trunc(mean * (1.0 - inflect));
    const double high = 2.0 * mean - low;
    const double step = depth > 1 ? (high - low) / (depth - 1) : 0;
    for (int i = 0; i < depth; i++) {
        const double value = trunc(low + step * i);
        r[i] = value > 0 ? (int)value : 0;
    }
}

static ptm_status refuse_long(const char *text, int depth, const char *model, ptm_error *err) {
    return error_set(err, PTM_EINVAL,
                     "invalid merging schedule \"%s\": it has more entries than model %s has blocks: give at most %d",
                     text, model, depth);
}

static ptm_status parse_list(int *r, int depth, const char *text, const char *model, ptm_error *err) {
    const char *cursor = text;
    int count = 0;
    for (;; cursor++) {
        if (count == depth) return refuse_long(text, depth, model, err);
        if (!read_r(&cursor, &r[count])) return refuse(text, "an entry " NO_R, err);
        count++;
        if (*cursor != ',') break;
    }
    if (*cursor) return refuse(text, "an entry " NO_R, err);
    for (int i = count; i < depth; i++) r[i] = 0;
    return PTM_OK;
}

ptm_status schedule_parse(int *r, int depth, const char *text, const char *model, ptm_error *err) {
    if (strcmp(text, "off") == 0) {
        memset(r, 0, (size_t)depth * sizeof *r);
        return PTM_OK;
    }
    if (strchr(text, ',')) return parse_list(r, depth, text, model, err);

    const char *cursor = text;
    int mean;
    double inflect = 0;
    if (!read_r(&cursor, &mean)) return refuse(text, "R " NO_R, err);
    if (*cursor == ':') {
        const char *end;
        inflect = number_read(cursor + 1, &end);
        if (end == cursor + 1 || *end || !(inflect >= -1 && inflect <= 1))
            return refuse(text, "INFLECT is not a number from -1 to 1", err);
    } else if (*cursor) {
        return refuse(text, "R " NO_R, err);
    }
    sloped(r, depth, mean, inflect);
    return PTM_OK;
}

void schedule_tokens(int *counts, const int *r, int depth, int tokens, int protected_tokens) {
    counts[0] = tokens;
    for (int i = 0; i < depth; i++) {
        const int most = (counts[i] - protected_tokens) / 2;
        counts[i + 1] = counts[i] - (r[i] < most ? r[i] : most);
    }
}
