/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "base/memory.h"

#include <stdint.h>
#include <string.h>

enum { ROOM_AT_FIRST = 4096 };

/** Twice the room, or as often twice as `more` needs. */
static bool make_room(struct buffer *buffer, size_t more) {
    size_t room = buffer->room ? buffer->room : ROOM_AT_FIRST;
    while (room <= SIZE_MAX / 2 && more > room - buffer->used) room *= 2;
    char *bytes = more <= room - buffer->used ? mem_resize(buffer->bytes, buffer->used, room, 1) : NULL;
    if (!bytes) return false;
    buffer->bytes = bytes;
    buffer->room = room;
    return true;
}

void buffer_put(struct buffer *buffer, const void *bytes, size_t count) {
    if (buffer->failed || count == 0) return;
    if (count > buffer->room - buffer->used && !make_room(buffer, count)) {
        buffer->failed = true;
        return;
    }
    memcpy(buffer->bytes + buffer->used, bytes, count);
    buffer->used += count;
}

void buffer_free(struct buffer *buffer) {
    mem_free(buffer->bytes);
    *buffer = (struct buffer){0};
}
