/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include "engine.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_bool interrupted;        /* lock-free, so that a handler may set it */
static const char *_Atomic unfinished; /* a file to remove where the process ends at once */

static void on_interrupt(int number) {
    (void)number;
    if (interrupted) {
        const char *aside = unfinished;
        if (aside) unlink(aside);
        _exit(STATUS_INTERRUPTED);
    }
    interrupted = true;
}

static void on_wake(int number) {
    (void)number;
}

void signals_catch(const struct output *output) {
    unfinished = output ? output->aside : NULL;
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = unfinished ? SIG_IGN : SIG_DFL;
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = on_wake;
    sigaction(SIGURG, &action, NULL); /* which nobody else sends, and which does nothing by itself */
}

void signals_release(void) {
    unfinished = NULL;
}

void signals_wake(pthread_t thread) {
    pthread_kill(thread, SIGURG);
}

bool signals_interrupted(void *user) {
    (void)user;
    return interrupted;
}
