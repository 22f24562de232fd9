/* SPDX-License-Identifier: MIT */
/* Media: sound, pictures and their times, of inputs written here byte by byte. */
#include "base/memory.h"
#include "base/worst.h"
#include "media/orientation.h"
#include "media/packets.h"
#include "media/track_clock.h"
#include "media_reading.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

/* ---------------------------------------------------------------- sound */

static void test_wav_is_exact(void) {
    int16_t samples[20000];
    for (int i = 0; i < 20000; i++) samples[i] = (int16_t)(i * 37 - 32768);
    struct bytes wav = make_wav(samples, 20000, 1, 16000, 40000);
    const struct media_options options = options_default();
    struct outcome got = read_memory(wav.data, wav.count, &options);
    CU_ASSERT_EQUAL(got.status, PTM_OK);
    CU_ASSERT(got.info.has_audio && !got.info.has_video && got.ordered && got.info.seekable);
    CU_ASSERT_STRING_EQUAL(got.no_video, "no video stream");
    CU_ASSERT_EQUAL(got.info.source_sample_rate, 16000);
    CU_ASSERT_EQUAL(got.info.source_channels, 1);
    CU_ASSERT_EQUAL_FATAL(got.samples, 20000);
    int different = 0;
    for (int i = 0; i < 20000; i++) different += got.sound[i] != (float)samples[i] / 32768.0f;
    CU_ASSERT_EQUAL(different, 0);
    forget(&got);

    struct outcome piped = read_pipe(wav.data, wav.count, &options);
    CU_ASSERT_EQUAL(piped.samples, 20000);
    CU_ASSERT(!piped.info.seekable);
    forget(&piped);
    free(wav.data);
}

/** FFmpeg's downmix to mono float; channels that have no names weigh alike. */
static void test_channels_become_one(void) {
    static const struct {
        int channels;
        double weights[6]; /* of each channel; {0}: 1 / channels */
    } cases[] = {{1, {1}},
                 {2, {0.70710678, 0.70710678}},
                 {6, {0.70710678, 0.70710678, 1, 0, 0.5, 0.5}}, /* L R C LFE, and two behind */
                 {11, {0}}};
    const struct media_options options = options_default();
    for (size_t k = 0; k < CHECK_COUNT(cases); k++) {
        const int channels = cases[k].channels;
        const bool alike = cases[k].weights[0] == 0;
        int16_t samples[11 * 500];
        for (int i = 0; i < 500 * channels; i++) samples[i] = (int16_t)((i * 7919) % 9000 - 4500);
        struct bytes wav = make_wav(samples, 500, channels, 16000, (uint32_t)(1000 * channels));
        struct outcome got = read_memory(wav.data, wav.count, &options);
        CU_ASSERT_EQUAL_FATAL(got.samples, 500);
        double worst = 0;
        for (int i = 0; i < 500; i++) {
            double mixed = 0;
            for (int c = 0; c < channels; c++)
                mixed += samples[i * channels + c] / 32768.0 * (alike ? 1.0 / channels : cases[k].weights[c]);
            worst = worst_of(worst, fabs(mixed - got.sound[i]));
        }
        CU_ASSERT(worst < 1e-4);
        forget(&got);
        free(wav.data);
    }
}

/** Largest distance of the middle of `count` samples from the sine of make_sine(). */
static double distance_from_sine(const float *samples, int64_t count, int rate) {
    double worst = 0;
    for (int64_t i = count / 4; i < count * 3 / 4; i++)
        worst = worst_of(worst, fabs(samples[i] - 0.5 * sin(2 * PI * 440 * (double)i / rate)));
    return worst;
}

static void test_rates(void) {
    const int rates[] = {8000, 11025, 22050, 44100, 48000, 96000};
    int16_t *samples = malloc(96000 * sizeof *samples);
    for (size_t k = 0; k < CHECK_COUNT(rates); k++) {
        make_sine(samples, rates[k]);
        struct bytes wav = make_wav(samples, rates[k], 1, rates[k], (uint32_t)rates[k] * 2);
        const struct media_options options = options_default();
        struct outcome got = read_memory(wav.data, wav.count, &options);
        CU_ASSERT(llabs(got.samples - 16000) <= 1);
        CU_ASSERT(got.ordered && fabs(got.stats.audio_end - 1) < 1e-4);
        CU_ASSERT(distance_from_sine(got.sound, got.samples, 16000) < 1e-3);
        forget(&got);
        free(wav.data);
    }
    free(samples);
}

static void test_wav_that_lies(void) {
    int16_t samples[1000] = {1, 2, 3};
    const struct media_options options = options_default();
    struct bytes longer = make_wav(samples, 1000, 1, 16000, 2000000);
    struct outcome got = read_memory(longer.data, longer.count, &options);
    CU_ASSERT_EQUAL(got.status, PTM_OK);
    CU_ASSERT_EQUAL(got.samples, 1000);
    forget(&got);
    free(longer.data);
    struct bytes none = make_wav(samples, 0, 1, 16000, 0);
    got = read_memory(none.data, none.count, &options);
    CU_ASSERT_EQUAL(got.status, PTM_OK);
    CU_ASSERT_EQUAL(got.samples, 0);
    CU_ASSERT(got.info.has_audio);
    forget(&got);
    free(none.data);
}

/** Samples of a sine in pieces, and what is left in the end, at 16 kHz into `out`; returns how many there are. */
static size_t resampled(float *out, const float *samples, size_t count, int from) {
    struct media_resampler *resampler;
    size_t got, piece, done = 0, produced = 0;
    CHECK_OK(media_resampler_open(&resampler, from, 16000, err));
    do {
        piece = count - done < 777 ? count - done : 777;
        const float *part;
        double held;
        CHECK_OK(media_resampler_push(resampler, piece ? samples + done : NULL, piece, &part, &got, &held, err));
        memcpy(out + produced, part, got * sizeof *out);
        produced += got;
        done += piece;
    } while (piece > 0 || got > 0);
    media_resampler_close(&resampler);
    return produced;
}

static void test_resample(void) {
    static float samples[8000], out[16000];
    int16_t pcm[8000];
    make_sine(pcm, 8000);
    for (int i = 0; i < 8000; i++) samples[i] = (float)pcm[i] / 32768;
    CU_ASSERT_EQUAL(resampled(out, samples, 3608, 8000), 7216);
    CU_ASSERT(distance_from_sine(out, 7216, 16000) < 1e-3);
    const size_t count = resampled(out, samples, 8000, 44100);
    CU_ASSERT(count == 2902 || count == 2903); /* 8000 * 160 / 441 = 2902.5 */
    CU_ASSERT_EQUAL(resampled(out, samples, 50, 8000), 100);
    struct media_resampler *resampler;
    ptm_error error = {0};
    CU_ASSERT_EQUAL(media_resampler_open(&resampler, 0, 16000, &error), PTM_EINVAL);
    CU_ASSERT_PTR_NULL(resampler);
}

/* ---------------------------------------------------------------- pictures */

static void test_y4m(void) {
    struct bytes y4m = make_y4m();
    const struct media_options options = options_default();
    struct outcome got = read_memory(y4m.data, y4m.count, &options);
    CU_ASSERT_EQUAL(got.status, PTM_OK);
    CU_ASSERT_EQUAL(got.frames, Y4M_FRAMES);
    CU_ASSERT_EQUAL(got.counted, Y4M_FRAMES);
    CU_ASSERT(got.ordered && got.info.has_video && !got.info.has_audio && !got.stats.frame_rate_clock);
    CU_ASSERT_STRING_EQUAL(got.no_audio, "no audio stream");
    CU_ASSERT_DOUBLE_EQUAL(got.info.frame_rate, Y4M_FPS, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(got.last_frame, 2.9, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(got.last_end, 3, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(got.stats.video_end, 3, 1e-9);
    CU_ASSERT(got.width == Y4M_WIDTH && got.height == Y4M_HEIGHT && got.info.rotation == 0);
    CU_ASSERT_DOUBLE_EQUAL(got.mean[0], 0, 0.01); /* luma 16 is black in the limited range */

    struct outcome piped = read_pipe(y4m.data, y4m.count, &options);
    CU_ASSERT(piped.frames == Y4M_FRAMES && piped.hash == got.hash && piped.counted == 0);

    for (size_t cut = y4m.count - 1; cut > 100; cut = cut * 3 / 4) { /* the end of the data is the end */
        struct outcome part = read_memory(y4m.data, cut, &options);
        CU_ASSERT(part.status == PTM_OK || part.status == PTM_EFORMAT);
        CU_ASSERT(part.ordered || part.status == PTM_EFORMAT);
        CU_ASSERT(part.frames >= (int64_t)(cut * Y4M_FRAMES / y4m.count) - 1 && part.frames < Y4M_FRAMES);
    }
    free(y4m.data);
}

static void test_colours(void) {
    /* One picture of each: limited-range BT.601 of pure red, green, blue and white. */
    static const uint8_t yuv[4][3] = {{81, 90, 240}, {145, 54, 34}, {41, 240, 110}, {235, 128, 128}};
    static const double rgb[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};
    const struct media_options options = options_default();
    for (int k = 0; k < 4; k++) {
        struct bytes y4m = {0};
        const char header[] = "YUV4MPEG2 W16 H16 F10:1 Ip A1:1 C444\nFRAME\n";
        append(&y4m, header, sizeof header - 1);
        for (int p = 0; p < 3; p++)
            for (int i = 0; i < 256; i++) append(&y4m, &yuv[k][p], 1);
        const struct outcome got = read_memory(y4m.data, y4m.count, &options);
        CU_ASSERT_EQUAL(got.frames, 1);
        for (int c = 0; c < 3; c++) CU_ASSERT_DOUBLE_EQUAL(got.mean[c], rgb[k][c], 3);
        free(y4m.data);
    }
}

/** Pictures of RGB values that follow from the place, as PPM. */
static void append_ppm(struct bytes *ppm, int width, int height) {
    char header[64];
    append(ppm, header, (size_t)snprintf(header, sizeof header, "P6\n%d %d\n255\n", width, height));
    for (int i = 0; i < 3 * width * height; i++) append(ppm, &(uint8_t){(uint8_t)(i * 5)}, 1);
}

static void test_still_picture_is_exact(void) {
    struct bytes ppm = {0};
    append_ppm(&ppm, 7, 5);
    const struct media_options options = options_default();
    struct media *media;
    struct media_item item;
    struct media_picture picture;
    CHECK_OK(media_open_memory(&media, ppm.data, ppm.count, "memory", &options, err));
    CHECK_OK(media_next(media, &item, err));
    CU_ASSERT_EQUAL_FATAL(item.kind, MEDIA_FRAME);
    CHECK_OK(media_frame_rgb(media, &picture, err));
    CU_ASSERT(picture.width == 7 && picture.height == 5);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 21; x++) CU_ASSERT_EQUAL(picture.rgb[y * picture.stride + x], (uint8_t)((y * 21 + x) * 5));
    CHECK_OK(media_frame_area(media, (struct area){.left = 3, .top = 2, .width = 2, .height = 3}, &picture, err));
    CU_ASSERT(picture.width == 2 && picture.height == 3);
    CU_ASSERT_EQUAL(picture.rgb[picture.stride], (uint8_t)((3 * 21 + 3 * 3) * 5));
    CHECK_OK(media_next(media, &item, err));
    CU_ASSERT_EQUAL(item.kind, MEDIA_END);
    ptm_error error = {0};
    CU_ASSERT_EQUAL(media_frame_rgb(media, &picture, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(media_frame_area(media, area_whole(1, 1), &picture, &error), PTM_EINVAL);
    CHECK_OK(media_next(media, &item, err)); /* the end stays the end */
    CU_ASSERT_EQUAL(item.kind, MEDIA_END);
    media_close(&media);
    free(ppm.data);
}

static void test_size_changes(void) {
    static const int sizes[][2] = {{8, 6}, {30, 20}, {5, 40}, {8, 6}};
    struct bytes ppm = {0};
    for (size_t i = 0; i < CHECK_COUNT(sizes); i++) append_ppm(&ppm, sizes[i][0], sizes[i][1]);
    const struct media_options options = options_default();
    struct media *media;
    struct media_item item;
    CHECK_OK(media_open_memory(&media, ppm.data, ppm.count, "memory", &options, err));
    for (size_t i = 0; i < CHECK_COUNT(sizes); i++) {
        struct media_picture picture;
        CHECK_OK(media_next(media, &item, err));
        CU_ASSERT_EQUAL_FATAL(item.kind, MEDIA_FRAME);
        CHECK_OK(media_frame_rgb(media, &picture, err));
        CU_ASSERT(picture.width == sizes[i][0] && picture.height == sizes[i][1]);
        CU_ASSERT_EQUAL(picture.rgb[picture.stride + 1], (uint8_t)((3 * sizes[i][0] + 1) * 5));
    }
    media_close(&media);
    free(ppm.data);
}

/** EXIF's eight orientations, by where the corners a b / c d of a 2 x 2 picture end. */
static void test_exif(void) {
    static const char *const expected[] = {"abcd", "badc", "dcba", "cdab", "acbd", "cadb", "dbca", "bdac"};
    uint8_t stored[2][6], upright[2][6];
    for (int i = 0; i < 4; i++) memset(&stored[i / 2][3 * (i & 1)], "abcd"[i], 3);
    for (int tag = 1; tag <= 8; tag++) {
        orientation_apply(upright[0], 6, stored[0], 6, 2, 2, orientation_of_exif(tag));
        for (int i = 0; i < 4; i++) CU_ASSERT_EQUAL(upright[i / 2][3 * (i & 1)], (uint8_t)expected[tag - 1][i]);
    }
    CU_ASSERT(orientation_is_upright(orientation_of_exif(0)) && orientation_is_upright(orientation_of_exif(9)));
}

/** A lossless WebP of 60 x 40 in four colours, red green / blue yellow, whose EXIF says: turn a quarter clockwise. */
static const uint8_t turned_webp[] = {
    0x52, 0x49, 0x46, 0x46, 0x74, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38, 0x58, 0x0a, 0x00,
    0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x3b, 0x00, 0x00, 0x27, 0x00, 0x00, 0x56, 0x50, 0x38, 0x4c, 0x33, 0x00,
    0x00, 0x00, 0x2f, 0x3b, 0xc0, 0x09, 0x00, 0x1f, 0x20, 0x10, 0x48, 0xda, 0x1f, 0x7a, 0x8d, 0xf9, 0x17, 0x10,
    0x14, 0xf9, 0x3f, 0xda, 0xfc, 0x07, 0x5f, 0x24, 0x40, 0x4d, 0x23, 0x29, 0x10, 0x26, 0xa9, 0xb1, 0x46, 0x8d,
    0xc9, 0x77, 0x05, 0x5c, 0x19, 0xd1, 0xff, 0x09, 0x68, 0x0e, 0x67, 0x71, 0x18, 0x67, 0xb1, 0x38, 0x00, 0x00,
    0x45, 0x58, 0x49, 0x46, 0x1a, 0x00, 0x00, 0x00, 0x4d, 0x4d, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x08, 0x00, 0x01,
    0x01, 0x12, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static void test_turned_still(void) {
    static const uint8_t expected[2][2][3] = {{{0, 0, 255}, {255, 0, 0}}, {{255, 255, 0}, {0, 255, 0}}};
    const struct media_options options = {
        .want_video = true, .max_pixels = 1 << 20, .max_frames = 10, .max_seconds = 10};
    struct media *media;
    struct media_item item;
    struct media_picture picture;
    CHECK_OK(media_open_memory(&media, turned_webp, sizeof turned_webp, "memory", &options, err));
    CU_ASSERT(media_get_info(media)->is_still);
    CHECK_OK(media_next(media, &item, err));
    CU_ASSERT_EQUAL_FATAL(item.kind, MEDIA_FRAME);
    CHECK_OK(media_frame_rgb(media, &picture, err));
    CU_ASSERT(picture.width == 40 && picture.height == 60);
    CU_ASSERT_EQUAL(media_get_stats(media)->rotation, 90);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            const uint8_t *pixel = picture.rgb + (15 + 30 * y) * picture.stride + 3 * (10 + 20 * x);
            for (int c = 0; c < 3; c++) CU_ASSERT(abs(pixel[c] - expected[y][x][c]) <= 1);
        }
    CHECK_OK(media_next(media, &item, err));
    CU_ASSERT_EQUAL(item.kind, MEDIA_END);
    media_close(&media);
}

static void test_orientation(void) {
    /* The stored picture is 2 wide and 3 high:  0 1 / 2 3 / 4 5. */
    static const struct {
        int a, b, c, d, degrees;
        int upright[6];
    } cases[] = {
        {1, 0, 0, 1, 0, {0, 1, 2, 3, 4, 5}},     {0, 1, -1, 0, 90, {4, 2, 0, 5, 3, 1}},
        {-1, 0, 0, -1, 180, {5, 4, 3, 2, 1, 0}}, {0, -1, 1, 0, 270, {1, 3, 5, 0, 2, 4}},
        {-1, 0, 0, 1, 0, {1, 0, 3, 2, 5, 4}},    {1, 0, 0, -1, 180, {4, 5, 2, 3, 0, 1}},
        {0, 1, 1, 0, 90, {0, 2, 4, 1, 3, 5}},    {0, -1, -1, 0, 270, {5, 3, 1, 4, 2, 0}},
    };
    uint8_t stored[3 * 8], upright[3 * 9];
    for (int i = 0; i < 6; i++) memset(stored + i / 2 * 8 + i % 2 * 3, i, 3); /* rows of 8 bytes */
    for (size_t k = 0; k < CHECK_COUNT(cases); k++) {
        const int32_t one = 65536;
        const int32_t matrix[9] = {cases[k].a * one, cases[k].b * one, 0, cases[k].c * one, cases[k].d * one, 0, 0, 0,
                                   1 << 30};
        const struct orientation orientation = orientation_of_matrix(matrix);
        const int width = orientation.transpose ? 3 : 2;
        CU_ASSERT_EQUAL(orientation_degrees(orientation), cases[k].degrees);
        CU_ASSERT_EQUAL(orientation_is_upright(orientation), k == 0);
        orientation_apply(upright, 9, stored, 8, 2, 3, orientation);
        for (int i = 0; i < 6; i++)
            for (int c = 0; c < 3; c++)
                CU_ASSERT_EQUAL(upright[i / width * 9 + i % width * 3 + c], cases[k].upright[i]);
    }
    CU_ASSERT(orientation_is_upright(orientation_of_matrix(NULL)));
    CU_ASSERT(orientation_is_upright(orientation_of_matrix((const int32_t[9]){0})));
    const int32_t extreme[9] = {INT32_MIN, INT32_MIN, 0, INT32_MIN, INT32_MAX, 0, 0, 0, 0};
    CU_ASSERT_EQUAL(orientation_degrees(orientation_of_matrix(extreme)), 270);
}

/* ---------------------------------------------------------------- time */

static void check_frame_times(struct frame_clock clock, const double *stamps, const double *times, int count) {
    for (int i = 0; i < count; i++) CU_ASSERT_DOUBLE_EQUAL(frame_clock_next(&clock, stamps[i]), times[i], 1e-9);
}

static void test_frame_clock(void) {
    const struct frame_clock clock = {.period = 0.1};
    check_frame_times(clock, (double[]){0, 0.05, 3, 3.1}, (double[]){0, 0.05, 3, 3.1}, 4); /* variable rate */
    check_frame_times(clock, (double[]){NAN, NAN, NAN}, (double[]){0, 0.1, 0.2}, 3);
    check_frame_times(clock, (double[]){0, 0.1, NAN, 0.3}, (double[]){0, 0.1, 0.2, 0.3}, 4);
    check_frame_times(clock, (double[]){0, 0.1, 0.1, 0.2}, (double[]){0, 0.1, 0.15, 0.2}, 4); /* given twice */
    check_frame_times(clock, (double[]){0, 0, 0, 0}, (double[]){0, 0.05, 0.15, 0.25}, 4);     /* standing still */
    check_frame_times(clock, (double[]){-0.3, -0.2, 0.1}, (double[]){0, 0.05, 0.1}, 3);
    check_frame_times(clock, (double[]){5, 5.1, 0, 0.1}, (double[]){5, 5.1, 5.15, 5.25}, 4);
    const struct frame_clock jumping = {.period = 0.1, .discontinuous = true};
    check_frame_times(jumping, (double[]){50, 50.1, 0, 0.1, 900, 900.3}, (double[]){50, 50.1, 50.2, 50.3, 50.4, 50.7},
                      6);
    check_frame_times(clock, (double[]){0, 900}, (double[]){0, 900}, 2); /* a slide show */

    struct frame_clock guess = clock;
    for (int i = 0; i < 10; i++) frame_clock_next(&guess, i < 4 ? NAN : i * 0.1);
    CU_ASSERT(!frame_clock_is_guess(&guess));
    for (int i = 0; i < 10; i++) frame_clock_next(&guess, NAN);
    CU_ASSERT(frame_clock_is_guess(&guess));
}

/** Decoding and showing times of packets of one stream, as they were and as a muxer is to get them. */
static void check_raised(const int64_t told[][2], const int64_t wanted[][2], size_t count, bool reordered) {
    AVPacket *packet = av_packet_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(packet);
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        packet->dts = told[i][0];
        packet->pts = told[i][1];
        packets_raise_stamps(packet, reordered, &last);
        CU_ASSERT(packet->dts == wanted[i][0] && packet->pts == wanted[i][1]);
    }
    av_packet_free(&packet);
}

/* Of files that were joined, whose packets overlap or tell no times, a muxer gets times that rise. */
static void test_stamps_that_rise(void) {
    const int64_t none = AV_NOPTS_VALUE;
    const int64_t told[][2] = {{-1024, -1024}, {0, 0},       {1024, 1024}, {900, 900},
                               {1924, 1924},   {none, none}, {none, 3000}};
    const int64_t wanted[][2] = {{-1024, -1024}, {0, 0},       {1024, 1024}, {1025, 1025},
                                 {1924, 1924},   {1925, 1925}, {3000, 3000}};
    check_raised(told, wanted, CHECK_COUNT(told), false);
}

/* Pictures of which the first do not say when they are decoded keep the times at which they are shown. */
static void test_stamps_out_of_order(void) {
    const int64_t none = AV_NOPTS_VALUE;
    const int64_t told[][2] = {{none, 400}, {none, 2200}, {none, 1200}, {none, 800}, {600, 600},
                               {800, 1000}, {1000, 1800}, {none, none}, {1400, 1400}};
    const int64_t wanted[][2] = {{400, 400},  {401, 2200},  {402, 1200},  {403, 800},  {600, 600},
                                 {800, 1000}, {1000, 1800}, {1001, 1001}, {1400, 1400}};
    check_raised(told, wanted, CHECK_COUNT(told), true);
}

static void test_sample_clock(void) {
    struct sample_clock clock = {0};
    bool gap;
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&clock, 0.5, 800, 8000, &gap), 0.5, 1e-9);
    CU_ASSERT(gap);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&clock, 0.6004, 800, 8000, &gap), 0.6, 1e-9); /* a rounded tick */
    CU_ASSERT(!gap);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&clock, NAN, 800, 8000, &gap), 0.7, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&clock, 0.1, 800, 8000, &gap), 0.8, 1e-9); /* never back */
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&clock, 2, 800, 8000, &gap), 2, 1e-9);
    CU_ASSERT(gap);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&clock, 2.1, 1600, 16000, &gap), 2.1, 1e-9); /* another rate */
    CU_ASSERT(!gap);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&clock, 2.2, 1600, 16000, &gap), 2.2, 1e-9);
    struct sample_clock counted = {.counted = true, .steered = true}; /* at another rate stamps say nothing; then on */
    const double stamps[] = {0, 0.1, 0.11, 5, 0.2, 0.3, 1.3}, times[] = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.5};
    for (int i = 0; i < 7; i++) {
        const int rate = i == 2 || i == 3 ? 16000 : 8000;
        CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&counted, stamps[i], rate / 10, rate, &gap), times[i], 1e-9);
        CU_ASSERT_EQUAL(gap, i == 0 || i == 6);
    }
    struct sample_clock steered = {.steered = true};
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&steered, 0.5, 1600, 8000, &gap), 0.5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&steered, 0.65, 1600, 8000, &gap), 0.7, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&steered, 0.79, 1600, 8000, &gap), 0.79, 1e-9); /* 0.9 by the samples */
    CU_ASSERT(!gap);
    struct sample_clock jumping = {.discontinuous = true};
    sample_clock_next(&jumping, 50, 800, 8000, &gap);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&jumping, 0, 800, 8000, &gap), 50.1, 1e-9);
    CU_ASSERT(!gap);
    CU_ASSERT_DOUBLE_EQUAL(sample_clock_next(&jumping, 0.1, 800, 8000, &gap), 50.2, 1e-9);
}

static void test_range(void) {
    struct bytes y4m = make_y4m();
    struct media_options options = options_default();
    options.start = 1.2;
    options.duration = 0.5;
    struct outcome got = read_memory(y4m.data, y4m.count, &options);
    CU_ASSERT(got.frames == 5 && got.counted == 5 && got.ordered);
    CU_ASSERT_DOUBLE_EQUAL(got.first_frame, 1.2, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(got.last_frame, 1.6, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(got.stats.video_end, 1.7, 1e-9);
    const struct outcome piped = read_pipe(y4m.data, y4m.count, &options);
    CU_ASSERT(piped.frames == 5 && piped.hash == got.hash);
    options.start = 10;
    got = read_memory(y4m.data, y4m.count, &options);
    CU_ASSERT(got.status == PTM_OK && got.frames == 0 && got.counted == 0);
    free(y4m.data);

    int16_t samples[20000];
    for (int i = 0; i < 20000; i++) samples[i] = (int16_t)i;
    struct bytes wav = make_wav(samples, 20000, 1, 8000, 40000);
    options = options_default();
    options.sample_rate = 8000;
    options.start = 1.0 + 3.0 / 8000;
    options.duration = 0.25;
    for (int pipe = 0; pipe < 2; pipe++) {
        struct outcome cut =
            pipe ? read_pipe(wav.data, wav.count, &options) : read_memory(wav.data, wav.count, &options);
        CU_ASSERT_EQUAL_FATAL(cut.samples, 2000);
        CU_ASSERT_EQUAL(cut.sound[0], 8003.0f / 32768);
        CU_ASSERT_EQUAL(cut.sound[1999], 10002.0f / 32768);
        CU_ASSERT_DOUBLE_EQUAL(cut.first_sample, options.start, 1e-9);
        forget(&cut);
    }
    free(wav.data);
}

int main(void) {
    static const struct check_case cases[] = {
        {"a WAV file is exact, from memory and from a pipe", test_wav_is_exact},
        {"channels become one", test_channels_become_one},
        {"sample rates", test_rates},
        {"a WAV file that lies about its length", test_wav_that_lies},
        {"resampling", test_resample},
        {"Y4M: times, count, pipe, truncation", test_y4m},
        {"colours", test_colours},
        {"a still picture is exact", test_still_picture_is_exact},
        {"the size changes in mid-stream", test_size_changes},
        {"orientation", test_orientation},
        {"EXIF orientations", test_exif},
        {"a turned still", test_turned_still},
        {"frame clock", test_frame_clock},
        {"stamps that rise", test_stamps_that_rise},
        {"stamps out of order", test_stamps_out_of_order},
        {"sample clock", test_sample_clock},
        {"start and duration", test_range},
    };
    return check_main("media", cases, CHECK_COUNT(cases));
}
