/* SPDX-License-Identifier: MIT */
/* acc16_strip: the columns of a panel that share an order, for acc16.c alone: who meets whom, and what is too much. */
#ifndef POLYTOME_COMPUTE_ACC16_STRIP_H
#define POLYTOME_COMPUTE_ACC16_STRIP_H

#include "compute/product.h"

/* What the weights of one sign may be that meet in 16 bits. */
enum { ACC16_MOST = 128 };

/* Loads: what the positive and the negative ones of two neighbours are together, ACC16_MOST at most, of four weights in
 * turn positive, negative, positive, negative. Where several are read as one number, a high bit marks one of
 * ACC16_MOST. */
enum { ACC16_LOADS = 4 };

/** Groups of `before` and `loads` are `stride` bytes apart, as they are strips of a panel. */
struct acc16_strip {
    const int8_t *before; /* (groups, columns, 4) */
    const uint8_t *loads; /* (groups, columns, ACC16_LOADS) */
    int8_t *w;            /* (groups, columns, 4), arranged */
    uint16_t *order;      /* (groups) */
    size_t stride;
    int groups, columns;
};

/** Gives each group a partner with which as little as can be is too much, and sets the order: couples by their first
 * groups. Scratch: line and partner (groups). */
void acc16_find_partners(const struct acc16_strip *strip, uint16_t *line, uint16_t *partner);

/* Entries that two groups and a column can make: four weights of one sign have up to 512, so three times ACC16_MOST has
 * to be moved at most, and what is moved at a time fits into the entry it starts. */
enum { ACC16_OUTLIERS = 3 };

/** Moves what is too much out of w into a list, column by column; returns how many entries there are. */
uint32_t acc16_list_outliers(const struct acc16_strip *strip, struct product_outliers *to);

/** High bits where loads of two groups are ACC16_MOST or more together. What runs over from one byte into the next
 * makes no load look smaller. */
static inline uint64_t acc16_over(uint64_t a, uint64_t b) {
    return ((a + b) | a | b) & 0x8080808080808080;
}

/** How much of a sign, 1 or -1, two neighbours have. */
static inline int acc16_load(int a, int b, int sign) {
    return (sign * a > 0 ? sign * a : 0) + (sign * b > 0 ? sign * b : 0);
}

#endif
