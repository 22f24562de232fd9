/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out at the 1st, 2nd, ... n-th allocation in turn, from opening a model to a result: each time the call
 * says so, nothing leaks (run under ASan) or is left on the disk, and what is open stays usable. Linked with
 * --wrap=aligned_alloc, through which all of the library's own memory goes.
 */
#include "check.h"
#include "compute/acc16.h"
#include "temporary.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SWEEP_MAX = 100000 };

/* Decoding runs on a thread of its own. */
static atomic_long countdown = -1; /* allocations until one fails; below 0: none does */
static atomic_bool failed;
static atomic_size_t largest; /* that was asked for */

void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
    if (bytes > largest) largest = bytes;
    if (countdown < 0 || countdown-- > 0) return __real_aligned_alloc(alignment, bytes);
    failed = true;
    errno = ENOMEM; /* as the real one does */
    return NULL;
}

/** Runs `work` again and again, failing one allocation later each time, until none fails. */
static void sweep(ptm_status (*work)(ptm_error *err)) {
    for (long n = 0;; n++) {
        CU_ASSERT_FATAL(n < SWEEP_MAX);
        ptm_error error = {0};
        failed = false;
        countdown = n;
        const ptm_status status = work(&error);
        countdown = -1;
        if (!failed) {
            if (status != PTM_OK) printf("\n    %s\n", error.message);
            CU_ASSERT_EQUAL(status, PTM_OK);
            CU_ASSERT(n > 0);
            return;
        }
        if (status != PTM_ENOMEM) printf("\n    allocation %ld: status %d: %s\n", n, status, error.message);
        CU_ASSERT_EQUAL(status, PTM_ENOMEM);
    }
}

/* ---------------------------------------------------------------- the work */

static ptm_model *model; /* opened once for the calls that need one */
static ptm_session *session;

static ptm_status open_default(ptm_error *err) {
    ptm_model *opened;
    const ptm_status status =
        ptm_model_open(&opened, PTM_SOURCE_DIR "/models/default/default-v0.safetensors", NULL, err);
    ptm_model_close(&opened);
    return status;
}

static ptm_status open_directory(ptm_error *err) {
    ptm_model *opened;
    const ptm_status status = ptm_model_open(&opened, PTM_SOURCE_DIR "/tests/golden/videomae_sharded", NULL, err);
    ptm_model_close(&opened);
    return status;
}

static ptm_status open_session_in(ptm_precision precision, const char *cpu, ptm_error *err) {
    ptm_session *opened;
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.threads = 2;
    options.precision = precision;
    options.cpu = cpu;
    const ptm_status status = ptm_session_open(&opened, (const ptm_model *[]){model}, 1, &options, err);
    ptm_session_close(&opened);
    return status;
}

static ptm_status open_session(ptm_error *err) {
    return open_session_in(PTM_F32, "auto", err);
}

/* At the scalar level, which every machine has; the layers are packed by the first session that gets all its memory. */
static ptm_status open_session_int8(ptm_error *err) {
    return open_session_in(PTM_INT8, "scalar", err);
}

/* As sessions do where the processor has no better product than one that adds up in 16 bits. */
static ptm_status arrange_weights(ptm_error *err) {
    enum { PANELS = 2, GROUPS = 4, COLUMNS = 8, STRIP = 4 };
    int8_t w[PANELS * GROUPS * COLUMNS * 4];
    memset(w, 127, sizeof w);
    struct threads *threads;
    struct acc16 acc16 = {0};
    ptm_status status = threads_open(&threads, 1, err);
    if (status == PTM_OK)
        status = acc16_open(&acc16, threads, &(struct acc16_panels){w, PANELS, GROUPS, COLUMNS, STRIP}, err);
    acc16_close(&acc16);
    threads_close(&threads);
    return status;
}

static ptm_status classify_samples(ptm_error *err) {
    static const float samples[8000];
    ptm_result *result;
    const ptm_status status = ptm_classify_samples(session, samples, 8000, 8000, NULL, &result, err);
    ptm_result_free(&result);
    return status;
}

static ptm_status classify_frames(ptm_error *err) {
    static const uint8_t rgb[40][50][3];
    const ptm_frame frames[2] = {{rgb[0][0], 50, 40, sizeof rgb[0]}, {rgb[0][0], 50, 40, sizeof rgb[0]}};
    ptm_result *result;
    const ptm_status status = ptm_classify_frames(session, frames, 2, NULL, &result, err);
    ptm_result_free(&result);
    return status;
}

static ptm_status classify_sample(const ptm_classify_options *options, ptm_error *err) {
    ptm_result *result;
    const ptm_status status =
        ptm_classify_file(session, PTM_SOURCE_DIR "/samples/pan-right-three.mp4", options, &result, err);
    ptm_result_free(&result);
    return status;
}

static ptm_status classify_file(ptm_error *err) {
    return classify_sample(NULL, err);
}

/** One window spread over the file, whose frames are counted first. */
static ptm_status classify_spread(ptm_error *err) {
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    options.sampling = PTM_SAMPLING_UNIFORM;
    return classify_sample(&options, err);
}

/** Two files together, and what became of them. */
struct together {
    ptm_file files[2];
    int given;
};

static ptm_file *next_file(void *user) {
    struct together *together = user;
    return together->given < 2 ? &together->files[together->given++] : NULL;
}

static void file_done(void *user, ptm_file *file) {
    (void)user;
    CU_ASSERT((file->result != NULL) == (file->err.status == PTM_OK));
}

static ptm_status classify_files(ptm_error *err) {
    struct together together = {
        .files = {{.path = PTM_SOURCE_DIR "/samples/seven.wav"}, {.path = PTM_SOURCE_DIR "/samples/two.flac"}}};
    int labelled = 0;
    ptm_classify_files(session, next_file, file_done, &together);
    for (int i = 0; i < 2; i++) {
        const ptm_file *file = &together.files[i];
        labelled += file->err.status == PTM_OK;
        if (file->err.status != PTM_OK)
            *err = file->err;
        else
            CU_ASSERT_STRING_EQUAL(file->result->audio->labels[0].name, i == 0 ? "seven" : "two");
        ptm_result_free(&together.files[i].result);
    }
    CU_ASSERT(labelled >= 1); /* one allocation fails, and one file */
    return err->status;
}

static ptm_status pass_over(void *user, const ptm_window *window, ptm_error *err) {
    (void)user;
    (void)err;
    CU_ASSERT(window->num_labels > 0);
    return PTM_OK;
}

static ptm_status timeline(ptm_error *err) {
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.hop = 0.5;
    options.on_window = pass_over;
    ptm_result *result;
    const ptm_status status =
        ptm_timeline_file(session, PTM_SOURCE_DIR "/samples/pan-right-three.mp4", &options, &result, err);
    ptm_result_free(&result);
    return status;
}

static ptm_status push_samples(ptm_error *err) {
    static const float samples[44100];
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.on_window = pass_over;
    ptm_stream *stream;
    TRY(ptm_stream_open(&stream, session, &options, err));
    ptm_status status = ptm_stream_push_samples(stream, samples, 44100, 44100, 0, err);
    if (status == PTM_OK) status = ptm_stream_finish(stream, err);
    ptm_stream_close(&stream);
    return status;
}

static ptm_status decode_picture(ptm_error *err) {
    static const char ppm[] = "P6\n2 1\n255\n\1\2\3\375\376\377";
    ptm_frame *frame;
    const ptm_status status = ptm_decode_picture(&frame, ppm, sizeof ppm - 1, NULL, 0, err);
    ptm_frame_free(&frame);
    return status;
}

static ptm_status on_event(void *user, const ptm_event *event, ptm_event_phase phase, ptm_error *err) {
    (void)err;
    *(int *)user += event->windows > 0 && phase == PTM_EVENT_END;
    return PTM_OK;
}

static ptm_status gather_events(ptm_error *err) {
    const ptm_label label = {"rain", 0, 1, 1};
    const ptm_window window = {.modality = PTM_AUDIO, .to = 1, .num_labels = 1, .labels = &label};
    int ended = 0;
    ptm_events *events;
    TRY(ptm_events_open(&events, NULL, on_event, &ended, err));
    ptm_status status = ptm_events_add(events, &window, err);
    if (status == PTM_OK) status = ptm_events_finish(events, err);
    ptm_events_close(&events);
    CU_ASSERT_EQUAL(ended, status == PTM_OK);
    return status;
}

/** Of what is written. */
static char folder[TEMPORARY_PATH];

/** Takes the file away, which is there where all went well; nothing else may be. */
static void take_away(const char *path, ptm_status status) {
    CU_ASSERT_EQUAL(unlink(path) == 0, status == PTM_OK);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
}

static ptm_status cut_file(ptm_error *err) {
    char output[TEMPORARY_PATH], clip[TEMPORARY_PATH];
    temporary_join(output, folder, "cut");
    temporary_join(clip, folder, "cut.mp4");
    const ptm_status status = ptm_cut_file(PTM_SOURCE_DIR "/samples/pan-right-three.mp4", 1, 1.5, output, NULL, err);
    take_away(clip, status);
    return status;
}

static ptm_status draw_overlay(ptm_error *err) {
    char name[TEMPORARY_PATH];
    temporary_join(name, folder, "film.mp4");
    const ptm_label label = {"pan", 0, 1, 1};
    const ptm_window window = {.modality = PTM_VIDEO, .to = 1, .num_labels = 1, .labels = &label};
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    options.duration = 0.1;
    ptm_overlay *overlay;
    TRY(ptm_overlay_open(&overlay, err));
    ptm_status status = ptm_overlay_add(overlay, &window, err);
    if (status == PTM_OK)
        status = ptm_overlay_write(overlay, PTM_SOURCE_DIR "/samples/pan-right-three.mp4", name, &options, NULL, err);
    ptm_overlay_close(&overlay);
    take_away(name, status);
    return status;
}

static ptm_status pack(ptm_error *err) {
    static const char *const paths[] = {PTM_SOURCE_DIR "/tests/golden/videomae_f16",
                                        PTM_SOURCE_DIR "/tests/golden/ast"};
    return ptm_pack(paths, 2, "/dev/null", NULL, err);
}

static ptm_status pack_int8(ptm_error *err) {
    static const char *const paths[] = {PTM_SOURCE_DIR "/tests/golden/videomae_f16"};
    const ptm_pack_options options = {.precision = PTM_INT8};
    return ptm_pack(paths, 1, "/dev/null", &options, err);
}

static void test_open_default(void) {
    sweep(open_default);
}

static void test_arrange_weights(void) {
    sweep(arrange_weights);
}

static void test_open_directory(void) {
    sweep(open_directory);
}

/** Opens what `work` needs, with all the memory it wants, sweeps it, and proves that the session still answers. */
static void sweep_with_session(ptm_status (*work)(ptm_error *err)) {
    CHECK_OK(ptm_model_open(&model, PTM_SOURCE_DIR "/models/default/default-v0.safetensors", NULL, err));
    CHECK_OK(ptm_session_open(&session, (const ptm_model *[]){model}, 1, NULL, err));
    sweep(work);
    CHECK_OK(work(err));
    ptm_session_close(&session);
    ptm_model_close(&model);
}

static void test_open_session(void) {
    sweep_with_session(open_session);
}

static void test_open_session_int8(void) {
    sweep_with_session(open_session_int8);
}

static void test_classify_samples(void) {
    sweep_with_session(classify_samples);
}

static void test_classify_frames(void) {
    sweep_with_session(classify_frames);
}

static void test_classify_file(void) {
    sweep_with_session(classify_file);
}

static void test_classify_spread(void) {
    sweep_with_session(classify_spread);
}

static void test_classify_files(void) {
    sweep_with_session(classify_files);
}

static void test_timeline(void) {
    sweep_with_session(timeline);
}

static void test_stream(void) {
    sweep_with_session(push_samples);
}

/* However long: what is turned into the model's rate is turned slice by slice. */
static void test_long_push(void) {
    enum { RATE = 44100, SECONDS = 60 };
    static float samples[SECONDS * RATE];
    for (int i = 0; i < SECONDS * RATE; i++) samples[i] = (float)(i % 400) / 400 - 0.5F;
    ptm_stream *stream;
    CHECK_OK(ptm_model_open(&model, PTM_SOURCE_DIR "/models/default/default-v0.safetensors", NULL, err));
    CHECK_OK(ptm_session_open(&session, (const ptm_model *[]){model}, 1, NULL, err));
    CHECK_OK(ptm_stream_open(&stream, session, NULL, err));
    largest = 0;
    CHECK_OK(ptm_stream_push_samples(stream, samples, CHECK_COUNT(samples), RATE, 0, err));
    CHECK_OK(ptm_stream_finish(stream, err));
    CU_ASSERT(largest < 1 << 20);
    ptm_stream_close(&stream);
    ptm_session_close(&session);
    ptm_model_close(&model);
}

static void test_decode_picture(void) {
    sweep(decode_picture);
}

static void test_events(void) {
    sweep(gather_events);
}

static void test_cut(void) {
    CU_ASSERT_FATAL(temporary_folder(folder));
    sweep(cut_file);
    temporary_remove(folder, (const char *[]){NULL});
}

static void test_overlay(void) {
    CU_ASSERT_FATAL(temporary_folder(folder));
    sweep(draw_overlay);
    temporary_remove(folder, (const char *[]){NULL});
}

static void test_pack(void) {
    sweep(pack);
}

static void test_pack_int8(void) {
    sweep(pack_int8);
}

/** A Trainer's run, which is told from a checkpoint. */
static ptm_status open_run(ptm_error *err) {
    ptm_model *opened;
    const ptm_status status = ptm_model_open(&opened, folder, NULL, err);
    return status == PTM_EIO && strstr(err->message, "checkpoint-1, which has one") ? PTM_OK : status;
}

static void test_open_run(void) {
    char inner[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(inner, folder, "checkpoint-1");
    CU_ASSERT_EQUAL_FATAL(mkdir(inner, 0700), 0);
    temporary_join(path, inner, "config.json");
    CU_ASSERT_FATAL(temporary_write(path, "{}", 2));
    sweep(open_run);
    temporary_remove(inner, (const char *[]){"config.json", NULL});
    temporary_remove(folder, (const char *[]){NULL});
}

static char packed[TEMPORARY_PATH];

static ptm_status open_packed(ptm_error *err) {
    ptm_model *opened;
    ptm_session *over = NULL;
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.threads = 1;
    options.precision = PTM_F32;
    ptm_status status = ptm_model_open(&opened, packed, NULL, err);
    if (status == PTM_OK) status = ptm_session_open(&over, (const ptm_model *[]){opened}, 1, &options, err);
    ptm_session_close(&over);
    ptm_model_close(&opened);
    return status;
}

static void test_open_int8(void) {
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(packed, folder, "packed.safetensors");
    const ptm_pack_options options = {.precision = PTM_INT8};
    CHECK_OK(ptm_pack((const char *[]){PTM_SOURCE_DIR "/tests/golden/vit"}, 1, packed, &options, err));
    sweep(open_packed);
    temporary_remove(folder, (const char *[]){"packed.safetensors", NULL});
}

int main(void) {
    static const struct check_case cases[] = {
        {"open the shipped model", test_open_default},
        {"open a sharded directory", test_open_directory},
        {"open a run of checkpoints", test_open_run},
        {"open a session", test_open_session},
        {"open a session in int8", test_open_session_int8},
        {"arrange weights for sums in 16 bits", test_arrange_weights},
        {"classify samples", test_classify_samples},
        {"classify frames", test_classify_frames},
        {"classify a file", test_classify_file},
        {"classify a file, spread evenly", test_classify_spread},
        {"classifying files together", test_classify_files},
        {"a timeline", test_timeline},
        {"push samples", test_stream},
        {"push many samples", test_long_push},
        {"decode a picture", test_decode_picture},
        {"gather events", test_events},
        {"cut a clip", test_cut},
        {"draw an overlay", test_overlay},
        {"pack two models", test_pack},
        {"pack a model in int8", test_pack_int8},
        {"open a model in int8 for float32", test_open_int8},
    };
    return check_main("allocations", cases, CHECK_COUNT(cases));
}
