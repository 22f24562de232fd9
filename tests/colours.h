/* SPDX-License-Identifier: MIT */
/* colours: are two the same? */
#ifndef POLYTOME_TESTS_COLOURS_H
#define POLYTOME_TESTS_COLOURS_H

#include "features/canvas.h"

#include <stdlib.h>

/** Within `tolerance` in each channel. */
static inline bool same_colour(struct colour a, struct colour b, int tolerance) {
    return abs(a.r - b.r) <= tolerance && abs(a.g - b.g) <= tolerance && abs(a.b - b.b) <= tolerance;
}

#endif
