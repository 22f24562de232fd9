/* SPDX-License-Identifier: MIT */
/* stream: a live source window by window, its events, and a command for each of them. */
#include "commands.h"
#include "hook.h"
#include "latency.h"
#include "signals.h"
#include "text.h"
#include "timeline_writer.h"

struct stream {
    const struct options *options;
    struct timeline_writer writer;
    struct hook hook;
    struct latency latency;
};

static void on_event(void *user, const ptm_event *event, ptm_event_phase phase) {
    struct stream *stream = user;
    hook_run(&stream->hook, event, phase);
}

static ptm_status on_window(void *user, const ptm_window *window, ptm_error *err) {
    struct stream *stream = user;
    if (window->arrived > 0) latency_add(&stream->latency, window->latency_ms);
    hook_reap(&stream->hook);
    return timeline_writer_window(&stream->writer, window, err);
}

static void on_source(void *user, const char *source, const char *reason) {
    const struct stream *stream = user;
    if (stream->options->verbosity < 0) return;
    if (reason)
        text_complain("%s; trying again", reason);
    else
        text_complain("%s: is there again", source);
}

/* ---------------------------------------------------------------- the run */

static ptm_status run_live(struct stream *stream, ptm_live_report *report, ptm_error *err) {
    ptm_live_options options = stream->options->live;
    options.adapt = !stream->options->no_adapt;
    options.pace = stream->options->pace;
    options.timeline = stream->options->timeline;
    options.timeline.classify = stream->options->classify;
    options.timeline.classify.cancelled = signals_interrupted;
    options.on_source = on_source;
    options.timeline.on_window = on_window;
    options.timeline.user = stream;
    return ptm_live_run(stream->writer.engine.session, stream->writer.outputs.file, &options, report, err);
}

static void say(const struct stream *stream, const ptm_live_report *report, enum exit_status status) {
    const struct latency *latency = &stream->latency;
    const long events = stream->writer.num_events;
    fprintf(stderr, "polytome: %lld window%s and %ld event%s in %.1f s", (long long)report->windows,
            text_plural(report->windows), events, text_plural(events), report->seconds);
    if (latency->total > 0)
        fprintf(stderr, "; median latency %.0f ms, 99 %% under %.0f ms", latency_quantile(latency, 0.5),
                latency_quantile(latency, 0.99));
    if (report->raised > 0) fprintf(stderr, "; merging raised %d, lowered %d times", report->raised, report->lowered);
    if (report->dropped > 0) fprintf(stderr, "; %lld dropped", (long long)report->dropped);
    if (report->losses > 0)
        fprintf(stderr, "; lost %d time%s, reconnected %d time%s", report->losses, text_plural(report->losses),
                report->reconnects, text_plural(report->reconnects));
    if (report->time_jumps > 0)
        fprintf(stderr, "; %d jump%s of time", report->time_jumps, text_plural(report->time_jumps));
    if (report->decode_errors > 0)
        fprintf(stderr, "; %d damaged packet%s", report->decode_errors, text_plural(report->decode_errors));
    if (stream->hook.skipped > 0) fprintf(stderr, "; %ld commands not started", stream->hook.skipped);
    fprintf(stderr, "%s\n", status == STATUS_INTERRUPTED ? ", then interrupted" : "");
}

static enum exit_status run(struct stream *stream) {
    struct timeline_writer *writer = &stream->writer;
    ptm_error err = {0};
    ptm_live_report report;
    bool written;
    signals_catch(NULL);
    enum exit_status status = timeline_writer_begin(writer);
    if (status != STATUS_GOOD) return status;
    if (writer->outputs.rows == ROWS_AUTO) writer->outputs.rows = ROWS_ALL; /* one line a window, at once */
    stream->hook = (struct hook){.command = stream->options->exec, .source = writer->outputs.file};
    if (run_live(stream, &report, &err) == PTM_OK) err = (ptm_error){0};
    const struct timeline_end end = {.err = &err, .live = &report, .latency = &stream->latency};
    status = timeline_writer_finish(writer, &err, &end, &written);
    const bool ran = report.windows > 0 || report.dropped > 0 || report.losses > 0 || status == STATUS_INTERRUPTED;
    if (written && stream->options->verbosity >= 0 && ran) say(stream, &report, status);
    return status;
}

enum exit_status cmd_stream(const struct options *options) {
    struct stream stream = {.options = options};
    stream.writer = (struct timeline_writer){.options = options, .watch = on_event, .user = &stream};
    enum exit_status status = STATUS_USAGE;
    if (timeline_outputs_choose(&stream.writer.outputs, options))
        status = engine_open(&stream.writer.engine, &options->models, &options->session);
    if (status == STATUS_GOOD) status = run(&stream);
    timeline_writer_close(&stream.writer);
    return status;
}
