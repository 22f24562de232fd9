/* SPDX-License-Identifier: MIT */
/* walk: all inputs of a run, several at a time: what is counted, complained about and passed over, with progress. */
#ifndef POLYTOME_CLI_WALK_H
#define POLYTOME_CLI_WALK_H

#include "engine.h"
#include "jobs.h"
#include "progress.h"
#include "spare.h"

/** A file on its way through a worker. */
struct walk_file {
    ptm_file file; /* its path, and options with callbacks of the walk's own */
    struct walk *walk;
    struct job *job;
    struct progress_file progress;
    ptm_classify_options classify; /* file.options */
    bool begun;
    double deadline; /* moment; 0: none */
    bool late;
};

/** What a command does with its files. */
struct walk_visitor {
    int workers;      /* that may call label() at the same time */
    bool reads_twice; /* so that how far a file is says little */
    /** Labels what walk_next() gives until that is NULL; keeps the answer of each in its job, and calls walk_done()
     * when it is there. In the thread of a worker. */
    void (*label)(void *user);
    /* In the caller's thread; each may be NULL, and where it is false the run ends. */
    /** A file is labelled, in whatever order. */
    bool (*keep)(void *user, struct job *job);
    /** Hands on what label() kept, or, where `err` is not NULL, why there is nothing; in the order of the inputs, where
     * the options do not say otherwise. */
    bool (*finish)(void *user, const struct job *job, const ptm_error *err);
    /** At least six times a second. */
    bool (*tick)(void *user);
    void *user;
};

struct walk {
    const struct options *options;
    const struct walk_visitor *visitor;
    struct spare_target output; /* where the results go */
    struct progress progress;
    struct jobs jobs;
    long labelled, failed, passed_over, reused, copied;
    bool over;               /* what is not handed on yet will not be */
    enum exit_status status; /* beyond STATUS_INPUT the run ended early */
};

/** For label(): one more file; NULL: there is none just now. Where windows of others have waited for it, none that may
 * keep its reader waiting, nor one that has a time of its own. */
struct walk_file *walk_next(struct walk *walk, bool waited_for);

/** For label(): what job->err says became of the file, which must not be touched any more. */
void walk_done(struct walk_file *file);

/** Are there inputs, do the options that name them fit together, and can the list be read? Otherwise an exit status,
 * after a complaint. */
enum exit_status walk_check(const struct options *options);

/** How many files the operands name; 0 where only the run will tell. */
long walk_count_files(const struct options *options);

/** Visits every input of the options. The last word is walk->status. */
void walk_run(struct walk *walk, const struct options *options, const struct walk_visitor *visitor);

/** One line on standard error on how much was done, where that is worth saying. */
void walk_summary(const struct walk *walk);

#endif
