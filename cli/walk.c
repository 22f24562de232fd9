/* SPDX-License-Identifier: MIT */
#include "walk.h"

#include "inputs.h"
#include "signals.h"
#include "text.h"

#include <ctype.h>
#include <string.h>

static void on_progress(void *user, double done, double total) {
    struct walk *walk = user;
    progress_update(&walk->progress, done, total);
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

/** Whether to go on. */
static bool finish(struct walk *walk, const char *path, const ptm_error *err) {
    if (walk->visitor->finish(walk->visitor->user, path, err)) return true;
    walk->status = STATUS_ENVIRONMENT;
    return false;
}

static bool report_failure(struct walk *walk, const char *path, const ptm_error *err) {
    walk->failed++;
    if (walk->status == STATUS_GOOD) walk->status = STATUS_INPUT;
    progress_clear(&walk->progress);
    if (names_path(err->message, path))
        text_complain("%s", err->message);
    else
        text_complain("%s: %s", path, err->message);
    return finish(walk, path, err);
}

/** Files in a directory that are no media are none of our business; one that is named like media and cannot be read
 * is. */
static bool is_passed_over(const char *path, bool found, ptm_status status) {
    return found && (status == PTM_EFORMAT || status == PTM_ENODATA) && !inputs_looks_like_media(path);
}

static bool on_file(void *user, const char *path, bool found) {
    struct walk *walk = user;
    if (signals_interrupted(NULL)) return false;
    progress_begin(&walk->progress, path);
    ptm_error err = {0};
    const ptm_status status = walk->visitor->label(walk->visitor->user, path, &err);
    progress_clear(&walk->progress);
    if (status == PTM_EINTERRUPTED) return false;
    if (is_passed_over(path, found, status)) {
        walk->passed_over++;
        if (walk->options->verbosity > 0) text_complain("passed over %s: no media", path);
        return true;
    }
    if (status == PTM_EINVAL) { /* what was asked for, not the file, is wrong: the next one would fail alike */
        walk->status = engine_complain(&err);
        return false;
    }
    if (status != PTM_OK) return report_failure(walk, path, &err);
    walk->labelled++;
    return finish(walk, path, NULL);
}

static bool on_failed(void *user, const char *path, const char *why) {
    struct walk *walk = user;
    if (signals_interrupted(NULL)) return false;
    ptm_error err = {.status = PTM_EIO};
    snprintf(err.message, sizeof err.message, "%s", why);
    return report_failure(walk, path, &err);
}

/** What keeps the inputs of the options from being read, or NULL. */
static const char *find_wrong_input(const struct options *options) {
    bool named = false;
    for (int i = 0; i < options->num_operands; i++) named = named || strcmp(options->operands[i], "-") == 0;
    if (options->num_operands == 0 && !options->files_from)
        return "nothing to label: name a file, a directory, - for standard input, or --files-from";
    if (named && options->command == COMMAND_COMPARE)
        return "compare reads each file twice, and standard input can be read once: name a file";
    if (named && options->files_from && strcmp(options->files_from, "-") == 0)
        return "standard input cannot be both the list of names and a file to label";
    return NULL;
}

bool walk_check(const struct options *options) {
    const char *wrong = find_wrong_input(options);
    if (!wrong) return true;
    text_complain("%s", wrong);
    options_hint(options->command);
    return false;
}

void walk_run(struct walk *walk, const struct options *options, const struct walk_visitor *visitor) {
    *walk = (struct walk){.options = options, .visitor = visitor, .classify = options->classify};
    walk->classify.progress = on_progress;
    walk->classify.cancelled = signals_interrupted;
    walk->classify.user = walk;
    const bool unasked = text_is_terminal(stderr) && options->verbosity >= 0;
    walk->progress.on = options->progress < 0 ? unasked : options->progress > 0;

    const struct inputs_visitor inputs = {on_file, on_failed, walk};
    bool go_on = true;
    for (int i = 0; go_on && i < options->num_operands; i++) go_on = inputs_visit(&inputs, options->operands[i]);
    if (go_on && options->files_from)
        inputs_visit_list(&inputs, options->files_from, options->nul_separated ? '\0' : '\n');
    if (signals_interrupted(NULL)) walk->status = STATUS_INTERRUPTED;
    progress_clear(&walk->progress);
}

void walk_summary(const struct walk *walk) {
    const int verbosity = walk->options->verbosity;
    const bool nothing_found = walk->labelled + walk->failed == 0 && walk->status == STATUS_GOOD;
    const bool worth_it = verbosity > 0 || walk->status == STATUS_INTERRUPTED || nothing_found ||
                          (walk->failed > 0 && walk->labelled + walk->failed > 1);
    if (verbosity < 0 || !worth_it) return;
    fprintf(stderr, "polytome: %ld labelled, %ld failed", walk->labelled, walk->failed);
    if (walk->passed_over > 0) fprintf(stderr, ", %ld without media passed over", walk->passed_over);
    fprintf(stderr, "%s\n", walk->status == STATUS_INTERRUPTED ? ", then interrupted" : "");
}
