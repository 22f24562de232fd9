/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 64 * 1024,
    POLL_MS = 100 /* how long a silent input may keep a signal from being seen */
};

bool lines_open(struct lines *lines, size_t max) {
    *lines = (struct lines){.max = max};
    if (max > SIZE_MAX - CHUNK_BYTES) return false;
    lines->room = max + CHUNK_BYTES;
    lines->text = malloc(lines->room);
    return lines->text;
}

void lines_close(struct lines *lines) {
    free(lines->text);
    *lines = (struct lines){0};
}

/** Waits for bytes and reads them; LINES_LINE where there are some, or the input has ended. */
static enum lines_state read_more(struct lines *lines) {
    for (;;) {
        struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
        const int ready = poll(&wait, 1, POLL_MS);
        if (signals_interrupted(NULL)) return LINES_INTERRUPTED;
        if (ready < 0 && errno != EINTR) return LINES_FAILED;
        if (ready <= 0) continue;
        const ssize_t got = read(STDIN_FILENO, lines->text + lines->end, lines->room - lines->end);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) return LINES_FAILED;
        lines->end += (size_t)got;
        lines->ended = got == 0;
        return LINES_LINE;
    }
}

/** What is left of the bytes goes to the front; what stands of a line that is too long goes away. */
static void make_room(struct lines *lines) {
    const size_t left = lines->end - lines->start;
    lines->skipping = lines->skipping || left > lines->max;
    if (!lines->skipping && lines->start > 0) memmove(lines->text, lines->text + lines->start, left);
    lines->start = 0;
    lines->end = lines->seen = lines->skipping ? 0 : left;
}

/** Hands out the line that ends at `end`, the next beginning at `next`. */
static enum lines_state take(struct lines *lines, size_t end, size_t next, const char **text, size_t *length) {
    *text = lines->text + lines->start;
    *length = end - lines->start;
    const bool skipped = lines->skipping || *length > lines->max;
    lines->start = next;
    lines->seen = 0;
    lines->skipping = false;
    lines->number++;
    return skipped ? LINES_TOO_LONG : LINES_LINE;
}

enum lines_state lines_next(struct lines *lines, const char **text, size_t *length) {
    for (;;) {
        const size_t from = lines->start + lines->seen;
        const char *newline = memchr(lines->text + from, '\n', lines->end - from);
        if (newline) {
            const size_t end = (size_t)(newline - lines->text);
            return take(lines, end, end + 1, text, length);
        }
        if (lines->ended) {
            const bool nothing = lines->end == lines->start && !lines->skipping;
            return nothing ? LINES_END : take(lines, lines->end, lines->end, text, length);
        }
        make_room(lines);
        const enum lines_state state = read_more(lines);
        if (state != LINES_LINE) return state;
    }
}
