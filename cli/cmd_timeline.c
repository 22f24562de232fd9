/* SPDX-License-Identifier: MIT */
/* timeline: one file window by window, and the events that its windows make up. */
#include "clips.h"
#include "commands.h"
#include "progress.h"
#include "signals.h"
#include "text.h"
#include "timeline_outputs.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct timeline {
    const struct options *options;
    ptm_classify_options classify; /* those of the options, with progress and signals */
    struct engine engine;
    struct timeline_outputs outputs;
    struct timeline_sheet sheet;
    ptm_events *events;
    ptm_overlay *overlay;   /* NULL: none is asked for */
    struct event_list list; /* where something needs events again at the end */
    bool keep_list, failed; /* failed: an output could not be written, which has its complaint */
    long num_windows, num_events;
    pthread_mutex_t lock; /* of the progress, which decoding tells on a thread of its own */
    struct progress progress;
};

/** Before a line of results on the same terminal. */
static void hide_progress(struct timeline *timeline) {
    if (!timeline->sheet.style.terminal) return;
    pthread_mutex_lock(&timeline->lock);
    progress_clear(&timeline->progress);
    pthread_mutex_unlock(&timeline->lock);
}

/** What a callback answers where the run has to end for a reason that has its complaint. */
static ptm_status give_up(struct timeline *timeline) {
    timeline->failed = true;
    return PTM_EINTERRUPTED;
}

static ptm_status on_event(void *user, const ptm_event *event, ptm_event_phase phase, ptm_error *err) {
    (void)err;
    struct timeline *timeline = user;
    ptm_model_info info;
    if (phase != PTM_EVENT_END) return PTM_OK;
    ptm_event kept = *event; /* the model's own labels live longer than the call */
    if (engine_get_info(&timeline->engine, event->modality, &info)) kept.label = info.labels[event->index];
    timeline->num_events++;
    hide_progress(timeline);
    if (!timeline_outputs_event(&timeline->outputs, &timeline->sheet, &kept)) return give_up(timeline);
    if (!timeline->keep_list || event_list_add(&timeline->list, &kept)) return PTM_OK;
    text_complain("out of memory for the events");
    return give_up(timeline);
}

static ptm_status on_window(void *user, const ptm_window *window, ptm_error *err) {
    struct timeline *timeline = user;
    timeline->num_windows++;
    hide_progress(timeline);
    if (!timeline_outputs_window(&timeline->outputs, &timeline->sheet, window)) return give_up(timeline);
    if (timeline->overlay) {
        const ptm_status status = ptm_overlay_add(timeline->overlay, window, err);
        if (status != PTM_OK) return status;
    }
    return ptm_events_add(timeline->events, window, err);
}

static void on_progress(void *user, double done, double total) {
    struct timeline *timeline = user;
    pthread_mutex_lock(&timeline->lock);
    progress_update(&timeline->progress, done, total);
    pthread_mutex_unlock(&timeline->lock);
}

/* ---------------------------------------------------------------- the run */

static void prepare(struct timeline *timeline) {
    const struct options *options = timeline->options;
    const char *no_colour = getenv("NO_COLOR");
    const bool terminal = timeline->outputs.items[0].output.stream == stdout && text_is_terminal(stdout);
    ptm_model_info info;
    const bool image = engine_get_info(&timeline->engine, PTM_IMAGE, &info);
    const bool audio = engine_get_info(&timeline->engine, PTM_AUDIO, &info);
    timeline->sheet = (struct timeline_sheet){.style = {.top = options->top,
                                                        .threshold = options->threshold,
                                                        .logits = options->logits,
                                                        .image = image,
                                                        .terminal = terminal,
                                                        .colour = terminal && !(no_colour && *no_colour)},
                                              .path = timeline->outputs.file,
                                              .top_frequency = audio ? info.sample_rate / 2.0 : 0};
    timeline->classify = options->classify;
    timeline->classify.progress = on_progress;
    timeline->classify.cancelled = signals_interrupted;
    timeline->classify.user = timeline;
    timeline->keep_list = options->cut || timeline_outputs_want_list(&timeline->outputs);
    const bool unasked = text_is_terminal(stderr) && options->verbosity >= 0;
    timeline->progress.on = options->progress < 0 ? unasked : options->progress > 0;
}

static ptm_status open_events(struct timeline *timeline, ptm_error *err) {
    ptm_event_options options = timeline->options->events, defaults;
    ptm_event_options_default(&defaults);
    if (options.off < 0) options.off = fmin(defaults.off, options.on);
    options.best_only = timeline->options->best_only;
    return ptm_events_open(&timeline->events, &options, on_event, timeline, err);
}

static ptm_status read_file(struct timeline *timeline, ptm_result **result, ptm_error *err) {
    ptm_timeline_options options = timeline->options->timeline;
    options.classify = timeline->classify;
    options.on_window = on_window;
    options.user = timeline;
    progress_begin(&timeline->progress, timeline->outputs.file);
    const ptm_status status =
        ptm_timeline_file(timeline->engine.session, timeline->outputs.file, &options, result, err);
    progress_clear(&timeline->progress);
    return status;
}

/** The exit status of a run whose reading ended so, after a complaint. */
static enum exit_status judge(const struct timeline *timeline, const ptm_error *err) {
    if (timeline->failed) return STATUS_ENVIRONMENT;
    return err->status == PTM_OK ? STATUS_GOOD : engine_judge(err, NULL);
}

static void say(const struct timeline *timeline, enum exit_status status) {
    if (timeline->options->verbosity < 0) return;
    fprintf(stderr, "polytome: %ld %s in %ld %s%s\n", timeline->num_events,
            timeline->num_events == 1 ? "event" : "events", timeline->num_windows,
            timeline->num_windows == 1 ? "window" : "windows",
            status == STATUS_INTERRUPTED ? ", then interrupted" : "");
}

/** Ends events and files. What came before an interruption, or before the damage of a file, is kept. */
static enum exit_status finish(struct timeline *timeline, const ptm_result *result, const ptm_error *err) {
    enum exit_status status = judge(timeline, err);
    if (status != STATUS_GOOD && status != STATUS_INPUT && status != STATUS_INTERRUPTED) return status;
    if (ptm_events_finish(timeline->events, NULL) != PTM_OK) return STATUS_ENVIRONMENT;
    event_list_sort(&timeline->list);
    const struct timeline_end end = {.result = result, .err = result ? NULL : err};
    if (!timeline_outputs_end(&timeline->outputs, &timeline->sheet, &timeline->list, &end)) return STATUS_ENVIRONMENT;
    if (status == STATUS_INPUT && timeline->num_windows == 0) return status; /* nothing that a file is worth */
    signals_release();
    if (!timeline_outputs_commit(&timeline->outputs)) return STATUS_ENVIRONMENT;
    if (timeline->outputs.items[0].path || status == STATUS_INTERRUPTED) say(timeline, status);
    return status;
}

static enum exit_status cut_clips(struct timeline *timeline) {
    long written;
    const char *folder = timeline->options->cut;
    const enum exit_status status = clips_cut(folder, timeline->outputs.file, &timeline->list, &written);
    if (timeline->options->verbosity >= 0) {
        fprintf(stderr, "polytome: %ld %s in ", written, written == 1 ? "clip" : "clips");
        text_print(stderr, folder);
        fputc('\n', stderr);
    }
    return status;
}

static enum exit_status write_overlay(struct timeline *timeline) {
    const char *output = timeline->options->overlay;
    ptm_overlay_report report;
    ptm_error err = {0};
    progress_begin(&timeline->progress, output);
    const ptm_status status =
        ptm_overlay_write(timeline->overlay, timeline->outputs.file, output, &timeline->classify, &report, &err);
    progress_clear(&timeline->progress);
    if (status != PTM_OK) return engine_judge(&err, output);
    if (timeline->options->verbosity < 0) return STATUS_GOOD;
    fputs("polytome: wrote ", stderr);
    text_print(stderr, output);
    fprintf(stderr, ": %d x %d pixels, %lld %s, %s\n", report.width, report.height, (long long)report.frames,
            report.frames == 1 ? "frame" : "frames",
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

static enum exit_status run(struct timeline *timeline) {
    ptm_error err = {0};
    signals_catch(NULL);
    if (timeline->options->overlay && ptm_overlay_open(&timeline->overlay, &err) != PTM_OK)
        return engine_complain(&err);
    if (open_events(timeline, &err) != PTM_OK) return engine_complain(&err);
    if (timeline->options->cut && !clips_prepare(timeline->options->cut)) return STATUS_ENVIRONMENT;
    if (!timeline_outputs_open(&timeline->outputs)) return STATUS_ENVIRONMENT;
    prepare(timeline);
    ptm_result *result = NULL;
    if (read_file(timeline, &result, &err) == PTM_OK) err = (ptm_error){0};
    enum exit_status status = finish(timeline, result, &err);
    ptm_result_free(&result);
    return status == STATUS_GOOD ? run_second_pass(timeline) : status;
}

/** What needs the file a second time needs its name. */
static bool check_second_pass(const struct timeline *timeline) {
    const struct options *options = timeline->options;
    if ((!options->cut && !options->overlay) || strcmp(timeline->outputs.file, "-") != 0) return true;
    text_complain("--cut and --overlay read the file twice, and standard input can be read once: name a file");
    options_hint(COMMAND_TIMELINE);
    return false;
}

enum exit_status cmd_timeline(const struct options *options) {
    struct timeline timeline = {.options = options, .lock = PTHREAD_MUTEX_INITIALIZER};
    enum exit_status status = STATUS_USAGE;
    if (timeline_outputs_choose(&timeline.outputs, options) && check_second_pass(&timeline))
        status = engine_open(&timeline.engine, &options->models, &options->session);
    if (status == STATUS_GOOD) {
        status = run(&timeline);
        engine_close(&timeline.engine);
    }
    ptm_events_close(&timeline.events);
    ptm_overlay_close(&timeline.overlay);
    event_list_free(&timeline.list);
    timeline_outputs_close(&timeline.outputs);
    return status;
}
