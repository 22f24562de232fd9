/* SPDX-License-Identifier: MIT */
/*
 * From a file to labels: the samples get the labels they were made for, real files get the reference's logits, and
 * results do not depend on threads or order, nor on whether a file or memory brings the data.
 */
#define _DEFAULT_SOURCE /* usleep() */
#include "answers.h"
#include "base/worst.h"
#include "files/json.h"
#include "opened.h"
#include "temporary.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define SAMPLES PTM_SOURCE_DIR "/samples/"

/* ---------------------------------------------------------------- the samples */

/** One line of samples/labels.tsv: file, modality, the label that it was made for. */
static void check_sample(ptm_session *session, const char *line) {
    char name[128], modality[16], label[64], path[TEMPORARY_PATH];
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "%127[^\t]\t%15[^\t]\t%63[^\t\n]", name, modality, label), 3);
    snprintf(path, sizeof path, SAMPLES "%s", name);
    ptm_result *result;
    CHECK_OK(ptm_classify_file(session, path, NULL, &result, err));
    const ptm_answer *answer = strcmp(modality, "video") == 0 ? result->video : result->audio;
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_PTR_NULL_FATAL(answer->missing);
    CU_ASSERT_STRING_EQUAL(answer->labels[0].name, label);
    CU_ASSERT(answer->windows >= 1);
    CU_ASSERT(answer->coverage.to > answer->coverage.from);
    CU_ASSERT(answer->tokens_out < answer->tokens_in); /* merged, as the model recommends */
    for (int k = 1; k < answer->num_labels; k++) CU_ASSERT(answer->labels[k].score <= answer->labels[k - 1].score);
    ptm_result_free(&result);
}

static void test_samples(void) {
    struct opened opened;
    open_both(&opened, NULL, 0, NULL);
    size_t bytes;
    char *table = temporary_read(SAMPLES "labels.tsv", &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    int count = 0;
    for (char *line = strtok(table, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[0] == '#') continue;
        check_sample(opened.session, line);
        count++;
    }
    CU_ASSERT(count >= 8);
    free(table);
    close_both(&opened);
}

/* ---------------------------------------------------------------- real files, the reference's logits */

static float logit_of(const ptm_answer *answer, int index) {
    for (int i = 0; i < answer->num_labels; i++)
        if (answer->labels[i].index == index) return answer->labels[i].logit;
    return NAN;
}

/** One entry of the goldens' media.json, as the reference's processors look at the file: one window from its start. */
static void check_media(struct json entry) {
    const char *file = json_text(json_get(entry, "file")), *family = json_text(json_get(entry, "model"));
    const bool video = strcmp(family, "ast") != 0;
    char path[TEMPORARY_PATH], name[256], model[TEMPORARY_PATH];
    snprintf(name, sizeof name, "media/%s", file);
    CU_ASSERT_FATAL(check_shared(path, sizeof path, name));
    snprintf(name, sizeof name, "goldens/%s", family);
    CU_ASSERT_FATAL(check_shared(model, sizeof model, name));

    struct opened opened;
    open_both(&opened, model, 2, "off");
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    options.sampling = video ? PTM_SAMPLING_UNIFORM : PTM_SAMPLING_FIRST;
    ptm_result *result;
    CHECK_OK(ptm_classify_file(opened.session, path, &options, &result, err));
    const ptm_answer *answer = video ? result->video : result->audio;
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    const double tolerance = video ? 5e-3 : 2e-3;
    const struct json logits = json_get(entry, "logits");
    CU_ASSERT_EQUAL_FATAL(answer->num_labels, (int)json_length(logits));
    double worst = 0;
    for (int i = 0; i < answer->num_labels; i++) {
        const double expected = json_number(json_at(logits, (size_t)i), NAN);
        worst = worst_of(worst, fabs(logit_of(answer, i) - expected) / (1 + fabs(expected)));
    }
    printf("\n    %s on %s: off by %.2g of %.2g", family, file, worst, tolerance);
    CU_ASSERT(worst <= tolerance);
    if (video) CU_ASSERT_EQUAL(answer->coverage.frames_decoded, (int64_t)json_number(json_get(entry, "frames"), -1));
    ptm_result_free(&result);
    close_both(&opened);
}

static void test_reference_media(void) {
    char path[TEMPORARY_PATH];
    if (!check_shared(path, sizeof path, "goldens/media.json")) {
        printf("skipped: no shared test data ");
        return;
    }
    /* A list at the top is not what json_open() takes; wrapped into an object it is. */
    size_t bytes;
    char *text = temporary_read(path, &bytes);
    char *wrapped = malloc(bytes + 16);
    CU_ASSERT_FATAL(text && wrapped);
    const int length = snprintf(wrapped, bytes + 16, "{\"media\":%s}", text);
    struct json_document *document;
    CHECK_OK(json_open_memory(&document, wrapped, (size_t)length, "media.json", err));
    const struct json list = json_get(json_root(document), "media");
    CU_ASSERT(json_length(list) >= 6);
    for (size_t i = 0; i < json_length(list); i++) check_media(json_at(list, i));
    json_close(&document);
    free(wrapped);
    free(text);
}

/* ---------------------------------------------------------------- the same bits */

/** One file through sessions of 1, 2, 3 and 5 threads, after another file: no bit may differ. */
static void test_threads_and_order(void) {
    static const int counts[] = {1, 2, 3, 5};
    ptm_result *first = NULL;
    struct opened keep;
    open_both(&keep, NULL, 1, NULL);
    CHECK_OK(ptm_classify_file(keep.session, SAMPLES "pan-right-three.mp4", NULL, &first, err));
    for (size_t i = 0; i < CHECK_COUNT(counts); i++) {
        struct opened opened;
        ptm_result *other, *again;
        open_both(&opened, NULL, counts[i], NULL);
        CHECK_OK(ptm_classify_file(opened.session, SAMPLES "zoom-in.mp4", NULL, &other, err));
        CHECK_OK(ptm_classify_file(opened.session, SAMPLES "pan-right-three.mp4", NULL, &again, err));
        CU_ASSERT(same_answer(first->video, again->video));
        CU_ASSERT(same_answer(first->audio, again->audio));
        CU_ASSERT_FALSE(same_answer(first->video, other->video));
        ptm_result_free(&other);
        ptm_result_free(&again);
        close_both(&opened);
    }
    ptm_result_free(&first);
    close_both(&keep);
}

struct changing {
    ptm_session *session;
    atomic_bool stop;
};

static void *change_threads(void *argument) {
    struct changing *changing = argument;
    for (int i = 0; !atomic_load(&changing->stop); i++) {
        ptm_session_set_threads(changing->session, i % 5);
        usleep(200);
    }
    return NULL;
}

/** The same where the number changes in the middle of passes. */
static void test_changing_threads(void) {
    struct opened opened;
    ptm_result *first, *again;
    open_both(&opened, NULL, 3, NULL);
    ptm_session_set_threads(opened.session, 1);
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "pan-right-three.mp4", NULL, &first, err));
    struct changing changing = {.session = opened.session};
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, change_threads, &changing), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(ptm_classify_file(opened.session, SAMPLES "pan-right-three.mp4", NULL, &again, err));
        CU_ASSERT(same_answer(first->video, again->video));
        CU_ASSERT(same_answer(first->audio, again->audio));
        ptm_result_free(&again);
    }
    atomic_store(&changing.stop, true);
    pthread_join(thread, NULL);
    ptm_result_free(&first);
    close_both(&opened);
}

/* ---------------------------------------------------------------- frames and samples in memory */

enum { HIGH = 96, WIDE = 128 };

static void paint(uint8_t *rgb, int shift) {
    for (int y = 0; y < HIGH; y++)
        for (int x = 0; x < WIDE; x++)
            for (int c = 0; c < 3; c++)
                rgb[(y * WIDE + x) * 3 + c] = (uint8_t)(((x + shift) * 7 + y * 13) ^ ((x + shift) * y / 16 + c * 40));
}

/** Frames: a clip shorter than a window stands still at its end, and a longer one is two windows. */
static void test_frames(void) {
    static uint8_t pixels[20][HIGH * WIDE * 3];
    ptm_frame frames[20];
    for (int i = 0; i < 20; i++) {
        paint(pixels[i], 2 * i);
        frames[i] = (ptm_frame){pixels[i], WIDE, HIGH, WIDE * 3};
    }
    struct opened opened;
    ptm_result *result;
    open_both(&opened, NULL, 2, NULL);
    CHECK_OK(ptm_classify_frames(opened.session, frames, 20, NULL, &result, err));
    CU_ASSERT_EQUAL(result->video->windows, 2);
    CU_ASSERT_EQUAL(result->video->coverage.frames_used, 20);
    CU_ASSERT_DOUBLE_EQUAL(result->duration, 2.5, 1e-9);
    CU_ASSERT_PTR_NULL(result->audio);
    ptm_result_free(&result);

    CHECK_OK(ptm_classify_frames(opened.session, frames, 4, NULL, &result, err));
    CU_ASSERT_EQUAL(result->video->windows, 1);
    CU_ASSERT_DOUBLE_EQUAL(result->video->coverage.padded, 12 / 8.0, 1e-9);
    ptm_result_free(&result);

    ptm_error error = {0};
    frames[1].rgb = NULL;
    CU_ASSERT_EQUAL(ptm_classify_frames(opened.session, frames, 4, NULL, &result, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_classify_frames(opened.session, frames, 0, NULL, &result, &error), PTM_ENODATA);
    close_both(&opened);
}

/** Uniform sampling by frame number: int(linspace(0, n - 1, T)), each frame used once however often it is asked for. */
static void test_uniform(void) {
    static uint8_t pixels[3][HIGH * WIDE * 3];
    ptm_frame frames[3];
    for (int i = 0; i < 3; i++) {
        paint(pixels[i], 9 * i);
        frames[i] = (ptm_frame){pixels[i], WIDE, HIGH, WIDE * 3};
    }
    /* 3 frames over 6 places: 0 0 0 1 1 2 */
    const ptm_frame spread[] = {frames[0], frames[0], frames[0], frames[1], frames[1], frames[2]};
    struct opened opened;
    ptm_result *few, *many;
    open_both(&opened, PTM_SOURCE_DIR "/tests/golden/videomae_odd", 2, "2");
    CHECK_OK(ptm_classify_frames(opened.session, frames, 3, NULL, &few, err));
    CHECK_OK(ptm_classify_frames(opened.session, spread, 6, NULL, &many, err));
    CU_ASSERT_STRING_EQUAL(few->video->coverage.sampling, "uniform");
    CU_ASSERT_EQUAL(few->video->coverage.frames_used, 3);
    CU_ASSERT_EQUAL(many->video->coverage.frames_used, 6);
    for (int i = 0; i < few->video->num_labels; i++)
        CU_ASSERT_EQUAL(few->video->labels[i].logit, many->video->labels[i].logit);
    ptm_result_free(&few);
    ptm_result_free(&many);
    close_both(&opened);
}

/** Sound: windows side by side, the last reaching back; the same samples from a file and from memory. */
static void test_samples_in_memory(void) {
    enum { RATE = 16000, COUNT = 50000 };
    static float samples[COUNT];
    for (int i = 0; i < COUNT; i++) samples[i] = 0.3f * sinf(0.05f * (float)i) * sinf(0.0007f * (float)i);
    struct opened opened;
    ptm_result *result;
    open_both(&opened, NULL, 2, NULL);
    CHECK_OK(ptm_classify_samples(opened.session, samples, COUNT, RATE, NULL, &result, err));
    CU_ASSERT_EQUAL(result->audio->windows, 3); /* 20720 + 20720 + a last one that reaches back */
    CU_ASSERT_EQUAL(result->audio->coverage.samples_used, COUNT);
    CU_ASSERT_DOUBLE_EQUAL(result->audio->coverage.padded, 0, 0);
    ptm_result_free(&result);
    CHECK_OK(ptm_classify_samples(opened.session, samples, 8000, RATE, NULL, &result, err));
    CU_ASSERT_EQUAL(result->audio->windows, 1);
    CU_ASSERT_DOUBLE_EQUAL(result->audio->coverage.padded, 12720 / 16000.0, 1e-9);
    ptm_result_free(&result);
    CHECK_OK(ptm_classify_samples(opened.session, samples, 8000, 8000, NULL, &result, err)); /* resampled */
    CU_ASSERT_DOUBLE_EQUAL((double)result->audio->coverage.samples_used, 16000, 2);
    ptm_result_free(&result);

    ptm_error error = {0};
    samples[5] = NAN;
    CU_ASSERT_EQUAL(ptm_classify_samples(opened.session, samples, 8000, RATE, NULL, &result, &error), PTM_EFORMAT);
    CU_ASSERT_EQUAL(ptm_classify_samples(opened.session, samples, 8000, 3, NULL, &result, &error), PTM_EINVAL);
    close_both(&opened);
}

/** The bytes of a file; free with free(). */
static void *read_all(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_FATAL(fseek(file, 0, SEEK_END) == 0);
    *bytes = (size_t)ftell(file);
    rewind(file);
    void *data = malloc(*bytes);
    CU_ASSERT_FATAL(data && fread(data, 1, *bytes, file) == *bytes);
    fclose(file);
    return data;
}

/** A whole file in memory gets what the file gets: uniform sampling, which reads it twice, too. */
static void test_file_in_memory(void) {
    size_t bytes;
    void *data = read_all(SAMPLES "pan-right-three.mp4", &bytes);
    struct opened opened;
    ptm_result *file, *memory;
    ptm_error error = {0};
    open_both(&opened, NULL, 2, NULL);
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    for (int sampling = PTM_SAMPLING_MODEL; sampling <= PTM_SAMPLING_FIRST; sampling++) {
        options.sampling = (ptm_sampling)sampling;
        CHECK_OK(ptm_classify_file(opened.session, SAMPLES "pan-right-three.mp4", &options, &file, err));
        CHECK_OK(ptm_classify_memory(opened.session, data, bytes, "clip", &options, &memory, err));
        CU_ASSERT_EQUAL(file->duration, memory->duration);
        for (int i = 0; i < file->video->num_labels; i++)
            CU_ASSERT_EQUAL(file->video->labels[i].logit, memory->video->labels[i].logit);
        for (int i = 0; i < file->audio->num_labels; i++)
            CU_ASSERT_EQUAL(file->audio->labels[i].logit, memory->audio->labels[i].logit);
        ptm_result_free(&file);
        ptm_result_free(&memory);
    }
    CU_ASSERT_EQUAL(ptm_classify_memory(opened.session, data, 0, "clip", NULL, &memory, &error), PTM_ENODATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "clip"));
    CU_ASSERT_EQUAL(ptm_classify_memory(opened.session, data, 20, NULL, NULL, &memory, &error), PTM_EFORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "memory"));
    CU_ASSERT_PTR_NULL(memory);
    close_both(&opened);
    free(data);
}

/** A still is decoded; a clip, and what is no picture, is refused. */
static void test_decode_picture(void) {
    static const char ppm[] = "P6\n2 1\n255\n\1\2\3\375\376\377";
    ptm_frame *frame;
    ptm_error error = {0};
    CHECK_OK(ptm_decode_picture(&frame, ppm, sizeof ppm - 1, "two pixels", 0, err));
    CU_ASSERT_EQUAL(frame->width, 2);
    CU_ASSERT_EQUAL(frame->height, 1);
    CU_ASSERT_EQUAL(memcmp(frame->rgb, "\1\2\3\375\376\377", 6), 0);
    ptm_frame_free(&frame);
    CU_ASSERT_PTR_NULL(frame);
    ptm_frame_free(&frame);
    CU_ASSERT_EQUAL(ptm_decode_picture(&frame, ppm, 0, "nothing", 0, &error), PTM_ENODATA);
    size_t bytes;
    void *png = read_all(PTM_SOURCE_DIR "/tests/fuzz/corpus/media/still.png", &bytes);
    CHECK_OK(ptm_decode_picture(&frame, png, bytes, "png", 0, err));
    const int64_t pixels = (int64_t)frame->width * frame->height;
    ptm_frame_free(&frame);
    CU_ASSERT_EQUAL(ptm_decode_picture(&frame, png, bytes, "png", pixels - 1, &error), PTM_ELIMIT);
    free(png);
    void *clip = read_all(SAMPLES "tilt-up.mp4", &bytes);
    CU_ASSERT_EQUAL(ptm_decode_picture(&frame, clip, bytes, "clip", 0, &error), PTM_EFORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "clip: is not a still picture"));
    CU_ASSERT_PTR_NULL(frame);
    free(clip);
}

int main(void) {
    static const struct check_case cases[] = {
        {"samples get their labels", test_samples},
        {"the reference's logits on real files", test_reference_media},
        {"threads and order change no bit", test_threads_and_order},
        {"nor do threads that come and go", test_changing_threads},
        {"frames in memory", test_frames},
        {"uniform sampling", test_uniform},
        {"samples in memory", test_samples_in_memory},
        {"a file in memory", test_file_in_memory},
        {"a picture in memory", test_decode_picture},
    };
    return check_main("pipelines", cases, CHECK_COUNT(cases));
}
