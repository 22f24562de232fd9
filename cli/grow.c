/* SPDX-License-Identifier: MIT */
#include "grow.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { ROOM_AT_FIRST = 64 };

void *grow(void *items, size_t count, size_t size) {
    const bool full = count == 0 || (count >= ROOM_AT_FIRST && (count & (count - 1)) == 0);
    const size_t room = count == 0 ? ROOM_AT_FIRST : 2 * count;
    if (!full) return items;
    return count <= SIZE_MAX / 2 && room <= SIZE_MAX / size ? realloc(items, room * size) : NULL;
}
