/* SPDX-License-Identifier: MIT */
/* Memory: checked allocation, and arenas that are sized first and allocated once. */
#ifndef POLYTOME_BASE_MEMORY_H
#define POLYTOME_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** Alignment of mem_alloc() and of every arena block: a cache line, and the widest vector. */
#define MEM_ALIGN 64

/** `count` * `size` bytes, uninitialised, aligned to MEM_ALIGN; NULL on overflow or exhaustion. Free with mem_free().
 */
void *mem_alloc(size_t count, size_t size);

/** The same, zeroed. */
void *mem_calloc(size_t count, size_t size);

/** A block of `count` * `size` bytes in the place of `pointer`, which is freed, with the first `used` * `size` bytes of
 * it; NULL: the old one stays. */
void *mem_resize(void *pointer, size_t used, size_t count, size_t size);

/** A copy of the string, or NULL. */
char *mem_strdup(const char *text);

void mem_free(void *pointer);

/** a * b into *product; false on overflow. */
bool mem_product(size_t a, size_t b, size_t *product);

/**
 * A block of memory cut into pieces. With `base` NULL the same calls only add up the size, so one function describes a
 * layout and runs twice: first to measure it, then to place it.
 */
struct arena {
    char *base; /* NULL while measuring */
    size_t used;
    bool overflow; /* a size did not fit: the layout is not usable */
};

/** Room for `count` * `size` bytes, aligned to MEM_ALIGN; NULL while measuring. */
void *arena_take(struct arena *arena, size_t count, size_t size);

#endif
