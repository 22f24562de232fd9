/* SPDX-License-Identifier: MIT */
/* Media as files have it: the small ones of fuzz/corpus/media, and, where it is there, shared media. */
#include "base/worst.h"
#include "media_reading.h"
#include "temporary.h"

#include <math.h>
#include <sys/stat.h>

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
        for (int k = 0; k < cases[i].samples; k++) worst = worst_of(worst, fabs(sought.sound[k] - piped.sound[k]));
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

int main(void) {
    static const struct check_case cases[] = {
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
    return check_main("media files", cases, CHECK_COUNT(cases));
}
