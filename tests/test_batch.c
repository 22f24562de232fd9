/* SPDX-License-Identifier: MIT */
/*
 * Windows of one file and of several share passes: no bit of an answer and no order depends on it, and what is wrong
 * with one file is that file's alone. (test_golden.c has the networks themselves.)
 */
#include "answers.h"
#include "opened.h"

#include <math.h>

#define SAMPLES PTM_SOURCE_DIR "/samples/"

static void open_batch(struct opened *opened, int threads, int batch, double static_threshold) {
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.threads = threads;
    options.batch = batch;
    options.r = "40"; /* twice the usual: passes are cheap, and nothing that is proved here depends on it */
    options.static_threshold = static_threshold;
    options.cpu = getenv("POLYTOME_TEST_CPU");
    CHECK_OK(ptm_model_open(&opened->model, NULL, NULL, err));
    CHECK_OK(ptm_session_open(&opened->session, (const ptm_model *[]){opened->model}, 1, &options, err));
}

/* ---------------------------------------------------------------- several files */

enum { FILES = 9, WRONG = 3 };

static const char *const paths[FILES] = {
    SAMPLES "rain.ogg",        SAMPLES "seven.wav",       SAMPLES "no-such-file.wav",
    SAMPLES "static-shot.mp4", SAMPLES "labels.tsv",      SAMPLES "two.flac",
    SAMPLES "clock-tick.flac", PTM_SOURCE_DIR "/samples", SAMPLES "pan-left.mp4",
};

static void check_same(const ptm_result *a, const ptm_result *b) {
    CU_ASSERT_FATAL(a && b);
    CU_ASSERT(same_answer(a->video, b->video));
    CU_ASSERT(same_answer(a->audio, b->audio));
    CU_ASSERT_EQUAL(a->duration, b->duration);
    CU_ASSERT_EQUAL(a->num_fused, b->num_fused);
}

/** Files in an array, and how often each was told of. */
struct told {
    ptm_file *files;
    int count, given, times[FILES];
};

static ptm_file *next_file(void *user) {
    struct told *told = user;
    return told->given < told->count ? &told->files[told->given++] : NULL;
}

static void file_done(void *user, ptm_file *file) {
    struct told *told = user;
    told->times[file - told->files]++;
    CU_ASSERT((file->result != NULL) == (file->err.status == PTM_OK));
}

static void label_files(ptm_session *session, ptm_file *files, int count) {
    struct told told = {.files = files, .count = count};
    ptm_classify_files(session, next_file, file_done, &told);
    for (int i = 0; i < count; i++) CU_ASSERT_EQUAL(told.times[i], 1);
}

static void check_files(int threads, int batch, double static_threshold, ptm_result *const *alone) {
    struct opened opened;
    ptm_file files[FILES];
    open_batch(&opened, threads, batch, static_threshold);
    for (int i = 0; i < FILES; i++) files[i] = (ptm_file){.path = paths[i]};
    label_files(opened.session, files, FILES);
    for (int i = 0; i < FILES; i++) {
        CU_ASSERT_EQUAL(files[i].err.status == PTM_OK, alone[i] != NULL);
        if (alone[i])
            check_same(files[i].result, alone[i]);
        else
            CU_ASSERT_PTR_NOT_NULL(strstr(files[i].err.message, paths[i]));
        ptm_result_free(&files[i].result);
    }
    close_both(&opened);
}

/** Files together, for each number of threads and size of a batch, have the results that each has alone. */
static void check_together(double static_threshold) {
    ptm_result *alone[FILES];
    struct opened opened;
    int wrong = 0;
    open_batch(&opened, 1, 1, static_threshold);
    CU_ASSERT_EQUAL(ptm_session_get_batch(opened.session, PTM_AUDIO), 1);
    for (int i = 0; i < FILES; i++)
        wrong += ptm_classify_file(opened.session, paths[i], NULL, &alone[i], NULL) != PTM_OK;
    CU_ASSERT_EQUAL(wrong, WRONG);
    close_both(&opened);
    for (int threads = 1; threads <= 3; threads++)
        for (int batch = 0; batch <= 4; batch += 2) check_files(threads, batch, static_threshold, alone);
    for (int i = 0; i < FILES; i++) ptm_result_free(&alone[i]);
}

static void test_together(void) {
    check_together(0);
}

/** With patches left out, each window of a pass has its own number of tokens. */
static void test_together_static(void) {
    check_together(0.1);
}

/** Asked so often, and from then on it says stop. */
struct patience {
    int asked, most;
};

static bool is_over(void *user) {
    struct patience *patience = user;
    return ++patience->asked > patience->most;
}

/** A file that is given up while others wait takes nothing from them; neither do options that make no sense. */
static void test_given_up(void) {
    struct opened opened;
    struct patience patience = {.most = 2};
    ptm_classify_options given_up, senseless;
    ptm_classify_options_default(&given_up);
    given_up.cancelled = is_over;
    given_up.user = &patience;
    ptm_classify_options_default(&senseless);
    senseless.start = -1;
    open_batch(&opened, 1, 8, 0);
    ptm_result *alone;
    CHECK_OK(ptm_classify_file(opened.session, paths[0], NULL, &alone, err));
    ptm_file files[] = {{.path = paths[0]},
                        {.path = paths[1], .options = &given_up},
                        {.path = paths[0]},
                        {.path = paths[5], .options = &senseless},
                        {.path = paths[0]}};
    label_files(opened.session, files, CHECK_COUNT(files));
    CU_ASSERT_EQUAL(files[1].err.status, PTM_EINTERRUPTED);
    CU_ASSERT_EQUAL(files[3].err.status, PTM_EINVAL);
    for (size_t i = 0; i < CHECK_COUNT(files); i += 2) check_same(files[i].result, alone);
    for (size_t i = 0; i < CHECK_COUNT(files); i++) ptm_result_free(&files[i].result);
    label_files(opened.session, NULL, 0); /* nothing to do */
    ptm_result_free(&alone);
    close_both(&opened);
}

/** However far a file came before it was given up, what the session does next has the bits that it has in a new one. */
static void test_after_given_up(void) {
    struct opened opened;
    ptm_model_info info;
    ptm_result *alone, *after;
    open_batch(&opened, 1, 8, 0);
    const int batch = ptm_session_get_batch(opened.session, PTM_AUDIO);
    CHECK_OK(ptm_model_get_info(opened.model, PTM_AUDIO, &info, err));
    size_t values = (size_t)batch;
    for (int i = 1; i < info.input_rank; i++) values *= (size_t)info.input_shape[i];
    float *input = calloc(values, sizeof *input);
    float *logits = calloc((size_t)batch * (size_t)info.num_labels, sizeof *logits);
    CU_ASSERT_FATAL(input && logits);
    CHECK_OK(ptm_classify_file(opened.session, paths[0], NULL, &alone, err));
    int interrupted = 0;
    for (int most = 1;; most += 3) {
        struct patience patience = {.most = most};
        ptm_classify_options options;
        ptm_classify_options_default(&options);
        options.cancelled = is_over;
        options.user = &patience;
        const ptm_status status = ptm_classify_file(opened.session, paths[0], &options, &after, NULL);
        ptm_result_free(&after);
        if (status == PTM_OK) break;
        CU_ASSERT_EQUAL(status, PTM_EINTERRUPTED);
        info.input_shape[0] = interrupted++ % batch + 1;
        CHECK_OK(ptm_forward(opened.session, PTM_AUDIO, input, info.input_shape, info.input_rank, logits, NULL, err));
        CHECK_OK(ptm_classify_file(opened.session, paths[0], NULL, &after, err));
        check_same(after, alone);
        ptm_result_free(&after);
    }
    CU_ASSERT(interrupted > 5);
    ptm_result_free(&alone);
    free(input);
    free(logits);
    close_both(&opened);
}

/* ---------------------------------------------------------------- one file over time */

enum { MOST = 128 };

struct heard {
    struct {
        ptm_modality modality;
        int64_t index;
        float score, logit;
    } windows[MOST];
    int count;
    int asked, most;
};

static ptm_status hear(void *user, const ptm_window *window, ptm_error *err) {
    (void)err;
    struct heard *heard = user;
    CU_ASSERT_FATAL(heard->count < MOST);
    const int i = heard->count++;
    heard->windows[i].modality = window->modality;
    heard->windows[i].index = window->index;
    heard->windows[i].score = window->labels->score;
    heard->windows[i].logit = window->labels->logit;
    return PTM_OK;
}

static void listen_to(struct heard *heard, const char *path, int threads, int batch) {
    struct opened opened;
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.window = 0.5; /* of the picture */
    options.hop = 0.1;
    options.on_window = hear;
    options.user = heard;
    memset(heard, 0, sizeof *heard);
    open_batch(&opened, threads, batch, 0);
    CHECK_OK(ptm_timeline_file(opened.session, path, &options, NULL, err));
    close_both(&opened);
}

/** Windows of picture and sound are told of in the order in which they fill, however many share a pass. */
static void test_order(void) {
    static const int batches[] = {0, 2, 5, 64};
    struct heard alone, shared;
    listen_to(&alone, SAMPLES "pan-right-three.mp4", 1, 1);
    CU_ASSERT(alone.count > 20);
    int changes = 0;
    for (int i = 1; i < alone.count; i++) changes += alone.windows[i].modality != alone.windows[i - 1].modality;
    CU_ASSERT(changes > 5);
    for (size_t i = 0; i < CHECK_COUNT(batches); i++)
        for (int threads = 1; threads <= 2; threads++) {
            listen_to(&shared, SAMPLES "pan-right-three.mp4", threads, batches[i]);
            CU_ASSERT_EQUAL(shared.count, alone.count);
            CU_ASSERT_EQUAL(memcmp(&shared, &alone, sizeof alone), 0);
        }
}

static bool is_told_enough(void *user) {
    struct heard *heard = user;
    return heard->asked++ > heard->most;
}

/** What filled before a file was given up is told, as many windows as without others to wait for. */
static void test_told_before_the_end(void) {
    static const int batches[] = {1, 0, 5, 64};
    int told[CHECK_COUNT(batches)];
    for (size_t i = 0; i < CHECK_COUNT(batches); i++) {
        struct heard heard = {.most = 151};
        struct opened opened;
        ptm_timeline_options options;
        ptm_timeline_options_default(&options);
        options.window = 0.5;
        options.hop = 0.1;
        options.on_window = hear;
        options.user = options.classify.user = &heard;
        options.classify.cancelled = is_told_enough;
        open_batch(&opened, 1, batches[i], 0);
        CU_ASSERT_EQUAL(ptm_timeline_file(opened.session, SAMPLES "pan-right-three.mp4", &options, NULL, NULL),
                        PTM_EINTERRUPTED);
        told[i] = heard.count;
        close_both(&opened);
    }
    CU_ASSERT(told[0] > 3);
    for (size_t i = 1; i < CHECK_COUNT(batches); i++) CU_ASSERT_EQUAL(told[i], told[0]);
}

static ptm_status hear_and_stop(void *user, const ptm_window *window, ptm_error *err) {
    (void)window;
    (void)err; /* nothing has to be said */
    ++*(int *)user;
    return PTM_EINTERRUPTED;
}

static ptm_status hear_and_mend(void *user, const ptm_window *window, ptm_error *err) {
    (void)window;
    ++*(int *)user;
    err->status = PTM_EIO; /* of something that it got over */
    return PTM_OK;
}

/** The status that a callback returns decides, whatever it says. */
static void test_callback_decides(void) {
    for (int batch = 0; batch < 4; batch += 3) {
        struct opened opened;
        int told = 0;
        ptm_timeline_options options;
        ptm_timeline_options_default(&options);
        options.hop = 0.1;
        options.on_window = hear_and_stop;
        options.user = &told;
        open_batch(&opened, 1, batch, 0);
        CU_ASSERT_EQUAL(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &options, NULL, NULL), PTM_EINTERRUPTED);
        CU_ASSERT_EQUAL(told, 1);
        options.on_window = hear_and_mend;
        CHECK_OK(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &options, NULL, err));
        CU_ASSERT(told > 5);
        close_both(&opened);
    }
}

/** A stream goes on after a window that was not taken. */
static void test_stream_goes_on(void) {
    static const float samples[16000];
    struct opened opened;
    int told = 0;
    ptm_stream *stream;
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.on_window = hear_and_stop;
    options.user = &told;
    open_batch(&opened, 1, 0, 0);
    CHECK_OK(ptm_stream_open(&stream, opened.session, &options, err));
    int refused = 0;
    for (int i = 0; i < 6; i++)
        refused += ptm_stream_push_samples(stream, samples, 16000, 16000, i, NULL) == PTM_EINTERRUPTED;
    CU_ASSERT(refused > 1);
    CU_ASSERT_EQUAL(told, refused);
    ptm_stream_close(&stream);
    close_both(&opened);
}

/* ---------------------------------------------------------------- what is refused */

/** A callback may not start another pass in the session whose answers it is told. */
struct meddling {
    ptm_session *session;
    int times;
};

static ptm_status meddle(void *user, const ptm_window *window, ptm_error *err) {
    (void)window;
    (void)err;
    struct meddling *meddling = user;
    ptm_bench_report report;
    ptm_bench_options options;
    ptm_bench_options_default(&options);
    options.seconds = 0;
    options.min_runs = 1;
    CU_ASSERT_EQUAL(ptm_bench(meddling->session, PTM_AUDIO, &options, &report, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_session_set_merge(meddling->session, "90ms", -1, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_classify_file(meddling->session, SAMPLES "seven.wav", NULL, NULL, NULL), PTM_EINVAL);
    ptm_file file = {.path = SAMPLES "seven.wav"};
    struct told told = {.files = &file, .count = 1};
    ptm_classify_files(meddling->session, next_file, file_done, &told);
    CU_ASSERT_EQUAL(file.err.status, PTM_EINVAL);
    meddling->times++;
    return PTM_OK;
}

static void test_meddling(void) {
    for (int batch = 1; batch <= 4; batch += 3) {
        struct opened opened;
        ptm_result *alone, *meddled;
        ptm_timeline_options options;
        ptm_timeline_options_default(&options);
        options.hop = 0.5;
        open_batch(&opened, 1, batch, 0);
        CHECK_OK(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &options, &alone, err));
        struct meddling meddling = {.session = opened.session};
        options.on_window = meddle;
        options.user = &meddling;
        CHECK_OK(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &options, &meddled, err));
        CU_ASSERT(meddling.times > 3);
        check_same(meddled, alone);
        ptm_result_free(&alone);
        ptm_result_free(&meddled);
        close_both(&opened);
    }
}

/** Whether progress and cancelled were refused the session that they were called for. */
struct prying {
    ptm_session *session;
    int progresses, refusals, calls;
};

static void pry(struct prying *prying) {
    ptm_result *result;
    ptm_error error;
    prying->calls++;
    prying->refusals += ptm_classify_file(prying->session, SAMPLES "two.flac", NULL, &result, &error) == PTM_EINVAL &&
                        strstr(error.message, "in use") != NULL &&
                        ptm_session_set_merge(prying->session, "off", -1, NULL) == PTM_EINVAL;
}

static void pry_progress(void *user, double done, double total) {
    (void)done;
    (void)total;
    struct prying *prying = user;
    prying->progresses++;
    pry(prying);
}

static bool pry_cancelled(void *user) {
    pry(user);
    return false;
}

static float *tone(size_t count) {
    float *samples = malloc(count * sizeof *samples);
    CU_ASSERT_FATAL(samples != NULL);
    for (size_t i = 0; i < count; i++) samples[i] = 0.3F * sinf((float)i * 0.05F);
    return samples;
}

/** What may call back is a file, samples, a stream, a live source and a drawing. */
static void test_prying(void) {
    enum { SAMPLES_HELD = 48000 };
    struct opened opened;
    ptm_result *alone, *pried;
    open_batch(&opened, 2, 4, 0);
    struct prying prying = {.session = opened.session};
    ptm_timeline_options timeline;
    ptm_explain_options explain;
    ptm_live_options live;
    ptm_stream *stream;
    float *samples = tone(SAMPLES_HELD);
    ptm_timeline_options_default(&timeline);
    ptm_explain_options_default(&explain);
    ptm_live_options_default(&live);
    timeline.classify.progress = pry_progress;
    timeline.classify.cancelled = pry_cancelled;
    timeline.classify.user = &prying;
    explain.limits = live.timeline.classify = timeline.classify;
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "pan-right-three.mp4", NULL, &alone, err));
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "pan-right-three.mp4", &timeline.classify, &pried, err));
    check_same(pried, alone);
    ptm_result_free(&pried);
    ptm_result_free(&alone);
    CU_ASSERT(prying.progresses > 0);
    CHECK_OK(ptm_timeline_file(opened.session, SAMPLES "rain.ogg", &timeline, NULL, err));
    CHECK_OK(ptm_classify_samples(opened.session, samples, SAMPLES_HELD, 16000, &timeline.classify, &pried, err));
    ptm_result_free(&pried);
    CHECK_OK(ptm_stream_open(&stream, opened.session, &timeline, err));
    CHECK_OK(ptm_stream_push_samples(stream, samples, SAMPLES_HELD, 16000, 0, err));
    CHECK_OK(ptm_stream_finish(stream, err));
    ptm_stream_close(&stream);
    CHECK_OK(ptm_live_run(opened.session, SAMPLES "seven.wav", &live, NULL, err));
    CU_ASSERT_EQUAL(ptm_explain_file(opened.session, SAMPLES "seven.wav", "/dev/null/no.png", &explain, NULL, NULL),
                    PTM_EIO); /* read, and drawn, but not written */
    CU_ASSERT(prying.calls > 20);
    CU_ASSERT_EQUAL(prying.refusals, prying.calls);
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "seven.wav", NULL, &alone, err)); /* the session is free again */
    ptm_result_free(&alone);
    free(samples);
    close_both(&opened);
}

static void check_refused(int batch) {
    struct opened opened;
    ptm_session *session;
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.batch = batch;
    CHECK_OK(ptm_model_open(&opened.model, NULL, NULL, err));
    CU_ASSERT_EQUAL(ptm_session_open(&session, (const ptm_model *[]){opened.model}, 1, &options, NULL), PTM_EINVAL);
    ptm_model_close(&opened.model);
}

static void test_refused(void) {
    struct opened opened;
    ptm_model_info info;
    ptm_bench_report report;
    ptm_bench_options options;
    static const float input[1];
    float logits[1];
    check_refused(-1);
    check_refused(65);
    open_batch(&opened, 1, 3, 0);
    CHECK_OK(ptm_model_get_info(opened.model, PTM_AUDIO, &info, err));
    CU_ASSERT_EQUAL(ptm_session_get_batch(opened.session, PTM_IMAGE), 0);
    for (int i = 0; i < 2; i++) { /* no memory is looked at */
        info.input_shape[0] = i == 0 ? 0 : 4;
        CU_ASSERT_EQUAL(
            ptm_forward(opened.session, PTM_AUDIO, input, info.input_shape, info.input_rank, logits, NULL, NULL),
            PTM_EINVAL);
        ptm_bench_options_default(&options);
        options.batches = info.input_shape;
        options.num_batches = 1;
        CU_ASSERT_EQUAL(ptm_bench(opened.session, PTM_AUDIO, &options, &report, NULL), PTM_EINVAL);
    }
    close_both(&opened);
}

int main(void) {
    static const struct check_case cases[] = {
        {"files together", test_together},
        {"files together, patches left out", test_together_static},
        {"files that are given up", test_given_up},
        {"after a file that was given up", test_after_given_up},
        {"windows keep their order", test_order},
        {"windows before the end are told", test_told_before_the_end},
        {"a callback's status decides", test_callback_decides},
        {"a stream goes on", test_stream_goes_on},
        {"callbacks that meddle", test_meddling},
        {"callbacks that pry", test_prying},
        {"what is refused", test_refused},
    };
    return check_main("batch", cases, CHECK_COUNT(cases));
}
