/* SPDX-License-Identifier: MIT */
/* Media: inputs written here byte by byte, the small files of fuzz/corpus/media, and, where it is there, shared media.
 */
#include "check.h"
#include "temporary.h"

#include "base/memory.h"
#include "media/demux.h"
#include "media/live.h"
#include "media/media.h"
#include "media/orientation.h"
#include "media/packets.h"
#include "media/track_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

static const double PI = 3.14159265358979323846;

static struct media_options options_default(void) {
    return (struct media_options){.want_video = true,
                                  .want_audio = true,
                                  .sample_rate = 16000,
                                  .max_pixels = 1 << 26,
                                  .max_frames = 10000000,
                                  .max_seconds = 86400};
}

/* ---------------------------------------------------------------- what a reading gives */

struct outcome {
    ptm_status status;
    ptm_error error;
    struct media_info info; /* its strings are copied below */
    struct media_stats stats;
    char no_video[96], no_audio[96];
    int64_t counted, frames, samples;
    double first_frame, last_frame, last_end, first_sample;
    bool ordered;   /* times and numbers of each stream went up */
    uint64_t hash;  /* of all pixels and their sizes */
    float *sound;   /* (samples) */
    double mean[3]; /* RGB of the first frame */
    int width, height;
};

static void add_samples(struct outcome *outcome, const struct media_item *item) {
    if (outcome->samples == 0) outcome->first_sample = item->time;
    outcome->ordered &= item->index == outcome->samples && item->count > 0;
    const size_t total = (size_t)outcome->samples + (size_t)item->count;
    outcome->sound = realloc(outcome->sound, total * sizeof(float));
    memcpy(outcome->sound + outcome->samples, item->samples, (size_t)item->count * sizeof(float));
    outcome->samples += item->count;
}

static void add_hash(struct outcome *outcome, const struct media_picture *picture) {
    uint64_t hash = outcome->hash ^ (uint64_t)(picture->width * 65536 + picture->height);
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < 3 * picture->width; x++)
            hash = (hash ^ picture->rgb[y * picture->stride + x]) * UINT64_C(1099511628211);
    outcome->hash = hash;
}

static void picture_mean(double mean[3], const struct media_picture *picture, int x0, int y0, int width, int height) {
    double sum[3] = {0};
    for (int y = y0; y < y0 + height; y++)
        for (int x = x0; x < x0 + width; x++)
            for (int c = 0; c < 3; c++) sum[c] += picture->rgb[y * picture->stride + 3 * x + c];
    for (int c = 0; c < 3; c++) mean[c] = sum[c] / ((double)width * height);
}

static ptm_status add_frame(struct outcome *outcome, struct media *media, const struct media_item *item) {
    struct media_picture picture;
    const ptm_status status = media_frame_rgb(media, &picture, &outcome->error);
    if (status != PTM_OK) return status;
    if (outcome->frames == 0) {
        outcome->first_frame = item->time;
        outcome->width = picture.width;
        outcome->height = picture.height;
        picture_mean(outcome->mean, &picture, 0, 0, picture.width, picture.height);
    } else {
        outcome->ordered &= item->time > outcome->last_frame && fabs(item->time - outcome->last_end) < 1e-9;
    }
    outcome->ordered &= item->index == outcome->frames && item->end > item->time;
    outcome->last_frame = item->time;
    outcome->last_end = item->end;
    outcome->frames++;
    add_hash(outcome, &picture);
    return PTM_OK;
}

static void read_all(struct outcome *outcome, struct media *media) {
    outcome->info = *media_get_info(media);
    if (outcome->info.no_video) snprintf(outcome->no_video, sizeof outcome->no_video, "%s", outcome->info.no_video);
    if (outcome->info.no_audio) snprintf(outcome->no_audio, sizeof outcome->no_audio, "%s", outcome->info.no_audio);
    outcome->ordered = true;
    outcome->hash = UINT64_C(1469598103934665603);
    struct media_item item = {.kind = MEDIA_FRAME};
    outcome->status = media_count_frames(media, &outcome->counted, &outcome->error);
    while (outcome->status == PTM_OK && item.kind != MEDIA_END) {
        outcome->status = media_next(media, &item, &outcome->error);
        if (outcome->status != PTM_OK) break;
        if (item.kind == MEDIA_SAMPLES) add_samples(outcome, &item);
        if (item.kind == MEDIA_FRAME) outcome->status = add_frame(outcome, media, &item);
    }
    outcome->stats = *media_get_stats(media);
}

static struct outcome finish(struct media *media, ptm_status status, ptm_error error) {
    struct outcome outcome = {.status = status, .error = error};
    if (status == PTM_OK)
        read_all(&outcome, media);
    else
        CU_ASSERT_PTR_NULL(media);
    media_close(&media);
    CU_ASSERT_PTR_NULL(media);
    return outcome;
}

static struct outcome read_file(const char *path, const struct media_options *options) {
    struct media *media;
    ptm_error error = {0};
    const ptm_status status = media_open(&media, path, options, &error);
    return finish(media, status, error);
}

static struct outcome read_memory(const void *data, size_t bytes, const struct media_options *options) {
    struct media *media;
    ptm_error error = {0};
    const ptm_status status = media_open_memory(&media, data, bytes, "memory", options, &error);
    return finish(media, status, error);
}

/** Reads the bytes as standard input, from a pipe that another process fills. */
static struct outcome read_pipe(const void *data, size_t bytes, const struct media_options *options) {
    int ends[2];
    const int saved = dup(STDIN_FILENO);
    CU_ASSERT_FATAL(saved >= 0 && pipe(ends) == 0);
    const pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        close(ends[0]);
        signal(SIGPIPE, SIG_IGN);
        const char *from = data;
        for (ssize_t sent; bytes > 0 && (sent = write(ends[1], from, bytes)) > 0; from += sent) bytes -= (size_t)sent;
        _exit(0);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct outcome outcome = read_file("-", options);
    dup2(saved, STDIN_FILENO);
    close(saved);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    return outcome;
}

static void forget(struct outcome *outcome) {
    free(outcome->sound);
    outcome->sound = NULL;
}

static void expect_failure(struct outcome outcome, ptm_status status, const char *part_of_sentence) {
    CU_ASSERT_EQUAL(outcome.status, status);
    const bool said = strstr(outcome.error.message, part_of_sentence) != NULL;
    if (!said)
        printf("\n    %s, \"%s\", does not say \"%s\"\n", ptm_status_string(outcome.status), outcome.error.message,
               part_of_sentence);
    CU_ASSERT(said);
    forget(&outcome);
}

/* ---------------------------------------------------------------- inputs written here */

struct bytes {
    uint8_t *data;
    size_t count;
};

static void append(struct bytes *bytes, const void *data, size_t count) {
    bytes->data = realloc(bytes->data, bytes->count + count);
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
}

static void append_number(struct bytes *bytes, uint32_t value, size_t width) {
    for (size_t i = 0; i < width; i++) append(bytes, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

/** A WAV file of 16-bit PCM whose header promises `promised` bytes. */
static struct bytes make_wav(const int16_t *samples, int count, int channels, int rate, uint32_t promised) {
    struct bytes wav = {0};
    append(&wav, "RIFF", 4);
    append_number(&wav, 36 + promised, 4);
    append(&wav, "WAVEfmt ", 8);
    append_number(&wav, 16, 4);
    append_number(&wav, 1, 2);
    append_number(&wav, (uint32_t)channels, 2);
    append_number(&wav, (uint32_t)rate, 4);
    append_number(&wav, (uint32_t)(rate * channels * 2), 4);
    append_number(&wav, (uint32_t)(channels * 2), 2);
    append_number(&wav, 16, 2);
    append(&wav, "data", 4);
    append_number(&wav, promised, 4);
    for (int i = 0; i < count * channels; i++) append_number(&wav, (uint16_t)samples[i], 2);
    return wav;
}

/** A second of a 440 Hz sine at half of full scale. */
static void make_sine(int16_t *samples, int rate) {
    for (int i = 0; i < rate; i++) samples[i] = (int16_t)lrint(16384 * sin(2 * PI * 440 * i / rate));
}

enum { Y4M_FRAMES = 30, Y4M_FPS = 10, Y4M_WIDTH = 32, Y4M_HEIGHT = 16 };

/** Three seconds of YUV 4:4:4 pictures, each of one colour: frame i has luma 16 + 7 i. */
static struct bytes make_y4m(void) {
    struct bytes y4m = {0};
    const char header[] = "YUV4MPEG2 W32 H16 F10:1 Ip A1:1 C444\n";
    append(&y4m, header, sizeof header - 1);
    for (int i = 0; i < Y4M_FRAMES; i++) {
        append(&y4m, "FRAME\n", 6);
        for (int p = 0; p < 3; p++)
            for (int k = 0; k < Y4M_WIDTH * Y4M_HEIGHT; k++)
                append(&y4m, &(uint8_t){p ? 128 : (uint8_t)(16 + 7 * i)}, 1);
    }
    return y4m;
}

/** The path of a file of the committed corpus. */
static const char *corpus(const char *name) {
    static char path[TEMPORARY_PATH];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/media/%s", PTM_SOURCE_DIR, name);
    return path;
}

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
            worst = fmax(worst, fabs(mixed - got.sound[i]));
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
        worst = fmax(worst, fabs(samples[i] - 0.5 * sin(2 * PI * 440 * (double)i / rate)));
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

static void test_resample(void) {
    int16_t pcm[8000];
    float samples[8000], *out;
    size_t count;
    ptm_error error = {0};
    make_sine(pcm, 8000);
    for (int i = 0; i < 8000; i++) samples[i] = (float)pcm[i] / 32768;
    CHECK_OK(media_resample(&out, &count, samples, 3608, 8000, 16000, err));
    CU_ASSERT_EQUAL(count, 7216);
    CU_ASSERT(distance_from_sine(out, (int64_t)count, 16000) < 1e-3);
    mem_free(out);
    CHECK_OK(media_resample(&out, &count, samples, 8000, 44100, 16000, err));
    CU_ASSERT(count == 2902 || count == 2903); /* 8000 * 160 / 441 = 2902.5 */
    mem_free(out);
    CHECK_OK(media_resample(&out, &count, samples, 8000, 16000, 16000, err));
    CU_ASSERT_EQUAL(count, 8000);
    CU_ASSERT_EQUAL(memcmp(out, samples, sizeof samples), 0);
    mem_free(out);
    CHECK_OK(media_resample(&out, &count, samples, 0, 8000, 16000, err));
    CU_ASSERT_EQUAL(count, 0);
    mem_free(out);
    CU_ASSERT_EQUAL(media_resample(&out, &count, samples, 10, 0, 16000, &error), PTM_EINVAL);
    CU_ASSERT_PTR_NULL(out);
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
    CHECK_OK(media_next(media, &item, err));
    CU_ASSERT_EQUAL(item.kind, MEDIA_END);
    ptm_error error = {0};
    CU_ASSERT_EQUAL(media_frame_rgb(media, &picture, &error), PTM_EINVAL);
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

/* ---------------------------------------------------------------- limits, interruption, failures */

static void test_limits(void) {
    struct bytes y4m = make_y4m();
    struct media_options options = options_default();
    options.max_pixels = Y4M_WIDTH * Y4M_HEIGHT - 1;
    expect_failure(read_memory(y4m.data, y4m.count, &options), PTM_ELIMIT, "--max-pixels");
    expect_failure(read_file(corpus("still.png"), &options), PTM_ELIMIT, "--max-pixels");
    options.max_pixels++;
    CU_ASSERT_EQUAL(read_memory(y4m.data, y4m.count, &options).status, PTM_OK);
    options.max_frames = Y4M_FRAMES - 1;
    expect_failure(read_memory(y4m.data, y4m.count, &options), PTM_ELIMIT, "--max-frames");
    options.max_frames++;
    CU_ASSERT_EQUAL(read_memory(y4m.data, y4m.count, &options).status, PTM_OK);
    options.max_seconds = 2;
    expect_failure(read_memory(y4m.data, y4m.count, &options), PTM_ELIMIT, "--max-seconds");
    free(y4m.data);
    const int16_t samples[40000] = {0};
    struct bytes wav = make_wav(samples, 40000, 1, 16000, 80000);
    expect_failure(read_memory(wav.data, wav.count, &options), PTM_ELIMIT, "--max-seconds");
    options.sample_rate = 0;
    expect_failure(read_memory(wav.data, wav.count, &options), PTM_EINVAL, "sample rate");
    options = options_default();
    options.start = -1;
    expect_failure(read_memory(wav.data, wav.count, &options), PTM_EINVAL, "start");
    free(wav.data);
}

/** Says stop when it has been asked as often as *user says. */
static bool stop_after(void *user) {
    int *const left = user;
    return --*left < 0;
}

static void test_cancelled(void) {
    struct bytes y4m = make_y4m();
    struct media_options options = options_default();
    int left;
    options.cancelled = stop_after;
    options.user = &left;
    bool done = false;
    for (int asked = 0; asked < 1000 && !done; asked++) {
        left = asked;
        const struct outcome got = read_memory(y4m.data, y4m.count, &options);
        done = got.status == PTM_OK;
        CU_ASSERT(done ? got.frames == Y4M_FRAMES : got.status == PTM_EINTERRUPTED);
    }
    CU_ASSERT(done);
    free(y4m.data);

    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "fifo");
    CU_ASSERT_FATAL(mkfifo(path, 0600) == 0);
    left = 3;
    expect_failure(read_file(path, &options), PTM_EINTERRUPTED, "interrupted"); /* nobody ever writes to it */
    temporary_remove(folder, (const char *const[]){"fifo", NULL});
}

static void test_named_failures(void) {
    const struct media_options options = options_default();
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    expect_failure(read_file(folder, &options), PTM_EIO, "is a directory");
    temporary_join(path, folder, "empty.mp4");
    CU_ASSERT_FATAL(temporary_write(path, "", 0));
    expect_failure(read_file(path, &options), PTM_ENODATA, "is empty");
    expect_failure(read_memory("", 0, &options), PTM_ENODATA, "is empty");
    expect_failure(read_pipe("", 0, &options), PTM_ENODATA, "standard input: is empty");
    temporary_join(path, folder, "text.txt");
    const char text[] = "The quick brown fox jumps over the lazy dog.\nAnd again.\n";
    CU_ASSERT_FATAL(temporary_write(path, text, sizeof text - 1));
    expect_failure(read_file(path, &options), PTM_EFORMAT, "text.txt: is not a media file");
    expect_failure(read_pipe(text, sizeof text - 1, &options), PTM_EFORMAT, "is not a media file");
    uint8_t noise[5000];
    uint32_t state = 12345;
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
    expect_failure(read_memory(noise, sizeof noise, &options), PTM_EFORMAT, "is not a media file");
    const char subtitles[] = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nThere\n";
    expect_failure(read_memory(subtitles, sizeof subtitles - 1, &options), PTM_EFORMAT, "no picture and no sound");
    temporary_join(path, folder, "missing.mp4");
    expect_failure(read_file(path, &options), PTM_EIO, "No such file");
    expect_failure(read_file("http://127.0.0.1:9/clip.mp4", &options), PTM_EIO, "No such file");
    expect_failure(read_file("file:/etc/hostname", &options), PTM_EIO, "No such file");
    temporary_remove(folder, (const char *const[]){"empty.mp4", "text.txt", NULL});
}

/* ---------------------------------------------------------------- a disk that fails */

/** The linker puts this in the place of pread(): from byte `failing_from` on nothing can be read. */
static off_t failing_from = INT64_MAX;

ssize_t __real_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset);

ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset) {
    if (offset >= failing_from) {
        errno = EIO;
        return -1;
    }
    const size_t good = (size_t)(failing_from - offset);
    return __real_pread(fd, buffer, bytes < good ? bytes : good, offset);
}

static ptm_status copy_packets(const char *path, ptm_error *err) {
    struct packets packets;
    bool more = true;
    ptm_status status = packets_open(&packets, path, 0, true, true, err);
    while (status == PTM_OK && more) status = packets_next(&packets, &more, err);
    packets_close(&packets);
    return status;
}

static ptm_status run_live(const char *path, int *items, ptm_error *err) {
    struct live_options options;
    struct live *live;
    struct media_item item = {.kind = MEDIA_FRAME};
    live_options_default(&options);
    options.media.want_video = options.media.want_audio = true;
    options.media.sample_rate = 16000;
    ptm_status status = live_open(&live, path, &options, err);
    for (*items = 0; status == PTM_OK && item.kind != MEDIA_END; ++*items) status = live_next(live, &item, err);
    live_close(&live);
    return status;
}

/** What cannot be read is neither the end nor damage: whoever reads hears of it, also in formats that step over it. */
static void test_failing_disk(void) {
    static const char *const names[] = {"both.avi",  "both.mkv",   "both.mp4",  "both.mpg",  "both.ts",
                                        "both.webm", "sound.flac", "sound.mp3", "sound.ogg", "sound.wav"};
    const struct media_options options = options_default();
    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        const char *path = corpus(names[i]);
        ptm_error error = {0};
        struct stat file;
        int all, some;
        CU_ASSERT_FATAL(stat(path, &file) == 0);
        CHECK_OK(run_live(path, &all, err));
        failing_from = file.st_size / 4 * 3;
        expect_failure(read_file(path, &options), PTM_EIO, "cannot be read from byte");
        CU_ASSERT_EQUAL(copy_packets(path, &error), PTM_EIO);
        error = (ptm_error){0};
        CU_ASSERT_EQUAL(run_live(path, &some, &error), PTM_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "cannot be read from byte"));
        CU_ASSERT(some < all);
        failing_from = INT64_MAX;
    }
}

/** What lies before the failure can be asked for. */
static void test_failing_end(void) {
    enum { SECONDS = 20, RATE = 16000 };
    static const int16_t samples[SECONDS * RATE];
    struct media_options options = options_default();
    struct bytes wav = make_wav(samples, SECONDS * RATE, 1, RATE, sizeof samples);
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "long.wav");
    CU_ASSERT_FATAL(temporary_write(path, wav.data, wav.count));
    failing_from = sizeof samples / 2;
    expect_failure(read_file(path, &options), PTM_EIO, "cannot be read from byte 320000 on: Input/output error");
    options.duration = 1;
    struct outcome got = read_file(path, &options);
    CU_ASSERT_EQUAL(got.status, PTM_OK);
    CU_ASSERT_EQUAL(got.samples, RATE);
    failing_from = INT64_MAX;
    forget(&got);
    free(wav.data);
    temporary_remove(folder, (const char *const[]){"long.wav", NULL});
}

/** A name is a name, whatever FFmpeg would read in it. */
static void test_url_like_name(void) {
    char folder[TEMPORARY_PATH];
    char *const before = getcwd(NULL, 0);
    CU_ASSERT_FATAL(before && temporary_folder(folder) && chdir(folder) == 0);
    const int16_t samples[100] = {0};
    struct bytes wav = make_wav(samples, 100, 1, 16000, 200);
    const struct media_options options = options_default();
    static const char *const names[] = {"concat:a|b", "pipe:0", "file:x%03d.png", "data:audio", NULL};
    for (int i = 0; names[i]; i++) {
        CU_ASSERT_FATAL(temporary_write(names[i], wav.data, wav.count));
        struct outcome got = read_file(names[i], &options);
        CU_ASSERT(got.status == PTM_OK && got.samples == 100);
        forget(&got);
    }
    CU_ASSERT_EQUAL(chdir(before), 0);
    temporary_remove(folder, names);
    free(before);
    free(wav.data);
}

/* ---------------------------------------------------------------- nothing opens another file */

#ifdef __linux__
/** Whether the watched file was opened since the last call. */
static bool was_opened(int watcher) {
    char events[4096];
    return read(watcher, events, sizeof events) > 0;
}

static void test_playlists_open_nothing(void) {
    static const struct {
        const char *name, *text; /* %s: the path of a readable clip */
    } lists[] = {
        {"a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n%s\n#EXT-X-ENDLIST\n"},
        {"a.ffconcat", "ffconcat version 1.0\nfile '%s'\n"},
        {"a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=%s\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
                  "a=rtpmap:96 H264/90000\n"},
        {"a.mpd", "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
                  "profiles=\"urn:mpeg:dash:profile:isoff-main:2011\">\n<Period><AdaptationSet><Representation>"
                  "<BaseURL>%s</BaseURL></Representation></AdaptationSet></Period></MPD>\n"},
        {"a.idx", "# VobSub index file, v7 (do not modify this line!)\nid: %s, index: 0\n"},
    };
    const struct media_options options = options_default();
    char folder[TEMPORARY_PATH], clip[TEMPORARY_PATH], path[TEMPORARY_PATH], text[2 * TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(clip, folder, "clip.y4m");
    struct bytes y4m = make_y4m();
    CU_ASSERT_FATAL(temporary_write(clip, y4m.data, y4m.count));
    const int watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CU_ASSERT_FATAL(watcher >= 0 && inotify_add_watch(watcher, clip, IN_OPEN) >= 0);
    CU_ASSERT_EQUAL(read_file(clip, &options).frames, Y4M_FRAMES);
    CU_ASSERT(was_opened(watcher)); /* the watcher works */
    for (size_t i = 0; i < CHECK_COUNT(lists); i++) {
        temporary_join(path, folder, lists[i].name);
        const int bytes = snprintf(text, sizeof text, lists[i].text, clip);
        CU_ASSERT_FATAL(bytes > 0 && temporary_write(path, text, (size_t)bytes));
        expect_failure(read_file(path, &options), PTM_EFORMAT, i < 3 ? "is a playlist" : lists[i].name);
        CU_ASSERT(!was_opened(watcher));
    }
    close(watcher);
    free(y4m.data);
    temporary_remove(folder,
                     (const char *const[]){"clip.y4m", "a.m3u8", "a.ffconcat", "a.sdp", "a.mpd", "a.idx", NULL});
}
#endif

/** What a demuxer gets that asks for another file all the same. */
static void test_other_files_are_refused(void) {
    struct bytes y4m = make_y4m();
    const struct media_options options = options_default();
    struct byte_source source;
    struct demux demux;
    CHECK_OK(byte_source_open_memory(&source, y4m.data, y4m.count, "memory", &options, err));
    CHECK_OK(demux_open(&demux, &source, NULL, options.max_pixels, err));
    AVIOContext *io = NULL;
    CU_ASSERT(demux.format->io_open(demux.format, &io, "/etc/hostname", AVIO_FLAG_READ, NULL) < 0);
    CU_ASSERT_PTR_NULL(io);
    CU_ASSERT_EQUAL(demux.refused, 1);
    AVDictionary *whitelist = NULL; /* what nested contexts inherit */
    av_dict_set(&whitelist, "protocol_whitelist", demux.format->protocol_whitelist, 0);
    CU_ASSERT(avio_open2(&io, "/etc/hostname", AVIO_FLAG_READ, NULL, &whitelist) < 0);
    av_dict_free(&whitelist);
    demux_close(&demux);
    byte_source_close(&source);
    free(y4m.data);
}

/* ---------------------------------------------------------------- the small files of the corpus */

static void test_corpus(void) {
    static const struct {
        const char *name;
        int frames, samples, rotation;
        double first, last; /* frame times */
        bool frame_rate_clock;
        const char *no_video;
    } cases[] = {
        {"both.mp4", 10, 16384, 0, 0, 0.9, false, ""},
        {"both.mkv", 10, 16000, 0, 0.007, 0.907, false, ""},
        {"both.webm", 10, 16384, 0, 0.032, 0.932, false, ""},
        {"both.avi", 10, 16328, 0, 0.1, 1.0, false, ""},
        {"both.ts", 10, 18432, 0, 0.128, 1.028, false, ""},
        {"edited.mp4", 6, 10784, 0, 0, 0.5, false, ""},
        {"vfr.mkv", 6, 0, 0, 0, 0.9, false, ""},
        {"raw.h264", 10, 0, 0, 0, 0.9, true, ""},
        {"turned.mp4", 10, 0, 90, 0, 0.9, false, ""},
        {"still.png", 1, 0, 0, 0, 0, false, ""},
        {"still.jpg", 1, 0, 0, 0, 0, false, ""},
        {"moving.gif", 4, 0, 0, 0, 0.3, false, ""},
        {"sound.flac", 0, 4800, 0, 0, 0, false, "no video stream"},
        {"sound.mp3", 0, 16000, 0, 0, 0, false, "no video stream"},
        {"cover.mp3", 0, 16000, 0, 0, 0, false, "only cover art"},
    };
    const struct media_options options = options_default();
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct outcome got = read_file(corpus(cases[i].name), &options);
        const bool right = got.status == PTM_OK && got.frames == cases[i].frames && got.counted == cases[i].frames &&
                           got.samples == cases[i].samples && got.info.rotation == cases[i].rotation && got.ordered &&
                           fabs(got.first_frame - cases[i].first) < 0.002 &&
                           fabs(got.last_frame - cases[i].last) < 0.002 &&
                           got.stats.frame_rate_clock == cases[i].frame_rate_clock && got.stats.decode_errors == 0 &&
                           strcmp(got.no_video, cases[i].no_video) == 0;
        if (!right) printf("\n    %s: %s\n", cases[i].name, got.error.message);
        CU_ASSERT(right);
        forget(&got);
    }
}

/** The last picture is shown until the next one, but no longer than was asked for. */
static void test_end_of_the_range(void) {
    struct media_options options = options_default();
    options.duration = 0.5;
    struct outcome got = read_file(corpus("vfr.mkv"), &options); /* has a picture at 0.2 s and the next at 0.7 s */
    CU_ASSERT_EQUAL(got.frames, 3);
    CU_ASSERT_EQUAL(got.last_end, 0.5);
    CU_ASSERT_EQUAL(got.stats.video_end, 0.5);
    forget(&got);
}

/** A transport stream whose clock starts again: time goes on, and no frame is lost. */
static void test_discontinuity(void) {
    const struct media_options options = options_default();
    struct outcome once = read_file(corpus("both.ts"), &options), twice = read_file(corpus("twice.ts"), &options);
    CU_ASSERT_EQUAL(twice.frames, 2 * once.frames);
    CU_ASSERT_EQUAL(twice.samples, 2 * once.samples);
    CU_ASSERT(twice.ordered && twice.last_frame > 1.5);
    forget(&once);
    forget(&twice);
}

static void test_only_one_stream(void) {
    struct media_options options = options_default();
    options.want_audio = false;
    struct outcome got = read_file(corpus("both.mp4"), &options);
    CU_ASSERT(got.frames == 10 && got.samples == 0 && got.info.has_audio && got.info.has_video);
    forget(&got);
    options.want_audio = true;
    options.want_video = false;
    got = read_file(corpus("both.mp4"), &options);
    CU_ASSERT(got.frames == 0 && got.samples == 16384 && got.counted == 0);
    CU_ASSERT_EQUAL(got.stats.decoders_opened, 1);
    forget(&got);
    options.want_video = true;
    got = read_file(corpus("both.mp4"), &options);
    CU_ASSERT(got.frames == 10 && got.samples == 16384);
    CU_ASSERT_EQUAL(got.stats.decoders_opened, 2);
    forget(&got);
}

/** Truncation at every offset, and damage at many: an answer or a sentence, never less than order. */
static void test_damage(void) {
    static const char *const names[] = {"both.mkv", "both.mp4", "both.ts", "both.avi", "still.png"};
    const struct media_options options = options_default();
    for (size_t k = 0; k < CHECK_COUNT(names); k++) {
        size_t bytes;
        char *data = temporary_read(corpus(names[k]), &bytes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(data);
        for (size_t cut = 1; cut < bytes; cut += 1 + bytes / 120) {
            char *part = malloc(cut); /* its own block, so that a sanitizer sees a read beyond it */
            memcpy(part, data, cut);
            struct outcome got = read_memory(part, cut, &options);
            CU_ASSERT(got.status == PTM_OK || got.status == PTM_EFORMAT || got.status == PTM_ELIMIT);
            CU_ASSERT(got.status != PTM_OK || (got.ordered && got.frames <= 10));
            forget(&got);
            free(part);
            data[cut] = (char)(data[cut] ^ 0x5a);
            got = read_memory(data, bytes, &options);
            CU_ASSERT(got.status != PTM_EINTERNAL && got.status != PTM_EINVAL);
            CU_ASSERT(got.status != PTM_OK || got.ordered);
            forget(&got);
            data[cut] = (char)(data[cut] ^ 0x5a);
        }
        free(data);
    }
}

/* ---------------------------------------------------------------- shared media */

/** The path of a shared file; false, with a note, where it is not there. */
static bool shared_path(char *path, const char *name) {
    char below[256];
    snprintf(below, sizeof below, "media/%s", name);
    if (check_shared(path, TEMPORARY_PATH, below)) return true;
    printf("\n    skipped: no shared %s\n", below);
    return false;
}

static void test_shared_table(void) {
    static const struct {
        const char *name;
        int frames, counted, samples, width, height, rotation, errors;
    } cases[] = {
        {"av1_video.mkv", 125, 125, 0, 640, 360, 0, 0},
        {"bt709_full_range.mp4", 30, 30, 0, 1280, 720, 0, 0},
        {"corrupted.mp4", 49, 50, 0, 1280, 720, 0, 2},
        {"grid_bbaf2n.mpg", 75, 75, 47648, 360, 288, 0, 0},
        {"grid_sbwh9a.mpg", 75, 75, 47648, 360, 288, 0, 0},
        {"h264_10bits.mp4", 30, 30, 0, 200, 200, 0, 0},
        {"h265_video.mp4", 10, 10, 0, 128, 128, 0, 0},
        {"nasa_13013.mp4", 390, 390, 208896, 480, 270, 0, 0},
        {"pancake.mkv", 310, 310, 165884, 426, 240, 0, 0},
        {"rot_0.mov", 3, 3, 0, 568, 320, 0, 0},
        {"rot_90.mov", 3, 3, 0, 320, 568, 90, 0},
        {"rot_180.mov", 3, 3, 0, 568, 320, 180, 0},
        {"rot_270.mov", 3, 3, 0, 320, 568, 270, 0},
        {"unordered.mov", 4, 4, 0, 50, 50, 0, 0},
        {"jfk.wav", 0, 0, 176000, 0, 0, 0, 0},
        {"fsdd_7_lucas_1.wav", 0, 0, 7216, 0, 0, 0, 0},
        {"sine_mono_s32_44100.wav", 0, 0, 64000, 0, 0, 0, 0},
        {"esc10_rooster_5-194930-A.ogg", 0, 0, 80016, 0, 0, 0, 0},
    };
    const struct media_options options = options_default();
    char path[TEMPORARY_PATH];
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        if (!shared_path(path, cases[i].name)) return;
        struct outcome got = read_file(path, &options);
        const bool right =
            got.status == PTM_OK && got.ordered && got.frames == cases[i].frames && got.counted == cases[i].counted &&
            llabs(got.samples - cases[i].samples) <= 1 && got.width == cases[i].width &&
            got.height == cases[i].height && got.info.width == cases[i].width && got.info.height == cases[i].height &&
            got.info.rotation == cases[i].rotation && (got.stats.decode_errors > 0) == (cases[i].errors > 0);
        if (!right) printf("\n    %s: %s\n", cases[i].name, got.error.message);
        CU_ASSERT(right);
        forget(&got);
    }
}

static void test_shared_exact_samples(void) {
    char path[TEMPORARY_PATH];
    if (!shared_path(path, "jfk.wav")) return;
    const struct media_options options = options_default();
    struct outcome got = read_file(path, &options);
    size_t bytes;
    char *wav = temporary_read(path, &bytes);
    CU_ASSERT_FATAL(wav && got.samples == 176000 && bytes >= 352000);
    const char *pcm = wav + bytes - 352000; /* the data chunk is the last */
    int different = 0;
    for (int i = 0; i < 176000; i++) {
        int16_t sample;
        memcpy(&sample, pcm + 2 * i, 2);
        different += got.sound[i] != (float)sample / 32768.0f;
    }
    CU_ASSERT_EQUAL(different, 0);
    forget(&got);
    free(wav);
}

/** The corner means are those of `ffmpeg -i FILE -frames:v 1 -sws_flags bicubic+accurate_rnd+full_chroma_int -pix_fmt
 * rgb24`, which turns pictures by itself: a quarter of each axis at top left, top right, bottom left, bottom right. */
static void test_shared_rotation(void) {
    static const struct {
        const char *name;
        double corners[4][3];
    } cases[] = {
        {"rot_0.mov", {{109.3, 100.4, 90.3}, {129.7, 118.5, 107.1}, {108.1, 94.8, 84.2}, {111.5, 100.1, 94.1}}},
        {"rot_90.mov", {{120.3, 111.9, 102.3}, {125.8, 116.3, 106.3}, {77.7, 66.9, 59.4}, {104.5, 92.3, 85.3}}},
        {"rot_180.mov", {{136.3, 127.8, 115.9}, {161.8, 123.9, 109.0}, {114.3, 103.5, 93.7}, {127.4, 113.1, 104.7}}},
        {"rot_270.mov", {{161.9, 159.9, 147.8}, {154.4, 147.4, 136.4}, {108.0, 87.9, 77.2}, {81.4, 68.4, 64.1}}},
    };
    const struct media_options options = options_default();
    char path[TEMPORARY_PATH];
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        if (!shared_path(path, cases[i].name)) return;
        struct media *media;
        struct media_item item;
        struct media_picture picture;
        CHECK_OK(media_open(&media, path, &options, err));
        CHECK_OK(media_next(media, &item, err));
        CU_ASSERT_EQUAL_FATAL(item.kind, MEDIA_FRAME);
        CHECK_OK(media_frame_rgb(media, &picture, err));
        const int width = picture.width / 4, height = picture.height / 4;
        for (int k = 0; k < 4; k++) {
            double mean[3];
            picture_mean(mean, &picture, k % 2 ? picture.width - width : 0, k / 2 ? picture.height - height : 0, width,
                         height);
            for (int c = 0; c < 3; c++) CU_ASSERT_DOUBLE_EQUAL(mean[c], cases[i].corners[k][c], 0.5);
        }
        media_close(&media);
    }
}

/** Means of the first frame as FFmpeg 5.1's own command gives it (scale=flags=bicubic+accurate_rnd+full_chroma_int).
 * Versions differ in rounding and in their 10-bit filters by less than 0.9; a wrong matrix or range is further off. */
static void test_shared_colours(void) {
    static const struct {
        const char *name;
        double mean[3];
    } cases[] = {
        {"pancake.mkv", {120.167, 90.420, 82.386}},     {"grid_bbaf2n.mpg", {80.903, 160.962, 169.337}},
        {"av1_video.mkv", {120.411, 129.851, 128.141}}, {"bt709_full_range.mp4", {123.283, 127.359, 123.725}},
        {"h265_video.mp4", {12.166, 12.103, 253.170}},  {"h264_10bits.mp4", {115.792, 117.762, 125.750}},
    };
    const struct media_options options = options_default();
    char path[TEMPORARY_PATH];
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        if (!shared_path(path, cases[i].name)) return;
        struct outcome got = read_file(path, &options);
        for (int c = 0; c < 3; c++) CU_ASSERT_DOUBLE_EQUAL(got.mean[c], cases[i].mean[c], 0.9);
        forget(&got);
    }
}

/** The same range by seeking in a file and by decoding a pipe from its beginning. */
static void test_shared_range(void) {
    static const struct {
        const char *name;
        double start, duration;
        int frames, samples;
    } cases[] = {
        {"pancake.mkv", 5, 1, 30, 16000}, {"pancake.mkv", 9.5, 0.5, 15, 8000}, {"grid_bbaf2n.mpg", 1.3, 1, 25, 16000}};
    char path[TEMPORARY_PATH];
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        if (!shared_path(path, cases[i].name)) return;
        struct media_options options = options_default();
        options.start = cases[i].start;
        options.duration = cases[i].duration;
        size_t bytes;
        char *data = temporary_read(path, &bytes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(data);
        struct outcome sought = read_file(path, &options), piped = read_pipe(data, bytes, &options);
        CU_ASSERT(sought.frames == cases[i].frames && sought.counted == cases[i].frames);
        CU_ASSERT(piped.frames == cases[i].frames && sought.hash == piped.hash);
        CU_ASSERT(sought.stats.frames_decoded < piped.stats.frames_decoded || cases[i].start == 5);
        CU_ASSERT_FATAL(sought.samples == cases[i].samples && piped.samples == cases[i].samples);
        CU_ASSERT_DOUBLE_EQUAL(sought.first_sample, cases[i].start, 1e-4);
        double worst = 0;
        for (int k = 0; k < cases[i].samples; k++) worst = fmax(worst, fabs(sought.sound[k] - piped.sound[k]));
        /* Decoders that begin in the middle round otherwise. Matroska counts in milliseconds: there the cut itself may
         * lie up to one beside. */
        CU_ASSERT(worst < 1e-3 || strstr(cases[i].name, ".mkv"));
        CU_ASSERT_EQUAL(sought.stats.decode_errors, 0);
        forget(&sought);
        forget(&piped);
        free(data);
    }
}

static void test_shared_pipe(void) {
    char path[TEMPORARY_PATH];
    if (!shared_path(path, "nasa_13013.mp4")) return;
    const struct media_options options = options_default();
    size_t bytes;
    char *data = temporary_read(path, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    expect_failure(read_pipe(data, bytes, &options), PTM_EFORMAT, "without seeking"); /* its index is at the end */
    free(data);
}

static void test_shared_truncations(void) {
    static const char *const names[] = {"pancake.mkv", "grid_bbaf2n.mpg", "rot_90.mov"};
    const struct media_options options = options_default();
    char path[TEMPORARY_PATH];
    for (size_t k = 0; k < CHECK_COUNT(names); k++) {
        if (!shared_path(path, names[k])) return;
        size_t bytes;
        char *data = temporary_read(path, &bytes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(data);
        int64_t before = 0;
        for (int i = 1; i <= 16; i++) {
            struct outcome got = read_memory(data, bytes * (size_t)i / 16 - (i < 16 ? 7 : 0), &options);
            CU_ASSERT(got.status == PTM_OK || got.status == PTM_EFORMAT);
            CU_ASSERT(got.frames >= before && (got.ordered || got.status == PTM_EFORMAT));
            before = got.frames;
            forget(&got);
        }
        CU_ASSERT(before > 0);
        free(data);
    }
}

static const struct check_case CASES[] = {
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
    {"sample clock", test_sample_clock},
    {"start and duration", test_range},
    {"limits", test_limits},
    {"cancelled", test_cancelled},
    {"named failures", test_named_failures},
    {"a disk that fails", test_failing_disk},
    {"a disk that fails beyond what is wanted", test_failing_end},
    {"names that look like URLs", test_url_like_name},
#ifdef __linux__
    {"playlists open nothing", test_playlists_open_nothing},
#endif
    {"other files are refused", test_other_files_are_refused},
    {"corpus", test_corpus},
    {"the end of the range", test_end_of_the_range},
    {"a clock that starts again", test_discontinuity},
    {"only one stream", test_only_one_stream},
    {"truncation and damage", test_damage},
    {"shared media", test_shared_table},
    {"shared: exact samples", test_shared_exact_samples},
    {"shared: rotation", test_shared_rotation},
    {"shared: colours", test_shared_colours},
    {"shared: start and duration", test_shared_range},
    {"shared: an MP4 that cannot be piped", test_shared_pipe},
    {"shared: truncations", test_shared_truncations},
};

int main(void) {
    return check_main("media", CASES, CHECK_COUNT(CASES));
}
