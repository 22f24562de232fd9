/* SPDX-License-Identifier: MIT */
/* Pictures made ready, against Pillow and transformers to the last bit. */
#include "feature_inputs.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "features/pixels.h"
#include "features/resize.h"
#include "features/resize_kernels.h"
#include "golden/features/pictures.h"

#include <math.h>

static uint8_t *new_picture(uint32_t seed, int h, int w) {
    const size_t bytes = 3 * (size_t)h * (size_t)w;
    uint8_t *picture = must_alloc(bytes, 1);
    for (size_t i = 0; i < bytes; i++) {
        const uint8_t value = (uint8_t)(scramble(seed, i) >> 24);
        picture[i] = seed % 2 ? (value >= 128 ? 255 : 0) : value;
    }
    return picture;
}

/* ---------------------------------------------------------------- resize */

static struct resize_spec whole_picture(int in_h, int in_w, int out_h, int out_w, int resample) {
    return (struct resize_spec){in_h, in_w, out_h, out_w, 0, 0, out_h, out_w, (enum resample)resample};
}

static uint8_t *new_resized(const uint8_t *src, ptrdiff_t stride, struct resize_spec spec) {
    struct resizer *resizer;
    CHECK_OK(resizer_open(&resizer, &spec, err));
    uint8_t *dst = must_alloc(3 * (size_t)spec.crop_h, (size_t)spec.crop_w);
    resizer_run(resizer, dst, area_in(resizer_area(resizer), src, stride), stride);
    resizer_close(&resizer);
    CU_ASSERT_PTR_NULL(resizer);
    return dst;
}

static void test_resize_as_pillow(void) {
    int wrong = 0;
    for (size_t i = 0; i < CHECK_COUNT(resize_cases); i++) {
        const struct resize_case c = resize_cases[i];
        uint8_t *src = new_picture(c.seed, c.in_h, c.in_w);
        uint8_t *dst = new_resized(src, 3 * c.in_w, whole_picture(c.in_h, c.in_w, c.out_h, c.out_w, c.resample));
        if (crc32(dst, 3 * (size_t)c.out_h * (size_t)c.out_w) != c.crc) {
            printf("\n    %dx%d to %dx%d with filter %d differs", c.in_w, c.in_h, c.out_w, c.out_h, c.resample);
            wrong++;
        }
        free(src);
        free(dst);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_resize_window_is_part_of_whole(void) {
    static const int sizes[][4] = {
        {50, 70, 20, 31}, {20, 31, 50, 70}, {90, 20, 30, 18}, {40, 40, 40, 25}, {40, 40, 25, 40}};
    for (size_t s = 0; s < CHECK_COUNT(sizes); s++) {
        const int in_h = sizes[s][0], in_w = sizes[s][1], out_h = sizes[s][2], out_w = sizes[s][3];
        uint8_t *src = new_picture(7, in_h, in_w);
        for (int filter = 0; filter < 4; filter++) {
            uint8_t *whole = new_resized(src, 3 * in_w, whole_picture(in_h, in_w, out_h, out_w, filter));
            for (int top = 0; top < out_h; top += 6) {
                const int left = top * out_w / out_h, h = (out_h - top + 1) / 2, w = (out_w - left + 1) / 2;
                const struct resize_spec window = {in_h, in_w, out_h, out_w, top, left, h, w, (enum resample)filter};
                uint8_t *part = new_resized(src, 3 * in_w, window);
                for (int y = 0; y < h; y++)
                    CU_ASSERT_EQUAL(memcmp(part + 3 * y * w, whole + 3 * ((top + y) * out_w + left), 3 * (size_t)w), 0);
                free(part);
            }
            free(whole);
        }
        free(src);
    }
}

static void test_resize_identity_and_constant(void) {
    uint8_t *src = new_picture(3, 23, 19);
    uint8_t *flat = must_alloc(3 * 23 * 19, 1);
    memset(flat, 201, 3 * 23 * 19);
    for (int filter = 0; filter < 4; filter++) {
        uint8_t *same = new_resized(src, 3 * 19, whole_picture(23, 19, 23, 19, filter));
        CU_ASSERT_EQUAL(memcmp(same, src, 3 * 23 * 19), 0);
        uint8_t *scaled = new_resized(flat, 3 * 19, whole_picture(23, 19, 40, 11, filter));
        for (int i = 0; i < 3 * 40 * 11; i++) CU_ASSERT_EQUAL(scaled[i], 201);
        free(same);
        free(scaled);
    }
    free(src);
    free(flat);
}

/* Padded rows, and rows from the bottom up. */
static void test_resize_any_stride(void) {
    const int h = 30, w = 21, packed = 3 * w, padded = packed + 13;
    uint8_t *src = new_picture(4, h, w), *loose = must_alloc((size_t)(h * padded), 1);
    uint8_t *flipped = must_alloc((size_t)(h * packed), 1);
    memset(loose, 99, (size_t)(h * padded));
    for (int y = 0; y < h; y++) {
        memcpy(loose + y * padded, src + y * packed, (size_t)packed);
        memcpy(flipped + (h - 1 - y) * packed, src + y * packed, (size_t)packed);
    }
    for (int filter = 0; filter < 4; filter++) {
        uint8_t *a = new_resized(src, packed, whole_picture(h, w, 17, 29, filter));
        uint8_t *b = new_resized(loose, padded, whole_picture(h, w, 17, 29, filter));
        uint8_t *c = new_resized(flipped + (h - 1) * packed, -packed, whole_picture(h, w, 17, 29, filter));
        CU_ASSERT_EQUAL(memcmp(a, b, 3 * 17 * 29), 0);
        CU_ASSERT_EQUAL(memcmp(a, c, 3 * 17 * 29), 0);
        free(a);
        free(b);
        free(c);
    }
    free(src);
    free(loose);
    free(flipped);
}

static void test_resize_refuses(void) {
    static const struct {
        struct resize_spec spec;
        ptm_status status;
    } cases[] = {
        {{0, 5, 5, 5, 0, 0, 5, 5, RESAMPLE_BILINEAR}, PTM_ELIMIT},
        {{5, 65536, 5, 5, 0, 0, 5, 5, RESAMPLE_BILINEAR}, PTM_ELIMIT},
        {{5, 5, -1, 5, 0, 0, 5, 5, RESAMPLE_BILINEAR}, PTM_ELIMIT},
        {{5, 5, 5, 70000, 0, 0, 5, 5, RESAMPLE_BILINEAR}, PTM_ELIMIT},
        {{5, 5, 9, 9, -1, 0, 5, 5, RESAMPLE_BILINEAR}, PTM_EINVAL},
        {{5, 5, 9, 9, 5, 0, 5, 5, RESAMPLE_BILINEAR}, PTM_EINVAL},
        {{5, 5, 9, 9, 0, 2147483647, 5, 5, RESAMPLE_BILINEAR}, PTM_EINVAL},
        {{5, 5, 9, 9, 0, 0, 0, 5, RESAMPLE_BILINEAR}, PTM_EINVAL},
        {{5, 5, 9, 9, 0, 0, 5, 10, RESAMPLE_BILINEAR}, PTM_EINVAL},
        {{5, 5, 9, 9, 0, 0, 5, 5, (enum resample)4}, PTM_EMODEL},
        {{5, 5, 9, 9, 0, 0, 5, 5, (enum resample)(-1)}, PTM_EMODEL},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct resizer *resizer = (struct resizer *)&resizer;
        ptm_error error = {0};
        CU_ASSERT_EQUAL(resizer_open(&resizer, &cases[i].spec, &error), cases[i].status);
        CU_ASSERT_PTR_NULL(resizer);
        CU_ASSERT_NOT_EQUAL(error.message[0], '\0');
    }
}

#if defined(__x86_64__)
/* Taps of any shape: `longest` at most, weights that sum to about 1 with some below 0. */
static struct resize_taps new_taps(int in_size, int out_size, int longest, uint32_t seed) {
    struct resize_taps taps = {.in_size = in_size, .out_size = out_size};
    taps.stride = (longest + RESIZE_TAP_GROUP - 1) / RESIZE_TAP_GROUP * RESIZE_TAP_GROUP;
    taps.spans = must_alloc((size_t)out_size, sizeof *taps.spans);
    taps.weights = must_alloc((size_t)out_size * (size_t)taps.stride, sizeof *taps.weights);
    memset(taps.weights, 0, (size_t)out_size * (size_t)taps.stride * sizeof *taps.weights);
    for (int i = 0; i < out_size; i++) {
        const int most = longest < in_size ? longest : in_size,
                  length = 1 + (int)(scramble(seed, (size_t)i) % (unsigned)most);
        const int first = out_size > 1 ? (int)((int64_t)(in_size - length) * i / (out_size - 1)) : 0;
        taps.spans[i] = (struct resize_span){first, length};
        for (int t = 0; t < length; t++) {
            const int32_t noise = (int32_t)(scramble(seed + 1, (size_t)(i * longest + t)) % (1U << RESIZE_BITS));
            taps.weights[(size_t)i * (size_t)taps.stride + (size_t)t] = (noise * (t % 3 == 1 ? -1 : 2)) / length;
        }
    }
    return taps;
}

static void compare_passes(int in_size, int out_size, int longest, int others, uint32_t seed) {
    struct resize_taps taps = new_taps(in_size, out_size, longest, seed);
    const size_t bytes = 3 * (size_t)others * (size_t)out_size;
    uint8_t *src = new_picture(seed, others, in_size), *a = must_alloc(bytes, 1), *b = must_alloc(bytes, 1);
    resize_horizontal_c(a, 3 * out_size, src, 3 * in_size, others, &taps);
    resize_horizontal_avx2(b, 3 * out_size, src, 3 * in_size, others, &taps);
    CU_ASSERT_EQUAL(memcmp(a, b, bytes), 0);
    resize_vertical_c(a, src, 3 * others, 3 * others, &taps);
    resize_vertical_avx2(b, src, 3 * others, 3 * others, &taps);
    CU_ASSERT_EQUAL(memcmp(a, b, bytes), 0);
    free(src);
    free(a);
    free(b);
    free(taps.spans);
    free(taps.weights);
}

static double fastest_ms(bool avx2, const struct resize_taps *x, const struct resize_taps *y, const uint8_t *src,
                         uint8_t *between, uint8_t *dst) {
    double best = 1e9;
    for (int run = 0; run < 5; run++) {
        const double start = clock_ms();
        (avx2 ? resize_horizontal_avx2 : resize_horizontal_c)(between, 3 * x->out_size, src, 3 * x->in_size, y->in_size,
                                                              x);
        (avx2 ? resize_vertical_avx2 : resize_vertical_c)(dst, between, 3 * x->out_size, 3 * x->out_size, y);
        const double ms = clock_ms() - start;
        if (ms < best) best = ms;
    }
    return best;
}

static void time_passes(void) {
    struct resize_taps x = new_taps(1920, 224, 10, 1), y = new_taps(1080, 224, 10, 2);
    uint8_t *src = new_picture(1, 1080, 1920), *between = must_alloc(3 * 224, 1080), *dst = must_alloc(3 * 224, 224);
    const double scalar = fastest_ms(false, &x, &y, src, between, dst),
                 avx2 = fastest_ms(true, &x, &y, src, between, dst);
    printf("\n    1920x1080 to 224x224: scalar %.2f ms, avx2 %.2f ms ", scalar, avx2);
    free(src);
    free(between);
    free(dst);
    free(x.spans);
    free(x.weights);
    free(y.spans);
    free(y.weights);
}

static void test_resize_avx2_as_scalar(void) {
    if (cpu_detect() < CPU_AVX2) {
        printf("\n    skipped: this processor has no AVX2 ");
        return;
    }
    static const int lengths[] = {1, 2, 3, 4, 5, 7, 8, 9, 31, 260, 700};
    for (size_t i = 0; i < CHECK_COUNT(lengths); i++)
        for (int others = 1; others < 24; others++) {
            compare_passes(lengths[i] + 9, 21, lengths[i], others, (uint32_t)(31 * others) + (uint32_t)i);
            compare_passes(others, 5, lengths[i], 11, (uint32_t)others);
        }
    time_passes();
}
#endif

/* ---------------------------------------------------------------- pixels */

static struct pixels_spec video_spec(void) {
    return (struct pixels_spec){.do_resize = true,
                                .shortest_edge = 32,
                                .resample = RESAMPLE_BILINEAR,
                                .do_center_crop = true,
                                .crop_h = 32,
                                .crop_w = 32,
                                .do_rescale = true,
                                .rescale_factor = 1.0 / 255.0,
                                .do_normalize = true,
                                .mean = {0.485F, 0.456F, 0.406F},
                                .std = {0.229F, 0.224F, 0.225F},
                                .height = 32,
                                .width = 32};
}

/* Of a picture (h, w, 3); nothing but its area is given. */
static void run_pixels(struct pixels *pixels, float *out, size_t plane, const uint8_t *picture, int h, int w) {
    struct area area;
    CHECK_OK(pixels_set_size(pixels, h, w, &area, err));
    CU_ASSERT_FATAL(area_lies_in(area, w, h));
    const size_t row = 3 * (size_t)area.width;
    uint8_t *seen = must_alloc((size_t)area.height, row);
    const uint8_t *from = area_in(area, picture, 3 * w);
    for (int y = 0; y < area.height; y++) memcpy(seen + (size_t)y * row, from + 3 * (ptrdiff_t)w * y, row);
    pixels_run(pixels, out, plane, seen, (ptrdiff_t)row);
    free(seen);
}

static float *new_pixels(struct pixels *pixels, const struct pixels_spec *spec, uint32_t seed, int h, int w) {
    const size_t plane = (size_t)spec->height * (size_t)spec->width;
    float *out = must_alloc(3 * plane, sizeof *out);
    memset(out, 0xff, 3 * plane * sizeof *out);
    uint8_t *picture = new_picture(seed, h, w);
    run_pixels(pixels, out, plane, picture, h, w);
    free(picture);
    return out;
}

static void test_pixels_as_transformers(void) {
    for (size_t i = 0; i < CHECK_COUNT(pixels_cases); i++) {
        const struct pixels_case *c = &pixels_cases[i];
        struct pixels *pixels;
        CHECK_OK(pixels_open(&pixels, &c->spec, err));
        float *out = new_pixels(pixels, &c->spec, c->seed, c->h, c->w);
        const uint32_t crc = crc32(out, 3 * (size_t)c->spec.height * (size_t)c->spec.width * sizeof *out);
        if (crc != c->crc) printf("\n    case %zu (%dx%d) differs", i, c->w, c->h);
        CU_ASSERT_EQUAL(crc, c->crc);
        free(out);
        pixels_close(&pixels);
        CU_ASSERT_PTR_NULL(pixels);
    }
}

/* One object and pictures of changing size, against a fresh object for each. */
static void test_pixels_size_may_change(void) {
    static const int sizes[][2] = {{40, 60}, {40, 60}, {90, 33}, {20, 20}, {40, 60}, {32, 32}};
    const struct pixels_spec spec = video_spec();
    struct pixels *kept;
    CHECK_OK(pixels_open(&kept, &spec, err));
    for (size_t i = 0; i < CHECK_COUNT(sizes); i++) {
        struct pixels *fresh;
        CHECK_OK(pixels_open(&fresh, &spec, err));
        float *a = new_pixels(kept, &spec, (uint32_t)i, sizes[i][0], sizes[i][1]);
        float *b = new_pixels(fresh, &spec, (uint32_t)i, sizes[i][0], sizes[i][1]);
        CU_ASSERT_EQUAL(memcmp(a, b, 3 * 32 * 32 * sizeof *a), 0);
        free(a);
        free(b);
        pixels_close(&fresh);
    }
    pixels_close(&kept);
}

/* Planes that lie apart, as the frames of a clip do; what is between them stays as it was. */
static void test_pixels_planes_apart(void) {
    const struct pixels_spec spec = video_spec();
    struct pixels *pixels;
    CHECK_OK(pixels_open(&pixels, &spec, err));
    float *close = new_pixels(pixels, &spec, 5, 50, 44);
    float apart[3 * 1500];
    for (size_t i = 0; i < CHECK_COUNT(apart); i++) apart[i] = -77.0F;
    uint8_t *picture = new_picture(5, 50, 44);
    run_pixels(pixels, apart, 1500, picture, 50, 44);
    for (int c = 0; c < 3; c++) {
        CU_ASSERT_EQUAL(memcmp(apart + 1500 * c, close + 1024 * c, 1024 * sizeof *close), 0);
        for (int i = 1024; i < 1500; i++) CU_ASSERT_EQUAL(apart[1500 * c + i], -77.0F);
    }
    free(picture);
    free(close);
    pixels_close(&pixels);
}

static void check_refused(const struct pixels_spec *spec) {
    struct pixels *pixels = (struct pixels *)&pixels;
    ptm_error error = {0};
    CU_ASSERT_EQUAL(pixels_open(&pixels, spec, &error), PTM_EMODEL);
    CU_ASSERT_PTR_NULL(pixels);
    CU_ASSERT_NOT_EQUAL(error.message[0], '\0');
}

#define CHECK_PIXELS_REFUSED(change)             \
    do {                                         \
        struct pixels_spec spec_ = video_spec(); \
        spec_.change;                            \
        check_refused(&spec_);                   \
    } while (0)

static void test_pixels_refuses_spec(void) {
    CHECK_PIXELS_REFUSED(height = 0);
    CHECK_PIXELS_REFUSED(width = 65536);
    CHECK_PIXELS_REFUSED(crop_h = 31);
    CHECK_PIXELS_REFUSED(crop_w = 33);
    CHECK_PIXELS_REFUSED(shortest_edge = 65536);
    CHECK_PIXELS_REFUSED(shortest_edge = 0); /* and no size to scale to */
    CHECK_PIXELS_REFUSED(rescale_factor = (double)NAN);
    CHECK_PIXELS_REFUSED(rescale_factor = 1e300);
    CHECK_PIXELS_REFUSED(mean[1] = INFINITY);
    CHECK_PIXELS_REFUSED(std[2] = 0.0F);
    CHECK_PIXELS_REFUSED(std[0] = 1e-45F);
    struct pixels_spec spec = video_spec();
    spec.offset = true;
    spec.do_rescale = false;
    check_refused(&spec);
    spec = video_spec();
    spec.do_center_crop = false;
    spec.shortest_edge = 40;
    check_refused(&spec);
    spec.shortest_edge = 0;
    spec.resize_h = 32;
    spec.resize_w = 31;
    check_refused(&spec);
}

/* timm's ResizeKeepRatio for a network of 32 x 48 and 90 %: 35 x 53 fit in what a picture becomes. */
static void test_pixels_keep_ratio(void) {
    static const int cases[][4] = {{45, 60, 40, 53}, {60, 45, 71, 53}, {35, 53, 35, 53}, {10, 200, 35, 700}};
    struct pixels_spec spec = video_spec();
    spec.shortest_edge = 0;
    spec.keep_ratio = true;
    spec.height = spec.crop_h = 32;
    spec.width = spec.crop_w = 48;
    spec.resize_h = 35;
    spec.resize_w = 53;
    struct pixels_axis y, x;
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        CHECK_OK(pixels_place(&spec, cases[i][0], cases[i][1], &y, &x, err));
        CU_ASSERT(y.scaled == cases[i][2] && x.scaled == cases[i][3]);
        CU_ASSERT(y.length == 32 && x.length == 48);
    }
    CU_ASSERT_EQUAL(pixels_place(&spec, 1, 65535, &y, &x, NULL), PTM_ELIMIT);
}

/* What transformers' get_size_with_aspect_ratio() gives: (h, w), shortest and longest edge, (scaled h, scaled w). */
static void test_pixels_longest_edge(void) {
    static const int cases[][6] = {
        {60, 200, 32, 48, 14, 48},      {200, 60, 32, 48, 48, 14},      {60, 200, 32, 333, 32, 106},
        {200, 200, 32, 30, 30, 30},     {64, 64, 33, 32, 32, 32},       {101, 333, 32, 48, 15, 48},
        {333, 101, 224, 300, 300, 91},  {32, 333, 64, 400, 38, 400},    {31, 61, 31, 60, 30, 60},
        {480, 640, 256, 340, 255, 340}, {640, 480, 256, 341, 341, 256}, {17, 1000, 256, 300, 5, 300},
    };
    struct pixels_spec spec = video_spec();
    struct pixels_axis y, x;
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        spec.shortest_edge = cases[i][2];
        spec.longest_edge = cases[i][3];
        CHECK_OK(pixels_place(&spec, cases[i][0], cases[i][1], &y, &x, err));
        CU_ASSERT(y.scaled == cases[i][4] && x.scaled == cases[i][5]);
    }
    spec.longest_edge = 20; /* of which no row is left */
    CU_ASSERT_EQUAL(pixels_place(&spec, 1, 100, &y, &x, NULL), PTM_ELIMIT);
}

static void test_pixels_refuses_picture(void) {
    struct pixels_spec spec = video_spec();
    spec.do_center_crop = false;
    struct pixels *pixels;
    CHECK_OK(pixels_open(&pixels, &spec, err));
    float out[3 * 32 * 32];
    struct area area;
    uint8_t *picture = new_picture(2, 64, 66);
    static const struct {
        int h, w;
        ptm_status status;
    } cases[] = {{64, 66, PTM_EMODEL}, {0, 66, PTM_ELIMIT}, {64, 65536, PTM_ELIMIT}, {3, 65535, PTM_ELIMIT}};
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        ptm_error error = {0};
        CU_ASSERT_EQUAL(pixels_set_size(pixels, cases[i].h, cases[i].w, &area, &error), cases[i].status);
        CU_ASSERT_NOT_EQUAL(error.message[0], '\0');
    }
    run_pixels(pixels, out, 1024, picture, 64, 64); /* square, and a refusal leaves no harm */
    CU_ASSERT(isfinite(out[0]) && isfinite(out[3 * 1024 - 1]));
    pixels_close(&pixels);

    spec = video_spec();
    spec.resample = (enum resample)5;
    CHECK_OK(pixels_open(&pixels, &spec, err));
    ptm_error error = {0};
    CU_ASSERT_EQUAL(pixels_set_size(pixels, 64, 66, &area, &error), PTM_EMODEL);
    pixels_close(&pixels);
    free(picture);
}

int main(void) {
    static const struct check_case cases[] = {
        {"resize: as Pillow", test_resize_as_pillow},
        {"resize: a window is part of the whole", test_resize_window_is_part_of_whole},
        {"resize: same size, constant picture", test_resize_identity_and_constant},
        {"resize: any stride", test_resize_any_stride},
        {"resize: refuses", test_resize_refuses},
#if defined(__x86_64__)
        {"resize: AVX2 as scalar", test_resize_avx2_as_scalar},
#endif
        {"pixels: as transformers", test_pixels_as_transformers},
        {"pixels: the size may change", test_pixels_size_may_change},
        {"pixels: planes apart", test_pixels_planes_apart},
        {"pixels: refuses a specification", test_pixels_refuses_spec},
        {"pixels that keep their ratio", test_pixels_keep_ratio},
        {"pixels with a longest edge", test_pixels_longest_edge},
        {"pixels: refuses a picture", test_pixels_refuses_picture},
    };
    return check_main("pictures", cases, CHECK_COUNT(cases));
}
