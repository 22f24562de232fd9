/* SPDX-License-Identifier: MIT */
/*
 * fuzz_windows: a media file window by window. The first OPTION_BYTES of the input choose how, the rest is the file. It
 * goes through a session of one thread, where windows are answered in step, and one of two, where decoding runs ahead,
 * both of which must tell of the same windows; as a file, or as what a live source sends through a file or a pipe.
 */
#include "heard.h"

#include "pipelines/pass.h"

#include <unistd.h>

enum { OPTION_BYTES = 5, SESSIONS = 2, PIPE_BYTES = 1 << 16 };

enum way { AS_FILE, LIVE_FILE, LIVE_PIPE, WAYS };

struct input {
    enum way way;
    ptm_timeline_options options;
    const uint8_t *data;
    size_t bytes;
};

static const double starts[] = {0, 0, 0.3, 0.55, 2};
static const double durations[] = {0, 0, 0.4, 1, 5};

static struct input read_input(const uint8_t *data, size_t bytes) {
    static const unsigned kinds[] = {PTM_VIDEO | PTM_AUDIO | PTM_IMAGE,
                                     PTM_VIDEO | PTM_AUDIO,
                                     PTM_AUDIO | PTM_IMAGE,
                                     PTM_VIDEO,
                                     PTM_AUDIO,
                                     PTM_IMAGE};
    struct input input = {.way = data[0] % WAYS, .data = data + OPTION_BYTES, .bytes = bytes - OPTION_BYTES};
    ptm_timeline_options *options = &input.options;
    ptm_timeline_options_default(options);
    options->hop = heard_length(data[1]);
    options->window = heard_length(data[2]);
    options->classify.modalities = FUZZ_CHOOSE(kinds, data[3]);
    options->classify.start = input.way == AS_FILE ? FUZZ_CHOOSE(starts, data[4]) : 0;
    options->classify.duration = FUZZ_CHOOSE(durations, data[4] >> 4);
    /* That of a live source is also one of the world's time: longer than the slowest machine takes for an input. */
    if (input.way != AS_FILE && options->classify.duration > 0) options->classify.duration = 5;
    options->classify.sampling = PTM_SAMPLING_WINDOWS;
    options->classify.max_pixels = 1 << 16;
    options->classify.max_frames = 64;
    options->classify.max_seconds = 60;
    return input;
}

/* ---------------------------------------------------------------- as a file */

static void check_answer(const struct heard *heard, const ptm_answer *answer, ptm_modality modality) {
    const int count = heard_count(heard, modality);
    FUZZ_ASSERT((answer && !answer->missing) == (count > 0));
    if (count == 0) return;
    FUZZ_ASSERT(answer->windows == count && answer->num_labels == HEARD_LABELS);
    FUZZ_ASSERT(answer->coverage.from <= answer->coverage.to && answer->coverage.padded >= 0);
    for (int i = 0; i < HEARD_LABELS; i++)
        FUZZ_ASSERT(answer->labels[i].index < HEARD_LABELS && answer->labels[i].score <= 1);
}

static ptm_status run_file(struct heard *heard, ptm_session *session, const struct input *input) {
    struct pass pass;
    ptm_result *result = NULL;
    ptm_error err = {0};
    ptm_status status = pass_open(&pass, session, &input->options, &err);
    pass.data = input->data;
    pass.bytes = input->bytes;
    if (status == PTM_OK) status = pass_file(&pass, "memory", &err);
    fuzz_status(pass_close(&pass, &result, status), &err);
    FUZZ_ASSERT((status == PTM_OK) == (result != NULL));
    if (!result) return status;
    FUZZ_ASSERT(heard->count > 0);
    check_answer(heard, result->video, PTM_VIDEO);
    check_answer(heard, result->audio, PTM_AUDIO);
    check_answer(heard, result->image, PTM_IMAGE);
    ptm_result_free(&result);
    return status;
}

/* ---------------------------------------------------------------- as a live source */

/** Makes the bytes standard input: a file, or a pipe that has lost its writer. */
static void make_standard_input(const struct input *input) {
    int ends[2];
    FILE *file = tmpfile();
    FUZZ_ASSERT(file && pipe(ends) == 0);
    const bool piped = input->way == LIVE_PIPE;
    const int target = piped ? ends[1] : fileno(file);
    FUZZ_ASSERT(write(target, input->data, input->bytes) == (ssize_t)input->bytes);
    FUZZ_ASSERT(piped || lseek(target, 0, SEEK_SET) == 0);
    FUZZ_ASSERT(dup2(piped ? ends[0] : target, STDIN_FILENO) == STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    fclose(file);
}

/** *mended: time stamps that jumped were put on the time of the world, which is another in each run. */
static ptm_status run_live(struct heard *heard, ptm_session *session, const struct input *input, bool *mended) {
    ptm_live_options options;
    ptm_live_report report;
    ptm_error err = {0};
    make_standard_input(input);
    ptm_live_options_default(&options);
    options.timeline = input->options;
    options.adapt = false;
    const ptm_status status = fuzz_status(ptm_live_run(session, "-", &options, &report, &err), &err);
    FUZZ_ASSERT(report.windows == heard->count && report.dropped == 0);
    FUZZ_ASSERT(report.losses == 0 && report.reconnects == 0 && report.raised == 0 && report.lowered == 0);
    *mended = report.time_jumps > 0;
    return status;
}

/* ---------------------------------------------------------------- both ways */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static ptm_session *sessions[SESSIONS];
    struct heard heard[SESSIONS];
    ptm_status status[SESSIONS];
    bool mended[SESSIONS] = {false};
    if (bytes <= OPTION_BYTES || bytes > PIPE_BYTES) return 0;
    for (int i = 0; i < SESSIONS; i++) {
        if (!sessions[i]) sessions[i] = heard_session(i + 1);
        struct input input = read_input(data, bytes);
        heard_open(&heard[i], &input.options, false);
        status[i] = input.way == AS_FILE ? run_file(&heard[i], sessions[i], &input)
                                         : run_live(&heard[i], sessions[i], &input, &mended[i]);
        heard_close(&heard[i]);
    }
    if (mended[0] || mended[1]) return 0;
    FUZZ_ASSERT(status[0] == status[1]);
    FUZZ_ASSERT(heard_same(&heard[0], &heard[1]));
    return 0;
}
