/* SPDX-License-Identifier: MIT */
/* What callers and files get wrong ends in a sentence, and what is not there is said. */
#include "opened.h"
#include "temporary.h"

#include <dlfcn.h>
#include <math.h>
#include <sys/wait.h>

#define SAMPLES PTM_SOURCE_DIR "/samples/"

static bool stop_at_once(void *user) {
    ++*(int *)user;
    return true;
}

static void refused_merging_changes_nothing(ptm_session *session) {
    static const char *const refused[] = {"40:7", "1,2,3,4,5,6,7", "90,90,nine", "100x", "0.001GFLOP", "0.0001ms"};
    const char *const files[] = {SAMPLES "pan-right-three.mp4", SAMPLES "seven.wav"};
    ptm_result *before[2], *after;
    ptm_error error;
    for (int f = 0; f < 2; f++) CHECK_OK(ptm_classify_file(session, files[f], NULL, &before[f], err));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        CU_ASSERT_EQUAL(ptm_session_set_merge(session, refused[i], -1, &error), PTM_EINVAL);
        if (strstr(refused[i], "ms")) CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "0.0001 ms cannot be met here"));
        for (int f = 0; f < 2; f++) {
            CHECK_OK(ptm_classify_file(session, files[f], NULL, &after, err));
            const ptm_answer *was = f ? before[f]->audio : before[f]->video, *is = f ? after->audio : after->video;
            CU_ASSERT_STRING_EQUAL(is->r, was->r);
            for (int k = 0; k < was->num_labels; k++) CU_ASSERT_EQUAL(is->labels[k].logit, was->labels[k].logit);
            ptm_result_free(&after);
        }
    }
    for (int f = 0; f < 2; f++) ptm_result_free(&before[f]);
}

static void test_nothing_to_answer(void) {
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    static const uint8_t rgb[3 * 4 * 4];
    static const float sample;
    const ptm_frame frame = {rgb, 4, 4, 12};
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    ptm_result *result;
    ptm_error error = {0};
    options.modalities = PTM_AUDIO;
    CU_ASSERT_EQUAL(ptm_classify_frames(opened.session, &frame, 1, &options, &result, &error), PTM_EINVAL);
    CU_ASSERT_PTR_NULL(result);
    options.modalities = PTM_VIDEO;
    CU_ASSERT_EQUAL(ptm_classify_samples(opened.session, &sample, 1, 16000, &options, &result, &error), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_classify_samples(opened.session, &sample, 1, 44100, NULL, &result, &error), PTM_ENODATA);
    CU_ASSERT_PTR_NULL(result);
    close_both(&opened);
}

/** What was asked for and is not in the file is said, whatever else the session could have labelled. */
static void test_missing(void) {
    struct opened shipped, pictures;
    open_both(&shipped, NULL, 1, NULL);
    open_both(&pictures, PTM_SOURCE_DIR "/tests/golden/vit", 1, NULL);
    const ptm_model *models[] = {shipped.model, pictures.model};
    ptm_session *both;
    ptm_result *result;
    CHECK_OK(ptm_session_open(&both, models, 2, NULL, err));
    ptm_classify_options options;
    ptm_classify_options_default(&options);
    options.modalities = PTM_IMAGE | PTM_AUDIO;
    CHECK_OK(ptm_classify_file(both, SAMPLES "seven.wav", &options, &result, err));
    CU_ASSERT_PTR_NULL(result->video);
    CU_ASSERT_FATAL(result->image != NULL);
    CU_ASSERT_PTR_NOT_NULL(result->image->missing);
    CU_ASSERT_PTR_NULL(result->audio->missing);
    ptm_result_free(&result);
    ptm_session_close(&both);
    close_both(&pictures);
    close_both(&shipped);
}

static void test_mistakes(void) {
    struct opened opened, audio;
    ptm_result *result;
    ptm_error error = {0};
    open_both(&opened, NULL, 1, NULL);
    CU_ASSERT_EQUAL(ptm_classify_file(opened.session, "/no/such/file", NULL, &result, &error), PTM_EIO);
    CU_ASSERT_PTR_NULL(result);
    refused_merging_changes_nothing(opened.session);

    ptm_classify_options options;
    ptm_classify_options_default(&options);
    options.start = -1;
    CU_ASSERT_EQUAL(ptm_classify_file(opened.session, SAMPLES "seven.wav", &options, &result, &error), PTM_EINVAL);
    ptm_classify_options_default(&options);
    options.modalities = PTM_VIDEO;
    CU_ASSERT_EQUAL(ptm_classify_file(opened.session, SAMPLES "seven.wav", &options, &result, &error), PTM_ENODATA);
    for (int i = 0; i < 2; i++) {
        options.modalities = i == 0 ? 0 : 8; /* none, and one that there is not */
        CU_ASSERT_EQUAL(ptm_classify_file(opened.session, SAMPLES "seven.wav", &options, &result, &error), PTM_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "ptm_classify_options_default()"));
    }
    CU_ASSERT_EQUAL(ptm_cut_file(SAMPLES "seven.wav", 0, 1, "", NULL, &error), PTM_EINVAL);

    int asked = 0;
    ptm_classify_options_default(&options);
    options.cancelled = stop_at_once;
    options.user = &asked;
    CU_ASSERT_EQUAL(ptm_classify_file(opened.session, SAMPLES "seven.wav", &options, &result, &error),
                    PTM_EINTERRUPTED);
    CU_ASSERT(asked > 0);

    open_both(&audio, PTM_SOURCE_DIR "/tests/golden/ast", 1, NULL);
    ptm_session *both;
    const ptm_model *models[] = {opened.model, audio.model};
    CU_ASSERT_EQUAL(ptm_session_open(&both, models, 2, NULL, &error), PTM_EINVAL); /* both label sound */
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "sound"));
    CU_ASSERT_EQUAL(ptm_classify_frames(audio.session, NULL, 1, NULL, &result, &error), PTM_EINVAL);
    close_both(&audio);
    close_both(&opened);
}

/** Calls without the memory that they promise. */
static void test_no_memory_given(void) {
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    ptm_result *result;
    ptm_frame *frame;
    ptm_stream *stream;
    CU_ASSERT_EQUAL(ptm_classify_memory(opened.session, NULL, 9, SAMPLES "cut.mp4", NULL, &result, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_classify_samples(opened.session, NULL, 16000, 16000, NULL, &result, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(ptm_classify_frames(opened.session, NULL, 16, NULL, &result, NULL), PTM_EINVAL);
    CU_ASSERT_PTR_NULL(result);
    CU_ASSERT_EQUAL(ptm_decode_picture(&frame, NULL, 9, "picture", 0, NULL), PTM_EINVAL);
    CU_ASSERT_PTR_NULL(frame);
    CHECK_OK(ptm_stream_open(&stream, opened.session, NULL, err));
    CU_ASSERT_EQUAL(ptm_stream_push_samples(stream, NULL, 16000, 16000, 0, NULL), PTM_EINVAL);
    ptm_stream_close(&stream);
    for (int prop_attn = -3; prop_attn <= 3; prop_attn++)
        CU_ASSERT_EQUAL(ptm_session_set_merge(opened.session, "2", prop_attn, NULL),
                        prop_attn >= -1 && prop_attn <= 1 ? PTM_OK : PTM_EINVAL);
    close_both(&opened);
}

/** Rows that lie in one another are no frame; rows from the bottom up are. */
static void test_strides(void) {
    enum { WIDTH = 4, HEIGHT = 3, ROW = 3 * WIDTH };
    static const uint8_t rgb[HEIGHT * ROW];
    static const ptrdiff_t wrong[] = {0, 1, ROW - 1, 1 - ROW};
    struct opened opened;
    ptm_result *result;
    ptm_stream *stream;
    ptm_error error;
    open_both(&opened, NULL, 1, NULL);
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        const ptm_frame frame = {rgb, WIDTH, HEIGHT, wrong[i]};
        CU_ASSERT_EQUAL(ptm_classify_frames(opened.session, &frame, 1, NULL, &result, &error), PTM_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "stride"));
    }
    const ptm_frame upside_down = {rgb + (HEIGHT - 1) * ROW, WIDTH, HEIGHT, -ROW};
    CHECK_OK(ptm_classify_frames(opened.session, &upside_down, 1, NULL, &result, err));
    ptm_result_free(&result);
    CHECK_OK(ptm_stream_open(&stream, opened.session, NULL, err));
    CU_ASSERT_EQUAL(ptm_stream_push_frame(stream, NULL, 0, 1, &error), PTM_EINVAL);
    ptm_stream_close(&stream);
    close_both(&opened);
}

/** A sample that is none is found among those that the caller has, whatever their rate. */
static void test_broken_sample(void) {
    enum { COUNT = 48000, BROKEN = 40000 };
    static float samples[COUNT];
    static const int rates[] = {16000, 44100};
    struct opened opened;
    ptm_result *result;
    ptm_error error;
    open_both(&opened, NULL, 1, NULL);
    samples[BROKEN] = NAN;
    for (size_t i = 0; i < CHECK_COUNT(rates); i++) {
        CU_ASSERT_EQUAL(ptm_classify_samples(opened.session, samples, COUNT, rates[i], NULL, &result, &error),
                        PTM_EFORMAT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "sample 40000 is nan"));
    }
    close_both(&opened);
}

/** What ALSA's library calls where something fails is the process's, before and after a microphone that is not there.
 */
static void test_alsa_handler(void) {
    void *alsa = dlopen("libasound.so.2", RTLD_NOW);
    void **handler = alsa ? dlsym(alsa, "snd_lib_error") : NULL;
    if (!handler) return;
    struct opened opened;
    ptm_error error;
    open_both(&opened, NULL, 1, NULL);
    void *before = *handler;
    CU_ASSERT_EQUAL(ptm_live_run(opened.session, "alsa:not-there", NULL, NULL, &error), PTM_EIO);
    CU_ASSERT_PTR_EQUAL(*handler, before);
    close_both(&opened);
    dlclose(alsa);
}

/** A model that is closed goes with the last session and the last result that use it. */
static void test_model_closed_early(void) {
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    ptm_result *results[2];
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "seven.wav", NULL, &results[0], err));
    ptm_model_close(&opened.model);
    CU_ASSERT_PTR_NULL(opened.model);
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "seven.wav", NULL, &results[1], err));
    ptm_session_close(&opened.session);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_STRING_EQUAL(results[i]->audio->labels[0].name, "seven");
        CU_ASSERT_STRING_EQUAL(results[i]->audio->model, "default-v0");
        ptm_result_free(&results[i]);
    }
}

/** A child has the session, but none of its threads. */
static void test_closed_in_a_child(void) {
    struct opened opened;
    ptm_result *result;
    int status = 0;
    open_both(&opened, NULL, 3, NULL);
    CHECK_OK(ptm_classify_file(opened.session, SAMPLES "seven.wav", NULL, &result, err));
    ptm_result_free(&result);
    const pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        alarm(20);
        close_both(&opened);
        _exit(0);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    close_both(&opened);
}

/** A clip cut off at many places: an answer from what is there, or an error; never a crash or a hang. */
static void test_truncated_clip(void) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    size_t bytes;
    char *data = temporary_read(SAMPLES "pan-right-three.mp4", &bytes);
    CU_ASSERT_FATAL(data && temporary_folder(folder));
    temporary_join(path, folder, "clip.mp4");
    struct opened opened;
    open_both(&opened, NULL, 2, NULL);
    int answers = 0, errors = 0;
    for (size_t length = bytes; length > 0; length = length > bytes / 40 ? length - bytes / 40 : length / 2) {
        ptm_result *result;
        ptm_error error = {0};
        CU_ASSERT_FATAL(temporary_write(path, data, length));
        const ptm_status status = ptm_classify_file(opened.session, path, NULL, &result, &error);
        answers += status == PTM_OK;
        errors += status == PTM_EFORMAT || status == PTM_ENODATA;
        CU_ASSERT(status == PTM_OK || status == PTM_EFORMAT || status == PTM_ENODATA);
        ptm_result_free(&result);
    }
    CU_ASSERT(answers > 0 && errors > 0);
    free(data);
    close_both(&opened);
    temporary_remove(folder, (const char *[]){"clip.mp4", NULL});
}

int main(void) {
    static const struct check_case cases[] = {
        {"nothing to answer", test_nothing_to_answer}, {"what is missing", test_missing},
        {"mistakes and interruptions", test_mistakes}, {"no memory given", test_no_memory_given},
        {"strides of frames", test_strides},           {"a sample that is none", test_broken_sample},
        {"the handler of ALSA", test_alsa_handler},    {"a model closed early", test_model_closed_early},
        {"closed in a child", test_closed_in_a_child}, {"a clip cut off", test_truncated_clip},
    };
    return check_main("mistakes", cases, CHECK_COUNT(cases));
}
