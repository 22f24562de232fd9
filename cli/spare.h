/* SPDX-License-Identifier: MIT */
/* spare: a run does not write over what it reads. */
#ifndef POLYTOME_CLI_SPARE_H
#define POLYTOME_CLI_SPARE_H

#include "options.h"

/**
 * False, after a complaint, where an output is one of the inputs, the list of them, the journal or a model: the same
 * file under whatever name, or the same name. Of inputs that a list or a folder brings nothing is known yet.
 */
bool spare_inputs(const struct options *options);

/** Do both names stand for one file, there or still to be made? Not standard input or output. */
bool spare_is_same(const char *a, const char *b);

#endif
