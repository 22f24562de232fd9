/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_bool interrupted; /* lock-free, so that a handler may set it */
/* Files to remove where the process ends at once. */
static const char *_Atomic unfinished[OPTIONS_MAX_LIST];
static atomic_int unfinished_count;

void signals_end(void) {
    for (int i = 0; i < unfinished_count; i++) unlink(unfinished[i]);
    _exit(STATUS_INTERRUPTED);
}

static void on_interrupt(int number) {
    (void)number;
    if (interrupted) signals_end();
    interrupted = true;
}

/** A terminal that is closed may send it twice. */
static void on_hangup(int number) {
    (void)number;
    interrupted = true;
}

static void on_wake(int number) {
    (void)number;
}

void signals_begin(void) {
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, NULL); /* a write beyond the limit on file size then fails, and that is reported */
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0 && open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) != file) return;
}

void signals_catch(const struct output *output) {
    unfinished_count = 0;
    /* A write of results goes on behind the signal, or half a line would be all of it. What waits for input, or for the
     * reader of a pipe, asks every now and then (lines.h, output.h, outlet.h), or is woken. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction old, hangup = action;
    hangup.sa_handler = on_hangup;
    sigaction(SIGHUP, NULL, &old);
    if (old.sa_handler != SIG_IGN) sigaction(SIGHUP, &hangup, NULL); /* ignored it is by nohup */
    action.sa_flags = 0;
    action.sa_handler = SIG_DFL;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGCHLD, &action, NULL); /* ignored, as it may have been inherited, no end of a command would be told */
    action.sa_handler = on_wake;
    sigaction(SIGURG, &action, NULL); /* which nobody else sends, and which does nothing by itself */
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

static const int ends[SIGNALS_ENDS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

void signals_ignore(struct signals_actions *before) {
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (int i = 0; i < SIGNALS_ENDS; i++) sigaction(ends[i], &ignore, &before->of[i]);
}

void signals_restore(const struct signals_actions *before) {
    const int error = errno;
    for (int i = 0; i < SIGNALS_ENDS; i++) sigaction(ends[i], &before->of[i], NULL);
    errno = error;
}

void signals_wake(pthread_t thread) {
    pthread_kill(thread, SIGURG);
}

bool signals_interrupted(void *user) {
    (void)user;
    return interrupted;
}
