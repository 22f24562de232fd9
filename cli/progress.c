/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include "text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MAX_NAME = 32 };

static const double interval = 1.0 / 6;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/** The end of the path, cut between characters so that it takes no more than MAX_NAME columns. */
static const char *short_name(const char *path) {
    while (text_columns(path) > MAX_NAME) {
        const size_t sequence = text_sequence(path);
        path += sequence > 0 ? sequence : 1;
    }
    return path;
}

void progress_begin(struct progress *progress, const char *path) {
    if (progress->number++ == 0) progress->last = now(); /* a short run shows nothing */
    progress->path = path;
}

void progress_update(struct progress *progress, double done, double total) {
    if (!progress->on || now() - progress->last < interval) return;
    char at[32], end[32], place[96];
    text_seconds(at, sizeof at, done);
    if (total > 0) {
        const double percent = done < total ? 100 * done / total : 100;
        snprintf(place, sizeof place, "  %s of %s  %3.0f %%", at, text_seconds(end, sizeof end, total), percent);
    } else {
        snprintf(place, sizeof place, "  %s", at);
    }
    progress_clear(progress);
    const char *name = short_name(progress->path);
    const int number = fprintf(stderr, "%ld  ", progress->number);
    text_print(stderr, name);
    fputs(place, stderr);
    fflush(stderr);
    progress->shown = number + text_columns(name) + (int)strlen(place);
    progress->last = now();
}

void progress_clear(struct progress *progress) {
    if (progress->shown == 0) return;
    fprintf(stderr, "\r%*s\r", progress->shown, "");
    fflush(stderr);
    progress->shown = 0;
}
