/* SPDX-License-Identifier: MIT */
/*
 * pixels: one RGB picture to one network input plane set (3,H,W): resize, centre crop, rescale, normalise, in the order
 * and arithmetic of the image processors of Hugging Face transformers (see docs/decisions.md for the sources).
 */
#ifndef POLYTOME_FEATURES_PIXELS_H
#define POLYTOME_FEATURES_PIXELS_H

#include "base/area.h"
#include "base/error.h"
#include "features/resize.h"

/** Preprocessing as preprocessor_config.json says it. */
struct pixels_spec {
    bool do_resize;
    int shortest_edge; /* > 0: scale so that the short side is this; else to (resize_h, resize_w) */
    int longest_edge;  /* > 0: or so much less that the long side is at most this */
    int resize_h, resize_w;
    bool keep_ratio; /* to the smallest size of the picture's shape that holds (resize_h, resize_w), whatever
                        shortest_edge says */
    enum resample resample;
    bool do_center_crop;
    int crop_h, crop_w;
    bool crop_rounds; /* torchvision's centre (timm): the margin's half is rounded, to even, not cut */
    bool do_rescale;
    double rescale_factor;
    bool offset; /* ViViT's oddity: subtract 1 after rescaling */
    bool do_normalize;
    float mean[3], std[3];
    int height, width; /* what the network takes; the steps above must end in it */
};

/** Where a picture lands along one axis: it is scaled to `scaled` pixels, of which the `length` from `skip` on are the
 * network's from `pad` on. */
struct pixels_axis {
    int scaled, skip, pad, length;
};

/** Of a picture of (h, w). PTM_EMODEL where it would not become (height, width), PTM_ELIMIT where it is too large. */
ptm_status pixels_place(const struct pixels_spec *spec, int h, int w, struct pixels_axis *y, struct pixels_axis *x,
                        ptm_error *err);

/** PTM_EMODEL where a picture prepared so would not be (height, width), or not of finite numbers. */
ptm_status pixels_check_spec(const struct pixels_spec *spec, ptm_error *err);

struct pixels;

/** PTM_EMODEL as pixels_check_spec(). */
ptm_status pixels_open(struct pixels **out, const struct pixels_spec *spec, ptm_error *err);

void pixels_close(struct pixels **pixels);

/**
 * From now on for pictures of (h, w), of which pixels_run() looks at *area alone. Coefficients are kept while the size
 * stays. Errors as of pixels_place(); those leave the size as it was.
 */
ptm_status pixels_set_size(struct pixels *pixels, int h, int w, struct area *area, ptm_error *err);

/** out: three planes of (height, width) floats, `plane` floats apart <- rgb (area.height, area.width, 3), which is the
 * area of a picture, rows `stride` bytes apart. */
void pixels_run(struct pixels *pixels, float *out, size_t plane, const uint8_t *rgb, ptrdiff_t stride);

#endif
