/* SPDX-License-Identifier: MIT */
/* output: where results go: standard output, or a file that is written aside and appears whole. */
#ifndef POLYTOME_CLI_OUTPUT_H
#define POLYTOME_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
    FILE *stream;
    const char *name; /* for messages */
    bool terminal;    /* text_is_terminal() */
    char *target;     /* what the finished file will be called; NULL where nothing is written aside */
    char *aside;      /* what it is called until then */
};

/** Opens `path`, or standard output where it is NULL or "-"; a device, a pipe and what /dev/fd/N names are written in
 * place. False after a complaint. */
bool output_open(struct output *output, const char *path);

/** Whether output_open() will do, before the work of which the results come at the end; nothing is left behind. A pipe
 * is taken on trust. False after a complaint. */
bool output_try(const char *path);

/**
 * Opens `path` to go on behind what it holds, for a run without an end: what is written is there at once, and stays.
 * *fresh: nothing was there. False after a complaint.
 */
bool output_append(struct output *output, const char *path, bool *fresh);

/** Lines that a file holds which was opened to go on behind them. */
long output_count_lines(struct output *output);

/** Hands on what was written so far. False, after a complaint, where it cannot be written. */
bool output_flush(struct output *output);

/** Ends the writing and gives the file its name. False, after a complaint, where that fails; what is finished and can
 * only not have its name stays aside, and the complaint says where. */
bool output_commit(struct output *output);

/** Ends the writing and leaves no file behind. Nothing happens after output_commit(). */
void output_discard(struct output *output);

#endif
