/* SPDX-License-Identifier: MIT */
/* progress: one line on standard error that is written over, at most six times a second. */
#ifndef POLYTOME_CLI_PROGRESS_H
#define POLYTOME_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>

/** The longest that a caller of progress_show() should wait, in seconds. */
#define PROGRESS_INTERVAL (1.0 / 6)

/** A file at work. */
struct progress_file {
    const char *path;
    double at, end; /* seconds; end 0: not known */
    double part;    /* that is through, at most 1; it never falls, though a file may be read once more */
    struct progress_file *next;
};

struct progress {
    bool on, parts;
    long total;
    double start, last; /* moments: of the first file, of the last update */
    int shown;          /* columns that stand on the line now */

    pthread_mutex_t lock; /* of all that workers tell */
    long done, skipped;   /* files that are through, and those of them that cost nothing */
    struct progress_file *files;
};

/** Whether the line is wanted: as `asked` says (1, 0), or where that is -1 on a terminal that is not kept quiet. */
bool progress_is_wanted(int asked, int verbosity);

/** `parts`: how far files at work are counts; `total`: files to come, 0: not known. */
void progress_open(struct progress *progress, bool on, bool parts, long total);

/* For a worker. */

/** A file begins; `file` and its path must stay until it ends. */
void progress_begin(struct progress *progress, struct progress_file *file, const char *path);

/** `at` of `end` seconds of the file are through; end 0: not known. */
void progress_update(struct progress *progress, struct progress_file *file, double at, double end);

/** The file ends, if it did begin, and is not through. */
void progress_end(struct progress *progress, const struct progress_file *file);

/** One file more is through, `file` if it did begin; `skipped`: at no cost. */
void progress_done(struct progress *progress, const struct progress_file *file, bool skipped);

/* For the thread that prints. */

void progress_show(struct progress *progress);

/** Takes the line away, before anything else is printed. */
void progress_clear(struct progress *progress);

void progress_close(struct progress *progress);

#endif
