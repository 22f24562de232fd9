/* SPDX-License-Identifier: MIT */
/* name_hint: what may be behind a name that leads to no file. */
#ifndef POLYTOME_CLI_NAME_HINT_H
#define POLYTOME_CLI_NAME_HINT_H

#include "polytome.h"

/** What goes behind the sentence that says that the file of this name failed so: a clause in brackets, or "". */
const char *name_hint(const char *name, ptm_status status);

#endif
