/* SPDX-License-Identifier: MIT */
/* The windows of files: decoded ahead and in step they are the same, they answer as classify does, and a caller may
 * stop them. */
#include "listening.h"

#include <math.h>

static void test_ahead_and_in_step(void) {
    static const char *const files[] = {SAMPLES "cut.mp4", SAMPLES "rain.ogg", SAMPLES "two.flac"};
    for (size_t i = 0; i < CHECK_COUNT(files); i++) {
        struct heard one, two;
        listen_to(&one, files[i], 1, 0.3, NULL);
        listen_to(&two, files[i], 3, 0.3, NULL);
        check_same(&one, &two);
    }
}

/* Windows that lie far apart stand for what is between them, but not for what is behind the end. */
static void test_end_of_the_file(void) {
    struct heard heard;
    listen_to(&heard, SAMPLES "cut.mp4", 1, 100, NULL);
    CU_ASSERT_FATAL(heard.count >= 1);
    for (int i = 0; i < heard.count; i++) CU_ASSERT(heard.windows[i].to >= 1.9 && heard.windows[i].to <= 2.1);
}

static void test_like_classify(void) {
    struct heard heard;
    ptm_result *timeline, *classified;
    listen_to(&heard, SAMPLES "rain.ogg", 2, 0, &timeline);
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "rain.ogg", NULL, &classified, err));
    CU_ASSERT_EQUAL_FATAL(classified->audio->windows, heard.count);
    CU_ASSERT_EQUAL(timeline->audio->windows, heard.count);
    CU_ASSERT_EQUAL(timeline->audio->labels[0].logit, classified->audio->labels[0].logit);
    CU_ASSERT_EQUAL(timeline->audio->coverage.to, classified->audio->coverage.to);
    double sum = 0;
    for (int i = 0; i < heard.count; i++) sum += (double)heard.windows[i].score;
    CU_ASSERT_DOUBLE_EQUAL(sum / heard.count, (double)classified->audio->labels[0].score, 1e-6);
    ptm_result_free(&timeline);
    ptm_result_free(&classified);
    close_both(&opened);
}

static void test_stopped_by_caller(void) {
    for (int threads = 1; threads <= 2; threads++) {
        struct opened opened;
        open_both(&opened, NULL, threads, NULL);
        struct heard heard = {.stop_after = 2};
        ptm_timeline_options options;
        ptm_timeline_options_default(&options);
        options.hop = 0.1;
        options.on_window = hear;
        options.user = &heard;
        ptm_result *result = NULL;
        ptm_error err = {0};
        CU_ASSERT_EQUAL(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &options, &result, &err), PTM_EIO);
        CU_ASSERT_STRING_EQUAL(err.message, "no more room");
        CU_ASSERT_EQUAL(heard.count, 2);
        CU_ASSERT_PTR_NULL(result);
        close_both(&opened);
    }
}

static ptm_status refuse_silently(void *user, const ptm_window *window, ptm_error *err) {
    (void)user, (void)window, (void)err;
    return PTM_EIO;
}

static ptm_status refuse_in_words(void *user, const ptm_window *window, ptm_error *err) {
    (void)user, (void)window;
    snprintf(err->message, sizeof err->message, "the database is full");
    return PTM_EIO;
}

static void test_stopped_without_a_word(void) {
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.on_window = refuse_silently;
    ptm_error err = {0};
    CU_ASSERT_EQUAL(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &options, NULL, &err), PTM_EIO);
    CU_ASSERT_EQUAL(err.status, PTM_EIO);
    CU_ASSERT_STRING_EQUAL(err.message, "the caller did not take a window");
    options.on_window = refuse_in_words;
    CU_ASSERT_EQUAL(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &options, NULL, &err), PTM_EIO);
    CU_ASSERT_EQUAL(err.status, PTM_EIO);
    CU_ASSERT_STRING_EQUAL(err.message, "the database is full");
    close_both(&opened);
}

/** A window that is full when the file cannot be read on is told of before that is. */
static void test_broken_off(void) {
    for (int threads = 1; threads <= 2; threads++) {
        struct opened opened;
        struct heard heard = {0};
        open_both(&opened, NULL, threads, NULL);
        ptm_timeline_options options;
        ptm_timeline_options_default(&options);
        options.window = 1;
        options.hop = 0.25;
        options.classify.max_seconds = 1.02; /* the frames before fill the first window, and none of the next */
        options.on_window = hear;
        options.user = &heard;
        ptm_error err = {0};
        CU_ASSERT_EQUAL(ptm_timeline_file(opened.session, SAMPLES "pan-left.mp4", &options, NULL, &err), PTM_ELIMIT);
        CU_ASSERT_EQUAL_FATAL(heard.count, 1);
        CU_ASSERT_EQUAL(heard.windows[0].end, 1);
        close_both(&opened);
    }
}

static void test_wrong_options(void) {
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    static const double wrong[][2] = {{-1, 0},   {0, -1},   {NAN, 0},   {0, INFINITY},
                                      {1e-9, 0}, {0, 1e-9}, {1e300, 0}, {0, 1e300}};
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        ptm_timeline_options options;
        ptm_timeline_options_default(&options);
        options.window = wrong[i][0];
        options.hop = wrong[i][1];
        ptm_error err = {0};
        CU_ASSERT_EQUAL(ptm_timeline_file(opened.session, SAMPLES "two.flac", &options, NULL, &err), PTM_EINVAL);
        CU_ASSERT(err.message[0] != '\0');
    }
    close_both(&opened);
}

int main(void) {
    static const struct check_case cases[] = {
        {"decoding ahead and in step", test_ahead_and_in_step},
        {"the same labels as classify", test_like_classify},
        {"stopped by the caller", test_stopped_by_caller},
        {"stopped without a word", test_stopped_without_a_word},
        {"the end of the file", test_end_of_the_file},
        {"wrong options", test_wrong_options},
        {"a file broken off", test_broken_off},
    };
    return check_main("timeline", cases, CHECK_COUNT(cases));
}
