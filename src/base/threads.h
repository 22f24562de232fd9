/* SPDX-License-Identifier: MIT */
/*
 * Threads: the one mechanism of the library. Work comes as numbered tiles, and which thread runs a tile is left to
 * chance. Where bits depend on how work is cut, number and shape of the tiles never depend on the count of threads, so
 * results are the same bits for any count.
 */
#ifndef POLYTOME_BASE_THREADS_H
#define POLYTOME_BASE_THREADS_H

#include "base/error.h"

#include <stdbool.h>

enum { THREADS_MAX = 1024 };

struct threads;

/** One tile of work. `worker` (0 .. threads_most() - 1) names the thread, for its own scratch memory. */
typedef void tile_fn(void *context, int tile, int worker);

/** Up to `most` (at most THREADS_MAX) threads, of which the caller is one; 0: one for each processor the process may
 * use. The others are started when they are first needed, and where the system has none left, fewer do the work. */
ptm_status threads_open(struct threads **out, int most, ptm_error *err);

/** `may_start` is called before each thread that is started from now on: where it says false the thread is not started,
 * and fewer do the work. */
void threads_ask(struct threads *threads, bool (*may_start)(void));

/** The threads that `may_start` has allowed, and the caller, which is the thread that calls threads_run(). */
int threads_allowed(const struct threads *threads);

/** Stops and joins them; sets *threads to NULL. In a forked child the caller is the only thread: it does all tiles, and
 * there is nobody to be joined. */
void threads_close(struct threads **threads);

int threads_most(const struct threads *threads);

/** How many are to take part from now on, from 1 to threads_most(), which it is at first. From any thread. */
int threads_count(const struct threads *threads);
void threads_set_count(struct threads *threads, int count);

/** Runs tiles 0 .. tiles - 1 and returns when all are done. Idle threads sleep, after a twentieth of a millisecond. Not
 * re-entrant. */
void threads_run(struct threads *threads, int tiles, tile_fn *fn, void *context);

#endif
