/* SPDX-License-Identifier: MIT */
#include "features/pixels.h"

#include "base/limits.h"
#include "base/memory.h"

#include <math.h>

enum { LEVELS = 256 };

struct pixels {
    struct pixels_spec spec;
    float table[3][LEVELS]; /* what a byte becomes in each channel: rescaled, normalised */
    int in_h, in_w;         /* the picture size that the rest is made for; 0: none yet */
    struct pixels_axis y, x;
    struct resizer *resizer;
    uint8_t *window; /* (y.length, x.length, 3), room for (height, width, 3) */
};

/* ---------------------------------------------------------------- the specification */

static bool side_ok(int side) {
    return side >= 1 && side <= LIMIT_SIDE;
}

static ptm_status check_sizes(const struct pixels_spec *spec, ptm_error *err) {
    if (!side_ok(spec->height) || !side_ok(spec->width))
        return error_set(err, PTM_EMODEL, "network input of %dx%d pixels: each side must be from 1 to %d", spec->width,
                         spec->height, LIMIT_SIDE);
    const bool by_edge = spec->do_resize && spec->shortest_edge > 0, by_size = spec->do_resize && !by_edge;
    if (by_edge && !side_ok(spec->shortest_edge))
        return error_set(err, PTM_EMODEL, "preprocessing: shortest_edge %d must be from 1 to %d", spec->shortest_edge,
                         LIMIT_SIDE);
    if (by_size && (!side_ok(spec->resize_h) || !side_ok(spec->resize_w)))
        return error_set(err, PTM_EMODEL, "preprocessing: resize to %dx%d: each side must be from 1 to %d",
                         spec->resize_w, spec->resize_h, LIMIT_SIDE);

    const int shorter = spec->height < spec->width ? spec->height : spec->width;
    if (spec->do_center_crop && (spec->crop_h != spec->height || spec->crop_w != spec->width))
        return error_set(
            err, PTM_EMODEL,
            "preprocessing ends in a crop of %dx%d, but the network takes %dx%d: set \"crop_size\" to that of the "
            "network where its processor is configured",
            spec->crop_w, spec->crop_h, spec->width, spec->height);
    if (!spec->do_center_crop && by_size && (spec->resize_h != spec->height || spec->resize_w != spec->width))
        return error_set(err, PTM_EMODEL,
                         "preprocessing scales to %dx%d, but the network takes %dx%d: set \"size\" to that of "
                         "the network where its processor is configured",
                         spec->resize_w, spec->resize_h, spec->width, spec->height);
    if (!spec->do_center_crop && by_edge && spec->shortest_edge != shorter)
        return error_set(err, PTM_EMODEL,
                         "preprocessing scales the short side to %d without a crop, but the network takes %dx%d: "
                         "set \"size\" to that of the network where its processor is configured",
                         spec->shortest_edge, spec->width, spec->height);
    return PTM_OK;
}

static ptm_status check_arithmetic(const struct pixels_spec *spec, ptm_error *err) {
    if (spec->do_rescale && !isfinite(spec->rescale_factor))
        return error_set(err, PTM_EMODEL, "preprocessing: rescale_factor is not a finite number");
    if (spec->offset && !spec->do_rescale) return error_set(err, PTM_EMODEL, "preprocessing: offset needs do_rescale");
    for (int c = 0; spec->do_normalize && c < 3; c++)
        if (!isfinite(spec->mean[c]) || !isfinite(spec->std[c]) || spec->std[c] == 0.0F)
            return error_set(err, PTM_EMODEL,
                             "preprocessing: image_mean[%d] = %g and image_std[%d] = %g must be finite, and the latter "
                             "not 0",
                             c, (double)spec->mean[c], c, (double)spec->std[c]);
    return PTM_OK;
}

/* The reference multiplies in double precision, rounds to single, and goes on in single. */
static float prepare(const struct pixels_spec *spec, int level, int channel) {
    float value = spec->do_rescale ? (float)(level * spec->rescale_factor) : (float)level;
    if (spec->offset) value -= 1.0F;
    if (spec->do_normalize) value = (value - spec->mean[channel]) / spec->std[channel];
    return value;
}

static ptm_status check_levels(const struct pixels_spec *spec, ptm_error *err) {
    for (int c = 0; c < 3; c++) {
        for (int level = 0; level < LEVELS; level++) {
            const float value = prepare(spec, level, c);
            if (!isfinite(value))
                return error_set(err, PTM_EMODEL,
                                 "preprocessing: rescale_factor, image_mean and image_std turn the pixel value %d into "
                                 "%g",
                                 level, (double)value);
        }
    }
    return PTM_OK;
}

ptm_status pixels_check_spec(const struct pixels_spec *spec, ptm_error *err) {
    TRY(check_sizes(spec, err));
    TRY(check_arithmetic(spec, err));
    return check_levels(spec, err);
}

/* ---------------------------------------------------------------- open and close */

ptm_status pixels_open(struct pixels **out, const struct pixels_spec *spec, ptm_error *err) {
    *out = NULL;
    TRY(pixels_check_spec(spec, err));
    struct pixels *pixels = mem_calloc(1, sizeof *pixels);
    if (!pixels) return error_no_memory(err);
    pixels->spec = *spec;
    pixels->window = mem_alloc((size_t)spec->height * (size_t)spec->width, 3); /* below 2^32 pixels */
    if (!pixels->window) {
        pixels_close(&pixels);
        return error_no_memory(err);
    }
    for (int c = 0; c < 3; c++)
        for (int level = 0; level < LEVELS; level++) pixels->table[c][level] = prepare(spec, level, c);
    *out = pixels;
    return PTM_OK;
}

void pixels_close(struct pixels **pixels) {
    if (!pixels || !*pixels) return;
    resizer_close(&(*pixels)->resizer);
    mem_free((*pixels)->window);
    mem_free(*pixels);
    *pixels = NULL;
}

/* ---------------------------------------------------------------- one picture */

static ptm_status refuse_thin(int h, int w, ptm_error *err) {
    return error_set(
        err, PTM_ELIMIT,
        "a picture of %dx%d is too long and thin: with its short side scaled for the model, the long one is "
        "over %d",
        w, h, LIMIT_SIDE);
}

/** As timm's ResizeKeepRatio: Python's rounding of both sides, in double precision. */
static ptm_status covering_size(const struct pixels_spec *spec, int h, int w, int *scaled_h, int *scaled_w,
                                ptm_error *err) {
    const double ratio = fmin((double)h / spec->resize_h, (double)w / spec->resize_w);
    const double scaled[2] = {rint(h / ratio), rint(w / ratio)};
    if (scaled[0] > LIMIT_SIDE || scaled[1] > LIMIT_SIDE) return refuse_thin(h, w, err);
    *scaled_h = (int)scaled[0];
    *scaled_w = (int)scaled[1];
    return PTM_OK;
}

/** As transformers' get_size_with_aspect_ratio(): Python's rounding of the short side, in double precision. */
static ptm_status bounded_size(const struct pixels_spec *spec, int h, int w, int *scaled_h, int *scaled_w,
                               ptm_error *err) {
    const int shorter = w < h ? w : h, longer = w < h ? h : w;
    double exact = spec->shortest_edge, side = exact;
    if ((double)longer / shorter * exact > spec->longest_edge) {
        exact = (double)spec->longest_edge * shorter / longer;
        side = rint(exact);
    }
    if (side == shorter) return PTM_OK; /* it stays as it is */
    const double other = floor(exact * longer / shorter);
    if (other > LIMIT_SIDE) return refuse_thin(h, w, err);
    if (side < 1 || other < 1)
        return error_set(err, PTM_ELIMIT,
                         "a picture of %dx%d is too long and thin: with its long side scaled to %d nothing is left of "
                         "the short one",
                         w, h, spec->longest_edge);
    *scaled_h = w < h ? (int)other : (int)side;
    *scaled_w = w < h ? (int)side : (int)other;
    return PTM_OK;
}

static ptm_status scaled_size(const struct pixels_spec *spec, int h, int w, int *scaled_h, int *scaled_w,
                              ptm_error *err) {
    *scaled_h = h;
    *scaled_w = w;
    if (!spec->do_resize) return PTM_OK;
    if (spec->keep_ratio) return covering_size(spec, h, w, scaled_h, scaled_w, err);
    if (spec->shortest_edge <= 0) {
        *scaled_h = spec->resize_h;
        *scaled_w = spec->resize_w;
        return PTM_OK;
    }
    if (spec->longest_edge > 0) return bounded_size(spec, h, w, scaled_h, scaled_w, err);
    const int shorter = w <= h ? w : h, longer = w <= h ? h : w;
    const int64_t scaled = (int64_t)spec->shortest_edge * longer / shorter;
    if (scaled > LIMIT_SIDE) return refuse_thin(h, w, err);
    *scaled_h = w <= h ? (int)scaled : spec->shortest_edge;
    *scaled_w = w <= h ? spec->shortest_edge : (int)scaled;
    return PTM_OK;
}

/*
 * Centred. Half of an odd margin is cut, or as Python rounds it: to the even neighbour. Where the picture is the
 * smaller one it is put in the middle, the odd pixel of padding before it.
 */
static struct pixels_axis crop_axis(int scaled, int wanted, bool rounds) {
    const int margin = scaled - wanted, half = margin / 2;
    if (scaled >= wanted) return (struct pixels_axis){scaled, half + (rounds && margin % 2 && half % 2), 0, wanted};
    return (struct pixels_axis){scaled, 0, (wanted - scaled + 1) / 2, scaled};
}

ptm_status pixels_place(const struct pixels_spec *spec, int h, int w, struct pixels_axis *y, struct pixels_axis *x,
                        ptm_error *err) {
    if (!side_ok(h) || !side_ok(w))
        return error_set(err, PTM_ELIMIT, "a picture of %dx%d: each side must be from 1 to %d pixels", w, h,
                         LIMIT_SIDE);
    int scaled_h, scaled_w;
    TRY(scaled_size(spec, h, w, &scaled_h, &scaled_w, err));
    if (!spec->do_center_crop && (scaled_h != spec->height || scaled_w != spec->width))
        return error_set(
            err, PTM_EMODEL,
            "the model's preprocessing has no crop and turns a picture of %dx%d into %dx%d, but its network "
            "takes %dx%d",
            w, h, scaled_w, scaled_h, spec->width, spec->height);
    *y = crop_axis(scaled_h, spec->height, spec->crop_rounds);
    *x = crop_axis(scaled_w, spec->width, spec->crop_rounds);
    return PTM_OK;
}

static ptm_status make_resizer(struct pixels *pixels, int h, int w, ptm_error *err) {
    const struct pixels_spec *spec = &pixels->spec;
    struct pixels_axis y, x;
    TRY(pixels_place(spec, h, w, &y, &x, err));
    const struct resize_spec resize = {
        .in_h = h,
        .in_w = w,
        .out_h = y.scaled,
        .out_w = x.scaled,
        .top = y.skip,
        .left = x.skip,
        .crop_h = y.length,
        .crop_w = x.length,
        .resample = spec->do_resize ? spec->resample : RESAMPLE_NEAREST, /* same size: a copy */
    };
    struct resizer *resizer;
    TRY(resizer_open(&resizer, &resize, err));
    resizer_close(&pixels->resizer);
    pixels->resizer = resizer;
    pixels->in_h = h;
    pixels->in_w = w;
    pixels->y = y;
    pixels->x = x;
    return PTM_OK;
}

ptm_status pixels_set_size(struct pixels *pixels, int h, int w, struct area *area, ptm_error *err) {
    if (h != pixels->in_h || w != pixels->in_w) TRY(make_resizer(pixels, h, w, err));
    *area = resizer_area(pixels->resizer);
    return PTM_OK;
}

/* Padding is black before it is normalised. */
static void fill_black(const struct pixels *pixels, float *out, size_t plane) {
    const size_t count = (size_t)pixels->spec.height * (size_t)pixels->spec.width;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < count; i++) out[(size_t)c * plane + i] = pixels->table[c][0];
}

static void spread_planes(const struct pixels *pixels, float *out, size_t plane) {
    const struct pixels_axis y = pixels->y, x = pixels->x;
    const uint8_t *pixel = pixels->window;
    for (int row = 0; row < y.length; row++) {
        float *red = out + (size_t)(y.pad + row) * (size_t)pixels->spec.width + (size_t)x.pad;
        float *green = red + plane, *blue = green + plane;
        for (int i = 0; i < x.length; i++, pixel += 3) {
            red[i] = pixels->table[0][pixel[0]];
            green[i] = pixels->table[1][pixel[1]];
            blue[i] = pixels->table[2][pixel[2]];
        }
    }
}

void pixels_run(struct pixels *pixels, float *out, size_t plane, const uint8_t *rgb, ptrdiff_t stride) {
    resizer_run(pixels->resizer, pixels->window, rgb, stride);
    if (pixels->y.length < pixels->spec.height || pixels->x.length < pixels->spec.width) fill_black(pixels, out, plane);
    spread_planes(pixels, out, plane);
}
