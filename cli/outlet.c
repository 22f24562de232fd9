/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* fopencookie() */

#include "outlet.h"

#include "moment.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

enum {
    POLL_MS = 100,  /* how long a reader that takes nothing may keep a signal from being seen */
    PATIENCE_S = 3, /* how long one may take nothing after a signal: the line at hand should become whole */
};

static int descriptor_of(void *cookie) {
    return (int)(intptr_t)cookie;
}

/** Waits until something can be written, or an error is there to be found. */
static void wait_for_reader(int file) {
    struct pollfd wait = {.fd = file, .events = POLLOUT};
    double deadline = 0;
    for (;;) {
        const int ready = poll(&wait, 1, POLL_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR)) return;
        if (!signals_interrupted(NULL)) continue;
        if (deadline == 0) deadline = moment_now() + PATIENCE_S;
        if (moment_now() > deadline) signals_end();
    }
}

/** Writes in pieces that a pipe with any room takes at once: a longer one would wait for the reader within write(). */
static ssize_t write_pieces(void *cookie, const char *bytes, size_t count) {
    const int file = descriptor_of(cookie);
    for (size_t done = 0; done < count;) {
        wait_for_reader(file);
        const size_t left = count - done;
        const ssize_t step = write(file, bytes + done, left < PIPE_BUF ? left : PIPE_BUF);
        if (step < 0 && errno != EINTR && errno != EAGAIN) return 0; /* which stands for an error here */
        if (step > 0) done += (size_t)step;
    }
    return (ssize_t)count;
}

static int close_descriptor(void *cookie) {
    return close(descriptor_of(cookie));
}

FILE *outlet_open(int file) {
    const cookie_io_functions_t functions = {.write = write_pieces, .close = close_descriptor};
    const int mode = fcntl(file, F_GETFL);
    if (mode < 0) return NULL;
    if ((mode & O_ACCMODE) == O_RDONLY) { /* where poll() would wait for ever */
        errno = EINVAL;
        return NULL;
    }
    FILE *stream = fopencookie((void *)(intptr_t)file, "w", functions);
    if (stream && isatty(file)) setvbuf(stream, NULL, _IOLBF, 0);
    return stream;
}

void outlet_begin(void) {
    FILE *stream = outlet_open(STDOUT_FILENO);
    if (stream) stdout = stream; /* else what is written fails, and that is reported */
}
