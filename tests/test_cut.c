/* SPDX-License-Identifier: MIT */
/* Clips hold the very frames and samples of the stretch that they were cut from, and what cannot be cut is one
 * sentence. */
#include "decoded.h"
#include "temporary.h"

#include <math.h>
#include <sys/stat.h>

#define SAMPLES PTM_SOURCE_DIR "/samples/"

enum { RATE = 16000 };

static void check_same_picture(const struct media_picture *a, const struct media_picture *b) {
    CU_ASSERT_EQUAL_FATAL(a->width, b->width);
    CU_ASSERT_EQUAL_FATAL(a->height, b->height);
    int different = 0;
    for (int y = 0; y < a->height; y++)
        different += memcmp(a->rgb + y * a->stride, b->rgb + y * b->stride, (size_t)a->width * 3) != 0;
    CU_ASSERT_EQUAL(different, 0);
}

/** Each frame of the clip is the one of the file at that time. The number of frames. */
static int check_frames(const char *file, const char *clip, const ptm_cut_report *report) {
    struct media *whole = decoded_open(file, RATE, 0), *part = decoded_open(clip, RATE, 0);
    struct media_item wanted = {.kind = MEDIA_END}, found;
    struct media_picture there, here;
    int count = 0;
    while (decoded_next_frame(part, &found, &here)) {
        do {
            CU_ASSERT_FATAL(decoded_next_frame(whole, &wanted, &there));
        } while (wanted.time < report->start + found.time - 0.005);
        CU_ASSERT_DOUBLE_EQUAL(wanted.time - report->start, found.time, 0.005);
        check_same_picture(&there, &here);
        count++;
    }
    CU_ASSERT_EQUAL(media_get_stats(part)->decode_errors, 0);
    media_close(&whole);
    media_close(&part);
    return count;
}

/** All samples into `samples` (room), each at its time; where they end. */
static int read_samples(const char *path, float *samples, int room) {
    struct media *media = decoded_open(path, RATE, 0);
    struct media_item item;
    int count = 0;
    do {
        CHECK_OK(media_next(media, &item, err));
        if (item.kind != MEDIA_SAMPLES) continue;
        const int place = (int)lround(item.time * RATE);
        CU_ASSERT_FATAL(place >= count && place + item.count <= room);
        memset(samples + count, 0, (size_t)(place - count) * sizeof *samples);
        memcpy(samples + place, item.samples, (size_t)item.count * sizeof *samples);
        count = place + item.count;
    } while (item.kind != MEDIA_END);
    CU_ASSERT_EQUAL(media_get_stats(media)->decode_errors, 0);
    media_close(&media);
    return count;
}

/** The sound of the clip is that of the file from its start on, but for where coding begins anew. */
static int check_sound(const char *file, const char *clip, const ptm_cut_report *report) {
    enum { ROOM = 10 * RATE, WARMING = RATE / 20 };
    static float whole[ROOM], part[ROOM];
    const int total = read_samples(file, whole, ROOM), count = read_samples(clip, part, ROOM);
    const int first = (int)lround(report->start * RATE);
    double difference = 0, energy = 0;
    for (int i = WARMING; i < count && first + i < total; i++) {
        difference += fabs((double)(part[i] - whole[first + i]));
        energy += fabs((double)whole[first + i]);
    }
    CU_ASSERT(energy > 0);
    CU_ASSERT(difference <= 0.01 * energy);
    return count;
}

/** Cuts a file; the clip's path in `clip`, to be removed by the caller. */
static void cut(char clip[TEMPORARY_PATH], const char *folder, const char *file, double start, double end,
                ptm_cut_report *report) {
    char stem[TEMPORARY_PATH];
    temporary_join(stem, folder, "clip");
    CHECK_OK(ptm_cut_file(file, start, end, stem, report, err));
    CU_ASSERT_FATAL(snprintf(clip, TEMPORARY_PATH, "%s/clip%s", folder, report->ending) < TEMPORARY_PATH);
}

static void test_video(void) {
    char folder[TEMPORARY_PATH], clip[TEMPORARY_PATH];
    ptm_cut_report report;
    CU_ASSERT_FATAL(temporary_folder(folder));
    cut(clip, folder, SAMPLES "pan-right-three.mp4", 1, 1.5, &report);
    CU_ASSERT_STRING_EQUAL(report.ending, ".mp4");
    CU_ASSERT(report.start <= 1);
    CU_ASSERT(report.end >= 1.5 - 1e-3 && report.end < 1.7); /* others may lean on a later frame */
    const int frames = check_frames(SAMPLES "pan-right-three.mp4", clip, &report);
    CU_ASSERT(abs(frames - (int)lround((1.5 - report.start) * 25)) <= 1); /* that one */
    const int samples = check_sound(SAMPLES "pan-right-three.mp4", clip, &report);
    CU_ASSERT(abs(samples - (int)((1.5 - report.start) * RATE)) <= RATE / 10);
    unlink(clip);
    CU_ASSERT_EQUAL(rmdir(folder), 0); /* and nothing else was left there */
}

/* Of sound alone the clip begins with the packet that the start lies in, or one before it. */
static void test_sounds(void) {
    static const char *const names[][2] = {{SAMPLES "two.flac", ".flac"},
                                           {SAMPLES "seven.wav", ".wav"},
                                           {SAMPLES "nine.ogg", ".ogg"},
                                           {SAMPLES "rain.ogg", ".ogg"}};
    char folder[TEMPORARY_PATH], clip[TEMPORARY_PATH];
    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        ptm_cut_report report;
        CU_ASSERT_FATAL(temporary_folder(folder));
        cut(clip, folder, names[i][0], 0.2, 0.4, &report);
        CU_ASSERT_STRING_EQUAL(report.ending, names[i][1]);
        CU_ASSERT(report.start > 0.1 && report.start <= 0.2);
        CU_ASSERT(report.end >= 0.4 - 1e-3 && report.end < 0.6);
        const int samples = check_sound(names[i][0], clip, &report);
        CU_ASSERT(abs(samples - (int)((report.end - report.start) * RATE)) <= RATE / 50);
        unlink(clip);
        CU_ASSERT_EQUAL(rmdir(folder), 0);
    }
}

/* In the middle of real films: the clip begins with a key frame, and nothing before it or beyond the end is in it. */
static void test_key_frames(void) {
    static const struct {
        const char *name;
        double start, end;
    } films[] = {
        {"media/pancake.mkv", 5.3, 5.9}, {"media/nasa_13013.mp4", 8.3, 9}, {"media/grid_bbaf2n.mpg", 1.9, 2.6}};
    char folder[TEMPORARY_PATH], clip[TEMPORARY_PATH], file[TEMPORARY_PATH];
    for (size_t i = 0; i < CHECK_COUNT(films); i++) {
        const double start = films[i].start, end = films[i].end;
        if (!check_shared(file, sizeof file, films[i].name)) continue;
        ptm_cut_report report;
        CU_ASSERT_FATAL(temporary_folder(folder));
        cut(clip, folder, file, start, end, &report);
        CU_ASSERT(report.start > 0.5 && report.start <= start);
        CU_ASSERT(report.end >= end - 0.05 && report.end < end + 0.15);
        CU_ASSERT(check_frames(file, clip, &report) > 0);
        unlink(clip);
        CU_ASSERT_EQUAL(rmdir(folder), 0);
    }
}

static ptm_status cut_status(const char *file, double start, double end, const char *output, ptm_error *err) {
    *err = (ptm_error){0};
    const ptm_status status = ptm_cut_file(file, start, end, output, NULL, err);
    CU_ASSERT(status == PTM_OK || strstr(err->message, "/") != NULL); /* the sentence names a file */
    return status;
}

static void test_refusals(void) {
    char folder[TEMPORARY_PATH], output[TEMPORARY_PATH], text[TEMPORARY_PATH], pipe[TEMPORARY_PATH];
    ptm_error error;
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(output, folder, "clip");
    temporary_join(text, folder, "text");
    temporary_join(pipe, folder, "pipe");
    CU_ASSERT_FATAL(temporary_write(text, "no media", 8));
    CU_ASSERT_EQUAL_FATAL(mkfifo(pipe, 0600), 0);
    const char *clip = SAMPLES "pan-left.mp4";
    CU_ASSERT_EQUAL(cut_status(clip, 1, 1, output, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(cut_status(clip, -1, 1, output, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(cut_status(clip, 0, INFINITY, output, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(cut_status(clip, NAN, 1, output, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(cut_status(pipe, 0, 1, output, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(cut_status(SAMPLES "two.flac", 100, 101, output, &error), PTM_ENODATA);
    CU_ASSERT_EQUAL(cut_status(SAMPLES "pan-left.mp4", 100, 101, output, &error), PTM_ENODATA); /* a picture, too */
    CU_ASSERT_EQUAL(cut_status(text, 0, 1, output, &error), PTM_EFORMAT);
    CU_ASSERT_EQUAL(cut_status(SAMPLES "missing.mp4", 0, 1, output, &error), PTM_EIO);
    temporary_join(output, folder, "nowhere/clip");
    CU_ASSERT_EQUAL(cut_status(clip, 0, 1, output, &error), PTM_EIO);
    temporary_remove(folder, (const char *const[]){"text", "pipe", NULL});
    CU_ASSERT_NOT_EQUAL(access(folder, F_OK), 0); /* nothing else was left there */
}

int main(void) {
    static const struct check_case cases[] = {
        {"picture and sound", test_video},
        {"sound alone", test_sounds},
        {"from a key frame on", test_key_frames},
        {"what cannot be cut", test_refusals},
    };
    return check_main("cut", cases, CHECK_COUNT(cases));
}
