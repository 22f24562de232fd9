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
    int most;                /* the caller counted, as in all that follows but `busy` */
    atomic_int count;        /* that are to take part */
    struct worker *workers;  /* (most); [0] is the caller and has no thread */
    int started;             /* threads that there are */
    bool (*may_start)(void); /* NULL: nobody is asked */
    int allowed;             /* how many it has let start */
    int patience;            /* runs to wait before the system is asked for one more again */

    pthread_mutex_t lock;
    pthread_cond_t work; /* places to take, or stop */
    pthread_cond_t done; /* busy fell to 0 */
    int places;          /* for threads that may still join in */
    int busy;            /* threads at the tiles beside the caller */
    bool stop;

    /* what is run */
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
    pthread_mutex_lock(&threads->lock);
    for (;;) {
        while (threads->places == 0 && !threads->stop) pthread_cond_wait(&threads->work, &threads->lock);
        if (threads->stop) break;
        threads->places--;
        threads->busy++;
        pthread_mutex_unlock(&threads->lock);
        run_tiles(threads, worker->index);
        pthread_mutex_lock(&threads->lock);
        if (--threads->busy == 0) pthread_cond_signal(&threads->done);
    }
    pthread_mutex_unlock(&threads->lock);
    return NULL;
}

ptm_status threads_open(struct threads **out, int most, ptm_error *err) {
    *out = NULL;
    if (most <= 0) most = cpu_count();
    struct threads *threads = mem_calloc(1, sizeof *threads);
    struct worker *workers = mem_calloc((size_t)most, sizeof *workers);
    if (!threads || !workers) {
        mem_free(threads);
        mem_free(workers);
        return error_no_memory(err);
    }
    threads->most = most;
    threads->started = threads->allowed = 1;
    threads->workers = workers;
    atomic_init(&threads->count, most);
    pthread_mutex_init(&threads->lock, NULL);
    pthread_cond_init(&threads->work, NULL);
    pthread_cond_init(&threads->done, NULL);
    for (int i = 1; i < most; i++) workers[i] = (struct worker){.threads = threads, .index = i};
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
    for (int i = 1; i < threads->started; i++) pthread_join(threads->workers[i].thread, NULL);
    pthread_cond_destroy(&threads->done);
    pthread_cond_destroy(&threads->work);
    pthread_mutex_destroy(&threads->lock);
    mem_free(threads->workers);
    mem_free(threads);
    *handle = NULL;
}

void threads_ask(struct threads *threads, bool (*may_start)(void)) {
    threads->may_start = may_start;
}

int threads_allowed(const struct threads *threads) {
    return threads->allowed;
}

int threads_most(const struct threads *threads) {
    return threads->most;
}

int threads_count(const struct threads *threads) {
    return atomic_load_explicit(&threads->count, memory_order_relaxed);
}

void threads_set_count(struct threads *threads, int count) {
    const int within = count < 1 ? 1 : count > threads->most ? threads->most : count;
    atomic_store_explicit(&threads->count, within, memory_order_relaxed);
}

static bool is_allowed(struct threads *threads) {
    if (threads->started < threads->allowed) return true;
    if (threads->may_start && !threads->may_start()) return false;
    threads->allowed++;
    return true;
}

static bool start_thread(struct threads *threads) {
    enum { STACK_BYTES = 1 << 21 }; /* kernels need little: many threads should not set aside much */
    struct worker *worker = &threads->workers[threads->started];
    pthread_attr_t attributes;
    if (!is_allowed(threads) || pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    const bool started = pthread_create(&worker->thread, &attributes, worker_main, worker) == 0;
    pthread_attr_destroy(&attributes);
    threads->started += started;
    return started;
}

/** As many as are wanted, or as the system gives: fewer do the work as well. Asking in vain takes time, so it is not
 * done at each run. */
static int start_threads(struct threads *threads, int wanted) {
    enum { PATIENCE = 1000 };
    while (threads->started < wanted && threads->patience == 0)
        if (!start_thread(threads)) threads->patience = PATIENCE;
    if (threads->started >= wanted) return wanted;
    threads->patience--;
    return threads->started;
}

static void wake(struct threads *threads, int places) {
    if (places == threads->started - 1)
        pthread_cond_broadcast(&threads->work);
    else
        for (int i = 0; i < places; i++) pthread_cond_signal(&threads->work);
}

void threads_run(struct threads *threads, int tiles, tile_fn *fn, void *context) {
    const int count = threads_count(threads), useful = count < tiles ? count : tiles;
    const int places = useful > 1 ? start_threads(threads, useful) - 1 : 0;
    if (places == 0) {
        for (int tile = 0; tile < tiles; tile++) fn(context, tile, 0);
        return;
    }
    pthread_mutex_lock(&threads->lock);
    threads->fn = fn;
    threads->context = context;
    threads->tiles = tiles;
    atomic_store_explicit(&threads->next, 0, memory_order_relaxed);
    threads->places = places;
    wake(threads, places);
    pthread_mutex_unlock(&threads->lock);

    run_tiles(threads, 0);

    pthread_mutex_lock(&threads->lock);
    threads->places = 0; /* who has not come yet finds nothing to do, and is not waited for */
    while (threads->busy > 0) pthread_cond_wait(&threads->done, &threads->lock);
    pthread_mutex_unlock(&threads->lock);
}
