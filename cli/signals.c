/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include "engine.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;
static const char *volatile unfinished; /* a file to remove where the process ends at once */

static void on_interrupt(int number) {
    (void)number;
    if (interrupted) {
        if (unfinished) unlink(unfinished);
        _exit(STATUS_INTERRUPTED);
    }
    interrupted = 1;
}

void signals_catch(const struct output *output) {
    unfinished = output ? output->aside : NULL;
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = unfinished ? SIG_IGN : SIG_DFL;
    sigaction(SIGPIPE, &action, NULL);
}

void signals_release(void) {
    unfinished = NULL;
}

bool signals_interrupted(void *user) {
    (void)user;
    return interrupted;
}
