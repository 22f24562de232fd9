/* SPDX-License-Identifier: MIT */
/* Frames and samples that a caller pushes get the answers that the same file would. */
#include "base/memory.h"
#include "decoded.h"
#include "listening.h"
#include "temporary.h"

#include <math.h>

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

/** The last answer of each modality, up to the end of its window: of a stream nobody knows that it is the last. */
static void reach_ends(struct heard *heard) {
    for (int m = 0; m < 2; m++) {
        int last = heard->count - 1;
        while (last >= 0 && heard->windows[last].modality != (m ? PTM_AUDIO : PTM_VIDEO)) last--;
        if (last >= 0) heard->windows[last].to = heard->windows[last].end;
    }
}

static void check_pushed(const char *path) {
    struct heard file, pushed;
    listen_to(&file, path, 2, 0.4, NULL);
    listen_to_pushed(&pushed, path, 0, 1, 0.4);
    reach_ends(&file);
    reach_ends(&pushed);
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

/** A source whose samples are more than its time has room for stays with its time, and an outage is still one. */
static void test_fast_samples(void) {
    struct opened opened;
    struct heard heard;
    ptm_stream *stream = open_stream(&opened, &heard, 1, 0);
    for (int i = 0; i < 20; i++) push_buzz(stream, i * 0.95, 1, 16000);
    push_buzz(stream, 22, 2, 16000);
    CHECK_OK(ptm_stream_finish(stream, err));
    close_stream(&stream, &opened);
    CU_ASSERT_FATAL(heard.count > 10);
    const struct heard_window *last = &heard.windows[heard.count - 1], *before = last;
    while (before > heard.windows && before->start > 20) before--;
    CU_ASSERT(before->end > 17.5 && before->end < 19.05 + 0.1);
    CU_ASSERT_DOUBLE_EQUAL(last->end, 24, 1e-9);
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

/** Hears two seconds that are pushed in pieces of so many samples. */
static void listen_in_pieces(struct heard *heard, int sample_rate, size_t piece) {
    static float samples[2 * 768000];
    const size_t count = 2 * (size_t)sample_rate;
    struct opened opened;
    ptm_stream *stream = open_stream(&opened, heard, 1, 0);
    for (size_t i = 0; i < count; i++) samples[i] = (float)(i * 7 % 1009) / 1009 - 0.5F;
    for (size_t at = 0; at < count; at += piece)
        CHECK_OK(ptm_stream_push_samples(stream, samples + at, count - at < piece ? count - at : piece, sample_rate,
                                         (double)at / sample_rate, err));
    CHECK_OK(ptm_stream_finish(stream, err));
    close_stream(&stream, &opened);
}

/** However the samples are cut, also into pieces of which none fills the filter. */
static void test_pieces(void) {
    static const int rates[] = {44100, 768000};
    static const size_t pieces[] = {700, 4410, 32768};
    struct heard whole, cut;
    for (size_t i = 0; i < CHECK_COUNT(rates); i++) {
        listen_in_pieces(&whole, rates[i], 2 * (size_t)rates[i]);
        for (size_t j = 0; j < CHECK_COUNT(pieces); j++) {
            listen_in_pieces(&cut, rates[i], pieces[j]);
            check_same(&whole, &cut);
        }
    }
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
        {"frames and samples that a caller pushes", test_pushed},
        {"parts that windows share", test_shared_parts},
        {"parts of frames of no whole samples", test_parts_of_odd_frames},
        {"gaps", test_gaps},
        {"more samples than time", test_fast_samples},
        {"samples back in time", test_samples_back_in_time},
        {"pictures of an image model", test_pictures_pushed},
        {"a stream has its session for itself", test_stream_alone},
        {"wrong times", test_wrong_times},
        {"samples that are refused", test_refused_samples},
        {"samples of another rate", test_another_rate},
        {"samples in pieces", test_pieces},
    };
    return check_main("stream", cases, CHECK_COUNT(cases));
}
