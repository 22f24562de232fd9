/* SPDX-License-Identifier: MIT */
/* explain: draws what merged. */
#include "commands.h"
#include "signals.h"
#include "text.h"

/** One line on what was written. */
static void say(const char *output, const ptm_explain_report *report) {
    fputs("polytome: wrote ", stderr);
    text_print(stderr, output);
    fprintf(stderr, ": %d x %d pixels, ", report->width, report->height);
    if (report->modality == PTM_VIDEO)
        fprintf(stderr, "%lld frame%s, ", (long long)report->frames, text_plural(report->frames));
    fprintf(stderr, "%d window%s, %d -> %d tokens\n", report->windows, text_plural(report->windows), report->tokens_in,
            report->tokens_out);
}

enum exit_status cmd_explain(const struct options *options) {
    if (options->num_operands != 1) return engine_refuse(COMMAND_EXPLAIN, "the command 'explain' takes one file");
    if (!options->output)
        return engine_refuse(COMMAND_EXPLAIN,
                             "say with -o where the picture goes: a name that ends in .png, .svg or .mp4");
    struct engine engine;
    enum exit_status status = engine_open(&engine, &options->models, &options->session);
    if (status != STATUS_GOOD) return status;

    ptm_explain_options explain;
    ptm_explain_options_default(&explain);
    explain.modality = options->modality > 0 ? modalities[options->modality - 1] : (ptm_modality)0;
    explain.start = options->classify.start;
    explain.duration = options->classify.duration;
    explain.limits = options->classify;
    explain.limits.cancelled = signals_interrupted;
    signals_catch(NULL);
    ptm_explain_report report;
    ptm_error err = {0};
    const char *path = options->operands[0];
    if (ptm_explain_file(engine.session, path, options->output, &explain, &report, &err) != PTM_OK)
        status = engine_judge(&err, path, options->output);
    else if (options->verbosity >= 0)
        say(options->output, &report);
    engine_close(&engine);
    return status;
}
