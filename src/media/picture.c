/* SPDX-License-Identifier: MIT */
#include "media/picture.h"

#include "base/memory.h"
#include "media/picture_part.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

/* swscale writes whole vectors: each row has room for them, and so has the end of the last one. */
enum { ROW_ALIGN = 64, ROW_SLACK = 128 };

/* The most exact conversion that swscale has, and that of the reference answers: chroma is brought to full size by the
 * bicubic filter, and nothing is rounded on the way. (Bilinear without them is off by up to 0.06 in their logits.) */
enum { SCALE_FLAGS = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT };

/**
 * The frame's own matrix and range to full-range RGB. A matrix that the file does not give is BT.601 at any size, as
 * FFmpeg and PyAV take it.
 */
static bool set_colours(struct SwsContext *sws, const AVFrame *frame) {
    int *unused_in, *unused_out, source_range, range, brightness, contrast, saturation;
    /* swscale itself knows the formats that are always full range (yuvj420p, gray). */
    if (sws_getColorspaceDetails(sws, &unused_in, &source_range, &unused_out, &range, &brightness, &contrast,
                                 &saturation) < 0)
        return false;
    const int matrix = frame->colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : (int)frame->colorspace;
    const int full = source_range || frame->color_range == AVCOL_RANGE_JPEG;
    sws_setColorspaceDetails(sws, sws_getCoefficients(matrix), full, sws_getCoefficients(SWS_CS_DEFAULT), 1, brightness,
                             contrast, saturation);
    return true;
}

static bool fits(const struct picture_converter *converter, const AVFrame *frame, struct area part) {
    return converter->sws && converter->width == part.width && converter->height == part.height &&
           converter->format == frame->format && converter->colorspace == (int)frame->colorspace &&
           converter->range == (int)frame->color_range;
}

/* Of fewer rows swscale has cases of its own: where chroma has four, its ways to RGB do not agree. */
enum { ROWS_BY_PLANES = PICTURE_PART_ROWS };

/**
 * Whether swscale may write planes of red, green and blue, which we then put side by side: the same bits in a third of
 * the time, as the exact conversion to RGB24 has no vector code. Not so from palettes, packed RGB and chroma of a
 * quarter of the width, whose bits differ; gray was not measured.
 */
static bool goes_by_planes(const AVFrame *frame) {
#if defined __x86_64__
    const AVPixFmtDescriptor *kind = av_pix_fmt_desc_get(frame->format);
    return kind && frame->height >= ROWS_BY_PLANES && kind->nb_components >= 3 &&
           !(kind->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) && kind->log2_chroma_w <= 1 &&
           kind->log2_chroma_h <= 1;
#else
    (void)frame;
    return false; /* not measured */
#endif
}

static ptm_status prepare(struct picture_converter *converter, const AVFrame *frame, struct area part, const char *name,
                          ptm_error *err) {
    if (fits(converter, frame, part)) return PTM_OK;
    sws_freeContext(converter->sws);
    converter->sws = NULL;
    const enum AVPixelFormat format = frame->format;
    if (sws_isSupportedInput(format)) {
        converter->by_planes = goes_by_planes(frame);
        converter->sws =
            sws_getContext(part.width, part.height, format, part.width, part.height,
                           converter->by_planes ? AV_PIX_FMT_GBRP : AV_PIX_FMT_RGB24, SCALE_FLAGS, NULL, NULL, NULL);
    }
    if (!converter->sws || !set_colours(converter->sws, frame)) {
        const char *format_name = av_get_pix_fmt_name(format);
        return error_set(err, PTM_EFORMAT, "%s: a %dx%d picture of pixel format %s cannot be converted to RGB", name,
                         frame->width, frame->height, format_name ? format_name : "unknown");
    }
    converter->width = part.width;
    converter->height = part.height;
    converter->format = frame->format;
    converter->colorspace = frame->colorspace;
    converter->range = frame->color_range;
    return PTM_OK;
}

/** Room for rows of `row` bytes; *stride is the bytes from one to the next. */
static ptm_status reserve(uint8_t **buffer, size_t *capacity, size_t row, size_t rows, size_t *stride, ptm_error *err) {
    *stride = (row + ROW_SLACK + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
    size_t bytes;
    if (!mem_product(*stride, rows + 1, &bytes)) return error_no_memory(err);
    if (bytes <= *capacity) return PTM_OK;
    mem_free(*buffer);
    *capacity = 0;
    *buffer = mem_alloc(bytes, 1);
    if (!*buffer) return error_no_memory(err);
    *capacity = bytes;
    return PTM_OK;
}

static bool scale(const struct picture_converter *converter, const AVFrame *frame, struct area part,
                  uint8_t *const planes[4], const int strides[4]) {
    const uint8_t *from[4];
    picture_part_planes(from, frame, part);
    return sws_scale(converter->sws, from, frame->linesize, 0, part.height, planes, strides) == part.height;
}

static void join_row(uint8_t *restrict rgb, const uint8_t *restrict red, const uint8_t *restrict green,
                     const uint8_t *restrict blue, int width) {
    for (int x = 0; x < width; x++) {
        rgb[3 * (size_t)x] = red[x];
        rgb[3 * (size_t)x + 1] = green[x];
        rgb[3 * (size_t)x + 2] = blue[x];
    }
}

/** Writes the part into converter->stored, whose rows are `stride` apart; *converted: whether swscale could. */
static ptm_status convert(struct picture_converter *converter, const AVFrame *frame, struct area part, size_t stride,
                          bool *converted, ptm_error *err) {
    if (!converter->by_planes) {
        *converted = scale(converter, frame, part, (uint8_t *const[4]){converter->stored}, (const int[4]){(int)stride});
        return PTM_OK;
    }
    const size_t height = (size_t)part.height;
    size_t apart;
    TRY(reserve(&converter->planes, &converter->planes_bytes, (size_t)part.width, 3 * height, &apart, err));
    uint8_t *const green = converter->planes, *const blue = green + apart * height, *const red = blue + apart * height;
    *converted = scale(converter, frame, part, (uint8_t *const[4]){green, blue, red},
                       (const int[4]){(int)apart, (int)apart, (int)apart});
    for (size_t y = 0; *converted && y < height; y++)
        join_row(converter->stored + stride * y, red + apart * y, green + apart * y, blue + apart * y, part.width);
    return PTM_OK;
}

/** Of the stored frame: `area` of it, not turned. */
static ptm_status convert_area(struct picture_converter *converter, const AVFrame *frame, struct area area,
                               const char *name, struct media_picture *picture, ptm_error *err) {
    const struct area whole = area_whole(frame->width, frame->height);
    const struct area part = goes_by_planes(frame) ? picture_part(frame, area) : whole;
    size_t stride;
    TRY(prepare(converter, frame, part, name, err));
    TRY(reserve(&converter->stored, &converter->stored_bytes, 3 * (size_t)part.width, (size_t)part.height, &stride,
                err));
    bool converted;
    TRY(convert(converter, frame, part, stride, &converted, err));
    if (!converted)
        return error_set(err, PTM_EFORMAT, "%s: a %dx%d picture cannot be converted to RGB", name, frame->width,
                         frame->height);
    const struct area within = {area.left - part.left, area.top - part.top, area.width, area.height};
    *picture = (struct media_picture){area_in(within, converter->stored, (ptrdiff_t)stride), area.width, area.height,
                                      (ptrdiff_t)stride};
    return PTM_OK;
}

ptm_status picture_convert(struct picture_converter *converter, const AVFrame *frame, struct orientation orientation,
                           struct area area, const char *name, struct media_picture *picture, ptm_error *err) {
    const bool transpose = orientation.transpose;
    const int width = transpose ? frame->height : frame->width, height = transpose ? frame->width : frame->height;
    if (!area_lies_in(area, width, height))
        return error_set(err, PTM_EINVAL, "%s: %dx%d pixels at (%d, %d) are asked for of a picture of %dx%d", name,
                         area.width, area.height, area.left, area.top, width, height);
    const struct area stored = orientation_stored_area(orientation, area, width, height);
    TRY(convert_area(converter, frame, stored, name, picture, err));
    if (orientation_is_upright(orientation)) return PTM_OK;

    size_t stride;
    TRY(reserve(&converter->upright, &converter->upright_bytes, 3 * (size_t)area.width, (size_t)area.height, &stride,
                err));
    orientation_apply(converter->upright, (ptrdiff_t)stride, picture->rgb, picture->stride, stored.width, stored.height,
                      orientation);
    *picture = (struct media_picture){converter->upright, area.width, area.height, (ptrdiff_t)stride};
    return PTM_OK;
}

void picture_converter_close(struct picture_converter *converter) {
    sws_freeContext(converter->sws);
    mem_free(converter->planes);
    mem_free(converter->stored);
    mem_free(converter->upright);
    *converter = (struct picture_converter){0};
}
