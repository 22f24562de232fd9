/* SPDX-License-Identifier: MIT */
#include "base/threads.h"

#include "base/cpu.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>

struct worker {
    struct threads *threads;
    pthread_t thread;
    int index;
};

struct threads {
    int count;
    struct worker *workers; /* (count); [0] is the caller and has no thread */
    int started;            /* threads that run, the caller not counted */

    pthread_mutex_t lock;
    pthread_cond_t work; /* a new generation, or stop */
    pthread_cond_t done; /* busy fell to 0 */
    unsigned generation;
    int busy; /* threads that have not finished this generation */
    bool stop;

    /* the job of this generation */
    tile_fn *fn;
    void *context;
    int tiles;
    atomic_int next;
};

static void run_tiles(struct threads *threads, int worker) {
    for (;;) {
        const int tile = atomic_fetch_add_explicit(&threads->next, 1, memory_order_relaxed);
        if (tile >= threads->tiles) return;
        threads->fn(threads->context, tile, worker);
    }
}

static void *worker_main(void *argument) {
    const struct worker *worker = argument;
    struct threads *threads = worker->threads;
    unsigned seen = 0;
    pthread_mutex_lock(&threads->lock);
    for (;;) {
        while (threads->generation == seen && !threads->stop) pthread_cond_wait(&threads->work, &threads->lock);
        if (threads->stop) break;
        seen = threads->generation;
        pthread_mutex_unlock(&threads->lock);
        run_tiles(threads, worker->index);
        pthread_mutex_lock(&threads->lock);
        if (--threads->busy == 0) pthread_cond_signal(&threads->done);
    }
    pthread_mutex_unlock(&threads->lock);
    return NULL;
}

ptm_status threads_open(struct threads **out, int count, ptm_error *err) {
    *out = NULL;
    if (count <= 0) count = cpu_count();
    struct threads *threads = mem_calloc(1, sizeof *threads);
    struct worker *workers = mem_calloc((size_t)count, sizeof *workers);
    if (!threads || !workers) {
        mem_free(threads);
        mem_free(workers);
        return error_no_memory(err);
    }
    threads->count = count;
    threads->workers = workers;
    pthread_mutex_init(&threads->lock, NULL);
    pthread_cond_init(&threads->work, NULL);
    pthread_cond_init(&threads->done, NULL);
    for (int i = 1; i < count; i++) {
        workers[i].threads = threads;
        workers[i].index = i;
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0) {
            threads_close(&threads);
            return error_set(err, PTM_ENOMEM, "cannot start %d threads: ask for fewer with --threads", count);
        }
        threads->started = i;
    }
    *out = threads;
    return PTM_OK;
}

void threads_close(struct threads **handle) {
    struct threads *threads = *handle;
    if (!threads) return;
    pthread_mutex_lock(&threads->lock);
    threads->stop = true;
    pthread_cond_broadcast(&threads->work);
    pthread_mutex_unlock(&threads->lock);
    for (int i = 1; i <= threads->started; i++) pthread_join(threads->workers[i].thread, NULL);
    pthread_cond_destroy(&threads->done);
    pthread_cond_destroy(&threads->work);
    pthread_mutex_destroy(&threads->lock);
    mem_free(threads->workers);
    mem_free(threads);
    *handle = NULL;
}

int threads_count(const struct threads *threads) {
    return threads->count;
}

void threads_run(struct threads *threads, int tiles, tile_fn *fn, void *context) {
    if (threads->started == 0 || tiles <= 1) {
        for (int tile = 0; tile < tiles; tile++) fn(context, tile, 0);
        return;
    }
    pthread_mutex_lock(&threads->lock);
    threads->fn = fn;
    threads->context = context;
    threads->tiles = tiles;
    atomic_store_explicit(&threads->next, 0, memory_order_relaxed);
    threads->busy = threads->started;
    threads->generation++;
    pthread_cond_broadcast(&threads->work);
    pthread_mutex_unlock(&threads->lock);

    run_tiles(threads, 0);

    pthread_mutex_lock(&threads->lock);
    while (threads->busy > 0) pthread_cond_wait(&threads->done, &threads->lock);
    pthread_mutex_unlock(&threads->lock);
}
