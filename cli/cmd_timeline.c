/* SPDX-License-Identifier: MIT */
/* timeline: one file window by window, and the events that its windows make up. */
#include "clips.h"
#include "commands.h"
#include "progress.h"
#include "signals.h"
#include "text.h"
#include "timeline_writer.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct timeline {
    const struct options *options;
    ptm_classify_options classify; /* those of the options, with progress and signals */
    struct timeline_writer writer;
    ptm_overlay *overlay; /* NULL: none is asked for */
    pthread_mutex_t lock; /* of the progress, which decoding tells on a thread of its own */
    struct progress progress;
    struct progress_file file; /* that is read: the source, then once more for what is drawn */
};

/** Before a line of results on the same terminal. */
static void hide_progress(void *user) {
    struct timeline *timeline = user;
    if (!timeline->writer.sheet.style.terminal) return;
    pthread_mutex_lock(&timeline->lock);
    progress_clear(&timeline->progress);
    pthread_mutex_unlock(&timeline->lock);
}

static ptm_status on_window(void *user, const ptm_window *window, ptm_error *err) {
    struct timeline *timeline = user;
    if (timeline->overlay) {
        const ptm_status status = ptm_overlay_add(timeline->overlay, window, err);
        if (status != PTM_OK) return status;
    }
    return timeline_writer_window(&timeline->writer, window, err);
}

static void on_progress(void *user, double done, double total) {
    struct timeline *timeline = user;
    pthread_mutex_lock(&timeline->lock);
    progress_update(&timeline->progress, &timeline->file, done, total);
    progress_show(&timeline->progress);
    pthread_mutex_unlock(&timeline->lock);
}

/* ---------------------------------------------------------------- the run */

static void prepare(struct timeline *timeline) {
    const struct options *options = timeline->options;
    progress_open(&timeline->progress, progress_is_wanted(options->progress, options->verbosity), true, 1);
    timeline->classify = options->classify;
    timeline->classify.progress = on_progress;
    timeline->classify.cancelled = signals_interrupted;
    timeline->classify.user = timeline;
}

static ptm_status read_file(struct timeline *timeline, ptm_result **result, ptm_error *err) {
    ptm_timeline_options options = timeline->options->timeline;
    options.classify = timeline->classify;
    options.on_window = on_window;
    options.user = timeline;
    progress_begin(&timeline->progress, &timeline->file, timeline->writer.outputs.file);
    const ptm_status status =
        ptm_timeline_file(timeline->writer.engine.session, timeline->writer.outputs.file, &options, result, err);
    progress_end(&timeline->progress, &timeline->file);
    progress_clear(&timeline->progress);
    return status;
}

static void say(const struct timeline *timeline, enum exit_status status) {
    const struct timeline_writer *writer = &timeline->writer;
    if (timeline->options->verbosity < 0) return;
    fprintf(stderr, "polytome: %ld event%s in %ld window%s%s\n", writer->num_events, text_plural(writer->num_events),
            writer->num_windows, text_plural(writer->num_windows),
            status == STATUS_INTERRUPTED ? ", then interrupted" : "");
}

static enum exit_status cut_clips(struct timeline *timeline) {
    long written;
    const char *folder = timeline->options->cut;
    const enum exit_status status = clips_cut(folder, timeline->writer.outputs.file, &timeline->writer.list, &written);
    if (timeline->options->verbosity >= 0) {
        fprintf(stderr, "polytome: %ld clip%s in ", written, text_plural(written));
        text_print(stderr, folder);
        fputc('\n', stderr);
    }
    return status;
}

static enum exit_status write_overlay(struct timeline *timeline) {
    const char *output = timeline->options->overlay;
    ptm_overlay_report report;
    ptm_error err = {0};
    progress_begin(&timeline->progress, &timeline->file, output);
    const ptm_status status =
        ptm_overlay_write(timeline->overlay, timeline->writer.outputs.file, output, &timeline->classify, &report, &err);
    progress_end(&timeline->progress, &timeline->file);
    progress_clear(&timeline->progress);
    if (status != PTM_OK) return engine_judge(&err, timeline->writer.outputs.file, output);
    if (timeline->options->verbosity < 0) return STATUS_GOOD;
    fputs("polytome: wrote ", stderr);
    text_print(stderr, output);
    fprintf(stderr, ": %d x %d pixels, %lld frame%s, %s\n", report.width, report.height, (long long)report.frames,
            text_plural(report.frames),
            !report.sound          ? "no sound"
            : *report.sound == 'c' ? "sound copied"
                                   : "sound as AAC");
    return STATUS_GOOD;
}

/** What is made of the file in a second pass. */
static enum exit_status run_second_pass(struct timeline *timeline) {
    enum exit_status status = STATUS_GOOD;
    if (timeline->options->cut) status = cut_clips(timeline);
    if (timeline->overlay && (status == STATUS_GOOD || status == STATUS_INPUT)) {
        const enum exit_status drawn = write_overlay(timeline);
        if (drawn != STATUS_GOOD) status = drawn;
    }
    return status;
}

static enum exit_status run_first_pass(struct timeline *timeline) {
    struct timeline_writer *writer = &timeline->writer;
    ptm_error err = {0};
    ptm_result *result = NULL;
    bool written;
    if (read_file(timeline, &result, &err) == PTM_OK) err = (ptm_error){0};
    const struct timeline_end end = {.result = result, .err = result ? NULL : &err};
    const enum exit_status status = timeline_writer_finish(writer, &err, &end, &written);
    if (written && (writer->outputs.items[0].path || status == STATUS_INTERRUPTED)) say(timeline, status);
    ptm_result_free(&result);
    return status;
}

static enum exit_status run(struct timeline *timeline) {
    ptm_error err = {0};
    signals_catch(NULL);
    const char *overlay = timeline->options->overlay;
    if (overlay && !output_try(overlay)) return STATUS_ENVIRONMENT;
    if (overlay && ptm_overlay_open(&timeline->overlay, &err) != PTM_OK) return engine_complain(&err);
    if (timeline->options->cut && !clips_prepare(timeline->options->cut)) return STATUS_ENVIRONMENT;
    timeline->writer.keep_list = timeline->options->cut;
    enum exit_status status = timeline_writer_begin(&timeline->writer);
    if (status != STATUS_GOOD) return status;
    prepare(timeline);
    status = run_first_pass(timeline);
    if (status == STATUS_GOOD) status = run_second_pass(timeline);
    progress_close(&timeline->progress);
    return status;
}

/** An MP4 is called so, and is no pipe. */
static bool check_overlay(const char *overlay) {
    const char *ending = strrchr(overlay, '.');
    struct stat file;
    if (!ending || strcasecmp(ending, ".mp4") != 0)
        text_complain("--overlay draws an MP4: give it a name that ends in .mp4, not %s", overlay);
    else if (stat(overlay, &file) == 0 && S_ISFIFO(file.st_mode))
        text_complain("%s: an MP4 is completed at its beginning, and a pipe has none: name a file", overlay);
    else
        return true;
    options_hint(COMMAND_TIMELINE);
    return false;
}

/** What needs the file a second time needs its name. */
static bool check_second_pass(const struct timeline *timeline) {
    const struct options *options = timeline->options;
    if (options->overlay && !check_overlay(options->overlay)) return false;
    if ((!options->cut && !options->overlay) || strcmp(timeline->writer.outputs.file, "-") != 0) return true;
    text_complain("--cut and --overlay read the file twice, and standard input can be read once: name a file");
    options_hint(COMMAND_TIMELINE);
    return false;
}

enum exit_status cmd_timeline(const struct options *options) {
    struct timeline timeline = {.options = options, .lock = PTHREAD_MUTEX_INITIALIZER};
    timeline.writer = (struct timeline_writer){.options = options, .before = hide_progress, .user = &timeline};
    enum exit_status status = STATUS_USAGE;
    if (timeline_outputs_choose(&timeline.writer.outputs, options) && check_second_pass(&timeline))
        status = engine_open(&timeline.writer.engine, &options->models, &options->session);
    if (status == STATUS_GOOD) status = run(&timeline);
    timeline_writer_close(&timeline.writer);
    ptm_overlay_close(&timeline.overlay);
    return status;
}
