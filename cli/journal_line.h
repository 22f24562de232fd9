/* SPDX-License-Identifier: MIT */
/*
 * journal_line: the lines of a journal (docs/batch.md). Each is a JSON object whose last key, "sum", proves the bytes
 * before it. The first line, and one more wherever settings change, tells what a run was asked for; every other one is
 * a file that is done, with what was written out for it.
 */
#ifndef POLYTOME_CLI_JOURNAL_LINE_H
#define POLYTOME_CLI_JOURNAL_LINE_H

#include "stamp.h"

#include <stddef.h>

enum journal_kind { JOURNAL_RUN, JOURNAL_FILE };

struct journal_line {
    enum journal_kind kind;
    uint64_t settings; /* hash of what the run was asked for */
    char *text;        /* what that was, or what was written out for the file */
    /* a file's */
    char *path;
    char *id; /* JSON text, or NULL */
    struct stamp stamp;
};

/** The line with its newline, for free(); NULL where memory ran out. */
char *journal_line_write(const struct journal_line *line, size_t *bytes);

/** Reads a line without its newline. False, and nothing to free, where it is damaged or none of ours. */
bool journal_line_read(struct journal_line *line, const char *text, size_t bytes);

/** Frees what journal_line_read() made. */
void journal_line_free(struct journal_line *line);

/** What tells lines apart: the file as it was, its id, and the settings. Of files that differ in their inode alone the
 * later is the one that is there. */
uint64_t journal_line_key(const struct journal_line *line);

#endif
