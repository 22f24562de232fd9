/* SPDX-License-Identifier: MIT */
/* lines: standard input line by line, each of bounded length, until a signal says stop. */
#ifndef POLYTOME_CLI_LINES_H
#define POLYTOME_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
    size_t max;        /* bytes of one line */
    long number;       /* of the last line, from 1 */
    char *text;        /* (room); pages are touched as lines need them */
    size_t room;       /* a line of `max` bytes, its end and what was read behind it */
    size_t start, end; /* bytes read that were not handed out yet */
    size_t seen;       /* of these, without a newline */
    bool skipping;     /* the line at hand is too long: its rest is passed over */
    bool ended;
};

enum lines_state {
    LINES_LINE,
    LINES_TOO_LONG, /* a line of more than `max` bytes was passed over */
    LINES_END,
    LINES_INTERRUPTED,
    LINES_FAILED /* errno says why */
};

/** False where there is no memory for a line of `max` bytes. */
bool lines_open(struct lines *lines, size_t max);

/** The next line, without its end, into *text (*length), which live until the next call. The last may lack its end. */
enum lines_state lines_next(struct lines *lines, const char **text, size_t *length);

void lines_close(struct lines *lines);

#endif
