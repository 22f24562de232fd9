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

/** What each job may set aside beside its session, touched or not: stacks and heaps of its threads as well. */
static const int64_t address_bytes = 384 * MIB;

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

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
static int64_t measure_session(const struct crew *crew, int64_t before) {
    ptm_error err = {0};
    if (touch(crew->engine, crew->members[0].session, &err) != PTM_OK) {
        text_complain("%s", err.message);
        return 0;
    }
    const int64_t taken = memory_touched() - before;
    if (before > 0 && taken > 0) return taken;
    text_complain("--max-memory needs /proc, to see how much memory is taken");
    return 0;
}

/** Lowers crew->most to what the limit leaves room for. False, after a complaint, where that is not even one. */
static bool fit_jobs(struct crew *crew, int64_t limit, int64_t before, int64_t session) {
    const int64_t each = session + decoding_bytes, fitting = (limit - before) / each;
    if (fitting < 1) {
        text_complain("--max-memory is too little: one job needs %lldM", (long long)((before + each + MIB - 1) / MIB));
        return false;
    }
    if (fitting >= crew->most) return true;
    if (crew->asked) text_complain("--max-memory leaves room for %d of %d jobs", (int)fitting, crew->most);
    crew->most = (int)fitting;
    return true;
}

static ptm_status open_session(struct crew *crew, int threads, ptm_error *err) {
    ptm_session_options options = crew->options;
    options.threads = threads;
    return engine_try_session(crew->engine, &crew->members[crew->count].session, &options, err);
}

/** As many as fit, and then what the sessions leave is all that there is for files. */
static enum exit_status open_within(struct crew *crew, int64_t limit, int64_t before) {
    const int64_t session = measure_session(crew, before);
    if (session == 0 || !fit_jobs(crew, limit, before, session)) return STATUS_ENVIRONMENT;
    const int part = larger(crew->options.threads / crew->most, 1);
    for (; crew->count < crew->most; crew->count++) {
        ptm_error err = {0};
        if (open_session(crew, part, &err) != PTM_OK) return engine_complain(&err);
    }
    return memory_limit(limit - before - crew->most * session) ? STATUS_GOOD : STATUS_ENVIRONMENT;
}

static int count_jobs(const struct options *options, int threads, long files) {
    if (options->jobs > 0) return smaller(options->jobs, JOBS_MAX_WORKERS);
    if (options_measure_merging(options)) return 1;
    const int jobs = smaller(threads, JOBS_MAX_WORKERS);
    return files > 0 && files < jobs ? (int)files : jobs;
}

enum exit_status crew_open(struct crew *crew, const struct engine *engine, const struct options *options, long files) {
    *crew = (struct crew){.engine = engine, .options = options->session, .asked = options->jobs > 0};
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->freed, NULL);
    if (crew->options.threads == 0) crew->options.threads = count_processors();
    crew->most = count_jobs(options, crew->options.threads, files);
    const int64_t before = options->max_memory > 0 ? memory_touched() : 0;
    ptm_error err = {0};
    enum exit_status status = STATUS_GOOD;
    if (open_session(crew, crew->options.threads, &err) == PTM_OK)
        crew->count = 1;
    else
        status = engine_complain(&err);
    if (status == STATUS_GOOD && options->max_memory > 0) status = open_within(crew, options->max_memory, before);
    if (status != STATUS_GOOD) crew_close(crew);
    return status;
}

void crew_close(struct crew *crew) {
    if (!crew->engine) return; /* it was not opened */
    while (crew->count > 0) ptm_session_close(&crew->members[--crew->count].session);
    pthread_cond_destroy(&crew->freed);
    pthread_mutex_destroy(&crew->lock);
    crew->engine = NULL;
}

/* ---------------------------------------------------------------- at work */

/** All threads, in parts as even as can be. */
static void share_threads(struct crew *crew) {
    int part = 0;
    for (int i = 0; i < crew->count; i++) {
        if (!crew->members[i].busy) continue;
        const int rest = part++ < crew->options.threads % crew->busy;
        ptm_session_set_threads(crew->members[i].session, crew->options.threads / crew->busy + rest);
    }
}

static struct crew_member *find_idle(struct crew *crew) {
    for (int i = 0; i < crew->count; i++)
        if (!crew->members[i].busy) return &crew->members[i];
    return NULL;
}

/** One more, for its part of the threads beside those that are there, and one more for when they are through. Where
 * there is no room for it and for what its files need, there will be no others. */
static void add_session(struct crew *crew) {
    ptm_error err = {0};
    const int part = (crew->options.threads + crew->count) / (crew->count + 1);
    const bool opened = open_session(crew, larger(part, smaller(crew->options.threads, 2)), &err) == PTM_OK;
    if (opened && memory_has_room((crew->count + 1) * address_bytes)) {
        crew->count++;
        return;
    }
    ptm_session_close(&crew->members[crew->count].session);
    if (crew->asked) text_complain("the system leaves room for %d of %d jobs", crew->count, crew->most);
    crew->most = crew->count;
}

ptm_session *crew_take(struct crew *crew) {
    pthread_mutex_lock(&crew->lock);
    struct crew_member *member;
    while (!(member = find_idle(crew))) {
        if (crew->count < crew->most)
            add_session(crew);
        else
            pthread_cond_wait(&crew->freed, &crew->lock);
    }
    member->busy = true;
    crew->busy++;
    share_threads(crew);
    pthread_mutex_unlock(&crew->lock);
    return member->session;
}

void crew_give(struct crew *crew, const ptm_session *session) {
    pthread_mutex_lock(&crew->lock);
    struct crew_member *member = crew->members;
    while (member->session != session) member++;
    member->busy = false;
    crew->busy--;
    share_threads(crew);
    pthread_cond_signal(&crew->freed);
    pthread_mutex_unlock(&crew->lock);
}
