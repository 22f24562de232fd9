/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include "failure.h"
#include "memory_limit.h"
#include "memory_room.h"
#include "text.h"

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

/** Jobs that nobody asked for take no more than there is, beside those that are open; each has a session of so much. */
static void fit_system(struct crew *crew, int64_t session) {
    if (crew->asked || crew->most == 1) return;
    const int64_t fitting = crew->count + memory_room() / (session + comfortable_bytes);
    if (fitting < crew->most) crew->most = fitting > 0 ? (int)fitting : 1;
}

/** Runs a network on as many windows of nothing as share a pass. */
static ptm_status touch_network(ptm_session *session, ptm_model_info info, ptm_error *err) {
    size_t count = 1;
    info.input_shape[0] = ptm_session_get_batch(session, info.modality);
    for (int i = 0; i < info.input_rank; i++) count *= (size_t)info.input_shape[i];
    const size_t labels = (size_t)info.input_shape[0] * (size_t)info.num_labels;
    float *input = calloc(count, sizeof *input), *logits = calloc(labels, sizeof *logits);
    ptm_status status;
    if (input && logits)
        status = ptm_forward(session, info.modality, input, info.input_shape, info.input_rank, logits, NULL, err);
    else
        status = failure_set(err, PTM_ENOMEM, "out of memory for what the networks take");
    free(input);
    free(logits);
    return status;
}

/** Each network once, so that the memory of the session is touched. */
static ptm_status touch(const struct engine *engine, ptm_session *session, ptm_error *err) {
    ptm_model_info infos[MODALITY_COUNT];
    const int brought = engine_get_infos(engine, MODALITY_ALL, infos);
    ptm_status status = PTM_OK;
    for (int m = 0; status == PTM_OK && m < brought; m++) status = touch_network(session, infos[m], err);
    return status;
}

static ptm_status open_session(const struct crew *crew, int threads, ptm_session **session, ptm_error *err) {
    ptm_session_options options = crew->options;
    options.threads = threads;
    return engine_try_session(crew->engine, session, &options, err);
}

/** One more, with all its threads and the memory of its networks. */
static ptm_status open_touched(struct crew *crew, int threads, ptm_error *err) {
    ptm_session **session = &crew->members[crew->count].session;
    ptm_status status = open_session(crew, threads, session, err);
    if (status == PTM_OK) status = touch(crew->engine, *session, err);
    if (status == PTM_OK)
        crew->count++;
    else
        ptm_session_close(session);
    return status;
}

/** Opens as many as the limit leaves room for beside what each is given for its files. */
static void fill_crew(struct crew *crew, int64_t limit, int64_t session) {
    const int64_t share = crew->asked ? decoding_bytes : comfortable_bytes;
    int64_t taken = memory_touched();
    const int64_t fitting = 1 + (limit - taken - share) / (session + share);
    const int jobs = fitting < 1 ? 1 : fitting < crew->most ? (int)fitting : crew->most;
    const int part = (crew->threads + jobs - 1) / jobs;
    for (; crew->count < crew->most; taken += session) {
        if (taken + session + (crew->count + 1) * share > limit) break;
        if (open_touched(crew, part, NULL) != PTM_OK) break;
        session = memory_touched() - taken; /* the first has what all share as well */
    }
    if (crew->asked && crew->count < crew->most)
        text_complain("--max-memory leaves room for %d of %d jobs", crew->count, crew->most);
    crew->most = crew->count;
}

/** As many as fit, and then what the sessions leave is all that there is for files. The first may have all threads, the
 * others their part: more, when the last files are at work, would take what was left for those. */
static enum exit_status open_within(struct crew *crew, int64_t limit) {
    fit_system(crew, 0);
    const int64_t before = memory_touched();
    ptm_error err = {0};
    if (open_touched(crew, crew->threads, &err) != PTM_OK) return engine_complain(&err);
    const int64_t taken = memory_touched(), least = taken + decoding_bytes;
    if (before == 0 || taken <= before) {
        text_complain("--max-memory needs /proc, to see how much memory is taken");
        return STATUS_ENVIRONMENT;
    }
    if (limit < least) {
        text_complain("--max-memory is too small: one job needs %lldM", (long long)((least + MIB - 1) / MIB));
        return STATUS_ENVIRONMENT;
    }
    fill_crew(crew, limit, taken - before);
    return memory_limit(limit - memory_touched()) ? STATUS_GOOD : STATUS_ENVIRONMENT;
}

/** One, and room for others when there is work for them. */
static enum exit_status open_first(struct crew *crew) {
    const int64_t before = memory_set_aside();
    ptm_error err = {0};
    if (open_session(crew, crew->threads, &crew->members[0].session, &err) != PTM_OK) return engine_complain(&err);
    crew->count = 1;
    fit_system(crew, memory_set_aside() - before);
    return STATUS_GOOD;
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
    crew->threads = crew->options.threads > 0 ? crew->options.threads : ptm_processors();
    crew->most = count_jobs(options, crew->threads, files);
    const enum exit_status status = options->max_memory > 0 ? open_within(crew, options->max_memory) : open_first(crew);
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

static bool is_at_work(const struct crew_member *member) {
    return member->busy && member->session;
}

/** All threads, in parts as even as can be. */
static void share_threads(struct crew *crew) {
    int sessions = 0, part = 0;
    for (int i = 0; i < crew->count; i++) sessions += is_at_work(&crew->members[i]);
    for (int i = 0; i < crew->count; i++) {
        if (!is_at_work(&crew->members[i])) continue;
        const int rest = part++ < crew->threads % sessions;
        ptm_session_set_threads(crew->members[i].session, crew->threads / sessions + rest);
    }
}

/** One that is idle, or a place for one more, which is busy then; NULL: there is neither. */
static struct crew_member *find_member(struct crew *crew) {
    int i = 0;
    while (i < crew->count && crew->members[i].busy) i++;
    if (i == crew->most) return NULL;
    if (i == crew->count) crew->count++;
    crew->members[i].busy = true;
    return &crew->members[i];
}

/** In a place where there is none; NULL where it cannot be opened: the place stays busy, and there will be no others.
 */
static struct crew_member *open_more(struct crew *crew, struct crew_member *member) {
    ptm_session *session;
    pthread_mutex_unlock(&crew->lock);
    (void)open_session(crew, crew->threads, &session, NULL); /* others are at work, and go on */
    pthread_mutex_lock(&crew->lock);
    member->session = session;
    if (session) return member;
    crew->most = crew->count;
    crew->refused = true;
    return NULL;
}

/** For one that others give, who see that it is wanted. */
static struct crew_member *wait_for_member(struct crew *crew) {
    struct crew_member *member;
    crew->waiting++;
    while (!(member = crew->handed_on) && !(member = find_member(crew))) pthread_cond_wait(&crew->freed, &crew->lock);
    if (member == crew->handed_on) crew->handed_on = NULL;
    crew->waiting--;
    return member;
}

ptm_session *crew_take(struct crew *crew) {
    pthread_mutex_lock(&crew->lock);
    struct crew_member *member = find_member(crew);
    if (member && !member->session) member = open_more(crew, member);
    if (!member) member = wait_for_member(crew);
    share_threads(crew);
    pthread_mutex_unlock(&crew->lock);
    return member->session;
}

bool crew_is_wanted(struct crew *crew) {
    pthread_mutex_lock(&crew->lock);
    const bool wanted = crew->waiting > 0;
    pthread_mutex_unlock(&crew->lock);
    return wanted;
}

/* Who waits gets it for sure: the caller may be back for another one before the other wakes. */
void crew_give(struct crew *crew, const ptm_session *session) {
    pthread_mutex_lock(&crew->lock);
    struct crew_member *member = crew->members;
    while (member->session != session) member++;
    if (crew->waiting > 0 && !crew->handed_on)
        crew->handed_on = member;
    else
        member->busy = false;
    share_threads(crew);
    pthread_cond_signal(&crew->freed);
    pthread_mutex_unlock(&crew->lock);
}
