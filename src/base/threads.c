/* SPDX-License-Identifier: MIT */
#include "base/threads.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

struct worker {
    struct threads *threads;
    pthread_t thread;
    int index;
};

/*
 * Places and unfinished threads are counted without a lock, as a pass of a small network runs tiles every few
 * microseconds; the lock is for sleeping. A thread that is about to sleep says so and then looks at the count once
 * more; one that changes the count looks afterwards whether another sleeps. Both happen in one order for all threads,
 * so no wake-up is missed.
 */
struct threads {
    pid_t process;           /* that they are of: a forked child has the caller alone */
    int most;                /* threads, the caller included; `places`, `unfinished` and `asleep` do not count it */
    atomic_int count;        /* that are to take part */
    struct worker *workers;  /* (most); [0] is the caller and has no thread */
    int started;             /* threads that there are */
    bool (*may_start)(void); /* NULL: nobody is asked */
    int allowed;             /* how many it has let start */
    int patience;            /* runs to wait before the system is asked for one more again */

    atomic_int places;     /* for threads that may still join in */
    atomic_int unfinished; /* places that are free or whose thread is at the tiles */

    pthread_mutex_t lock;
    pthread_cond_t work; /* there are places, or `stop` */
    pthread_cond_t done; /* `unfinished` fell to 0 */
    atomic_int asleep;   /* threads that wait for `work` */
    atomic_bool waiting; /* the caller waits for `done` */
    bool stop;

    /* what is run */
    tile_fn *fn;
    void *context;
    int tiles;
    atomic_int next;
};

/**
 * Looks, before its thread sleeps, whether the value becomes 0 (or something else): for about as long as falling asleep
 * and being woken take. The next tiles of a pass mostly are there by then. Other threads that could run go first.
 */
static void linger(atomic_int *value, bool zero) {
    const double most_ms = 0.05, end = clock_ms() + most_ms;
    while ((atomic_load_explicit(value, memory_order_relaxed) == 0) != zero && clock_ms() < end) sched_yield();
}

/* ---------------------------------------------------------------- a thread */

static void run_tiles(struct threads *threads, int worker) {
    for (;;) {
        const int tile = atomic_fetch_add_explicit(&threads->next, 1, memory_order_relaxed);
        if (tile >= threads->tiles) return;
        threads->fn(threads->context, tile, worker);
    }
}

static bool take_place(struct threads *threads) {
    int places = atomic_load(&threads->places);
    while (places > 0)
        if (atomic_compare_exchange_weak(&threads->places, &places, places - 1)) return true;
    return false;
}

/** Takes a place when there is one; false: the thread is to stop. */
static bool await_place(struct threads *threads) {
    linger(&threads->places, false);
    bool taken = take_place(threads);
    if (taken) return true;
    pthread_mutex_lock(&threads->lock);
    atomic_fetch_add(&threads->asleep, 1);
    while (!threads->stop && !(taken = take_place(threads))) pthread_cond_wait(&threads->work, &threads->lock);
    atomic_fetch_sub(&threads->asleep, 1);
    pthread_mutex_unlock(&threads->lock);
    return taken;
}

static void leave_place(struct threads *threads) {
    if (atomic_fetch_sub(&threads->unfinished, 1) > 1 || !atomic_load(&threads->waiting)) return;
    pthread_mutex_lock(&threads->lock);
    pthread_cond_signal(&threads->done);
    pthread_mutex_unlock(&threads->lock);
}

static void *worker_main(void *argument) {
    const struct worker *worker = argument;
    while (await_place(worker->threads)) {
        run_tiles(worker->threads, worker->index);
        leave_place(worker->threads);
    }
    return NULL;
}

/* ---------------------------------------------------------------- all of them */

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
    threads->process = getpid();
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

/** False in a forked child, where nobody wakes up, can be joined or leaves a condition. */
static bool are_here(const struct threads *threads) {
    return threads->process == getpid();
}

static void join_all(struct threads *threads) {
    pthread_mutex_lock(&threads->lock);
    threads->stop = true;
    pthread_cond_broadcast(&threads->work);
    pthread_mutex_unlock(&threads->lock);
    for (int i = 1; i < threads->started; i++) pthread_join(threads->workers[i].thread, NULL);
    pthread_cond_destroy(&threads->done);
    pthread_cond_destroy(&threads->work);
    pthread_mutex_destroy(&threads->lock);
}

void threads_close(struct threads **handle) {
    struct threads *threads = *handle;
    if (!threads) return;
    if (are_here(threads)) join_all(threads);
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
    if (!are_here(threads)) return false;
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

/* ---------------------------------------------------------------- the caller */

static void offer_places(struct threads *threads, int places) {
    atomic_store(&threads->unfinished, places);
    atomic_store(&threads->places, places);
    if (atomic_load(&threads->asleep) == 0 || !are_here(threads)) return;
    pthread_mutex_lock(&threads->lock);
    if (places == threads->started - 1)
        pthread_cond_broadcast(&threads->work);
    else
        for (int i = 0; i < places; i++) pthread_cond_signal(&threads->work);
    pthread_mutex_unlock(&threads->lock);
}

/** Returns when all tiles are done. Threads that have not joined yet find no place and are not waited for. */
static void close_places(struct threads *threads) {
    const int places = atomic_exchange(&threads->places, 0);
    if (atomic_fetch_sub(&threads->unfinished, places) == places) return;
    linger(&threads->unfinished, true);
    if (atomic_load(&threads->unfinished) == 0) return;
    pthread_mutex_lock(&threads->lock);
    atomic_store(&threads->waiting, true);
    while (atomic_load(&threads->unfinished) > 0) pthread_cond_wait(&threads->done, &threads->lock);
    atomic_store(&threads->waiting, false);
    pthread_mutex_unlock(&threads->lock);
}

void threads_run(struct threads *threads, int tiles, tile_fn *fn, void *context) {
    const int count = threads_count(threads), useful = count < tiles ? count : tiles;
    const int places = useful > 1 ? start_threads(threads, useful) - 1 : 0;
    if (places == 0) {
        for (int tile = 0; tile < tiles; tile++) fn(context, tile, 0);
        return;
    }
    threads->fn = fn;
    threads->context = context;
    threads->tiles = tiles;
    atomic_store_explicit(&threads->next, 0, memory_order_relaxed);
    offer_places(threads, places);
    run_tiles(threads, 0);
    close_places(threads);
}
