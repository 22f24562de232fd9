/* SPDX-License-Identifier: MIT */
/* crew: the sessions that work on files side by side, over models that they share. */
#ifndef POLYTOME_CLI_CREW_H
#define POLYTOME_CLI_CREW_H

#include "engine.h"
#include "jobs.h"

struct crew {
    ptm_session *sessions[JOBS_MAX_WORKERS];
    int count;
};

/**
 * As many sessions as --jobs asks for and --max-memory leaves room for, the threads shared out among them. Otherwise an
 * exit status, after a complaint. Close it before the engine.
 */
enum exit_status crew_open(struct crew *crew, const struct engine *engine, const struct options *options);

void crew_close(struct crew *crew);

#endif
