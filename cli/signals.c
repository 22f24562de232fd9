/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include "engine.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;
/* Files to remove where the process ends at once. */
static const char *volatile unfinished[OPTIONS_MAX_LIST];
static volatile sig_atomic_t unfinished_count;

static void on_interrupt(int number) {
    (void)number;
    if (interrupted) {
        for (int i = 0; i < unfinished_count; i++) unlink(unfinished[i]);
        _exit(STATUS_INTERRUPTED);
    }
    interrupted = 1;
}

void signals_catch(const struct output *output) {
    unfinished_count = 0;
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGPIPE, &action, NULL);
    if (output) signals_catch_also(output);
}

void signals_catch_also(const struct output *output) {
    if (!output->aside || unfinished_count == OPTIONS_MAX_LIST) return;
    unfinished[unfinished_count] = output->aside;
    unfinished_count++;
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}

void signals_release(void) {
    unfinished_count = 0;
}

bool signals_interrupted(void *user) {
    (void)user;
    return interrupted;
}
