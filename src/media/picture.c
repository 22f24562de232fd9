/* SPDX-License-Identifier: MIT */
#include "media/picture.h"

#include "base/memory.h"

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

static bool fits(const struct picture_converter *converter, const AVFrame *frame) {
    return converter->sws && converter->width == frame->width && converter->height == frame->height &&
           converter->format == frame->format && converter->colorspace == (int)frame->colorspace &&
           converter->range == (int)frame->color_range;
}

static ptm_status prepare(struct picture_converter *converter, const AVFrame *frame, const char *name, ptm_error *err) {
    if (fits(converter, frame)) return PTM_OK;
    sws_freeContext(converter->sws);
    converter->sws = NULL;
    const enum AVPixelFormat format = frame->format;
    if (sws_isSupportedInput(format))
        converter->sws = sws_getContext(frame->width, frame->height, format, frame->width, frame->height,
                                        AV_PIX_FMT_RGB24, SCALE_FLAGS, NULL, NULL, NULL);
    if (!converter->sws || !set_colours(converter->sws, frame)) {
        const char *format_name = av_get_pix_fmt_name(format);
        return error_set(err, PTM_EFORMAT, "%s: a %dx%d picture of pixel format %s cannot be converted to RGB", name,
                         frame->width, frame->height, format_name ? format_name : "unknown");
    }
    converter->width = frame->width;
    converter->height = frame->height;
    converter->format = frame->format;
    converter->colorspace = frame->colorspace;
    converter->range = frame->color_range;
    return PTM_OK;
}

/** Room for rows of `width` pixels; *stride is the bytes of one. */
static ptm_status reserve(uint8_t **buffer, size_t *capacity, int width, int height, size_t *stride, ptm_error *err) {
    *stride = ((size_t)width * 3 + ROW_SLACK + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
    size_t bytes;
    if (!mem_product(*stride, (size_t)height + 1, &bytes)) return error_no_memory(err);
    if (bytes <= *capacity) return PTM_OK;
    mem_free(*buffer);
    *capacity = 0;
    *buffer = mem_alloc(bytes, 1);
    if (!*buffer) return error_no_memory(err);
    *capacity = bytes;
    return PTM_OK;
}

ptm_status picture_convert(struct picture_converter *converter, const AVFrame *frame, struct orientation orientation,
                           const char *name, struct media_picture *picture, ptm_error *err) {
    const int width = frame->width, height = frame->height;
    size_t stride;
    TRY(prepare(converter, frame, name, err));
    TRY(reserve(&converter->stored, &converter->stored_bytes, width, height, &stride, err));
    uint8_t *const planes[4] = {converter->stored};
    const int strides[4] = {(int)stride};
    if (sws_scale(converter->sws, (const uint8_t *const *)frame->data, frame->linesize, 0, height, planes, strides) !=
        height)
        return error_set(err, PTM_EFORMAT, "%s: a %dx%d picture cannot be converted to RGB", name, width, height);
    *picture = (struct media_picture){converter->stored, width, height, (ptrdiff_t)stride};
    if (orientation_is_upright(orientation)) return PTM_OK;

    const int upright_width = orientation.transpose ? height : width;
    const int upright_height = orientation.transpose ? width : height;
    TRY(reserve(&converter->upright, &converter->upright_bytes, upright_width, upright_height, &stride, err));
    orientation_apply(converter->upright, (ptrdiff_t)stride, picture->rgb, picture->stride, width, height, orientation);
    *picture = (struct media_picture){converter->upright, upright_width, upright_height, (ptrdiff_t)stride};
    return PTM_OK;
}

void picture_converter_close(struct picture_converter *converter) {
    sws_freeContext(converter->sws);
    mem_free(converter->stored);
    mem_free(converter->upright);
    *converter = (struct picture_converter){0};
}
