/* SPDX-License-Identifier: MIT */
/* manual: the tables of options.h as help, as a manual page, and as completion for a shell. */
#ifndef POLYTOME_CLI_MANUAL_H
#define POLYTOME_CLI_MANUAL_H

#include "options.h"

#include <stdio.h>

/** The commands, a line each. */
void manual_overview(FILE *stream);

/** One command with its options. */
void manual_command(FILE *stream, enum command command);

/** polytome.1, in roff. */
void manual_roff(FILE *stream);

/** Completion for bash. */
void manual_completion(FILE *stream);

#endif
