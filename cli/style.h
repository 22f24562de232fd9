/* SPDX-License-Identifier: MIT */
/* style: how the options have labels shown. */
#ifndef POLYTOME_CLI_STYLE_H
#define POLYTOME_CLI_STYLE_H

#include "engine.h"
#include "report.h"

/** `terminal`: text goes to one, with bars, and with colours unless NO_COLOR asks for none. */
struct report_style style_choose(const struct options *options, const struct engine *engine, bool terminal);

#endif
