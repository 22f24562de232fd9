/* SPDX-License-Identifier: MIT */
/*
 * Threads: the one mechanism of the library. Work comes as numbered tiles, and which thread runs a tile is left to
 * chance. Where bits depend on how work is cut, number and shape of the tiles never depend on the count of threads, so
 * results are the same bits for any count.
 */
#ifndef POLYTOME_BASE_THREADS_H
#define POLYTOME_BASE_THREADS_H

#include "base/error.h"

struct threads;

/** One tile of work. `worker` (0 .. threads_count() - 1) names the thread, for its own scratch memory. */
typedef void tile_fn(void *context, int tile, int worker);

/** Starts `count` - 1 threads (the caller is the other one); 0: one for each processor the process may use. */
ptm_status threads_open(struct threads **out, int count, ptm_error *err);

/** Stops and joins them; sets *threads to NULL. */
void threads_close(struct threads **threads);

int threads_count(const struct threads *threads);

/** Runs tiles 0 .. tiles - 1 and returns when all are done. Idle threads sleep. Not re-entrant. */
void threads_run(struct threads *threads, int tiles, tile_fn *fn, void *context);

#endif
