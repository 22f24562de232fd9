/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "inputs.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "text.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/** A run over all inputs. */
struct run {
    const struct options *options;
    struct engine engine;
    struct output output;
    struct report_style style;
    struct progress progress;
    ptm_classify_options classify;
    long labelled, failed, passed_over;
    enum exit_status status; /* beyond STATUS_INPUT the run ends */
};

/* Set by the signal, and read wherever the work can stop. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

/** The first signal lets the work end in order, a second one ends it at once. A reader that goes away ends it quietly,
 * unless the results go to a file. */
static void catch_signals(const struct run *run) {
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action = (struct sigaction){.sa_handler = run->output.aside ? SIG_IGN : SIG_DFL};
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}

static void on_progress(void *user, double done, double total) {
    struct run *run = user;
    progress_update(&run->progress, done, total);
}

static bool on_cancelled(void *user) {
    (void)user;
    return interrupted;
}

/** Hands on the line of one file; whether to go on. */
static bool finish_line(struct run *run, bool written) {
    if (!written) text_complain("out of memory for the result of a file");
    if (written && output_flush(&run->output)) return true;
    run->status = STATUS_ENVIRONMENT;
    return false;
}

/** Does the sentence name the file, or is it about standard input anyway? */
static bool names_path(const char *sentence, const char *path) {
    if (strcmp(path, "-") == 0) return true;
    const size_t length = strlen(path);
    for (const char *at = sentence; (at = strstr(at, path)); at++) {
        const bool starts = at == sentence || !isalnum((unsigned char)at[-1]);
        if (starts && !isalnum((unsigned char)at[length])) return true;
    }
    return false;
}

static bool report_failure(struct run *run, const char *path, const ptm_error *err) {
    run->failed++;
    if (run->status == STATUS_GOOD) run->status = STATUS_INPUT;
    progress_clear(&run->progress);
    if (names_path(err->message, path))
        text_complain("%s", err->message);
    else
        text_complain("%s: %s", path, err->message);
    if (run->options->format == FORMAT_TEXT) return true;
    return finish_line(run, report_json(run->output.stream, &run->style, path, NULL, err));
}

/** Files in a directory that are no media are none of our business; one that is named like media and cannot be read
 * is. */
static bool is_passed_over(const char *path, bool found, ptm_status status) {
    return found && (status == PTM_EFORMAT || status == PTM_ENODATA) && !inputs_looks_like_media(path);
}

static bool on_file(void *user, const char *path, bool found) {
    struct run *run = user;
    if (interrupted) return false;
    progress_begin(&run->progress, path);
    ptm_error err = {0};
    ptm_result *result;
    const ptm_status status = ptm_classify_file(run->engine.session, path, &run->classify, &result, &err);
    progress_clear(&run->progress);
    if (status == PTM_EINTERRUPTED) return false;
    if (is_passed_over(path, found, status)) {
        run->passed_over++;
        if (run->options->verbosity > 0) text_complain("passed over %s: no media", path);
        return true;
    }
    if (status != PTM_OK) return report_failure(run, path, &err);
    run->labelled++;
    bool written = true;
    if (run->options->format == FORMAT_JSON)
        written = report_json(run->output.stream, &run->style, path, result, NULL);
    else
        report_text(run->output.stream, &run->style, path, result);
    ptm_result_free(&result);
    return finish_line(run, written);
}

static bool on_failed(void *user, const char *path, const char *why) {
    struct run *run = user;
    if (interrupted) return false;
    ptm_error err = {.status = PTM_EIO};
    snprintf(err.message, sizeof err.message, "%s", why);
    return report_failure(run, path, &err);
}

static void visit_inputs(struct run *run) {
    const struct options *options = run->options;
    const struct inputs_visitor visitor = {on_file, on_failed, run};
    bool go_on = true;
    for (int i = 0; go_on && i < options->num_operands; i++) go_on = inputs_visit(&visitor, options->operands[i]);
    if (go_on && options->files_from)
        inputs_visit_list(&visitor, options->files_from, options->nul_separated ? '\0' : '\n');
    if (interrupted) run->status = STATUS_INTERRUPTED;
}

static void print_summary(const struct run *run) {
    const int verbosity = run->options->verbosity;
    const bool nothing_found = run->labelled + run->failed == 0 && run->status == STATUS_GOOD;
    const bool worth_it = verbosity > 0 || run->status == STATUS_INTERRUPTED || nothing_found ||
                          (run->failed > 0 && run->labelled + run->failed > 1);
    if (verbosity < 0 || !worth_it) return;
    fprintf(stderr, "polytome: %ld labelled, %ld failed", run->labelled, run->failed);
    if (run->passed_over > 0) fprintf(stderr, ", %ld without media passed over", run->passed_over);
    fprintf(stderr, "%s\n", run->status == STATUS_INTERRUPTED ? ", then interrupted" : "");
}

static void set_style(struct run *run) {
    const struct options *options = run->options;
    const char *no_colour = getenv("NO_COLOR");
    const bool terminal = text_is_terminal(run->output.stream);
    run->style = (struct report_style){.top = options->top,
                                       .threshold = options->threshold,
                                       .logits = options->logits,
                                       .terminal = terminal,
                                       .colour = terminal && !(no_colour && *no_colour)};
    const bool unasked = text_is_terminal(stderr) && options->verbosity >= 0;
    run->progress.on = options->progress < 0 ? unasked : options->progress > 0;
    run->classify = options->classify;
    run->classify.progress = on_progress;
    run->classify.cancelled = on_cancelled;
    run->classify.user = run;
}

static bool stdin_twice(const struct options *options) {
    bool named = false;
    for (int i = 0; i < options->num_operands; i++) named = named || strcmp(options->operands[i], "-") == 0;
    return named && options->files_from && strcmp(options->files_from, "-") == 0;
}

enum exit_status cmd_classify(const struct options *options) {
    if (stdin_twice(options)) {
        text_complain("standard input cannot be both the list of names and a file to label");
        options_hint(COMMAND_CLASSIFY);
        return STATUS_USAGE;
    }
    struct run run = {.options = options};
    run.status = engine_open(&run.engine, &options->models, &options->session);
    if (run.status != STATUS_GOOD) return run.status;
    if (output_open(&run.output, options->output)) {
        set_style(&run);
        catch_signals(&run);
        visit_inputs(&run);
        progress_clear(&run.progress);
        const bool kept = run.status != STATUS_ENVIRONMENT;
        if (kept && !output_commit(&run.output)) run.status = STATUS_ENVIRONMENT;
        output_discard(&run.output);
        print_summary(&run);
    } else {
        run.status = STATUS_ENVIRONMENT;
    }
    engine_close(&run.engine);
    return run.status;
}
