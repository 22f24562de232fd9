/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "output.h"
#include "report.h"
#include "signals.h"
#include "text.h"
#include "walk.h"

#include <stdlib.h>

/** A run over all inputs. */
struct run {
    const struct options *options;
    struct engine engine;
    struct output output;
    struct report_style style;
    struct walk walk;
    ptm_result *result; /* of the file at hand */
};

static ptm_status label(void *user, const char *path, ptm_error *err) {
    struct run *run = user;
    return ptm_classify_file(run->engine.session, path, &run->walk.classify, &run->result, err);
}

static bool finish(void *user, const char *path, const ptm_error *err) {
    struct run *run = user;
    bool written = true;
    if (run->options->format == FORMAT_JSON)
        written = report_json(run->output.stream, &run->style, &(struct report_subject){.path = path},
                              err ? NULL : run->result, err);
    else if (!err)
        report_text(run->output.stream, &run->style, path, run->result);
    ptm_result_free(&run->result);
    if (!written) text_complain("out of memory for the result of a file");
    return written && output_flush(&run->output);
}

static void set_style(struct run *run) {
    const struct options *options = run->options;
    const char *no_colour = getenv("NO_COLOR");
    const bool terminal = text_is_terminal(run->output.stream);
    ptm_model_info image;
    run->style = (struct report_style){.top = options->top,
                                       .threshold = options->threshold,
                                       .logits = options->logits,
                                       .trace = options->trace,
                                       .image = engine_get_info(&run->engine, PTM_IMAGE, &image),
                                       .terminal = terminal,
                                       .colour = terminal && !(no_colour && *no_colour)};
}

static enum exit_status classify(struct run *run) {
    const struct walk_visitor visitor = {label, finish, run};
    if (!output_open(&run->output, run->options->output)) return STATUS_ENVIRONMENT;
    set_style(run);
    signals_catch(&run->output);
    walk_run(&run->walk, run->options, &visitor);
    enum exit_status status = run->walk.status;
    signals_release();
    const bool kept = status <= STATUS_INPUT || status == STATUS_INTERRUPTED;
    if (kept && !output_commit(&run->output)) status = STATUS_ENVIRONMENT;
    output_discard(&run->output);
    walk_summary(&run->walk);
    return status;
}

enum exit_status cmd_classify(const struct options *options) {
    if (!walk_check(options)) return STATUS_USAGE;
    struct run run = {.options = options};
    enum exit_status status = engine_open(&run.engine, &options->models, &options->session);
    if (status != STATUS_GOOD) return status;
    status = classify(&run);
    engine_close(&run.engine);
    return status;
}
