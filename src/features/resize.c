/* SPDX-License-Identifier: MIT */
#include "features/resize.h"

#include "base/cpu.h"
#include "base/limits.h"
#include "base/memory.h"
#include "features/resize_kernels.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

struct resizer {
    struct resize_spec spec;
    bool scale_x, scale_y; /* an axis that keeps its size is not filtered */
    bool vertical_first;
    struct resize_taps x, y; /* of the window; they count from the first column and row of the area below */
    struct area area;        /* of the input, that the window is made from */
    uint8_t *between;        /* what the first of two passes gives the second */
    resize_horizontal_fn *horizontal;
    resize_vertical_fn *vertical;
};

/* ---------------------------------------------------------------- filters */

static double triangle(double x) {
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

/* Keys' cubic convolution with a = -0.5, in the order of operations that decides the last bit. */
static double cubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
    return 0.0;
}

static double sinc(double x) {
    return x == 0.0 ? 1.0 : sin(x * pi) / (x * pi);
}

static double lanczos3(double x) {
    return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
}

struct filter {
    double (*at)(double x);
    double support;
};

static const struct filter filters[] = {
    [RESAMPLE_LANCZOS] = {lanczos3, 3.0}, [RESAMPLE_BILINEAR] = {triangle, 1.0}, [RESAMPLE_BICUBIC] = {cubic, 2.0}};

/* ---------------------------------------------------------------- taps of one axis */

static void taps_free(struct resize_taps *taps) {
    mem_free(taps->spans);
    mem_free(taps->weights);
}

static ptm_status taps_allocate(struct resize_taps *taps, int in_size, int out_size, int stride, ptm_error *err) {
    size_t weights;
    *taps = (struct resize_taps){.in_size = in_size, .out_size = out_size, .stride = stride};
    if (!mem_product((size_t)out_size, (size_t)stride, &weights)) return error_no_memory(err);
    taps->spans = mem_alloc((size_t)out_size, sizeof *taps->spans);
    taps->weights = mem_calloc(weights, sizeof *taps->weights);
    return taps->spans && taps->weights ? PTM_OK : error_no_memory(err);
}

/* Pillow steps from pixel to pixel by adding, so the same rounding errors must gather here. */
static ptm_status taps_nearest(struct resize_taps *taps, int in_size, int scaled_size, int offset, int out_size,
                               ptm_error *err) {
    TRY(taps_allocate(taps, in_size, out_size, 0, err));
    const double scale = (double)in_size / scaled_size;
    double centre = scale * 0.5;
    for (int i = 0; i < offset + out_size; i++, centre += scale) {
        const int first = centre < in_size ? (int)centre : in_size - 1;
        if (i >= offset) taps->spans[i - offset] = (struct resize_span){first, 1};
    }
    return PTM_OK;
}

/* One output pixel: the filter at each input pixel that it reaches, made to sum to 1, in fixed point. */
static struct resize_span make_weights(int32_t *weights, double *values, const struct filter *filter, double scale,
                                       int position, int in_size) {
    const double stretch = scale < 1.0 ? 1.0 : scale, support = filter->support * stretch;
    const double centre = (position + 0.5) * scale, inverse = 1.0 / stretch;
    const double low = centre - support + 0.5, high = centre + support + 0.5;
    const int first = low < 0.0 ? 0 : (int)low;
    const int end = high > in_size ? in_size : (int)high;
    double sum = 0.0;
    for (int i = first; i < end; i++) {
        values[i - first] = filter->at((i - centre + 0.5) * inverse);
        sum += values[i - first];
    }
    for (int i = 0; i < end - first; i++) {
        const double weight = (sum != 0.0 ? values[i] / sum : values[i]) * (1 << RESIZE_BITS);
        weights[i] = (int32_t)(weight < 0.0 ? weight - 0.5 : weight + 0.5);
    }
    return (struct resize_span){first, end - first};
}

static ptm_status taps_filtered(struct resize_taps *taps, int in_size, int scaled_size, int offset, int out_size,
                                const struct filter *filter, ptm_error *err) {
    const double scale = (double)in_size / scaled_size;
    const int reach = (int)ceil(filter->support * (scale < 1.0 ? 1.0 : scale)) * 2 + 1;
    const int stride = (reach + RESIZE_TAP_GROUP - 1) / RESIZE_TAP_GROUP * RESIZE_TAP_GROUP;
    TRY(taps_allocate(taps, in_size, out_size, stride, err));
    double *values = mem_alloc((size_t)reach, sizeof *values);
    if (!values) return error_no_memory(err);
    for (int i = 0; i < out_size; i++)
        taps->spans[i] = make_weights(taps->weights + (size_t)i * stride, values, filter, scale, offset + i, in_size);
    mem_free(values);
    return PTM_OK;
}

/* ---------------------------------------------------------------- resizer */

static ptm_status check_spec(const struct resize_spec *spec, ptm_error *err) {
    const int sides[] = {spec->in_h, spec->in_w, spec->out_h, spec->out_w};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (sides[i] < 1 || sides[i] > LIMIT_SIDE)
            return error_set(err, PTM_ELIMIT,
                             "a picture of %dx%d cannot be scaled to %dx%d: each side must be from 1 to %d pixels",
                             spec->in_w, spec->in_h, spec->out_w, spec->out_h, LIMIT_SIDE);
    if (spec->top < 0 || spec->left < 0 || spec->crop_h < 1 || spec->crop_w < 1 ||
        spec->crop_h > spec->out_h - spec->top || spec->crop_w > spec->out_w - spec->left)
        return error_set(err, PTM_EINVAL, "the window of %dx%d at (%d, %d) does not lie in the scaled picture of %dx%d",
                         spec->crop_w, spec->crop_h, spec->left, spec->top, spec->out_w, spec->out_h);
    switch (spec->resample) {
    case RESAMPLE_NEAREST:
    case RESAMPLE_LANCZOS:
    case RESAMPLE_BILINEAR:
    case RESAMPLE_BICUBIC: return PTM_OK;
    }
    return error_set(err, PTM_EMODEL,
                     "unknown resampling filter %d; it should be 0 (nearest), 1 (lanczos), 2 (bilinear) or 3 "
                     "(bicubic)",
                     (int)spec->resample);
}

static ptm_status make_taps(struct resizer *r, ptm_error *err) {
    const struct resize_spec *spec = &r->spec;
    if (spec->resample == RESAMPLE_NEAREST) {
        TRY(taps_nearest(&r->x, spec->in_w, spec->out_w, spec->left, spec->crop_w, err));
        return taps_nearest(&r->y, spec->in_h, spec->out_h, spec->top, spec->crop_h, err);
    }
    const struct filter *filter = &filters[spec->resample];
    if (r->scale_x) TRY(taps_filtered(&r->x, spec->in_w, spec->out_w, spec->left, spec->crop_w, filter, err));
    if (r->scale_y) TRY(taps_filtered(&r->y, spec->in_h, spec->out_h, spec->top, spec->crop_h, filter, err));
    return PTM_OK;
}

/* Which part of the input an axis needs; its taps count from there afterwards. */
static void trim(struct resize_taps *taps, int window_first, int window_size, int *first, int *count) {
    *first = window_first;
    *count = window_size;
    if (!taps->spans) return; /* not filtered: what comes out is what goes in */
    const struct resize_span last = taps->spans[taps->out_size - 1];
    *first = taps->spans[0].first;
    *count = last.first + last.length - *first;
    for (int i = 0; i < taps->out_size; i++) taps->spans[i].first -= *first;
    taps->in_size = *count;
}

static ptm_status plan(struct resizer *r, ptm_error *err) {
    trim(&r->y, r->spec.top, r->spec.crop_h, &r->area.top, &r->area.height);
    trim(&r->x, r->spec.left, r->spec.crop_w, &r->area.left, &r->area.width);
    if (r->spec.resample == RESAMPLE_NEAREST || !r->scale_x || !r->scale_y) return PTM_OK;

    const size_t rows = (size_t)(r->vertical_first ? r->spec.crop_h : r->area.height);
    const size_t columns = (size_t)(r->vertical_first ? r->area.width : r->spec.crop_w);
    r->between = mem_alloc(rows, 3 * columns);
    return r->between ? PTM_OK : error_no_memory(err);
}

/*
 * Between the passes values are rounded to bytes, so their order shows. Pillow goes sideways first, but since version
 * 13 not where the height shrinks by more than twice as many pixels as the width does.
 */
static bool takes_vertical_first(const struct resize_spec *spec) {
    return spec->out_h < spec->in_h && spec->in_h - spec->out_h > 2 * (spec->in_w - spec->out_w);
}

ptm_status resizer_open(struct resizer **out, const struct resize_spec *spec, ptm_error *err) {
    *out = NULL;
    TRY(check_spec(spec, err));
    struct resizer *resizer = mem_calloc(1, sizeof *resizer);
    if (!resizer) return error_no_memory(err);
    resizer->spec = *spec;
    resizer->scale_x = spec->in_w != spec->out_w;
    resizer->scale_y = spec->in_h != spec->out_h;
    resizer->vertical_first = takes_vertical_first(spec);
    resizer->horizontal = resize_horizontal_c;
    resizer->vertical = resize_vertical_c;
#if defined(__x86_64__)
    if (cpu_vectors() >= CPU_AVX2) {
        resizer->horizontal = resize_horizontal_avx2;
        resizer->vertical = resize_vertical_avx2;
    }
#endif
    ptm_status status = make_taps(resizer, err);
    if (status == PTM_OK) status = plan(resizer, err);
    if (status != PTM_OK) resizer_close(&resizer);
    *out = resizer;
    return status;
}

void resizer_close(struct resizer **resizer) {
    if (!resizer || !*resizer) return;
    taps_free(&(*resizer)->x);
    taps_free(&(*resizer)->y);
    mem_free((*resizer)->between);
    mem_free(*resizer);
    *resizer = NULL;
}

struct area resizer_area(const struct resizer *resizer) {
    return resizer->area;
}

static void run_nearest(const struct resizer *r, uint8_t *dst, const uint8_t *src, ptrdiff_t stride) {
    for (int y = 0; y < r->spec.crop_h; y++) {
        const uint8_t *row = src + r->y.spans[y].first * stride;
        for (int x = 0; x < r->spec.crop_w; x++, dst += 3) memcpy(dst, row + 3 * (size_t)r->x.spans[x].first, 3);
    }
}

static void run_both(const struct resizer *r, uint8_t *dst, const uint8_t *src, ptrdiff_t stride) {
    const int packed = 3 * r->spec.crop_w, wide = 3 * r->area.width;
    if (r->vertical_first) {
        r->vertical(r->between, src, stride, wide, &r->y);
        r->horizontal(dst, packed, r->between, wide, r->spec.crop_h, &r->x);
    } else {
        r->horizontal(r->between, packed, src, stride, r->area.height, &r->x);
        r->vertical(dst, r->between, packed, packed, &r->y);
    }
}

void resizer_run(struct resizer *r, uint8_t *dst, const uint8_t *src, ptrdiff_t stride) {
    const int packed = 3 * r->spec.crop_w;
    if (r->spec.resample == RESAMPLE_NEAREST)
        run_nearest(r, dst, src, stride);
    else if (r->scale_x && r->scale_y)
        run_both(r, dst, src, stride);
    else if (r->scale_x)
        r->horizontal(dst, packed, src, stride, r->spec.crop_h, &r->x);
    else if (r->scale_y)
        r->vertical(dst, src, stride, packed, &r->y);
    else
        for (int y = 0; y < r->spec.crop_h; y++) memcpy(dst + y * (ptrdiff_t)packed, src + y * stride, (size_t)packed);
}
