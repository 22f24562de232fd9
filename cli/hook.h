/* SPDX-License-Identifier: MIT */
/*
 * hook: the user's own command, run for each event without being waited for. What the event is goes through the
 * environment, never through the command's text: a label can hold anything.
 */
#ifndef POLYTOME_CLI_HOOK_H
#define POLYTOME_CLI_HOOK_H

#include "polytome.h"

struct hook {
    const char *command; /* for sh -c; NULL: none */
    const char *source;  /* that is labelled */
    int running;
    long started, skipped; /* skipped: as many ran already as may at once, or the system said no */
};

/** Starts the command, with its standard input empty and its output on standard error. */
void hook_run(struct hook *hook, const ptm_event *event, ptm_event_phase phase);

/** Takes note of the commands that have ended. */
void hook_reap(struct hook *hook);

#endif
