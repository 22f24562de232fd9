/* SPDX-License-Identifier: MIT */
/*
 * acc16: int8 weights arranged for products that add up in 16 bits, as FBGEMM's of that name, with outliers that are
 * multiplied apart; here sums stay exact. VPMADDUBSW multiplies bytes of x, 0 .. 255, with bytes of w and adds two
 * neighbours up in 16 bits, and the products of two groups of four are added up before they take 32. 255 * 128 still
 * fits: of the four weights that meet so, those of one sign may be 128 together. Any two groups of a column may be
 * partners, so each gets one with which little is too much in the few columns that share an order; what still is
 * becomes an outlier.
 */
#ifndef POLYTOME_COMPUTE_ACC16_H
#define POLYTOME_COMPUTE_ACC16_H

#include "base/error.h"
#include "base/threads.h"
#include "compute/product.h"

/** Behind the order stand so many more, of no meaning: couples may be looked up as far ahead. */
enum { ACC16_AHEAD = 16 };

/** Packed panels of int8 weights: w (panels, groups, columns, 4); an even number of groups. */
struct acc16_panels {
    int8_t *w;
    int panels, groups, columns;
    int strip; /* columns that share an order; an even divisor of `columns`, 8 at most */
};

/** How a layer's weights lie then: w (panels, columns / strip, groups, strip, 4). */
struct acc16 {
    int panels;
    uint16_t *order;  /* (panels, columns / strip, groups): what group lies there now */
    uint32_t *starts; /* (panels, columns / strip + 1): where a strip's outliers begin in its panel's */
    struct product_outliers **outliers; /* (panels), owned; NULL: none */
};

/** Arranges w, and moves outliers out of it. To be closed after a failure, too. PTM_ENOMEM. */
ptm_status acc16_open(struct acc16 *acc16, struct threads *threads, const struct acc16_panels *panels, ptm_error *err);
void acc16_close(struct acc16 *acc16);

#endif
