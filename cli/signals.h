/* SPDX-License-Identifier: MIT */
/* signals: an interrupted run ends in order, keeps what was done, and leaves no half-written file. */
#ifndef POLYTOME_CLI_SIGNALS_H
#define POLYTOME_CLI_SIGNALS_H

#include "output.h"

#include <pthread.h>
#include <signal.h>

/** What is done at each signal that ends a run. */
enum { SIGNALS_ENDS = 4 };
struct signals_actions {
    struct sigaction of[SIGNALS_ENDS];
};

/**
 * Before anything is opened: a standard stream that is closed stays so, but no file takes its number, into which
 * messages would be written then. A write beyond the limit on file size fails instead of ending the process.
 */
void signals_begin(void);

/**
 * SIGINT, SIGTERM and SIGHUP let the work end in order; a second SIGINT or SIGTERM ends the process at once and
 * removes what `output` holds aside, and so does a reader that takes nothing for some seconds after the first
 * (outlet.h). A reader that goes away ends the process quietly, unless the results go to a file. `output` may be NULL.
 */
void signals_catch(const struct output *output);

/** What a second SIGTERM does. Other threads may go on meanwhile. */
_Noreturn void signals_end(void);

/** A further output of the same run. */
void signals_catch_also(const struct output *output);

/** Before the outputs are committed or discarded: their files aside are no longer the signals' business. */
void signals_release(void);

/** Passes over every signal that ends a run, until signals_restore(). */
void signals_ignore(struct signals_actions *before);

/** Keeps errno. */
void signals_restore(const struct signals_actions *before);

/** Was there a signal? Read wherever the work can stop; fits ptm_classify_options.cancelled. */
bool signals_interrupted(void *user);

/** Ends, with EINTR, the system call that a thread waits in, once signals_catch() was called. */
void signals_wake(pthread_t thread);

#endif
