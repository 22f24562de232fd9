/* SPDX-License-Identifier: MIT */
/*
 * Windows over time: where they lie, what they stand for, and that a file decoded ahead, a file decoded in step and
 * frames and samples that a caller pushes all get the same answers.
 */
#include "base/memory.h"
#include "decoded.h"
#include "opened.h"
#include "pipelines/relay.h"
#include "pipelines/window.h"
#include "temporary.h"

#include <math.h>
#include <time.h>

#define SAMPLES PTM_SOURCE_DIR "/samples/"

/* ---------------------------------------------------------------- where windows lie */

enum { CAPACITY = 8, MOST = 64 };

/** Pushes `count` numbered items, takes each window as it is due and the last one; returns how many there were. */
static int lay_until(struct window *window, int count, double until, struct span *spans, float firsts[]) {
    int answered = 0;
    float out[CAPACITY];
    for (int i = 0; i < count; i++) {
        if (window_unwanted(window) == 0) *window_slot(window) = (float)i;
        window_pushed(window, 1);
        if (window_missing(window) > 0) continue;
        window_copy(window, out);
        firsts[answered] = out[0];
        spans[answered++] = window_take(window, 100, until);
    }
    if (!window_pending(window)) return answered;
    window_copy(window, out);
    firsts[answered] = out[0];
    spans[answered++] = window_take(window, 100, until);
    return answered;
}

static int lay(struct window *window, int count, struct span *spans, float firsts[]) {
    return lay_until(window, count, 0, spans, firsts);
}

static struct window make_window(float *ring, double hop, int align) {
    struct window window = {.items = ring, .capacity = CAPACITY, .width = 1, .rate = 4};
    window_lay(&window, hop, align);
    return window;
}

static void check_neighbours(const struct span *spans, int count) {
    CU_ASSERT_EQUAL(spans[0].from, spans[0].start);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(spans[i].index, i);
        CU_ASSERT(spans[i].to > spans[i].from);
        CU_ASSERT(spans[i].start <= spans[i].from && spans[i].to <= spans[i].end);
        if (i > 0) CU_ASSERT_EQUAL(spans[i].from, spans[i - 1].to);
    }
}

static void test_side_by_side(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 0, 2);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 20, spans, firsts), 3);
    const float expected[] = {0, 8, 12}; /* the last one reaches back */
    for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(firsts[i], expected[i]);
    CU_ASSERT_EQUAL(spans[1].start, 102);
    CU_ASSERT_EQUAL(spans[1].to, 104);
    CU_ASSERT_EQUAL(spans[2].start, 103);
    CU_ASSERT_EQUAL(spans[2].from, 104);
    CU_ASSERT_EQUAL(spans[2].to, 105);
    check_neighbours(spans, 3);
}

static void test_overlapping(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 0.7, 2); /* 2.8 items: no step of its own is a multiple of 2 */
    const int count = lay(&window, 41, spans, firsts);
    for (int i = 0; i + 1 < count; i++) {
        CU_ASSERT_EQUAL(fmodf(firsts[i], 2), 0);
        CU_ASSERT(fabs((double)firsts[i] - 2.8 * i) <= 1.0001); /* keeps step with the clock */
    }
    CU_ASSERT_EQUAL(firsts[count - 1], 41 - CAPACITY);
    CU_ASSERT_EQUAL(spans[count - 1].end, 100 + 41 / 4.0);
    check_neighbours(spans, count);
}

static void test_far_apart(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 5, 2);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 47, spans, firsts), 2); /* 0, 20; the one at 40 is not full */
    CU_ASSERT_EQUAL(firsts[0], 0);
    CU_ASSERT_EQUAL(firsts[1], 20);
    CU_ASSERT_EQUAL(spans[1].from, spans[0].to);
}

/* Answers end where the stream is said to end, and go on without a gap where it does not. */
static void test_said_end(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 5, 2);
    CU_ASSERT_EQUAL_FATAL(lay_until(&window, 67, 103, spans, firsts), 3);
    CU_ASSERT_EQUAL(spans[0].to, 103);
    CU_ASSERT_EQUAL(spans[1].from, 103);
    CU_ASSERT_EQUAL(spans[1].to, spans[1].end); /* there it is all the same */
    CU_ASSERT_EQUAL(spans[2].from, spans[1].to);
}

static void test_short(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 0.5, 2);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 3, spans, firsts), 1);
    CU_ASSERT_EQUAL(spans[0].padded, 5 / 4.0);
    CU_ASSERT_EQUAL(spans[0].end, 100.75);
    window_restart(&window);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 8, spans, firsts), 1);
    CU_ASSERT_EQUAL(spans[0].index, 1); /* numbers go on */
    CU_ASSERT_EQUAL(spans[0].from, spans[0].start);
}

/* ---------------------------------------------------------------- files */

struct heard {
    struct heard_window {
        ptm_modality modality;
        int64_t index;
        double start, end, from, to;
        int label;
        float score, logit;
    } windows[MOST];
    int count, stop_after; /* stop_after 0: never */
};

static ptm_status hear(void *user, const ptm_window *window, ptm_error *err) {
    struct heard *heard = user;
    const ptm_label *best = window->labels;
    CU_ASSERT_FATAL(heard->count < MOST);
    heard->windows[heard->count++] =
        (struct heard_window){window->modality, window->index, window->start, window->end, window->from,
                              window->to,       best->index,   best->score,   best->logit};
    return heard->count == heard->stop_after ? error_set(err, PTM_EIO, "no more room") : PTM_OK;
}

/** The windows of one modality, in order. */
static int only(const struct heard *heard, ptm_modality modality, struct heard_window *windows) {
    int count = 0;
    for (int i = 0; i < heard->count; i++)
        if (heard->windows[i].modality == modality) windows[count++] = heard->windows[i];
    return count;
}

static bool same_window(const struct heard_window *a, const struct heard_window *b) {
    return a->index == b->index && a->start == b->start && a->end == b->end && a->from == b->from && a->to == b->to &&
           a->label == b->label && a->score == b->score && a->logit == b->logit;
}

static void check_same(const struct heard *a, const struct heard *b) {
    CU_ASSERT_EQUAL_FATAL(a->count, b->count);
    CU_ASSERT(a->count > 0);
    const ptm_modality modalities[] = {PTM_VIDEO, PTM_AUDIO};
    for (int m = 0; m < 2; m++) {
        struct heard_window left[MOST], right[MOST];
        const int count = only(a, modalities[m], left);
        CU_ASSERT_EQUAL_FATAL(only(b, modalities[m], right), count);
        for (int i = 0; i < count; i++) CU_ASSERT(same_window(&left[i], &right[i]));
    }
}

static void listen_with(const char *model, struct heard *heard, const char *path, int threads, double hop,
                        ptm_result **result) {
    struct opened opened;
    open_both(&opened, model, threads, NULL);
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.hop = hop;
    options.on_window = hear;
    options.user = heard;
    *heard = (struct heard){0};
    CHECK_OK(ptm_timeline_file(opened.session, path, &options, result, err));
    close_both(&opened);
}

static void listen_to(struct heard *heard, const char *path, int threads, double hop, ptm_result **result) {
    listen_with(NULL, heard, path, threads, hop, result);
}

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
    close_both(&opened);
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

/* ---------------------------------------------------------------- a caller's own frames and samples */

static ptm_stream *open_stream(struct opened *opened, struct heard *heard, int threads, double hop) {
    open_both(opened, NULL, threads, NULL);
    *heard = (struct heard){0};
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.hop = hop;
    options.on_window = hear;
    options.user = heard;
    ptm_stream *stream;
    CHECK_OK(ptm_stream_open(&stream, opened->session, &options, err));
    return stream;
}

static void close_stream(ptm_stream **stream, struct opened *opened) {
    ptm_stream_close(stream);
    close_both(opened);
}

/** Pushes what the decoder delivers of a file, from `begin` on, samples in pieces of another size. */
static void push_file(ptm_stream *stream, const char *path, int sample_rate, double begin) {
    struct media *media = decoded_open(path, sample_rate, 0);
    struct media_item item = {.kind = MEDIA_FRAME};
    while (item.kind != MEDIA_END) {
        CHECK_OK(media_next(media, &item, err));
        struct media_picture picture;
        if (item.kind == MEDIA_FRAME) {
            CHECK_OK(media_frame_rgb(media, &picture, err));
            const ptm_frame frame = {picture.rgb, picture.width, picture.height, picture.stride};
            CHECK_OK(ptm_stream_push_frame(stream, &frame, begin + item.time, begin + item.end, err));
        }
        for (int done = 0; item.kind == MEDIA_SAMPLES && done < item.count; done += 777) {
            const size_t count = (size_t)(item.count - done < 777 ? item.count - done : 777);
            CHECK_OK(ptm_stream_push_samples(stream, item.samples + done, count, sample_rate,
                                             begin + item.time + (double)done / sample_rate, err));
        }
    }
    media_close(&media);
}

/** Hears `times` rounds of a file of `seconds` that are pushed one after the other. */
static void listen_to_pushed(struct heard *heard, const char *path, double seconds, int times, double hop) {
    struct opened opened;
    ptm_stream *stream = open_stream(&opened, heard, 2, hop);
    for (int i = 0; i < times; i++) push_file(stream, path, 16000, i * seconds);
    CHECK_OK(ptm_stream_finish(stream, err));
    CU_ASSERT_EQUAL(ptm_stream_finish(stream, NULL), PTM_EINVAL);
    close_stream(&stream, &opened);
}

static void check_pushed(const char *path) {
    struct heard file, pushed;
    listen_to(&file, path, 2, 0.4, NULL);
    listen_to_pushed(&pushed, path, 0, 1, 0.4);
    check_same(&file, &pushed);
}

static void test_pushed(void) {
    check_pushed(SAMPLES "cut.mp4");
    check_pushed(SAMPLES "rain.ogg");
}

/** Every `n`-th of the overlapping windows is every `m`-th of those side by side, and what it shares with its
 * neighbours does not change a bit of it. */
static void check_shared_parts(const char *path, double seconds, double hop, int n, int m) {
    struct heard beside, overlapping;
    listen_to_pushed(&beside, path, seconds, 4, 0);
    listen_to_pushed(&overlapping, path, seconds, 4, hop);
    const int pairs = (beside.count - 1) / m; /* the last one may reach back */
    CU_ASSERT_FATAL(pairs >= 3 && overlapping.count > n * (pairs - 1));
    for (int i = 0; i < pairs; i++) {
        const struct heard_window *a = &beside.windows[m * i], *b = &overlapping.windows[n * i];
        CU_ASSERT_DOUBLE_EQUAL(a->start, b->start, 1e-9);
        CU_ASSERT_EQUAL(a->label, b->label);
        CU_ASSERT_EQUAL(a->logit, b->logit);
    }
}

static void test_shared_parts(void) {
    check_shared_parts(SAMPLES "cut.mp4", 2, 0.5, 4, 1);
    check_shared_parts(SAMPLES "rain.ogg", 3.9, 0.32375, 8, 2);
}

/* A model that hears another number of samples a second: frames of 25 ms every 10 ms, 96 of them a window. */
static const char *const listener_files[] = {"config.json", "model.safetensors", "preprocessor_config.json", NULL};

static void make_listener(char *folder, int rate) {
    char from[TEMPORARY_PATH], to[TEMPORARY_PATH], text[200];
    CU_ASSERT_FATAL(temporary_folder(folder));
    for (int i = 0; i < 2; i++) {
        temporary_join(from, PTM_SOURCE_DIR "/tests/golden/ast", listener_files[i]);
        temporary_join(to, folder, listener_files[i]);
        CU_ASSERT_EQUAL_FATAL(symlink(from, to), 0);
    }
    temporary_join(to, folder, listener_files[2]);
    snprintf(text, sizeof text,
             "{\"feature_extractor_type\": \"ASTFeatureExtractor\", \"num_mel_bins\": 128, \"max_length\": 96, "
             "\"sampling_rate\": %d}",
             rate);
    CU_ASSERT_FATAL(temporary_write(to, text, strlen(text)));
}

/* 10 ms are 220.5 samples there, of which the reference takes 220. Windows of 551 + 95 * 220 samples, 98 frames apart
 * and so without common ones, and 49. */
static void test_parts_of_odd_frames(void) {
    enum { RATE = 22050, APART = 98 * 220 };
    char folder[TEMPORARY_PATH];
    make_listener(folder, RATE);
    struct heard apart, overlapping;
    listen_with(folder, &apart, SAMPLES "rain.ogg", 1, (double)APART / RATE, NULL);
    listen_with(folder, &overlapping, SAMPLES "rain.ogg", 1, APART / 2.0 / RATE, NULL);
    CU_ASSERT_FATAL(apart.count >= 3 && overlapping.count >= 2 * apart.count - 1);
    for (int i = 0; i < apart.count; i++) {
        const struct heard_window *a = &apart.windows[i], *b = &overlapping.windows[2 * i];
        CU_ASSERT_DOUBLE_EQUAL(a->start, i * (double)APART / RATE, 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(a->start, b->start, 1e-9);
        CU_ASSERT_EQUAL(a->logit, b->logit);
    }
    temporary_remove(folder, listener_files);
}

/** Pushes `seconds` of a buzz from `time` on. */
static void push_buzz(ptm_stream *stream, double time, double seconds, int sample_rate) {
    static float samples[48000];
    const size_t count = (size_t)(seconds * sample_rate);
    CU_ASSERT_FATAL(count <= CHECK_COUNT(samples));
    for (size_t i = 0; i < count; i++) samples[i] = (float)(i % 40) / 40 - 0.5F;
    CHECK_OK(ptm_stream_push_samples(stream, samples, count, sample_rate, time, err));
}

static void test_gaps(void) {
    struct opened opened;
    struct heard heard;
    ptm_stream *stream = open_stream(&opened, &heard, 1, 0);
    push_buzz(stream, 10, 1, 16000);
    push_buzz(stream, 11.5, 1, 16000); /* half a second is silence */
    push_buzz(stream, 500, 1, 16000);  /* windows begin anew; the half one before is left out */
    CHECK_OK(ptm_stream_finish(stream, err));
    close_stream(&stream, &opened);
    CU_ASSERT_EQUAL_FATAL(heard.count, 2);
    CU_ASSERT_EQUAL(heard.windows[0].start, 10);
    CU_ASSERT_EQUAL(heard.windows[1].start, 500);
    CU_ASSERT_EQUAL(heard.windows[1].from, 500);
    CU_ASSERT_EQUAL(heard.windows[1].index, 1);
    CU_ASSERT_EQUAL(heard.windows[1].end, 501);
}

/** Times that no clock has, and pictures that do not go on, are refused and change nothing. */
static void test_samples_back_in_time(void) {
    const float sample = 0;
    struct opened opened;
    struct heard heard;
    ptm_stream *stream = open_stream(&opened, &heard, 1, 0);
    CHECK_OK(ptm_stream_push_samples(stream, &sample, 0, 16000, 7, err));  /* of no samples no time is kept */
    CHECK_OK(ptm_stream_push_samples(stream, &sample, 1, 16000, -5, err)); /* a clock may begin anywhere */
    CHECK_OK(ptm_stream_push_samples(stream, &sample, 1, 16000, 5, err));
    CU_ASSERT_EQUAL(ptm_stream_push_samples(stream, &sample, 1, 16000, 4.5, NULL), PTM_EINVAL);
    CHECK_OK(ptm_stream_push_samples(stream, &sample, 1, 16000, 4.95, err)); /* rounded */
    close_stream(&stream, &opened);
}

static void test_wrong_times(void) {
    static const uint8_t pixels[8 * 8 * 3];
    const ptm_frame frame = {pixels, 8, 8, 24};
    static const double wrong[][2] = {{NAN, 2}, {1, INFINITY}, {1e11, 2e11}, {-2e10, 2}, {2, 2}, {1, 1.5}, {0, 2}};
    const float sample = 0;
    struct opened opened;
    struct heard heard;
    ptm_stream *stream = open_stream(&opened, &heard, 1, 0);
    CHECK_OK(ptm_stream_push_frame(stream, &frame, 0, 1.5, err));
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        CU_ASSERT_EQUAL(ptm_stream_push_frame(stream, &frame, wrong[i][0], wrong[i][1], NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_stream_push_frame(stream, &frame, 1.5, 1e9, NULL), PTM_ELIMIT); /* 30 years of one picture */
    CU_ASSERT_EQUAL(ptm_stream_push_samples(stream, &sample, 1, 16000, NAN, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_stream_push_samples(stream, &sample, 1, 16000, 1e300, NULL), PTM_EINVAL);
    CHECK_OK(ptm_stream_push_frame(stream, &frame, 1.5, 2, err));
    CHECK_OK(ptm_stream_finish(stream, err));
    close_stream(&stream, &opened);
    CU_ASSERT_EQUAL_FATAL(heard.count, 1);
    CU_ASSERT_EQUAL(heard.windows[0].end, 2);
}

/** Hears 4 seconds of sound; where `odd` is not NULL, one push has that sample last, and is tried again without it. */
static void listen_past(struct heard *heard, const float *odd) {
    enum { RATE = 16000, STEP = 160 };
    struct opened opened;
    ptm_stream *stream = open_stream(&opened, heard, 1, 0.25);
    for (int at = 0; at < 4 * RATE; at += STEP) {
        float samples[STEP];
        for (int i = 0; i < STEP; i++) samples[i] = (float)((at + i) * 7 % 1009) / 1009 - 0.5F;
        const float kept = samples[STEP - 1];
        if (odd && at == RATE * 3 / 2) samples[STEP - 1] = *odd;
        const double time = (double)at / RATE;
        ptm_status status = ptm_stream_push_samples(stream, samples, STEP, RATE, time, NULL);
        samples[STEP - 1] = kept;
        if (status == PTM_EFORMAT) status = ptm_stream_push_samples(stream, samples, STEP, RATE, time, NULL);
        CU_ASSERT_EQUAL(status, PTM_OK);
    }
    close_stream(&stream, &opened);
}

static void test_refused_samples(void) {
    static const float odd[] = {NAN, -INFINITY, 1e30F};
    struct heard whole, refused;
    listen_past(&whole, NULL);
    for (size_t i = 0; i < CHECK_COUNT(odd); i++) {
        listen_past(&refused, &odd[i]);
        check_same(&whole, &refused);
    }
}

static void test_another_rate(void) {
    struct opened opened;
    struct heard heard;
    ptm_stream *stream = open_stream(&opened, &heard, 1, 0);
    for (int i = 0; i < 30; i++) push_buzz(stream, i * 0.1, 0.1, 44100);
    const float sample = 0;
    CU_ASSERT_EQUAL(ptm_stream_push_samples(stream, &sample, 1, 16000, 3, NULL), PTM_EINVAL);
    CHECK_OK(ptm_stream_finish(stream, err));
    close_stream(&stream, &opened);
    CU_ASSERT_FATAL(heard.count > 1);
    CU_ASSERT_EQUAL(heard.windows[0].start, 0);
    CU_ASSERT_DOUBLE_EQUAL(heard.windows[heard.count - 1].end, 3, 1e-3);
}

/* ---------------------------------------------------------------- the relay */

/** A collector that puts numbered windows, and whoever answers them slowly. */
struct race {
    struct relay *relay;
    struct lane *lane;
    float *input;
    int answered, last, puts;
    ptm_status end; /* of the collector */
};

enum { PUTS = 40 };

static ptm_status put_all(void *user, ptm_error *err) {
    struct race *race = user;
    for (; race->puts < PUTS; race->puts++) {
        const struct ready ready = {.lane = race->lane, .input = race->input, .span = {.index = race->puts}};
        race->input[0] = (float)race->puts;
        TRY(relay_put(race->relay, &ready, err));
    }
    return race->end == PTM_OK ? PTM_OK : error_set(err, race->end, "the collector failed");
}

static ptm_status answer_one(void *user, const struct ready *ready, ptm_error *err) {
    (void)err;
    struct race *race = user;
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    CU_ASSERT_EQUAL(ready->input[0], (float)ready->span.index); /* its own copy, whatever came after it */
    CU_ASSERT(ready->span.index > race->last);
    race->last = (int)ready->span.index;
    race->answered++;
    return PTM_OK;
}

static ptm_status run_race(struct race *race, enum relay_policy policy, ptm_error *error) {
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    race->lane = session_lane(opened.session, PTM_AUDIO);
    race->last = -1;
    race->input = mem_calloc(network_input_count(race->lane->network), sizeof *race->input);
    CU_ASSERT_PTR_NOT_NULL_FATAL(race->input);
    CHECK_OK(relay_open(&race->relay, opened.session, PTM_AUDIO, policy, err));
    CU_ASSERT_FATAL(relay_start(race->relay, put_all, race));
    const ptm_status status = relay_run(race->relay, answer_one, race, error);
    if (policy == RELAY_DROPS) CU_ASSERT_EQUAL(race->answered + relay_dropped(race->relay, PTM_AUDIO), race->puts);
    relay_close(&race->relay);
    mem_free(race->input);
    close_both(&opened);
    return status;
}

static void test_relay(void) {
    ptm_error err = {0};
    struct race waits = {0}, drops = {0}, fails = {.end = PTM_ELIMIT};
    CU_ASSERT_EQUAL(run_race(&waits, RELAY_WAITS, &err), PTM_OK);
    CU_ASSERT_EQUAL(waits.answered, PUTS);
    CU_ASSERT_EQUAL(run_race(&drops, RELAY_DROPS, &err), PTM_OK);
    CU_ASSERT(drops.answered < PUTS);
    CU_ASSERT_EQUAL(drops.last, PUTS - 1); /* the newest one is never lost */
    CU_ASSERT_EQUAL(run_race(&fails, RELAY_WAITS, &err), PTM_ELIMIT);
    CU_ASSERT_EQUAL(fails.answered, PUTS); /* nothing already done is */
    CU_ASSERT_STRING_EQUAL(err.message, "the collector failed");
}

/** Pictures of an image model: each stands for the time around it, and none for an outage. */
static void test_pictures_pushed(void) {
    enum { SIDE = 64 };
    static uint8_t rgb[SIDE * SIDE * 3];
    const ptm_frame frame = {rgb, SIDE, SIDE, SIDE * 3};
    static const double begins[] = {0, 0.5, 1.5, 2.4, 100, 100.6};
    struct opened opened;
    struct heard heard = {0};
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.on_window = hear;
    options.user = &heard;
    open_both(&opened, PTM_SOURCE_DIR "/tests/golden/vit", 1, NULL);
    ptm_stream *stream;
    CHECK_OK(ptm_stream_open(&stream, opened.session, &options, err));
    for (size_t i = 0; i < CHECK_COUNT(begins); i++) {
        const double end = i == 3 || i == 5 ? begins[i] + 0.6 : begins[i + 1]; /* what was there goes away, or ends */
        CHECK_OK(ptm_stream_push_frame(stream, &frame, begins[i], end, err));
    }
    CHECK_OK(ptm_stream_finish(stream, err));
    close_stream(&stream, &opened);
    static const double wanted[][2] = {{0, 1}, {1, 2}, {2, 3}, {100, 101}}; /* the middles of their seconds are shown */
    CU_ASSERT_EQUAL_FATAL(heard.count, (int)CHECK_COUNT(wanted));
    for (int i = 0; i < heard.count; i++) {
        CU_ASSERT_EQUAL(heard.windows[i].from, wanted[i][0]);
        CU_ASSERT_DOUBLE_EQUAL(heard.windows[i].to, wanted[i][1], 1e-9);
    }
}

/** What a session's lanes collect is a stream's as long as it is open. */
static void test_stream_alone(void) {
    struct opened opened;
    struct heard heard;
    ptm_stream *stream = open_stream(&opened, &heard, 1, 0), *other;
    ptm_error error = {0};
    ptm_result *result;
    const float sample = 0;
    push_buzz(stream, 0, 0.5, 16000);
    CU_ASSERT_EQUAL(ptm_classify_file(opened.session, SAMPLES "seven.wav", NULL, &result, &error), PTM_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "open stream"));
    CU_ASSERT_EQUAL(ptm_classify_samples(opened.session, &sample, 1, 16000, NULL, &result, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_stream_open(&other, opened.session, NULL, NULL), PTM_EINVAL);
    push_buzz(stream, 0.5, 1, 16000);
    CU_ASSERT_EQUAL(heard.count, 1);
    ptm_stream_close(&stream);
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "seven.wav", NULL, &result, err));
    ptm_result_free(&result);
    CHECK_OK(ptm_stream_open(&other, opened.session, NULL, err));
    close_stream(&other, &opened);
}

int main(void) {
    static const struct check_case cases[] = {
        {"windows side by side", test_side_by_side},
        {"windows that overlap", test_overlapping},
        {"windows far apart", test_far_apart},
        {"windows up to the end that a header says", test_said_end},
        {"a stream shorter than a window, and a fresh start", test_short},
        {"decoding ahead and in step", test_ahead_and_in_step},
        {"the same labels as classify", test_like_classify},
        {"stopped by the caller", test_stopped_by_caller},
        {"stopped without a word", test_stopped_without_a_word},
        {"the end of the file", test_end_of_the_file},
        {"wrong options", test_wrong_options},
        {"frames and samples that a caller pushes", test_pushed},
        {"parts that windows share", test_shared_parts},
        {"parts of frames of no whole samples", test_parts_of_odd_frames},
        {"gaps", test_gaps},
        {"samples back in time", test_samples_back_in_time},
        {"pictures of an image model", test_pictures_pushed},
        {"a stream has its session for itself", test_stream_alone},
        {"wrong times", test_wrong_times},
        {"samples that are refused", test_refused_samples},
        {"samples of another rate", test_another_rate},
        {"the relay", test_relay},
    };
    return check_main("windows", cases, CHECK_COUNT(cases));
}
