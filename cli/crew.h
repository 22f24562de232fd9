/* SPDX-License-Identifier: MIT */
/*
 * crew: the sessions that work on files side by side, over models that they share, and the threads that they share out
 * among them: all for one file, one for each where there are as many files as threads.
 */
#ifndef POLYTOME_CLI_CREW_H
#define POLYTOME_CLI_CREW_H

#include "engine.h"
#include "jobs.h"

struct crew_member {
    ptm_session *session; /* NULL until it is open, which it may fail to be */
    bool busy;            /* nobody else may take it */
};

struct crew {
    const struct engine *engine;
    ptm_session_options options; /* of each session, but for its threads */
    int threads;                 /* of all together */
    bool asked;                  /* the user wants so many */
    bool refused;                /* the system had no room for so many */
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct crew_member members[JOBS_MAX_WORKERS];
    int count, most;               /* members there are, and may be */
    int waiting;                   /* in crew_take() */
    struct crew_member *handed_on; /* busy, for one of those */
};

/**
 * For as many files at a time as --jobs asks for and --max-memory leaves room for; where nothing is asked for, as many
 * as there are threads, but no more than `files` (0: not known) or than memory is free for, and one at a time where
 * merging is to be measured. One session is opened at once, the others when there is work for them, or at once where
 * memory is limited. Otherwise an exit status, after a complaint. Close it before the engine.
 */
enum exit_status crew_open(struct crew *crew, const struct engine *engine, const struct options *options, long files);

/** A session for one caller until crew_give(); waits where all are at work and there is no room for one more. From any
 * thread. */
ptm_session *crew_take(struct crew *crew);
void crew_give(struct crew *crew, const ptm_session *session);

/** Does somebody wait for a session? Who has one should give it when its file is through. */
bool crew_is_wanted(struct crew *crew);

void crew_close(struct crew *crew);

#endif
