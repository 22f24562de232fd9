/* SPDX-License-Identifier: MIT */
/* walk: all inputs of a run, file by file: what is counted, complained about and passed over, with progress. */
#ifndef POLYTOME_CLI_WALK_H
#define POLYTOME_CLI_WALK_H

#include "engine.h"
#include "progress.h"

struct walk;

/** What a command does with its files. */
struct walk_visitor {
    /** Labels one file with walk->classify, and keeps the answer. */
    ptm_status (*label)(void *user, const char *path, ptm_error *err);
    /** Hands on what label() kept, or, where `err` is not NULL, why there is nothing. False: the run ends. */
    bool (*finish)(void *user, const char *path, const ptm_error *err);
    void *user;
};

struct walk {
    const struct options *options;
    const struct walk_visitor *visitor;
    struct progress progress;
    ptm_classify_options classify; /* those of the options, with progress and signals */
    long labelled, failed, passed_over;
    enum exit_status status; /* beyond STATUS_INPUT the run ended early */
};

/** Are there inputs, and do the options that name them fit together? False after a complaint. */
bool walk_check(const struct options *options);

/** Visits every input of the options. The last word is walk->status. */
void walk_run(struct walk *walk, const struct options *options, const struct walk_visitor *visitor);

/** One line on standard error on how much was done, where that is worth saying. */
void walk_summary(const struct walk *walk);

#endif
