/* SPDX-License-Identifier: MIT */
/*
 * product_fetch: the weights of the next panel come from memory into the second-level cache during the sums of one. A
 * few lines between many sums, as all at once would keep the sums' own loads waiting.
 */
#ifndef POLYTOME_COMPUTE_PRODUCT_FETCH_H
#define POLYTOME_COMPUTE_PRODUCT_FETCH_H

#include "base/memory.h"
#include "compute/product.h"
#include "compute/tiles.h"

/** Groups between two parts; even. */
enum { FETCH_GROUPS = 32 };

/** Lines still to come, and how many of them at a time. */
struct product_fetch {
    const char *at;
    int lines, part;
};

/** What is fetched during pass `pass` of `passes` over the groups of a panel, a part each FETCH_GROUPS. */
static inline struct product_fetch product_fetch(const struct product_panel *panel, int pass, int passes) {
    const int all = (int)(panel->next_bytes / MEM_ALIGN), parts = tiles_count(panel->groups, FETCH_GROUPS);
    const int first = tiles_start(all, 1, pass, passes), lines = tiles_start(all, 1, pass + 1, passes) - first;
    return (struct product_fetch){panel->next + (size_t)first * MEM_ALIGN, lines, tiles_count(lines, parts)};
}

/** The next lines, if there are any left. */
static inline void product_fetch_part(struct product_fetch *fetch) {
    const int lines = fetch->part < fetch->lines ? fetch->part : fetch->lines;
    for (int i = 0; i < lines; i++) __builtin_prefetch(fetch->at + i * MEM_ALIGN, 0, 2);
    fetch->at += lines * MEM_ALIGN;
    fetch->lines -= lines;
}

#endif
