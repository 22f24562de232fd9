/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "crew.h"
#include "failure.h"
#include "journal.h"
#include "output.h"
#include "settings.h"
#include "signals.h"
#include "style.h"
#include "text.h"
#include "walk.h"

#include <stdlib.h>
#include <string.h>

/** A run over all inputs. */
struct run {
    const struct options *options;
    struct engine engine;
    struct crew crew;
    struct journal journal;
    struct output output;
    struct report_style style;
    struct walk walk;
};

/* ---------------------------------------------------------------- in the threads of workers */

static bool print(const struct run *run, FILE *stream, const struct job *job, const ptm_result *result,
                  const ptm_error *err) {
    const struct report_subject subject = {.path = job->line > 0 ? NULL : job->path, .id = job->id, .line = job->line};
    if (run->options->format == FORMAT_JSON) return report_json(stream, &run->style, &subject, result, err);
    if (result) report_text(stream, &run->style, job->path, result);
    return true;
}

/** The result as it will be written out. */
static void render(const struct run *run, struct job *job, const ptm_result *result) {
    FILE *stream = open_memstream(&job->text, &job->bytes);
    bool good = stream && print(run, stream, job, result, NULL) && !ferror(stream);
    if (stream && fclose(stream) != 0) good = false;
    if (good) return;
    free(job->text);
    job->text = NULL;
    job->bytes = 0;
    failure_set(&job->err, PTM_ENOMEM, "out of memory for the result");
}

/** Takes over what an earlier run wrote about the same file. */
static bool reuse(const struct run *run, struct job *job) {
    struct journal_line line = {.path = job->path, .id = job->id, .stamp = job->stamp};
    if (!run->journal.name || !job->stamped) return false;
    const enum journal_match match = journal_find(&run->journal, &line);
    job->copied = match == JOURNAL_COPY;
    if (match != JOURNAL_DONE) return false;
    job->text = line.text;
    job->bytes = strlen(line.text);
    job->reused = true;
    return true;
}

/** What a worker is labelling. */
struct labelling {
    struct run *run;
    struct walk_file *first; /* until the library has asked for it */
};

/** One more that is not known from an earlier run, or NULL. */
static struct walk_file *next_unknown(struct run *run, bool waited_for) {
    struct walk_file *file;
    while ((file = walk_next(&run->walk, waited_for))) {
        struct job *job = file->job;
        job->stamped = stamp_read(&job->stamp, job->path);
        if (!reuse(run, job)) return file;
        walk_done(file);
    }
    return NULL;
}

static ptm_file *next_file(void *user) {
    struct labelling *labelling = user;
    struct run *run = labelling->run;
    struct walk_file *file = labelling->first;
    if (!file && !crew_is_wanted(&run->crew)) file = next_unknown(run, true);
    labelling->first = NULL;
    return file ? &file->file : NULL;
}

static void take_result(void *user, ptm_file *labelled) {
    const struct labelling *labelling = user;
    struct walk_file *file = (struct walk_file *)labelled; /* its first member */
    struct job *job = file->job;
    job->err = labelled->err;
    if (labelled->result) render(labelling->run, job, labelled->result);
    ptm_result_free(&labelled->result);
    struct stamp now;
    job->changed = job->stamped && (!stamp_read(&now, job->path) || !stamp_equal(&now, &job->stamp));
    walk_done(file);
}

static void label(void *user) {
    struct run *run = user;
    struct labelling labelling = {run, next_unknown(run, false)};
    if (!labelling.first) return;
    ptm_session *session = crew_take(&run->crew);
    ptm_classify_files(session, next_file, take_result, &labelling);
    crew_give(&run->crew, session);
}

/* ---------------------------------------------------------------- in the thread that writes */

/** A file that changed is not done, and standard input cannot be known again. */
static bool keep(void *user, struct job *job) {
    struct run *run = user;
    struct journal_line line = {.text = job->text, .path = job->path, .id = job->id, .stamp = job->stamp};
    const bool worth_it = run->journal.name && job->stamped && !job->changed && !job->reused;
    return !worth_it || journal_add(&run->journal, &line);
}

static bool finish(void *user, const struct job *job, const ptm_error *err) {
    struct run *run = user;
    if (job->changed && !err)
        text_complain("%s changed or went away while it was read; what was there is labelled", job->path);
    if (!err) {
        fwrite(job->text, 1, job->bytes, run->output.stream);
    } else if (!print(run, run->output.stream, job, NULL, err)) {
        text_complain("out of memory for the result of a file");
        return false;
    }
    return output_flush(&run->output);
}

static bool tick(void *user) {
    struct run *run = user;
    return !run->journal.name || journal_sync_if_due(&run->journal);
}

static bool open_journal(struct run *run) {
    if (!run->options->journal) return true;
    char *settings = settings_write(run->options, &run->engine, &run->style);
    if (!settings) text_complain("out of memory for the journal");
    const bool opened = settings && journal_open(&run->journal, run->options->journal, settings);
    free(settings);
    return opened;
}

static enum exit_status walk(struct run *run) {
    const struct walk_visitor visitor = {
        .workers = run->crew.most, .label = label, .keep = keep, .finish = finish, .tick = tick, .user = run};
    signals_catch(&run->output);
    walk_run(&run->walk, run->options, &visitor);
    enum exit_status status = run->walk.status;
    signals_release();
    if (run->options->jobs > 0 && (run->crew.refused || run->walk.jobs.refused))
        text_complain("there was no room for %d jobs, of memory or threads (ulimit -a): the run had fewer",
                      run->options->jobs);
    const bool kept = status <= STATUS_INPUT || status == STATUS_INTERRUPTED;
    if (run->journal.name && !journal_finish(&run->journal)) status = STATUS_ENVIRONMENT;
    if (kept && !output_commit(&run->output)) status = STATUS_ENVIRONMENT;
    walk_summary(&run->walk);
    return status;
}

static enum exit_status classify(struct run *run) {
    if (!output_open(&run->output, run->options->output)) return STATUS_ENVIRONMENT;
    run->style = style_choose(run->options, &run->engine, run->output.terminal);
    const enum exit_status status = open_journal(run) ? walk(run) : STATUS_ENVIRONMENT;
    journal_close(&run->journal);
    output_discard(&run->output);
    return status;
}

enum exit_status cmd_classify(const struct options *options) {
    struct run run = {.options = options};
    enum exit_status status = walk_check(options);
    if (status != STATUS_GOOD) return status;
    status = engine_open_models(&run.engine, &options->models);
    if (status == STATUS_GOOD) status = crew_open(&run.crew, &run.engine, options, walk_count_files(options));
    if (status == STATUS_GOOD) status = classify(&run);
    crew_close(&run.crew);
    engine_close(&run.engine);
    return status;
}
