/* SPDX-License-Identifier: MIT */
/* grow: lists whose length shows only when they are filled. */
#ifndef POLYTOME_CLI_GROW_H
#define POLYTOME_CLI_GROW_H

#include <stddef.h>

/** The `count` items of `size` bytes, moved where that is needed for one more; NULL: memory ran out, and the old ones
 * stay. The room doubles, and follows from the count. free() it. */
void *grow(void *items, size_t count, size_t size);

#endif
