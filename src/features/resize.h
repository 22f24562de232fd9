/* SPDX-License-Identifier: MIT */
/*
 * resize: the resampling of Pillow 13's Image.resize, bit for bit, on 8-bit RGB. Coefficients are made once for a pair
 * of sizes and used for every frame of a clip. (Older Pillows may differ where the height shrinks by more than
 * twice as many pixels as the width: they scaled the width first there too.)
 */
#ifndef POLYTOME_FEATURES_RESIZE_H
#define POLYTOME_FEATURES_RESIZE_H

#include "base/area.h"
#include "base/error.h"

/** Pillow's numbers, as preprocessor_config.json's "resample" gives them. */
enum resample { RESAMPLE_NEAREST = 0, RESAMPLE_LANCZOS = 1, RESAMPLE_BILINEAR = 2, RESAMPLE_BICUBIC = 3 };

/** Pictures of one size to another, of which only a window is computed. Sizes from 1 to 65,535. */
struct resize_spec {
    int in_h, in_w, out_h, out_w;
    int top, left, crop_h, crop_w; /* the window, inside the scaled picture */
    enum resample resample;
};

struct resizer;

ptm_status resizer_open(struct resizer **out, const struct resize_spec *spec, ptm_error *err);

void resizer_close(struct resizer **resizer);

/** The part of the input that the window is made from. */
struct area resizer_area(const struct resizer *resizer);

/** dst (crop_h, crop_w, 3) packed <- src, the resizer's area of the input, with rows `stride` bytes apart. */
void resizer_run(struct resizer *resizer, uint8_t *dst, const uint8_t *src, ptrdiff_t stride);

#endif
