/* SPDX-License-Identifier: MIT */
/*
 * product_fetch: the weights of the next panel come from memory during the sums of one. A few lines between many sums,
 * as all at once would take what the sums themselves load through.
 */
#ifndef POLYTOME_COMPUTE_PRODUCT_FETCH_H
#define POLYTOME_COMPUTE_PRODUCT_FETCH_H

#include "base/memory.h"
#include "compute/product.h"

/** Lines that a tile asks for, so many at a time. */
struct product_fetch {
    const char *at;
    int lines, part;
};

/** The share of tile `tile` of `tiles` that are left, in `parts`. */
static inline struct product_fetch product_fetch(const struct product_panel *panel, int tile, int tiles, int parts) {
    const int lines = (int)((panel->next_bytes + MEM_ALIGN - 1) / MEM_ALIGN);
    const int first = lines * tile / tiles, count = lines * (tile + 1) / tiles - first;
    if (count == 0) return (struct product_fetch){0};
    return (struct product_fetch){panel->next + (size_t)first * MEM_ALIGN, count, (count - 1) / parts + 1};
}

static inline void product_fetch_part(struct product_fetch *fetch) {
    const int lines = fetch->part < fetch->lines ? fetch->part : fetch->lines;
    for (int i = 0; i < lines; i++) __builtin_prefetch(fetch->at + i * MEM_ALIGN, 0, 2);
    fetch->at += lines * MEM_ALIGN;
    fetch->lines -= lines;
}

#endif
