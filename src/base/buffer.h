/* SPDX-License-Identifier: MIT */
/* buffer: bytes put one behind another, for texts whose length shows only when they are written. */
#ifndef POLYTOME_BASE_BUFFER_H
#define POLYTOME_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/** Starts as all zero. */
struct buffer {
    char *bytes; /* (used) owned */
    size_t used, room;
    bool failed; /* memory ran out: what was put since is missing */
};

void buffer_put(struct buffer *buffer, const void *bytes, size_t count);

void buffer_free(struct buffer *buffer);

#endif
