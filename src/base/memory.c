/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool mem_product(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

static bool round_up(size_t bytes, size_t *rounded) {
    if (bytes > SIZE_MAX - MEM_ALIGN) return false;
    *rounded = (bytes + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN;
    return true;
}

void *mem_alloc(size_t count, size_t size) {
    size_t bytes;
    if (!mem_product(count, size, &bytes) || !round_up(bytes, &bytes)) return NULL;
    return aligned_alloc(MEM_ALIGN, bytes ? bytes : MEM_ALIGN);
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
    if (!mem_product(count, size, &bytes) || !round_up(bytes, &bytes) || bytes > SIZE_MAX - arena->used) {
        arena->overflow = true;
        return NULL;
    }
    void *piece = arena->base ? arena->base + arena->used : NULL;
    arena->used += bytes;
    return piece;
}
