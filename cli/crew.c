/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "crew.h"

#include "memory_limit.h"
#include "memory_room.h"
#include "text.h"

#include <sched.h>
#include <stdlib.h>

enum { MIB = 1 << 20 };

/** What each job is given for decoding beside its session: pictures of 1080 lines with their references fit. */
static const int64_t decoding_bytes = 96 * MIB;

/** What a job that nobody asked for is to find beside its session: large pictures fit, and stacks and heaps of its
 * threads. */
static const int64_t comfortable_bytes = 384 * MIB;

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
    const int64_t least = session + decoding_bytes, each = crew->asked ? least : session + comfortable_bytes;
    if (limit - before < least) {
        text_complain("--max-memory is too little: one job needs %lldM", (long long)((before + least + MIB - 1) / MIB));
        return false;
    }
    const int64_t fitting = (limit - before) / each;
    if (fitting >= crew->most) return true;
    if (crew->asked) text_complain("--max-memory leaves room for %d of %d jobs", (int)fitting, crew->most);
    crew->most = fitting > 0 ? (int)fitting : 1;
    return true;
}

static ptm_status open_session(const struct crew *crew, ptm_session **session, ptm_error *err) {
    return engine_try_session(crew->engine, session, &crew->options, err);
}

/** As many as fit, and then what the sessions leave is all that there is for files. */
static enum exit_status open_within(struct crew *crew, int64_t limit, int64_t before) {
    const int64_t session = measure_session(crew, before);
    if (session == 0 || !fit_jobs(crew, limit, before, session)) return STATUS_ENVIRONMENT;
    for (; crew->count < crew->most; crew->count++) {
        ptm_error err = {0};
        if (open_session(crew, &crew->members[crew->count].session, &err) != PTM_OK) return engine_complain(&err);
    }
    return memory_limit(limit - before - crew->most * session) ? STATUS_GOOD : STATUS_ENVIRONMENT;
}

static int count_jobs(const struct options *options, int threads, long files) {
    if (options->jobs > 0) return smaller(options->jobs, JOBS_MAX_WORKERS);
    if (options_measure_merging(options)) return 1;
    const int jobs = smaller(threads, JOBS_MAX_WORKERS);
    return files > 0 && files < jobs ? (int)files : jobs;
}

/** Jobs that nobody asked for take no more memory than there is; `session` bytes are set aside for the first. */
static void fit_system(struct crew *crew, int64_t session) {
    const int64_t fitting = (memory_room() + session) / (session + comfortable_bytes);
    if (fitting < crew->most) crew->most = fitting > 0 ? (int)fitting : 1;
}

static enum exit_status open_first(struct crew *crew, const struct options *options) {
    const bool limited = options->max_memory > 0;
    /* What is measured and set aside is to stay: each keeps its part of the threads. */
    if (limited) crew->options.threads = larger(crew->threads / crew->most, 1);
    const int64_t before = limited ? memory_touched() : memory_set_aside();
    ptm_error err = {0};
    if (open_session(crew, &crew->members[0].session, &err) != PTM_OK) return engine_complain(&err);
    crew->count = 1;
    if (limited) return open_within(crew, options->max_memory, before);
    if (!crew->asked) fit_system(crew, memory_set_aside() - before);
    return STATUS_GOOD;
}

enum exit_status crew_open(struct crew *crew, const struct engine *engine, const struct options *options, long files) {
    *crew = (struct crew){.engine = engine, .options = options->session, .asked = options->jobs > 0};
    pthread_mutex_init(&crew->lock, NULL);
    crew->threads = crew->options.threads > 0 ? crew->options.threads : count_processors();
    crew->options.threads = crew->threads;
    crew->most = count_jobs(options, crew->threads, files);
    const enum exit_status status = open_first(crew, options);
    if (status != STATUS_GOOD) crew_close(crew);
    return status;
}

void crew_close(struct crew *crew) {
    if (!crew->engine) return; /* it was not opened */
    while (crew->count > 0) ptm_session_close(&crew->members[--crew->count].session);
    pthread_mutex_destroy(&crew->lock);
    crew->engine = NULL;
}

/* ---------------------------------------------------------------- at work */

/** All threads, in parts as even as can be. */
static void share_threads(struct crew *crew) {
    int part = 0;
    for (int i = 0; i < crew->count; i++) {
        const struct crew_member *member = &crew->members[i];
        if (!member->busy || !member->session) continue;
        const int rest = part++ < crew->threads % crew->busy;
        ptm_session_set_threads(member->session, crew->threads / crew->busy + rest);
    }
}

/** One that is idle, or a place for one more; NULL: there is neither. It is taken then. */
static struct crew_member *take_member(struct crew *crew) {
    int i = 0;
    while (i < crew->count && crew->members[i].busy) i++;
    if (i == crew->most) return NULL;
    if (i == crew->count) crew->count++;
    crew->members[i].busy = true;
    return &crew->members[i];
}

ptm_session *crew_take(struct crew *crew) {
    pthread_mutex_lock(&crew->lock);
    struct crew_member *member = take_member(crew);
    ptm_session *session = member ? member->session : NULL;
    pthread_mutex_unlock(&crew->lock);
    if (member && !session) (void)open_session(crew, &session, NULL); /* others are at work already */
    pthread_mutex_lock(&crew->lock);
    if (session) {
        member->session = session;
        crew->busy++;
        share_threads(crew);
    }
    pthread_mutex_unlock(&crew->lock);
    return session;
}

void crew_give(struct crew *crew, const ptm_session *session) {
    pthread_mutex_lock(&crew->lock);
    struct crew_member *member = crew->members;
    while (member->session != session) member++;
    member->busy = false;
    crew->busy--;
    share_threads(crew);
    pthread_mutex_unlock(&crew->lock);
}
