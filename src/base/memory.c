/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise() */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool mem_product(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

/* What is as large mostly comes from the system and goes back to it, as the planes of a large picture do with each
 * file. Most of its price is the first touch of every page: in huge pages that is a fraction (docs/decisions.md). */
enum { LARGE = 4 << 20, HUGE_PAGE = 2 << 20 };

static bool round_up(size_t bytes, size_t unit, size_t *rounded) {
    if (bytes > SIZE_MAX - unit) return false;
    *rounded = (bytes + unit - 1) / unit * unit;
    return true;
}

static void *alloc_large(size_t bytes) {
    void *pointer = round_up(bytes, HUGE_PAGE, &bytes) ? aligned_alloc(HUGE_PAGE, bytes) : NULL;
#ifdef MADV_HUGEPAGE
    if (pointer) (void)madvise(pointer, bytes, MADV_HUGEPAGE); /* a wish: where it is not granted, pages are small */
#endif
    return pointer;
}

void *mem_alloc(size_t count, size_t size) {
    size_t bytes;
    if (!mem_product(count, size, &bytes) || !round_up(bytes, MEM_ALIGN, &bytes)) return NULL;
    return bytes < LARGE ? aligned_alloc(MEM_ALIGN, bytes ? bytes : MEM_ALIGN) : alloc_large(bytes);
}

void *mem_calloc(size_t count, size_t size) {
    void *pointer = mem_alloc(count, size);
    if (pointer) memset(pointer, 0, count * size);
    return pointer;
}

void *mem_resize(void *pointer, size_t used, size_t count, size_t size) {
    void *resized = mem_alloc(count, size);
    if (!resized) return NULL;
    if (used) memcpy(resized, pointer, used * size);
    mem_free(pointer);
    return resized;
}

char *mem_strdup(const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *copy = mem_alloc(bytes, 1);
    if (copy) memcpy(copy, text, bytes);
    return copy;
}

void mem_free(void *pointer) {
    free(pointer);
}

void *arena_take(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (!mem_product(count, size, &bytes) || !round_up(bytes, MEM_ALIGN, &bytes) || bytes > SIZE_MAX - arena->used) {
        arena->overflow = true;
        return NULL;
    }
    void *piece = arena->base ? arena->base + arena->used : NULL;
    arena->used += bytes;
    return piece;
}
