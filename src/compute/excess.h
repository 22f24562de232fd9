/* SPDX-License-Identifier: MIT */
/*
 * excess: what weights have beyond what a product of pairs can hold. VPMADDUBSW multiplies bytes of x, 0 .. 255, with
 * bytes of w and adds neighbours up in 16 bits. 255 * 128 still fits, so two neighbours of one sign may be 128
 * together: what one of them has above that is moved into a list and multiplied apart. Sums stay exact.
 */
#ifndef POLYTOME_COMPUTE_EXCESS_H
#define POLYTOME_COMPUTE_EXCESS_H

#include "base/error.h"
#include "base/threads.h"
#include "compute/product.h"

/** Lists of panels, one behind the other. */
struct excess {
    struct product_excess *list;
    size_t *starts; /* (panels + 1) */
};

/** Packed panels of int8 weights. */
struct excess_panels {
    int8_t *w; /* (panels, groups, columns, 4) */
    int panels, groups, columns;
};

/** Moves what is too much out of w; a panel's list follows the order of its groups. To be closed after a failure, too.
 * PTM_ENOMEM. */
ptm_status excess_open(struct excess *excess, struct threads *threads, const struct excess_panels *panels,
                       ptm_error *err);
void excess_close(struct excess *excess);

#endif
