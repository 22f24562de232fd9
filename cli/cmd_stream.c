/* SPDX-License-Identifier: MIT */
/* stream: a live source window by window, its events, and a command for each of them. */
#include "commands.h"
#include "hook.h"
#include "latency.h"
#include "signals.h"
#include "text.h"
#include "timeline_outputs.h"

#include <math.h>

struct stream {
    const struct options *options;
    struct engine engine;
    struct timeline_outputs outputs;
    struct timeline_sheet sheet;
    ptm_events *events;
    struct event_list list; /* where a format wants events again at the end */
    bool keep_list, failed; /* failed: an output could not be written, which has its complaint */
    struct hook hook;
    struct latency latency;
    long num_events;
};

/** What a callback answers where the run has to end for a reason that has its complaint. */
static ptm_status give_up(struct stream *stream) {
    stream->failed = true;
    return PTM_EINTERRUPTED;
}

static ptm_status on_event(void *user, const ptm_event *event, ptm_event_phase phase, ptm_error *err) {
    (void)err;
    struct stream *stream = user;
    ptm_model_info info;
    ptm_event kept = *event; /* the model's own labels live longer than the call */
    if (engine_get_info(&stream->engine, event->modality, &info)) kept.label = info.labels[event->index];
    hook_run(&stream->hook, &kept, phase);
    if (phase != PTM_EVENT_END) return PTM_OK;
    stream->num_events++;
    if (!timeline_outputs_event(&stream->outputs, &stream->sheet, &kept)) return give_up(stream);
    if (!stream->keep_list || event_list_add(&stream->list, &kept)) return PTM_OK;
    text_complain("out of memory for the events");
    return give_up(stream);
}

static ptm_status on_window(void *user, const ptm_window *window, ptm_error *err) {
    struct stream *stream = user;
    if (window->arrived > 0) latency_add(&stream->latency, window->latency_ms);
    hook_reap(&stream->hook);
    if (!timeline_outputs_window(&stream->outputs, &stream->sheet, window)) return give_up(stream);
    return ptm_events_add(stream->events, window, err);
}

/* ---------------------------------------------------------------- the run */

static void prepare(struct stream *stream) {
    const struct options *options = stream->options;
    const bool terminal = stream->outputs.items[0].output.stream == stdout && text_is_terminal(stdout);
    ptm_model_info info;
    const bool audio = engine_get_info(&stream->engine, PTM_AUDIO, &info);
    stream->sheet = (struct timeline_sheet){.style = {.top = options->top,
                                                      .threshold = options->threshold,
                                                      .logits = options->logits,
                                                      .terminal = terminal},
                                            .path = stream->outputs.file,
                                            .top_frequency = audio ? info.sample_rate / 2.0 : 0};
    if (stream->outputs.rows == ROWS_AUTO) stream->outputs.rows = ROWS_ALL; /* one line a window, at once */
    stream->keep_list = timeline_outputs_want_list(&stream->outputs);
    stream->hook = (struct hook){.command = options->exec, .source = stream->outputs.file};
}

static ptm_status open_events(struct stream *stream, ptm_error *err) {
    ptm_event_options options = stream->options->events, defaults;
    ptm_event_options_default(&defaults);
    if (options.off < 0) options.off = fmin(defaults.off, options.on);
    options.best_only = stream->options->best_only;
    return ptm_events_open(&stream->events, &options, on_event, stream, err);
}

static ptm_status run_live(struct stream *stream, ptm_live_report *report, ptm_error *err) {
    ptm_live_options options = stream->options->live;
    options.adapt = !stream->options->no_adapt;
    options.pace = stream->options->pace;
    options.timeline = stream->options->timeline;
    options.timeline.classify = stream->options->classify;
    options.timeline.classify.cancelled = signals_interrupted;
    options.timeline.on_window = on_window;
    options.timeline.user = stream;
    return ptm_live_run(stream->engine.session, stream->outputs.file, &options, report, err);
}

static const char *plural(long count) {
    return count == 1 ? "" : "s";
}

static void say(const struct stream *stream, const ptm_live_report *report) {
    const struct latency *latency = &stream->latency;
    fprintf(stderr, "polytome: %lld window%s and %ld event%s in %.1f s", (long long)report->windows,
            plural((long)report->windows), stream->num_events, plural(stream->num_events), report->seconds);
    if (latency->total > 0)
        fprintf(stderr, "; latency %.0f ms, 99 %% under %.0f", latency_quantile(latency, 0.5),
                latency_quantile(latency, 0.99));
    if (report->raised > 0) fprintf(stderr, "; merging raised %d, lowered %d times", report->raised, report->lowered);
    if (report->dropped > 0) fprintf(stderr, "; %lld dropped", (long long)report->dropped);
    if (report->losses > 0) fprintf(stderr, "; lost %d, connected again %d times", report->losses, report->reconnects);
    if (report->time_jumps > 0) fprintf(stderr, "; %d jump%s of time", report->time_jumps, plural(report->time_jumps));
    if (report->decode_errors > 0)
        fprintf(stderr, "; %d damaged packet%s", report->decode_errors, plural(report->decode_errors));
    if (stream->hook.skipped > 0) fprintf(stderr, "; %ld commands not started", stream->hook.skipped);
    fputc('\n', stderr);
}

/** Ends events and files. What came before the end, whatever it was, is kept. */
static enum exit_status finish(struct stream *stream, const ptm_live_report *report, const ptm_error *err) {
    enum exit_status status = err->status == PTM_OK ? STATUS_GOOD : engine_judge(err, NULL);
    if (stream->failed) return STATUS_ENVIRONMENT;
    if (status != STATUS_GOOD && status != STATUS_INPUT && status != STATUS_INTERRUPTED) return status;
    if (ptm_events_finish(stream->events, NULL) != PTM_OK) return STATUS_ENVIRONMENT;
    event_list_sort(&stream->list);
    const struct timeline_end end = {.err = err, .live = report, .latency = &stream->latency};
    if (!timeline_outputs_end(&stream->outputs, &stream->sheet, &stream->list, &end)) return STATUS_ENVIRONMENT;
    signals_release();
    if (!timeline_outputs_commit(&stream->outputs)) return STATUS_ENVIRONMENT;
    if (stream->options->verbosity >= 0 && report->windows > 0) say(stream, report);
    return status;
}

static enum exit_status run(struct stream *stream) {
    ptm_error err = {0};
    ptm_live_report report;
    signals_catch(NULL);
    if (open_events(stream, &err) != PTM_OK) return engine_complain(&err);
    if (!timeline_outputs_open(&stream->outputs)) return STATUS_ENVIRONMENT;
    prepare(stream);
    if (run_live(stream, &report, &err) == PTM_OK) err = (ptm_error){0};
    return finish(stream, &report, &err);
}

enum exit_status cmd_stream(const struct options *options) {
    struct stream stream = {.options = options};
    enum exit_status status = STATUS_USAGE;
    if (timeline_outputs_choose(&stream.outputs, options))
        status = engine_open(&stream.engine, &options->models, &options->session);
    if (status == STATUS_GOOD) {
        status = run(&stream);
        engine_close(&stream.engine);
    }
    ptm_events_close(&stream.events);
    event_list_free(&stream.list);
    timeline_outputs_close(&stream.outputs);
    return status;
}
