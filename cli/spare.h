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

/** Of an input that a list or a folder brought: false where results that take the place of options->output would take
 * its. */
bool spare_found(const struct options *options, const struct stat *found);

#define SPARE_SENTENCE "the output %s is a file that the run itself reads: choose another name"

/** Do both names stand for one file, there or still to be made? Not standard input or output. */
bool spare_is_same(const char *a, const char *b);

#endif
