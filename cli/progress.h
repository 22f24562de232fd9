/* SPDX-License-Identifier: MIT */
/* progress: one line on standard error that is written over, at most six times a second. */
#ifndef POLYTOME_CLI_PROGRESS_H
#define POLYTOME_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>

/** The longest that a caller of progress_show() should wait, in seconds. */
#define PROGRESS_INTERVAL (1.0 / 6)

struct progress {
    bool on;
    bool alone;         /* one file at a time: it is shown, too */
    long total;         /* files to come, 0: not known */
    long done, skipped; /* files that are through, and those of them that cost nothing */
    double start, last; /* moments: of the first file, of the last update */
    int shown;          /* columns that stand on the line now */

    pthread_mutex_t lock; /* of the file at hand, which its worker tells of */
    const char *path;     /* NULL: none */
    double at, end;       /* seconds; end 0: not known */
};

void progress_open(struct progress *progress, bool on, bool alone, long total);

/* For a worker. */

/** The next file begins; `path` must stay until it ends. */
void progress_begin(struct progress *progress, const char *path);

/** `at` of `end` seconds of the file are through; end 0: not known. */
void progress_update(struct progress *progress, double at, double end);

void progress_end(struct progress *progress);

/* For the thread that prints. */

/** One file more is through. */
void progress_count(struct progress *progress, bool skipped);

void progress_show(struct progress *progress);

/** Takes the line away, before anything else is printed. */
void progress_clear(struct progress *progress);

void progress_close(struct progress *progress);

#endif
