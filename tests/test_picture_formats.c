/* SPDX-License-Identifier: MIT */
/* Every pixel format that swscale reads becomes the RGB that swscale itself writes with its most exact flags, to the
 * bit, whichever way picture.c goes, and so does any area of it: a release of FFmpeg whose ways differ fails here. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "check.h"
#include "media/picture.h"
#include "random.h"

#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

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

/** The area of the upright frame is what `expected`, the RGB of the whole, has there. */
static bool area_alike(struct picture_converter *converter, const AVFrame *frame, struct orientation orientation,
                       struct area area, const uint8_t *expected, ptrdiff_t stride) {
    struct media_picture got;
    CHECK_OK(picture_convert(converter, frame, orientation, area, "a frame", &got, err));
    CU_ASSERT(got.width == area.width && got.height == area.height);
    const uint8_t *from = area_in(area, expected, stride);
    bool alike = true;
    for (int y = 0; y < area.height && alike; y++)
        alike = memcmp(got.rgb + y * got.stride, from + y * stride, (size_t)area.width * 3) == 0;
    return alike;
}

static int random_below(int limit) {
    return (int)(random_bits(&state) >> 8) % limit;
}

static struct area random_area(int width, int height) {
    const int left = random_below(width), top = random_below(height);
    return (struct area){left, top, 1 + random_below(width - left), 1 + random_below(height - top)};
}

static bool converts_alike(struct picture_converter *converter, const AVFrame *frame) {
    const int width = frame->width, height = frame->height, stride = (width * 3 + 191) / 64 * 64;
    const struct orientation upright = {0};
    uint8_t *expected = convert_directly(frame, stride);
    bool alike = area_alike(converter, frame, upright, area_whole(width, height), expected, stride);
    for (int i = 0; i < 4 && alike; i++)
        alike = area_alike(converter, frame, upright, random_area(width, height), expected, stride);
    free(expected);
    return alike;
}

static void check_format(enum AVPixelFormat format, const char *name) {
    static const int sizes[][2] = {{1, 1},  {1, 33},  {100, 1},  {7, 5},   {64, 8},
                                   {2, 16}, {17, 18}, {321, 23}, {98, 70}, {131, 95}};
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

static void test_turned_areas(void) {
    enum { WIDTH = 130, HEIGHT = 74, STRIDE = 3 * WIDTH };
    AVFrame *frame = make_frame(AV_PIX_FMT_YUV420P, WIDTH, HEIGHT, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_MPEG);
    struct picture_converter converter = {0};
    uint8_t *expected = malloc((size_t)STRIDE * WIDTH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    for (int tag = 1; tag <= 8; tag++) {
        const struct orientation orientation = orientation_of_exif(tag);
        const int width = orientation.transpose ? HEIGHT : WIDTH, height = orientation.transpose ? WIDTH : HEIGHT;
        uint8_t *stored = convert_directly(frame, 448);
        orientation_apply(expected, STRIDE, stored, 448, WIDTH, HEIGHT, orientation);
        free(stored);
        for (int i = 0; i < 20; i++)
            CU_ASSERT(area_alike(&converter, frame, orientation, random_area(width, height), expected, STRIDE));
    }
    free(expected);
    picture_converter_close(&converter);
    av_frame_free(&frame);
}

static void test_areas_outside(void) {
    static const struct area areas[] = {{-1, 0, 5, 5},  {0, -1, 5, 5}, {28, 0, 5, 5}, {0, 16, 5, 5},
                                        {0, 0, 33, 20}, {0, 0, 0, 5},  {0, 0, 5, -1}, {INT_MAX, 0, INT_MAX, 5}};
    AVFrame *frame = make_frame(AV_PIX_FMT_YUV420P, 32, 20, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_MPEG);
    struct picture_converter converter = {0};
    for (size_t i = 0; i < CHECK_COUNT(areas); i++) {
        struct media_picture got;
        ptm_error error = {0};
        CU_ASSERT_EQUAL(picture_convert(&converter, frame, (struct orientation){0}, areas[i], "a frame", &got, &error),
                        PTM_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "of a picture of 32x20"));
    }
    picture_converter_close(&converter);
    av_frame_free(&frame);
}

/** `bytes` of memory behind which no byte may be read; free_guarded(). */
static uint8_t *guarded(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    uint8_t *memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_NOT_EQUAL_FATAL(memory, (uint8_t *)MAP_FAILED);
    CU_ASSERT_EQUAL_FATAL(mprotect(memory + room, page, PROT_NONE), 0);
    return memory + room - bytes;
}

static void free_guarded(uint8_t *memory, size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    munmap(memory + bytes - room, room + page);
}

/** The middle columns of a frame down to its last row, where nothing lies behind its planes. */
static void check_last_row(enum AVPixelFormat format) {
    enum { WIDTH = 1280, HEIGHT = 64 };
    AVFrame frame = {.format = format, .width = WIDTH, .height = HEIGHT, .colorspace = AVCOL_SPC_UNSPECIFIED};
    struct picture_converter converter = {0};
    struct media_picture picture;
    ptrdiff_t strides[4];
    size_t bytes[4];
    CU_ASSERT_FATAL(av_image_fill_linesizes(frame.linesize, format, WIDTH) >= 0);
    for (int i = 0; i < 4; i++) strides[i] = frame.linesize[i];
    CU_ASSERT_FATAL(av_image_fill_plane_sizes(bytes, format, HEIGHT, strides) >= 0);
    for (int i = 0; i < 4; i++)
        if (bytes[i] > 0) frame.data[i] = guarded(bytes[i]);
    CHECK_OK(picture_convert(&converter, &frame, (struct orientation){0}, (struct area){280, 0, 720, HEIGHT}, "a frame",
                             &picture, err));
    picture_converter_close(&converter);
    for (int i = 0; i < 4; i++)
        if (bytes[i] > 0) free_guarded(frame.data[i], bytes[i]);
}

/* Of the formats that are converted in part. */
static void test_last_row(void) {
    for (const AVPixFmtDescriptor *kind = NULL; (kind = av_pix_fmt_desc_next(kind));) {
        const bool whole = kind->nb_components < 3 || kind->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) ||
                           kind->log2_chroma_w > 1 || kind->log2_chroma_h > 1;
        if (!whole && sws_isSupportedInput(av_pix_fmt_desc_get_id(kind))) check_last_row(av_pix_fmt_desc_get_id(kind));
    }
}

int main(void) {
    const struct check_case cases[] = {{"every pixel format that swscale reads", test_every_format},
                                       {"nothing behind the last row is read", test_last_row},
                                       {"areas of turned pictures", test_turned_areas},
                                       {"areas that are not in the picture", test_areas_outside}};
    return check_main("picture formats", cases, CHECK_COUNT(cases));
}
