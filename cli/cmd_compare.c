/* SPDX-License-Identifier: MIT */
/* compare: what another merging, or another precision, changes on real files. */
#include "commands.h"
#include "failure.h"
#include "output.h"
#include "report.h"
#include "signals.h"
#include "text.h"
#include "walk.h"

/** A run over all inputs with two sessions over the same models. */
struct run {
    const struct options *options;
    struct engine engine;    /* its session is A's */
    ptm_session *session[2]; /* A's and B's */
    struct report_sides sides;
    struct walk walk;
    struct comparison comparison;
    ptm_result *results[2]; /* of the file at hand */
    long compared;          /* files so far */
};

static ptm_status label_side(struct run *run, int side, const char *path, const ptm_classify_options *classify,
                             ptm_error *err) {
    return ptm_classify_file(run->session[side], path, classify, &run->results[side], err);
}

static void free_results(struct run *run) {
    for (int side = 0; side < 2; side++) ptm_result_free(&run->results[side]);
}

/** Sides take turns in going first. Cold weights and buffers would count against who touches them first, so that the
 * first file is run once more before it counts. */
static ptm_status label_both(struct run *run, const char *path, const ptm_classify_options *classify, ptm_error *err) {
    const int first = (int)(run->compared % 2), passes = run->compared == 0 ? 2 : 1;
    ptm_status status = PTM_OK;
    for (int pass = 0; status == PTM_OK && pass < passes; pass++) {
        free_results(run);
        status = label_side(run, first, path, classify, err);
        if (status == PTM_OK) status = label_side(run, !first, path, classify, err);
    }
    return status;
}

static void label_file(struct run *run, struct walk_file *file) {
    struct job *job = file->job;
    ptm_status status = label_both(run, job->path, &file->classify, &job->err);
    if (status == PTM_OK && !comparison_add(&run->comparison, job->path, run->results[0], run->results[1]))
        status = failure_set(&job->err, PTM_ENOMEM, "out of memory for the comparison");
    free_results(run);
    run->compared += status == PTM_OK;
    walk_done(file);
}

/* There is one worker, and what it compares is looked at when it has ended. */
static void label(void *user) {
    struct run *run = user;
    for (struct walk_file *file; (file = walk_next(&run->walk, false));) label_file(run, file);
}

static bool report(struct run *run, struct output *output) {
    run->sides.files = run->walk.labelled;
    run->sides.failed = run->walk.failed;
    if (run->options->format == FORMAT_JSON && !report_json_compare(output->stream, &run->sides, &run->comparison)) {
        text_complain("out of memory for the comparison");
        return false;
    }
    if (run->options->format == FORMAT_TEXT) report_text_compare(output->stream, &run->sides, &run->comparison);
    return true;
}

/** What was compared until a signal came is reported, too. */
static enum exit_status compare(struct run *run) {
    const struct walk_visitor visitor = {.workers = 1, .reads_twice = true, .label = label, .user = run};
    struct output output;
    if (!output_open(&output, run->options->output)) return STATUS_ENVIRONMENT;
    signals_catch(&output);
    walk_run(&run->walk, run->options, &visitor);
    enum exit_status status = run->walk.status;
    const bool usable = status <= STATUS_INPUT || status == STATUS_INTERRUPTED;
    const bool reported = usable && (run->walk.labelled > 0 || run->options->format == FORMAT_JSON);
    bool kept = !reported || report(run, &output);
    signals_release();
    if (reported && kept) kept = output_commit(&output);
    if (!kept) status = STATUS_ENVIRONMENT;
    output_discard(&output);
    walk_summary(&run->walk);
    return status;
}

/** What a side takes of an option that may be given twice: one is for both. */
static int choose(const struct option_numbers *given, int side, int none) {
    const int last = given->count - 1;
    return last < 0 ? none : given->items[side < last ? side : last];
}

/** A is the reference where nothing else is said: one -r is B's, and A is without merging; one --precision is B's, and
 * A is float32. No -r makes B merge as the models recommend. */
static void choose_sides(const struct options *options, struct report_sides *sides,
                         ptm_session_options session[static 2]) {
    static const char *const prop_attns[] = {"auto", "off", "on"};
    const struct option_list *r = &options->schedules;
    for (int side = 0; side < 2; side++) {
        session[side] = options->session;
        session[side].r = r->count > 1 ? r->items[side] : side == 0 ? "off" : r->count == 1 ? r->items[0] : "auto";
        session[side].prop_attn = choose(&options->prop_attns, side, -1);
        session[side].precision = choose(&options->precisions, side, PTM_AUTO);
        if (side == 0 && options->precisions.count == 1) session[side].precision = PTM_F32;
        if (side == 0) session[side].static_threshold = 0;
        sides->r[side] = session[side].r;
        sides->prop_attn[side] = prop_attns[session[side].prop_attn + 1];
        sides->precision[side] = report_precision(session[side].precision);
        sides->static_threshold[side] = session[side].static_threshold;
    }
}

enum exit_status cmd_compare(const struct options *options) {
    struct run run = {.options = options};
    enum exit_status status = walk_check(options);
    if (status != STATUS_GOOD) return status;
    ptm_session_options session[2];
    choose_sides(options, &run.sides, session);
    status = engine_open(&run.engine, &options->models, &session[0]);
    if (status != STATUS_GOOD) return status;
    run.session[0] = run.engine.session;
    status = engine_open_session(&run.engine, &run.session[1], &session[1]);
    if (status == STATUS_GOOD) status = compare(&run);
    comparison_free(&run.comparison);
    ptm_session_close(&run.session[1]);
    engine_close(&run.engine);
    return status;
}
