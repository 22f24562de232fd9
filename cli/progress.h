/* SPDX-License-Identifier: MIT */
/* progress: one line on standard error that is written over, at most six times a second. */
#ifndef POLYTOME_CLI_PROGRESS_H
#define POLYTOME_CLI_PROGRESS_H

#include <stdbool.h>

struct progress {
    bool on;
    long number; /* of the file, from 1 */
    const char *path;
    double last; /* time of the last update, seconds */
    int shown;   /* columns that stand on the line now */
};

/** The next file begins. */
void progress_begin(struct progress *progress, const char *path);

/** `done` of `total` seconds of the file are through; total 0: not known. */
void progress_update(struct progress *progress, double done, double total);

/** Takes the line away, before anything else is printed. */
void progress_clear(struct progress *progress);

#endif
