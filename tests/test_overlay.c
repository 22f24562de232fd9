/* SPDX-License-Identifier: MIT */
/* Films with labels drawn in: every frame at its time, the sound kept, the strip where and as the windows say. */
#include "decoded.h"
#include "pipelines/overlay_track.h"
#include "temporary.h"

#include <math.h>
#include <sys/stat.h>

#define FILM PTM_SOURCE_DIR "/samples/pan-right-three.mp4"
#define SOUND PTM_SOURCE_DIR "/samples/two.flac"

enum { WIDTH = 320, HEIGHT = 180, RATE = 16000, STRIP = 10 };

static ptm_status add(ptm_overlay *overlay, ptm_modality modality, double from, double to, const ptm_label *labels,
                      int count, ptm_error *err) {
    const ptm_window window = {
        .modality = modality, .from = from, .to = to, .start = from, .end = to, .num_labels = count, .labels = labels};
    return ptm_overlay_add(overlay, &window, err);
}

/** The first half of two seconds is "cut" at 100 %, then comes "pan" at 50 %; no window for sound. */
static ptm_overlay *open_overlay(void) {
    const ptm_label cut[] = {{"cut", 1, 1, 0}, {"pan", 0, 0, 0}}, pan[] = {{"pan", 0, 0.5f, 0}, {"cut", 1, 0.5f, 0}};
    ptm_overlay *overlay;
    CHECK_OK(ptm_overlay_open(&overlay, err));
    CHECK_OK(add(overlay, PTM_VIDEO, 0, 1, cut, 2, err));
    CHECK_OK(add(overlay, PTM_VIDEO, 1, 2, pan, 2, err));
    return overlay;
}

/** Red, green and blue of a pixel against what is wanted, after lossy coding. */
static void check_pixel(const struct media_picture *picture, int x, int y, struct colour wanted) {
    const uint8_t *pixel = picture->rgb + y * picture->stride + (ptrdiff_t)x * 3;
    const int off = abs(pixel[0] - wanted.r) + abs(pixel[1] - wanted.g) + abs(pixel[2] - wanted.b);
    if (off > 60)
        printf("\n    (%d, %d): %d %d %d, not %d %d %d\n", x, y, pixel[0], pixel[1], pixel[2], wanted.r, wanted.g,
               wanted.b);
    CU_ASSERT(off <= 60);
}

static struct colour dimmed(struct colour colour) {
    return (struct colour){(uint8_t)(colour.r * 0.4), (uint8_t)(colour.g * 0.4), (uint8_t)(colour.b * 0.4)};
}

/** The strip of a frame at `time`: what is past in full colours, what comes in dim ones. */
static void check_strip(const struct media_picture *picture, double time) {
    const int now = (int)(time / 2 * WIDTH), cut = WIDTH / 4, pan = WIDTH * 3 / 4, bottom = HEIGHT - 2;
    CU_ASSERT_EQUAL_FATAL(picture->width, WIDTH);
    CU_ASSERT_EQUAL_FATAL(picture->height, HEIGHT);
    if (abs(now - cut) < 8 || abs(now - pan) < 8) return; /* the moment's own line */
    const struct colour ground = {24, 24, 24}, one = overlay_colour(1), other = overlay_colour(0);
    check_pixel(picture, cut, bottom, cut < now ? one : dimmed(one));
    check_pixel(picture, cut, HEIGHT - STRIP + 2, cut < now ? one : dimmed(one));
    check_pixel(picture, pan, bottom, pan < now ? other : dimmed(other));
    check_pixel(picture, pan, HEIGHT - STRIP + 2, pan < now ? ground : dimmed(ground)); /* half as high */
}

/** What lies above words and strip is the picture itself. */
static void check_above(const struct media_picture *drawn, const struct media_picture *plain) {
    double off = 0;
    const int rows = HEIGHT - 40;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < WIDTH * 3; x++)
            off += abs(drawn->rgb[y * drawn->stride + x] - plain->rgb[y * plain->stride + x]);
    CU_ASSERT(off / (rows * WIDTH * 3) < 6);
}

static int check_film(const char *path, double start) {
    struct media *drawn = decoded_open(path, RATE, 0), *plain = decoded_open(FILM, RATE, start);
    struct media_item item, wanted;
    struct media_picture picture, original;
    int count = 0;
    double first = 0;
    while (decoded_next_frame(plain, &wanted, &original)) {
        if (count++ == 0) first = wanted.time;
        CU_ASSERT_FATAL(decoded_next_frame(drawn, &item, &picture));
        CU_ASSERT_DOUBLE_EQUAL(item.time, wanted.time - first, 1e-3);
        check_strip(&picture, wanted.time);
        check_above(&picture, &original);
    }
    CU_ASSERT(!decoded_next_frame(drawn, &item, &picture));
    CU_ASSERT_EQUAL(media_get_stats(drawn)->decode_errors, 0);
    media_close(&drawn);
    media_close(&plain);
    return count;
}

/** Sound of a file from `start` on; its number of samples, whose sum of magnitudes goes to *energy. */
static int sound_of(const char *path, double start, double *energy) {
    struct media *media = decoded_open(path, RATE, start);
    struct media_item item;
    int count = 0;
    *energy = 0;
    do {
        CHECK_OK(media_next(media, &item, err));
        for (int i = 0; item.kind == MEDIA_SAMPLES && i < item.count; i++, count++)
            *energy += fabs((double)item.samples[i]);
    } while (item.kind != MEDIA_END);
    media_close(&media);
    return count;
}

static void check_sound(const char *path, double start) {
    double drawn, plain;
    const int count = sound_of(path, 0, &drawn), wanted = sound_of(FILM, start, &plain);
    CU_ASSERT(plain > 0);
    CU_ASSERT(abs(count - wanted) <= RATE / 8);
    CU_ASSERT(fabs(drawn - plain) <= 0.02 * plain);
}

static void test_whole(void) {
    char folder[TEMPORARY_PATH], output[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(output, folder, "film.mp4");
    ptm_overlay *overlay = open_overlay();
    ptm_overlay_report report;
    CHECK_OK(ptm_overlay_write(overlay, FILM, output, NULL, &report, err));
    CU_ASSERT_EQUAL(report.width, WIDTH);
    CU_ASSERT_EQUAL(report.height, HEIGHT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report.sound);
    CU_ASSERT_STRING_EQUAL(report.sound, "copied");
    CU_ASSERT_EQUAL(report.frames, 50);
    CU_ASSERT_EQUAL(check_film(output, 0), 50);
    check_sound(output, 0);
    ptm_overlay_close(&overlay);
    CU_ASSERT_PTR_NULL(overlay);
    temporary_remove(folder, (const char *const[]){"film.mp4", NULL});
    CU_ASSERT_NOT_EQUAL(access(folder, F_OK), 0); /* nothing else was left there */
}

static void test_part(void) {
    char folder[TEMPORARY_PATH], output[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(output, folder, "film.mp4");
    ptm_overlay *overlay = open_overlay();
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    options.start = 0.4;
    CHECK_OK(ptm_overlay_write(overlay, FILM, output, &options, NULL, err));
    CU_ASSERT_EQUAL(check_film(output, 0.4), 40);
    check_sound(output, 0.4);
    ptm_overlay_close(&overlay);
    temporary_remove(folder, (const char *const[]){"film.mp4", NULL});
}

static bool refuse(void *user) {
    (void)user;
    return true;
}

static void test_refusals(void) {
    char folder[TEMPORARY_PATH], output[TEMPORARY_PATH], copy[TEMPORARY_PATH], nowhere[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(output, folder, "film.mp4");
    temporary_join(copy, folder, "copy.mp4");
    temporary_join(nowhere, folder, "nowhere/film.mp4");
    CU_ASSERT_EQUAL_FATAL(symlink(FILM, copy), 0);
    ptm_overlay *overlay = open_overlay(), *empty;
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    CHECK_OK(ptm_overlay_open(&empty, err));
    CU_ASSERT_EQUAL(ptm_overlay_write(empty, FILM, output, NULL, NULL, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_overlay_write(overlay, FILM, copy, NULL, NULL, NULL), PTM_EINVAL); /* itself */
    CU_ASSERT_EQUAL(ptm_overlay_write(overlay, SOUND, output, NULL, NULL, NULL), PTM_ENODATA);
    CU_ASSERT_EQUAL(ptm_overlay_write(overlay, FILM "x", output, NULL, NULL, NULL), PTM_EIO);
    CU_ASSERT_EQUAL(ptm_overlay_write(overlay, FILM, nowhere, NULL, NULL, NULL), PTM_EIO);
    options.start = 100;
    CU_ASSERT_EQUAL(ptm_overlay_write(overlay, FILM, output, &options, NULL, NULL), PTM_ENODATA);
    options.start = 0;
    options.cancelled = refuse;
    CU_ASSERT_EQUAL(ptm_overlay_write(overlay, FILM, output, &options, NULL, NULL), PTM_EINTERRUPTED);
    ptm_overlay_close(&overlay);
    ptm_overlay_close(&empty);
    ptm_overlay_close(NULL);
    temporary_remove(folder, (const char *const[]){"copy.mp4", NULL});
    CU_ASSERT_NOT_EQUAL(access(folder, F_OK), 0);
}

static void test_wrong_windows(void) {
    const ptm_label labels[] = {{"a", 0, 1, 0}, {"b", 2, 0, 0}};
    ptm_overlay *overlay;
    CHECK_OK(ptm_overlay_open(&overlay, err));
    CU_ASSERT_EQUAL(add(overlay, PTM_AUDIO, 0, 1, labels, 0, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add(overlay, PTM_AUDIO, 0, 1, labels, 2, NULL), PTM_EINVAL); /* label 2 of 2 */
    CHECK_OK(add(overlay, PTM_AUDIO, 0, 1, labels, 1, err));                     /* those left nothing behind */
    CHECK_OK(add(overlay, PTM_VIDEO, 0, 1, labels, 1, err));
    const ptm_label both[] = {{"a", 0, 1, 0}, {"b", 1, 0, 0}};
    CU_ASSERT_EQUAL(add(overlay, PTM_VIDEO, 1, 2, both, 2, NULL), PTM_EINVAL); /* another model's */
    CU_ASSERT_EQUAL(add(overlay, 0, 1, 2, labels, 1, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add(overlay, PTM_VIDEO, 2, 1, labels, 1, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add(overlay, PTM_VIDEO, NAN, 1, labels, 1, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add(overlay, PTM_VIDEO, -1, 0, labels, 1, NULL), PTM_EINVAL); /* before the last one */
    const ptm_label no_score = {"a", 0, NAN, 0};
    CU_ASSERT_EQUAL(add(overlay, PTM_VIDEO, 1, 2, &no_score, 1, NULL), PTM_EINVAL);
    ptm_window numbered = {.modality = PTM_VIDEO, .index = -1, .from = 1, .to = 2, .num_labels = 1, .labels = labels};
    CU_ASSERT_EQUAL(ptm_overlay_add(overlay, &numbered, NULL), PTM_EINVAL);
    const ptm_label five[] = {{"a", 0, 1, 0}, {"b", 1, 0, 0}, {"c", 2, 0, 0}, {"d", 3, 0, 0}, {"e", 5, 0, 0}};
    CU_ASSERT_EQUAL(add(overlay, PTM_IMAGE, 0, 1, five, 5, NULL), PTM_EINVAL); /* also beyond those that are kept */
    ptm_overlay_close(&overlay);
}

static void test_lookup(void) {
    struct overlay_track track = {0};
    const ptm_label label = {"a", 0, 0.5f, 0};
    for (int i = 0; i < 1000; i++) { /* more than there is room for at first */
        const ptm_window window = {.from = 2 * i, .to = 2 * i + 1, .num_labels = 1, .labels = &label};
        CHECK_OK(overlay_track_add(&track, &window, err));
    }
    CU_ASSERT_PTR_NULL(overlay_track_at(&track, -0.1));
    CU_ASSERT_PTR_EQUAL(overlay_track_at(&track, 0), &track.windows[0]);
    CU_ASSERT_PTR_EQUAL(overlay_track_at(&track, 1998.5), &track.windows[999]);
    CU_ASSERT_PTR_EQUAL(overlay_track_at(&track, 500.9), &track.windows[250]);
    CU_ASSERT_PTR_NULL(overlay_track_at(&track, 501)); /* between two */
    CU_ASSERT_PTR_NULL(overlay_track_at(&track, 5000));
    overlay_track_close(&track);
}

int main(void) {
    static const struct check_case cases[] = {
        {"a whole film", test_whole},
        {"from a time on", test_part},
        {"what cannot be drawn", test_refusals},
        {"windows that do not fit", test_wrong_windows},
        {"the window of a moment", test_lookup},
    };
    return check_main("overlay", cases, CHECK_COUNT(cases));
}
