/* SPDX-License-Identifier: MIT */
#include "walk.h"

#include "failure.h"
#include "inputs.h"
#include "moment.h"
#include "name_hint.h"
#include "signals.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- in the threads of workers */

static void on_progress(void *user, double done, double total) {
    struct walk_file *file = user;
    progress_update(&file->walk->progress, &file->progress, done, total);
}

static void begin(struct walk_file *file) {
    const double timeout = file->walk->options->timeout;
    file->begun = true;
    if (timeout > 0) file->deadline = moment_now() + timeout;
    progress_begin(&file->walk->progress, &file->progress, file->job->path);
}

/** The library asks before it opens a file, and again and again until it is read. */
static bool is_cancelled(void *user) {
    struct walk_file *file = user;
    if (!file->begun) begin(file);
    if (signals_interrupted(NULL) || jobs_stopped(&file->walk->jobs)) return true;
    file->late = file->late || (file->deadline > 0 && moment_now() > file->deadline);
    return file->late;
}

/** NULL where there is no memory; the job is done then. */
static struct walk_file *take_file(struct walk *walk, struct job *job) {
    struct walk_file *file = calloc(1, sizeof *file);
    if (!file) {
        failure_set(&job->err, PTM_ENOMEM, "out of memory");
        progress_done(&walk->progress, NULL, false);
        jobs_finish(&walk->jobs, job);
        return NULL;
    }
    *file = (struct walk_file){.walk = walk, .job = job, .classify = walk->options->classify};
    file->file = (ptm_file){.path = job->path, .options = &file->classify};
    file->classify.progress = walk->progress.on ? on_progress : NULL;
    file->classify.cancelled = is_cancelled;
    file->classify.user = file;
    return file;
}

/* The time that a file may take should not go by while windows of others are answered. */
struct walk_file *walk_next(struct walk *walk, bool waited_for) {
    if (waited_for && walk->options->timeout > 0) return NULL;
    struct walk_file *file = NULL;
    for (struct job *job; !file && (job = jobs_next(&walk->jobs, !waited_for));) file = take_file(walk, job);
    return file;
}

void walk_done(struct walk_file *file) {
    struct walk *walk = file->walk;
    struct job *job = file->job;
    if (job->err.status == PTM_EINTERRUPTED && file->late)
        failure_set(&job->err, PTM_ELIMIT, "took longer than %g s; --timeout-per-file gives it more time",
                    walk->options->timeout);
    if (job->err.status == PTM_EINTERRUPTED)
        progress_end(&walk->progress, &file->progress);
    else
        progress_done(&walk->progress, &file->progress, job->reused);
    jobs_finish(&walk->jobs, job);
    free(file);
}

static void work(void *user) {
    const struct walk *walk = user;
    walk->visitor->label(walk->visitor->user);
}

/* ---------------------------------------------------------------- in the thread that finds files */

static bool add(struct walk *walk, struct job input, const ptm_error *failure) {
    struct stat status;
    const bool there = strcmp(input.path, "-") != 0 && stat(input.path, &status) == 0;
    input.slow = !there || !S_ISREG(status.st_mode);
    input.replaced = there && spare_is_target(&walk->output, &status);
    if (failure) progress_done(&walk->progress, NULL, false);
    return !signals_interrupted(NULL) && jobs_add(&walk->jobs, &input, failure);
}

static bool on_file(void *user, const char *path, const char *id, bool found) {
    return add(user, (struct job){.path = (char *)path, .id = (char *)id, .found = found}, NULL);
}

static bool on_failed(void *user, const char *path, const char *id, long line, const char *why) {
    ptm_error err = {0};
    failure_set(&err, line > 0 ? PTM_EFORMAT : PTM_EIO, "%s", why);
    return add(user, (struct job){.path = (char *)path, .id = (char *)id, .line = line}, &err);
}

static void find(void *user) {
    struct walk *walk = user;
    const struct options *options = walk->options;
    const struct inputs_visitor inputs = {on_file, on_failed, walk, options->shard};
    bool go_on = true;
    for (int i = 0; go_on && i < options->num_operands; i++) go_on = inputs_visit(&inputs, options->operands[i], NULL);
    if (go_on && options->files_from)
        inputs_visit_list(&inputs, options->files_from, (enum list_format)options->list_format);
}

/* ---------------------------------------------------------------- in the caller's thread */

/** How many bytes of the text are those of the path, as sentences have it: with '?' for each byte of a control
 * character. */
static size_t follow_path(const char *text, const char *path) {
    size_t at = 0;
    for (size_t control = 0; path[at] && text[at]; at++) {
        if (control == 0 && text_is_control(path + at)) control = (unsigned char)path[at] == 0xC2 ? 2 : 1;
        if (text[at] != path[at] && !(control > 0 && text[at] == '?')) break;
        if (control > 0) control--;
    }
    return at;
}

/** Where the sentence names the file, or NULL. */
static const char *find_path(const char *sentence, const char *path) {
    const size_t length = strlen(path);
    for (const char *at = sentence; *at; at++) {
        const bool starts = at == sentence || !isalnum((unsigned char)at[-1]);
        if (starts && follow_path(at, path) == length && !isalnum((unsigned char)at[length])) return at;
    }
    return NULL;
}

/** What the sentence says behind a path of which there was no room for the middle; NULL: it has none. */
static const char *behind_shortened(const char *sentence, const char *path) {
    static const char gap[] = "...";
    const size_t head = follow_path(sentence, path), wide = strlen(gap);
    if (head == 0 || strncmp(sentence + head, gap, wide) != 0) return NULL;
    const char *rest = sentence + head + wide;
    for (const char *tail = path + head; *tail; tail++)
        if (follow_path(rest, tail) == strlen(tail)) return rest + strlen(tail);
    return NULL;
}

/** The sentence, which names the file once and in full. */
static void complain(const struct job *job) {
    const char *path = job->path, *sentence = job->err.message;
    const char *at = job->line > 0 ? NULL : find_path(sentence, path); /* an entry is no file yet */
    const char *behind = at ? NULL : behind_shortened(sentence, path);
    const size_t length = strlen(path);
    const char *hint = name_hint(path, job->err.status);
    if (strcmp(path, "-") == 0) /* it is about standard input anyway */
        text_complain("%s", sentence);
    else if (at)
        text_complain("%.*s%s%s%s", (int)(at - sentence), sentence, path, at + length, hint);
    else if (behind)
        text_complain("%s%s%s", path, behind, hint);
    else
        text_complain("%s: %s%s", path, sentence, hint);
}

static void end(struct walk *walk, enum exit_status status) {
    walk->status = status;
    walk->over = true;
    jobs_stop(&walk->jobs);
}

static void finish(struct walk *walk, const struct job *job, const ptm_error *err) {
    const struct walk_visitor *visitor = walk->visitor;
    if (visitor->finish && !visitor->finish(visitor->user, job, err)) end(walk, STATUS_ENVIRONMENT);
}

static void report_failure(struct walk *walk, const struct job *job) {
    walk->failed++;
    if (walk->status == STATUS_GOOD) walk->status = STATUS_INPUT;
    complain(job);
    finish(walk, job, &job->err);
    if (walk->failed == walk->options->max_errors && !walk->over) {
        if (walk->failed > 1) text_complain("%ld inputs failed: the run ends here", walk->failed);
        end(walk, walk->status);
    }
}

/** Files in a directory that are no media are none of our business; one that is named like media and cannot be read
 * is. */
static bool is_passed_over(const struct job *job) {
    const bool no_media = job->err.status == PTM_EFORMAT || job->err.status == PTM_ENODATA;
    return job->found && no_media && !inputs_looks_like_media(job->path);
}

/** What became of a file, when its turn has come. Results of an earlier run that lie among the files are passed over,
 * and those of this one may take their place. */
static void settle(struct walk *walk, const struct job *job) {
    if (walk->over || job->err.status == PTM_EINTERRUPTED) return;
    progress_clear(&walk->progress);
    if (is_passed_over(job)) {
        walk->passed_over++;
        if (walk->options->verbosity > 0) text_complain("passed over %s: no media", job->path);
    } else if (job->replaced) {
        text_complain(SPARE_SENTENCE, walk->options->output);
        end(walk, STATUS_USAGE);
    } else if (job->err.status == PTM_EINVAL) {
        /* What was asked for, not the file, is wrong: the next one would fail alike. */
        end(walk, engine_complain(&job->err));
    } else if (job->err.status != PTM_OK) {
        report_failure(walk, job);
    } else {
        walk->labelled++;
        walk->reused += job->reused;
        walk->copied += job->copied;
        finish(walk, job, NULL);
    }
}

/** What is done is kept at once, and handed on in its turn. */
static void collect(struct walk *walk) {
    const struct walk_visitor *visitor = walk->visitor;
    struct job *job = jobs_take(&walk->jobs, PROGRESS_INTERVAL);
    if (job && job->err.status == PTM_OK && visitor->keep && walk->status <= STATUS_INPUT &&
        !visitor->keep(visitor->user, job))
        end(walk, STATUS_ENVIRONMENT);
    while ((job = jobs_in_turn(&walk->jobs, job))) {
        settle(walk, job);
        jobs_release(&walk->jobs, job);
        job = NULL;
    }
    if (visitor->tick && walk->status <= STATUS_INPUT && !visitor->tick(visitor->user)) end(walk, STATUS_ENVIRONMENT);
    if (signals_interrupted(NULL)) jobs_stop(&walk->jobs);
    progress_show(&walk->progress);
}

/** What keeps the inputs of the options from being read, or NULL. */
static const char *find_wrong_input(const struct options *options) {
    int named = 0;
    for (int i = 0; i < options->num_operands; i++) named += strcmp(options->operands[i], "-") == 0;
    if (options->num_operands == 0 && !options->files_from)
        return "nothing to label: name a file, a directory, - for standard input, or --files-from";
    if (named && options->command == COMMAND_COMPARE)
        return "compare reads each file twice, and standard input can be read once: name a file";
    if (named > 1) return "standard input can be read once: name - once";
    if (named && options->files_from && strcmp(options->files_from, "-") == 0)
        return "standard input cannot be both the list of names and a file to label";
    if (options->list_format == LIST_JSON && !options->files_from)
        return "--jsonl tells how --files-from is read: give both";
    if (options->list_format == LIST_NUL && !options->files_from) return "-0 tells how --files-from is read: give both";
    if (options->journal && strcmp(options->journal, "-") == 0)
        return "the journal is read again by the next run: name a file";
    if (options_measure_merging(options) && (options->jobs > 1 || options->journal))
        return "-r in milliseconds is measured anew by every job and every run: with --jobs and "
               "--journal name a schedule, a speed-up or GFLOP";
    return NULL;
}

enum exit_status walk_check(const struct options *options) {
    const char *wrong = find_wrong_input(options);
    if (wrong) return engine_refuse(options->command, wrong);
    if (!options->files_from || inputs_try_list(options->files_from)) return STATUS_GOOD;
    const int error = errno;
    const char *list = strcmp(options->files_from, "-") == 0 ? "on standard input" : options->files_from;
    if (error == EBADF)
        text_complain("standard input is closed: give it the list, or name a file");
    else
        text_complain("cannot read the list %s: %s", list, strerror(error));
    return STATUS_ENVIRONMENT;
}

/** How many files the operands name; -1 where one is a directory. */
static long count_operands(const struct options *options) {
    long count = 0;
    for (int i = 0; i < options->num_operands; i++) {
        struct stat status;
        if (stat(options->operands[i], &status) == 0 && S_ISDIR(status.st_mode)) return -1;
        count += shard_takes(&options->shard, options->operands[i]);
    }
    return count;
}

/** How many files there will be; 0 where that is not known. */
static long count_inputs(const struct options *options) {
    const long count = count_operands(options);
    if (count < 0 || !options->files_from) return count > 0 ? count : 0;
    const long listed = inputs_count_list(options->files_from, (enum list_format)options->list_format, &options->shard);
    return listed > 0 ? count + listed : 0;
}

static void open_progress(struct walk *walk) {
    const struct options *options = walk->options;
    const bool on = progress_is_wanted(options->progress, options->verbosity);
    progress_open(&walk->progress, on, !walk->visitor->reads_twice, on ? count_inputs(options) : 0);
}

long walk_count_files(const struct options *options) {
    return options->files_from ? 0 : count_inputs(options);
}

void walk_run(struct walk *walk, const struct options *options, const struct walk_visitor *visitor) {
    *walk = (struct walk){.options = options, .visitor = visitor, .output = spare_look(options->output)};
    const struct jobs_hooks hooks = {find, work, walk};
    open_progress(walk);
    if (jobs_start(&walk->jobs, visitor->workers, !options->unordered, &hooks)) {
        while (!jobs_ended(&walk->jobs)) collect(walk);
        jobs_close(&walk->jobs);
    } else {
        walk->jobs.starved = true;
    }
    if (walk->jobs.starved) {
        text_complain("out of memory or threads for the files");
        walk->status = STATUS_ENVIRONMENT;
    }
    if (signals_interrupted(NULL)) walk->status = STATUS_INTERRUPTED;
    progress_close(&walk->progress);
}

/** Why there was no file at all. */
static const char *explain_nothing(const struct options *options) {
    if (options->shard.count > 1) return "no file was found for this part";
    if (options->num_operands == 0) return "the list leads to no file";
    return "no file was found; hidden ones are not looked for";
}

void walk_summary(const struct walk *walk) {
    const int verbosity = walk->options->verbosity;
    const bool nothing_found = walk->labelled + walk->failed == 0 && walk->status == STATUS_GOOD;
    const bool worth_it = verbosity > 0 || walk->status == STATUS_INTERRUPTED || nothing_found ||
                          (walk->failed > 0 && walk->labelled + walk->failed > 1);
    if (verbosity >= 0 && walk->copied > 0)
        text_complain(
            "%ld file%s done again: the journal has %s with another inode, as copies have; move or link files to "
            "keep what is done",
            walk->copied, text_plural(walk->copied), walk->copied == 1 ? "it" : "them");
    if (verbosity < 0 || !worth_it) return;
    fprintf(stderr, "polytome: %ld labelled, %ld failed", walk->labelled, walk->failed);
    if (walk->passed_over > 0) fprintf(stderr, ", %ld without media passed over", walk->passed_over);
    if (walk->reused > 0) fprintf(stderr, ", %ld of them taken from the journal", walk->reused);
    if (nothing_found && walk->passed_over == 0) fprintf(stderr, ": %s", explain_nothing(walk->options));
    fprintf(stderr, "%s\n", walk->status == STATUS_INTERRUPTED ? ", then interrupted" : "");
}
