/* SPDX-License-Identifier: MIT */
/* clips: each event of a file as a file of its own. */
#ifndef POLYTOME_CLI_CLIPS_H
#define POLYTOME_CLI_CLIPS_H

#include "engine.h"
#include "event_list.h"

/** Makes the folder where it is missing. False after a complaint. */
bool clips_prepare(const char *folder);

/** Cuts the events out of `path`, in their order; *written clips. One that cannot be cut is complained about and passed
 * over, and is STATUS_INPUT; where clips cannot be written the run ends. */
enum exit_status clips_cut(const char *folder, const char *path, const struct event_list *events, long *written);

#endif
