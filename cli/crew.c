/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "crew.h"

#include "memory_limit.h"
#include "text.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

enum { MIB = 1 << 20 };

/** What each job is given for decoding beside its session: pictures of 1080 lines with their references fit. */
static const int64_t decoding_bytes = 96 * MIB;

static int count_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

/** How many of `jobs` the limit leaves room for, as the first session and what decoding takes tell. */
static int count_fitting(int64_t limit, int64_t before, int64_t after, int jobs) {
    const int64_t each = after - before + decoding_bytes;
    const int64_t fitting = (limit - before) / each;
    return fitting < jobs ? (int)fitting : jobs;
}

static enum exit_status keep_within(int64_t limit, int64_t before, int *jobs) {
    const int64_t after = memory_taken();
    if (before <= 0 || after < before) {
        text_complain("--max-memory needs /proc, to see how much memory is taken");
        return STATUS_ENVIRONMENT;
    }
    const int fitting = count_fitting(limit, before, after, *jobs);
    if (fitting < 1) {
        text_complain("--max-memory %lldM is too little: one job needs %lldM", (long long)(limit / MIB),
                      (long long)((after + decoding_bytes + MIB - 1) / MIB));
        return STATUS_ENVIRONMENT;
    }
    if (fitting < *jobs) text_complain("--max-memory leaves room for %d of %d jobs", fitting, *jobs);
    *jobs = fitting;
    if (memory_limit(limit)) return STATUS_GOOD;
    text_complain("cannot limit the memory: %s", strerror(errno));
    return STATUS_ENVIRONMENT;
}

static enum exit_status open_session(struct crew *crew, const struct engine *engine,
                                     const ptm_session_options *session) {
    const enum exit_status status = engine_open_session(engine, &crew->sessions[crew->count], session);
    if (status == STATUS_GOOD) crew->count++;
    return status;
}

enum exit_status crew_open(struct crew *crew, const struct engine *engine, const struct options *options) {
    *crew = (struct crew){0};
    const int processors = count_processors();
    int jobs = options->jobs > 0 ? options->jobs : processors;
    if (jobs > JOBS_MAX_WORKERS) jobs = JOBS_MAX_WORKERS;
    ptm_session_options session = options->session;
    if (session.threads == 0) session.threads = processors > jobs ? processors / jobs : 1;
    const int64_t before = memory_taken();
    enum exit_status status = open_session(crew, engine, &session);
    if (status == STATUS_GOOD && options->max_memory > 0) status = keep_within(options->max_memory, before, &jobs);
    while (status == STATUS_GOOD && crew->count < jobs) status = open_session(crew, engine, &session);
    if (status != STATUS_GOOD) crew_close(crew);
    return status;
}

void crew_close(struct crew *crew) {
    while (crew->count > 0) ptm_session_close(&crew->sessions[--crew->count]);
}
