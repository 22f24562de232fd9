/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include "signals.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void queue_push(struct job_queue *queue, struct job *job) {
    job->next = NULL;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
}

static struct job *queue_pop(struct job_queue *queue) {
    struct job *job = queue->first;
    if (!job) return NULL;
    queue->first = job->next;
    if (!queue->first) queue->last = NULL;
    return job;
}

static void push_waiting(struct jobs *jobs, struct job *job) {
    queue_push(&jobs->waiting, job);
    jobs->queued++;
}

static struct job *pop_waiting(struct jobs *jobs) {
    jobs->queued -= jobs->waiting.first != NULL;
    return queue_pop(&jobs->waiting);
}

static void free_job(struct job *job) {
    free(job->path);
    free(job->id);
    free(job->text);
    free(job);
}

/* ---------------------------------------------------------------- threads */

static void *finder_main(void *argument) {
    struct jobs *jobs = argument;
    jobs->hooks.find(jobs->hooks.user);
    pthread_mutex_lock(&jobs->lock);
    jobs->searched = true;
    pthread_cond_broadcast(&jobs->work);
    pthread_cond_signal(&jobs->done);
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

/** Answers that wait for a slow one must not pile up; the one whose turn it is always goes on. */
static bool may_begin(const struct jobs *jobs) {
    const struct job *next = jobs->waiting.first;
    return next && (jobs->bytes < JOBS_MAX_BYTES || next->number == jobs->turn);
}

/** False when there will be none; otherwise the worker is busy. */
static bool wait_for_job(struct jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopped && !may_begin(jobs) && !(jobs->searched && !jobs->waiting.first))
        pthread_cond_wait(&jobs->work, &jobs->lock);
    const bool found = !jobs->stopped && jobs->waiting.first;
    jobs->busy += found;
    pthread_mutex_unlock(&jobs->lock);
    return found;
}

static void finish_job(struct jobs *jobs, struct job *job) {
    jobs->bytes += job->bytes;
    queue_push(&jobs->finished, job);
    pthread_cond_signal(&jobs->done);
}

struct job *jobs_next(struct jobs *jobs, bool slow) {
    pthread_mutex_lock(&jobs->lock);
    const bool more = !jobs->stopped && may_begin(jobs) && (slow || !jobs->waiting.first->slow);
    struct job *job = more ? pop_waiting(jobs) : NULL;
    pthread_mutex_unlock(&jobs->lock);
    return job;
}

void jobs_finish(struct jobs *jobs, struct job *job) {
    pthread_mutex_lock(&jobs->lock);
    finish_job(jobs, job);
    pthread_mutex_unlock(&jobs->lock);
}

static void *worker_main(void *argument) {
    struct jobs *jobs = argument;
    while (wait_for_job(jobs)) {
        jobs->hooks.work(jobs->hooks.user);
        pthread_mutex_lock(&jobs->lock);
        jobs->busy--;
        pthread_mutex_unlock(&jobs->lock);
    }
    return NULL;
}

static bool start_worker(struct jobs *jobs) {
    if (pthread_create(&jobs->workers[jobs->num_workers], NULL, worker_main, jobs) != 0) return false;
    jobs->num_workers++;
    return true;
}

/** One more where there is more to do than workers that are free. */
static void add_worker(struct jobs *jobs) {
    const int idle = jobs->num_workers - jobs->busy;
    if (jobs->queued <= idle || jobs->num_workers >= jobs->most_workers || start_worker(jobs)) return;
    jobs->most_workers = 0;
    jobs->refused = true;
}

static bool start_threads(struct jobs *jobs) {
    jobs->workers = calloc((size_t)jobs->most_workers, sizeof *jobs->workers);
    if (!jobs->workers || !start_worker(jobs)) return false;
    jobs->has_finder = pthread_create(&jobs->finder, NULL, finder_main, jobs) == 0;
    return jobs->has_finder;
}

bool jobs_start(struct jobs *jobs, int workers, bool ordered, const struct jobs_hooks *hooks) {
    *jobs = (struct jobs){.hooks = *hooks, .ordered = ordered, .most_workers = workers};
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->work, NULL);
    pthread_cond_init(&jobs->room, NULL);
    pthread_cond_init(&jobs->done, &clock);
    pthread_condattr_destroy(&clock);
    if (start_threads(jobs)) return true;
    jobs_close(jobs);
    return false;
}

/** Are all inputs found and released? */
static bool is_over(const struct jobs *jobs) {
    return jobs->searched && jobs->added == jobs->released;
}

bool jobs_ended(struct jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    const bool ended = is_over(jobs);
    pthread_mutex_unlock(&jobs->lock);
    return ended;
}

void jobs_stop(struct jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    jobs->stopped = true;
    for (struct job *job; (job = pop_waiting(jobs));) {
        job->err.status = PTM_EINTERRUPTED;
        queue_push(&jobs->finished, job);
    }
    pthread_cond_broadcast(&jobs->work);
    pthread_cond_broadcast(&jobs->room);
    pthread_mutex_unlock(&jobs->lock);
}

bool jobs_stopped(const struct jobs *jobs) {
    return jobs->stopped;
}

void jobs_close(struct jobs *jobs) {
    jobs_stop(jobs);
    if (jobs->has_finder) pthread_join(jobs->finder, NULL); /* it may add workers */
    for (int i = 0; i < jobs->num_workers; i++) pthread_join(jobs->workers[i], NULL);
    free(jobs->workers);
    pthread_cond_destroy(&jobs->done);
    pthread_cond_destroy(&jobs->room);
    pthread_cond_destroy(&jobs->work);
    pthread_mutex_destroy(&jobs->lock);
}

/* ---------------------------------------------------------------- finding */

static struct job *copy_input(const struct job *input, const ptm_error *failure) {
    struct job *job = malloc(sizeof *job);
    if (!job) return NULL;
    *job = (struct job){.found = input->found, .replaced = input->replaced, .slow = input->slow, .line = input->line};
    job->path = strdup(input->path);
    job->id = input->id ? strdup(input->id) : NULL;
    if (!job->path || (input->id && !job->id)) {
        free_job(job);
        return NULL;
    }
    if (failure) job->err = *failure;
    return job;
}

static size_t name_bytes(const struct job *job) {
    return strlen(job->path) + (job->id ? strlen(job->id) : 0);
}

static bool has_room(const struct jobs *jobs) {
    const long under_way = jobs->added - jobs->released;
    return under_way == 0 || (under_way < JOBS_WINDOW && jobs->names < JOBS_MAX_BYTES);
}

bool jobs_add(struct jobs *jobs, const struct job *input, const ptm_error *failure) {
    struct job *job = copy_input(input, failure);
    pthread_mutex_lock(&jobs->lock);
    jobs->starved = jobs->starved || !job;
    while (!jobs->stopped && !has_room(jobs)) pthread_cond_wait(&jobs->room, &jobs->lock);
    const bool taken = job && !jobs->stopped;
    if (taken) {
        job->number = jobs->added++;
        jobs->names += name_bytes(job);
        if (failure) {
            finish_job(jobs, job);
        } else {
            push_waiting(jobs, job);
            add_worker(jobs);
        }
        pthread_cond_signal(&jobs->work);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (job && !taken) free_job(job);
    return taken;
}

/* ---------------------------------------------------------------- what is done */

struct job *jobs_take(struct jobs *jobs, double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const long nanoseconds = until.tv_nsec + (long)(seconds * 1e9);
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_mutex_lock(&jobs->lock);
    /* It may be waiting for a name that does not come. */
    if (jobs->stopped && jobs->has_finder && !jobs->searched) signals_wake(jobs->finder);
    int code = 0;
    while (code == 0 && !jobs->finished.first && !is_over(jobs))
        code = pthread_cond_timedwait(&jobs->done, &jobs->lock, &until);
    struct job *job = queue_pop(&jobs->finished);
    pthread_mutex_unlock(&jobs->lock);
    return job;
}

struct job *jobs_in_turn(struct jobs *jobs, struct job *job) {
    if (job) {
        struct job **place = &jobs->held;
        while (*place && (*place)->number < job->number) place = &(*place)->next;
        job->next = *place;
        *place = job;
    }
    if (!jobs->held || (jobs->ordered && jobs->held->number != jobs->turn)) return NULL;
    struct job *due = jobs->held;
    jobs->held = due->next;
    pthread_mutex_lock(&jobs->lock);
    jobs->turn = due->number + 1;
    pthread_cond_broadcast(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    return due;
}

void jobs_release(struct jobs *jobs, struct job *job) {
    pthread_mutex_lock(&jobs->lock);
    jobs->bytes -= job->bytes;
    jobs->names -= name_bytes(job);
    jobs->released++;
    pthread_cond_signal(&jobs->room);
    pthread_cond_broadcast(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    free_job(job);
}
