/* SPDX-License-Identifier: MIT */
/* Every pixel format that swscale reads becomes the RGB that swscale itself writes with its most exact flags, to the
 * bit, whichever way picture.c goes: a release of FFmpeg whose ways differ fails here. */
#include "check.h"
#include "media/picture.h"
#include "random.h"

#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

enum { FLAGS = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT };

static uint32_t state = 1;

/** Random bytes; samples of 9 to 15 bits keep to their range, as decoders do. */
static void fill(AVFrame *frame, const AVPixFmtDescriptor *format) {
    for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++)
        for (size_t k = 0; k < (size_t)frame->buf[i]->size; k++)
            frame->buf[i]->data[k] = (uint8_t)(random_bits(&state) >> 24);
    uint16_t row[512];
    const int bits = format->comp[0].depth;
    for (int c = 0; bits > 8 && bits < 16 && c < format->nb_components; c++) {
        const bool chroma = format->nb_components >= 3 && (c == 1 || c == 2);
        const int width = chroma ? AV_CEIL_RSHIFT(frame->width, format->log2_chroma_w) : frame->width;
        const int height = chroma ? AV_CEIL_RSHIFT(frame->height, format->log2_chroma_h) : frame->height;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) row[x] = (uint16_t)(random_bits(&state) >> (32 - bits));
            av_write_image_line(row, frame->data, frame->linesize, format, 0, y, c, width);
        }
    }
}

static AVFrame *make_frame(enum AVPixelFormat format, int width, int height, int matrix, int range) {
    AVFrame *frame = av_frame_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
    frame->format = format;
    frame->width = width;
    frame->height = height;
    frame->colorspace = matrix;
    frame->color_range = range;
    CU_ASSERT_EQUAL_FATAL(av_frame_get_buffer(frame, 0), 0);
    fill(frame, av_pix_fmt_desc_get(format));
    return frame;
}

/** swscale's own RGB24, with the frame's matrix and range; free(). */
static uint8_t *convert_directly(const AVFrame *frame, int stride) {
    const int width = frame->width, height = frame->height;
    struct SwsContext *sws =
        sws_getContext(width, height, frame->format, width, height, AV_PIX_FMT_RGB24, FLAGS, NULL, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sws);
    int *unused, source_range, range, brightness, contrast, saturation;
    sws_getColorspaceDetails(sws, &unused, &source_range, &unused, &range, &brightness, &contrast, &saturation);
    const bool given = frame->colorspace != AVCOL_SPC_UNSPECIFIED;
    sws_setColorspaceDetails(sws, sws_getCoefficients(given ? (int)frame->colorspace : SWS_CS_DEFAULT),
                             source_range || frame->color_range == AVCOL_RANGE_JPEG,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, brightness, contrast, saturation);
    uint8_t *rgb = aligned_alloc(64, (size_t)stride * (size_t)(height + 1));
    CU_ASSERT_PTR_NOT_NULL_FATAL(rgb);
    const int rows = sws_scale(sws, (const uint8_t *const *)frame->data, frame->linesize, 0, height,
                               (uint8_t *const[4]){rgb}, (const int[4]){stride});
    CU_ASSERT_EQUAL(rows, height);
    sws_freeContext(sws);
    return rgb;
}

static bool converts_alike(struct picture_converter *converter, const AVFrame *frame) {
    const int stride = (frame->width * 3 + 191) / 64 * 64;
    uint8_t *expected = convert_directly(frame, stride);
    struct media_picture got;
    CHECK_OK(picture_convert(converter, frame, (struct orientation){0}, "a frame", &got, err));
    CU_ASSERT(got.width == frame->width && got.height == frame->height);
    bool alike = true;
    for (int y = 0; y < frame->height && alike; y++)
        alike = memcmp(got.rgb + y * got.stride, expected + y * stride, (size_t)frame->width * 3) == 0;
    free(expected);
    return alike;
}

static void check_format(enum AVPixelFormat format, const char *name) {
    static const int sizes[][2] = {{1, 1}, {1, 33}, {100, 1}, {7, 5}, {64, 8}, {2, 16}, {17, 18}, {321, 23}};
    static const int matrices[] = {AVCOL_SPC_UNSPECIFIED, AVCOL_SPC_BT709, AVCOL_SPC_BT2020_NCL};
    static const int ranges[] = {AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG};
    struct picture_converter converter = {0}; /* one for all: its buffers grow and shrink */
    for (size_t i = 0; i < CHECK_COUNT(sizes) * CHECK_COUNT(matrices) * CHECK_COUNT(ranges); i++) {
        const int *size = sizes[i % CHECK_COUNT(sizes)];
        const int matrix = matrices[i / CHECK_COUNT(sizes) % CHECK_COUNT(matrices)];
        const int range = ranges[i / CHECK_COUNT(sizes) / CHECK_COUNT(matrices)];
        AVFrame *frame = make_frame(format, size[0], size[1], matrix, range);
        const bool alike = converts_alike(&converter, frame);
        if (!alike) printf("\n    %s, %dx%d, matrix %d, range %d\n", name, size[0], size[1], matrix, range);
        CU_ASSERT(alike);
        av_frame_free(&frame);
    }
    picture_converter_close(&converter);
}

static void test_every_format(void) {
    av_log_set_level(AV_LOG_QUIET);
    int formats = 0;
    for (const AVPixFmtDescriptor *kind = NULL; (kind = av_pix_fmt_desc_next(kind));) {
        const enum AVPixelFormat format = av_pix_fmt_desc_get_id(kind);
        /* Bayer patterns must be of even size, and go one way only. */
        if (!sws_isSupportedInput(format) || kind->flags & AV_PIX_FMT_FLAG_BAYER) continue;
        check_format(format, kind->name);
        formats++;
    }
    CU_ASSERT(formats > 150);
}

int main(void) {
    const struct check_case cases[] = {{"every pixel format that swscale reads", test_every_format}};
    return check_main("picture formats", cases, CHECK_COUNT(cases));
}
