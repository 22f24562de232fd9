/* SPDX-License-Identifier: MIT */
/* timeline_writer: the windows of a file or of a live source, on their way to events, and both to all outputs. */
#ifndef POLYTOME_CLI_TIMELINE_WRITER_H
#define POLYTOME_CLI_TIMELINE_WRITER_H

#include "timeline_outputs.h"

/** Zeroed, but for `options`, and `before`, `watch` and `user` where they are wanted. */
struct timeline_writer {
    const struct options *options;
    void (*before)(void *user); /* before anything is written; may be NULL */
    void (*watch)(void *user, const ptm_event *event, ptm_event_phase phase); /* sees each event; may be NULL */
    void *user;

    struct engine engine;
    struct timeline_outputs outputs;
    struct timeline_sheet sheet;
    ptm_events *events;
    struct event_list list; /* where something needs events again at the end */
    bool keep_list, failed; /* failed: an output could not be written, which has its complaint */
    long num_windows, num_events;
};

/** Opens events and outputs, when the engine is open and the outputs are chosen. STATUS_GOOD, or after a complaint. */
enum exit_status timeline_writer_begin(struct timeline_writer *writer);

/** Writes a window, and the events that it ends. Where that fails the run has to end with what this returns. */
ptm_status timeline_writer_window(struct timeline_writer *writer, const ptm_window *window, ptm_error *err);

/**
 * Ends events and files after a run that ended with `err`, and returns the exit status of the whole. What came before
 * an interruption, or before the damage of a file, is kept. *written: the files have their names.
 */
enum exit_status timeline_writer_finish(struct timeline_writer *writer, const ptm_error *err,
                                        const struct timeline_end *end, bool *written);

/** Frees it, the engine included. */
void timeline_writer_close(struct timeline_writer *writer);

#endif
