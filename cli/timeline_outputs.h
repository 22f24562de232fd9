/* SPDX-License-Identifier: MIT */
/* timeline_outputs: where a timeline goes: standard output or files, several at once, each in its own format. */
#ifndef POLYTOME_CLI_TIMELINE_OUTPUTS_H
#define POLYTOME_CLI_TIMELINE_OUTPUTS_H

#include "engine.h"
#include "output.h"
#include "timeline_formats.h"

struct timeline_output {
    char *path; /* NULL: standard output */
    const struct timeline_format *format;
    struct output output;
    long rows;
};

struct timeline_outputs {
    struct timeline_output items[OPTIONS_MAX_LIST];
    int count;
    int rows;         /* enum rows */
    bool live;        /* without an end: rows go on behind those that a file holds */
    const char *file; /* the one to be labelled */
};

/**
 * Reads -o, --format and the operands: those that are named like the -o of a run, up to an ending that stands for a
 * format, are outputs too, as a shell makes of `-o name.{srt,csv}`; the one left over is the file to be labelled. The
 * same braces are understood where no shell has resolved them. False after a complaint.
 */
bool timeline_outputs_choose(struct timeline_outputs *outputs, const struct options *options);

/** Opens all of them. Of a live source only a format that wants all events at the end is written aside. False after a
 * complaint. */
bool timeline_outputs_open(struct timeline_outputs *outputs);

/** Is one of them standard output? */
bool timeline_outputs_print(const struct timeline_outputs *outputs);

/** Does a format want all events at the end? */
bool timeline_outputs_want_list(const struct timeline_outputs *outputs);

/* Each writes to all that take it, and hands it on. False after a complaint. */
bool timeline_outputs_window(struct timeline_outputs *outputs, const struct timeline_sheet *sheet,
                             const ptm_window *window);
bool timeline_outputs_event(struct timeline_outputs *outputs, const struct timeline_sheet *sheet,
                            const ptm_event *event);
bool timeline_outputs_end(struct timeline_outputs *outputs, const struct timeline_sheet *sheet,
                          const struct event_list *events, const struct timeline_end *end);

/** Gives the finished files their names. False after a complaint. */
bool timeline_outputs_commit(struct timeline_outputs *outputs);

/** Leaves no unfinished file behind, and frees the names. */
void timeline_outputs_close(struct timeline_outputs *outputs);

#endif
