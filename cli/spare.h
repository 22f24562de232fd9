/* SPDX-License-Identifier: MIT */
/* spare: a run does not write over what it reads. */
#ifndef POLYTOME_CLI_SPARE_H
#define POLYTOME_CLI_SPARE_H

#include "options.h"

#include <sys/stat.h>

/**
 * False, after a complaint, where an output is one of the inputs, the list of them, the journal or a model: the same
 * file under whatever name, or the same name; or where two outputs are. Of inputs that a list or a folder brings
 * nothing is known yet.
 */
bool spare_inputs(const struct options *options);

/** A name to write to, and what is there now: looked at once, however many inputs there are. */
struct spare_target {
    const char *name;
    struct stat file;
    bool exists;
};

/** `name` NULL or "-": nothing is there. */
struct spare_target spare_look(const char *name);

/** Is what was found among the inputs the file whose place the results would take? */
bool spare_is_target(const struct spare_target *target, const struct stat *found);

#define SPARE_SENTENCE "the output %s is a file that the run itself reads: choose another name"

/** Do both names stand for one file, there or still to be made? Not standard input or output. */
bool spare_is_same(const char *a, const char *b);

#endif
