/* SPDX-License-Identifier: MIT */
#include "timeline_writer.h"

#include "signals.h"
#include "style.h"
#include "text.h"

#include <math.h>
#include <unistd.h>

/** What a callback answers where the run has to end for a reason that has its complaint. */
static ptm_status give_up(struct timeline_writer *writer) {
    writer->failed = true;
    return PTM_EINTERRUPTED;
}

static void clear_the_way(const struct timeline_writer *writer) {
    if (writer->before) writer->before(writer->user);
}

static ptm_status on_event(void *user, const ptm_event *event, ptm_event_phase phase, ptm_error *err) {
    (void)err;
    struct timeline_writer *writer = user;
    ptm_model_info info;
    ptm_event kept = *event; /* the model's own labels live longer than the call */
    if (engine_get_info(&writer->engine, event->modality, &info)) kept.label = info.labels[event->index];
    if (writer->watch) writer->watch(writer->user, &kept, phase);
    if (phase != PTM_EVENT_END) return PTM_OK;
    writer->num_events++;
    clear_the_way(writer);
    if (!timeline_outputs_event(&writer->outputs, &writer->sheet, &kept)) return give_up(writer);
    if (!writer->keep_list || event_list_add(&writer->list, &kept)) return PTM_OK;
    text_complain("out of memory for the events");
    return give_up(writer);
}

static ptm_status open_events(struct timeline_writer *writer, ptm_error *err) {
    ptm_event_options options = writer->options->events, defaults;
    ptm_event_options_default(&defaults);
    if (options.off < 0) options.off = fmin(defaults.off, options.on);
    options.best_only = writer->options->best_only;
    return ptm_events_open(&writer->events, &options, on_event, writer, err);
}

enum exit_status timeline_writer_begin(struct timeline_writer *writer) {
    ptm_error err = {0};
    ptm_model_info info;
    if (open_events(writer, &err) != PTM_OK) return engine_complain(&err);
    if (!timeline_outputs_open(&writer->outputs)) return STATUS_ENVIRONMENT;
    const bool terminal = timeline_outputs_print(&writer->outputs) && text_is_terminal(STDOUT_FILENO);
    const bool audio = engine_get_info(&writer->engine, PTM_AUDIO, &info);
    writer->sheet = (struct timeline_sheet){.style = style_choose(writer->options, &writer->engine, terminal),
                                            .path = writer->outputs.file,
                                            .top_frequency = audio ? info.sample_rate / 2.0 : 0};
    writer->keep_list |= timeline_outputs_want_list(&writer->outputs);
    return STATUS_GOOD;
}

ptm_status timeline_writer_window(struct timeline_writer *writer, const ptm_window *window, ptm_error *err) {
    writer->num_windows++;
    clear_the_way(writer);
    if (!timeline_outputs_window(&writer->outputs, &writer->sheet, window)) return give_up(writer);
    return ptm_events_add(writer->events, window, err);
}

enum exit_status timeline_writer_finish(struct timeline_writer *writer, const ptm_error *err,
                                        const struct timeline_end *end, bool *written) {
    *written = false;
    if (writer->failed) return STATUS_ENVIRONMENT;
    const char *input = end->live ? NULL : writer->outputs.file;
    const enum exit_status status = err->status == PTM_OK ? STATUS_GOOD : engine_judge(err, input, NULL);
    if (status != STATUS_GOOD && status != STATUS_INPUT && status != STATUS_INTERRUPTED) return status;
    if (ptm_events_finish(writer->events, NULL) != PTM_OK) return STATUS_ENVIRONMENT;
    event_list_sort(&writer->list);
    if (!timeline_outputs_end(&writer->outputs, &writer->sheet, &writer->list, end)) return STATUS_ENVIRONMENT;
    if (status == STATUS_INPUT && writer->num_windows == 0) return status; /* nothing that a file is worth */
    signals_release();
    if (!timeline_outputs_commit(&writer->outputs)) return STATUS_ENVIRONMENT;
    *written = true;
    return status;
}

void timeline_writer_close(struct timeline_writer *writer) {
    engine_close(&writer->engine);
    ptm_events_close(&writer->events);
    event_list_free(&writer->list);
    timeline_outputs_close(&writer->outputs);
}
