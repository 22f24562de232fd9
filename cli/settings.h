/* SPDX-License-Identifier: MIT */
/* settings: all of what a run was asked for that its results depend on, as one line. */
#ifndef POLYTOME_CLI_SETTINGS_H
#define POLYTOME_CLI_SETTINGS_H

#include "engine.h"
#include "report.h"

/** The line, for free(); NULL where memory ran out. Models count by name, size and time of their files. */
char *settings_write(const struct options *options, const struct engine *engine, const struct report_style *style);

#endif
