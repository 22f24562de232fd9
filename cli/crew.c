/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "crew.h"

#include "memory_limit.h"
#include "text.h"

#include <sched.h>
#include <stdlib.h>

enum { MIB = 1 << 20 };

/** What each job is given for decoding beside its session: pictures of 1080 lines with their references fit. */
static const int64_t decoding_bytes = 96 * MIB;

static int count_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

/** Runs each network once, on as many windows of nothing as share a pass, so that the memory of the session is touched.
 */
static ptm_status touch(const struct engine *engine, ptm_session *session, ptm_error *err) {
    ptm_status status = PTM_OK;
    for (int m = 0; status == PTM_OK && m < MODALITY_COUNT; m++) {
        ptm_model_info info;
        if (!engine_get_info(engine, modalities[m], &info)) continue;
        size_t count = 1;
        info.input_shape[0] = ptm_session_get_batch(session, modalities[m]);
        for (int i = 0; i < info.input_rank; i++) count *= (size_t)info.input_shape[i];
        const size_t labels = (size_t)info.input_shape[0] * (size_t)info.num_labels;
        float *input = calloc(count, sizeof *input), *logits = calloc(labels, sizeof *logits);
        if (input && logits)
            status = ptm_forward(session, modalities[m], input, info.input_shape, info.input_rank, logits, NULL, err);
        free(input);
        free(logits);
    }
    return status;
}

/** Bytes that the first session took; 0 after a complaint. */
static int64_t measure_session(const struct crew *crew, const struct engine *engine, int64_t before) {
    ptm_error err = {0};
    if (touch(engine, crew->sessions[0], &err) != PTM_OK) {
        text_complain("%s", err.message);
        return 0;
    }
    const int64_t taken = memory_touched() - before;
    if (before > 0 && taken > 0) return taken;
    text_complain("--max-memory needs /proc, to see how much memory is taken");
    return 0;
}

/** Lowers *jobs to what the limit leaves room for. False, after a complaint, where that is not even one. */
static bool fit_jobs(int64_t limit, int64_t before, int64_t session, int *jobs) {
    const int64_t each = session + decoding_bytes, fitting = (limit - before) / each;
    if (fitting < 1) {
        text_complain("--max-memory is too little: one job needs %lldM", (long long)((before + each + MIB - 1) / MIB));
        return false;
    }
    if (fitting >= *jobs) return true;
    text_complain("--max-memory leaves room for %d of %d jobs", (int)fitting, *jobs);
    *jobs = (int)fitting;
    return true;
}

static enum exit_status open_sessions(struct crew *crew, const struct engine *engine, int jobs,
                                      const ptm_session_options *options) {
    while (crew->count < jobs) {
        const enum exit_status status = engine_open_session(engine, &crew->sessions[crew->count], options);
        if (status != STATUS_GOOD) return status;
        crew->count++;
    }
    return STATUS_GOOD;
}

/** As many as fit, and then what the sessions leave is all that there is for files. */
static enum exit_status open_within(struct crew *crew, const struct engine *engine, int jobs,
                                    const ptm_session_options *options, int64_t limit) {
    const int64_t before = memory_touched();
    enum exit_status status = open_sessions(crew, engine, 1, options);
    if (status != STATUS_GOOD) return status;
    const int64_t session = measure_session(crew, engine, before);
    if (session == 0 || !fit_jobs(limit, before, session, &jobs)) return STATUS_ENVIRONMENT;
    status = open_sessions(crew, engine, jobs, options);
    if (status == STATUS_GOOD && !memory_limit(limit - before - jobs * session)) status = STATUS_ENVIRONMENT;
    return status;
}

enum exit_status crew_open(struct crew *crew, const struct engine *engine, const struct options *options) {
    *crew = (struct crew){0};
    const int processors = count_processors();
    int jobs = options->jobs > 0 ? options->jobs : processors;
    if (jobs > JOBS_MAX_WORKERS) jobs = JOBS_MAX_WORKERS;
    ptm_session_options session = options->session;
    const int threads = session.threads > 0 ? session.threads : processors;
    session.threads = threads > jobs ? threads / jobs : 1;
    const enum exit_status status = options->max_memory > 0
                                        ? open_within(crew, engine, jobs, &session, options->max_memory)
                                        : open_sessions(crew, engine, jobs, &session);
    if (status != STATUS_GOOD) crew_close(crew);
    return status;
}

void crew_close(struct crew *crew) {
    while (crew->count > 0) ptm_session_close(&crew->sessions[--crew->count]);
}
