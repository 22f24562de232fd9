/* SPDX-License-Identifier: MIT */
/*
 * jobs: a thread finds inputs, several work on them, and the caller takes what is done. No more than JOBS_WINDOW inputs
 * are under way, nor JOBS_MAX_BYTES of their paths and ids, nor as many of answers, but for jobs begun before there
 * were so many and the one whose turn it is.
 */
#ifndef POLYTOME_CLI_JOBS_H
#define POLYTOME_CLI_JOBS_H

#include "polytome.h"
#include "stamp.h"

#include <pthread.h>
#include <stdatomic.h>

enum { JOBS_WINDOW = 8192, JOBS_MAX_BYTES = 1 << 24, JOBS_MAX_WORKERS = 256 };

/** One input, from its finding to its answer. Who has it may write to it. */
struct job {
    char *path, *id; /* as inputs_visitor has them */
    bool found;
    bool replaced; /* the results would take its place */
    long line;     /* of the list `path`, which names no input there; 0: `path` is the input */
    bool slow;     /* it is no file on a disk, and may keep its reader waiting */
    long number;   /* in the order of the inputs, from 0 */

    ptm_error err; /* of the work; PTM_EINTERRUPTED: not done */
    char *text;    /* the answer, as it is written out; from malloc() */
    size_t bytes;
    struct stamp stamp; /* of the file before it was read */
    bool stamped;       /* there is a stamp */
    bool changed;       /* it did not hold until the end */
    bool reused;        /* the answer is that of an earlier run */
    bool copied;        /* an earlier run had one that differs in its inode alone */

    struct job *next;
};

struct job_queue {
    struct job *first, *last;
};

struct jobs_hooks {
    void (*find)(void *user); /* calls jobs_add() for each input, until that is false */
    /* Sets error and answer of each job that jobs_next() gives, which may be none, and hands it to jobs_finish(). */
    void (*work)(void *user);
    void *user;
};

struct jobs {
    struct jobs_hooks hooks;
    bool ordered;

    pthread_mutex_t lock;
    pthread_cond_t work; /* something to work on, or the end of it */
    pthread_cond_t room; /* for one more input */
    pthread_cond_t done; /* something for the caller */
    struct job_queue waiting, finished;
    int queued;       /* of those that wait */
    struct job *held; /* out of their turn, by number; the caller's own */
    long added, released;
    long turn;     /* number of the next one to hand out, where they are ordered */
    size_t names;  /* bytes of the paths and ids under way, */
    size_t bytes;  /* and of the answers */
    bool searched; /* all inputs are found */
    bool starved;  /* there was no memory for one */
    atomic_bool stopped;

    pthread_t finder, *workers; /* (num_workers) */
    int num_workers, busy;      /* busy: those in work() */
    int most_workers;
    bool refused; /* the system had no room for so many */
    bool has_finder;
};

/** Starts the threads: one worker, and up to `workers` when there is work for them and the system has room. False where
 * it has none left for one, or no memory. */
bool jobs_start(struct jobs *jobs, int workers, bool ordered, const struct jobs_hooks *hooks);

/** For find(): one more input, waiting for room. A failure is an input that needs no work. False: no more are taken. */
bool jobs_add(struct jobs *jobs, const struct job *input, const ptm_error *failure);

/** For work(): one more job, without waiting for it; NULL: there is none that may begin now, or it may keep its reader
 * waiting and `slow` is false. */
struct job *jobs_next(struct jobs *jobs, bool slow);

/** For work(): the job is done. It must not be touched any more. */
void jobs_finish(struct jobs *jobs, struct job *job);

/** What is finished, in any order; NULL after `seconds` (less than 1) without, and once all is done. */
struct job *jobs_take(struct jobs *jobs, double seconds);

/** In their turn: hands over a job that jobs_take() gave, and takes back the ones that are due, one by one, or NULL. */
struct job *jobs_in_turn(struct jobs *jobs, struct job *job);

/** The caller is through with the job. */
void jobs_release(struct jobs *jobs, struct job *job);

/** Is there nothing under way, and nothing to come? */
bool jobs_ended(struct jobs *jobs);

/** No more inputs are found or begun. What is at work is to end early where it can: it asks jobs_stopped(). */
void jobs_stop(struct jobs *jobs);

bool jobs_stopped(const struct jobs *jobs);

/** After jobs_ended(): waits for the threads. */
void jobs_close(struct jobs *jobs);

#endif
