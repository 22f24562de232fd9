/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "compute/gemm.h"

#include "base/cpu.h"

#include <cblas.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Debian's single-threaded OpenBLAS takes its packing buffers from a table without a lock (built without USE_LOCKING):
 * two threads that start a product at the same moment can get the same buffer, and both results are wrong. The linker
 * option --wrap puts these two functions in the place of OpenBLAS's own, whose names become __real_*. Its table is the
 * process-wide state that this lock guards, so it is process-wide as well. Linked without the option, whole products
 * take turns: slow, but right.
 */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t given; /* a buffer back */
    int reserved;         /* for the threads of all sessions */
    int in_use;           /* by products at work */
    int taken;            /* that the table has */
} buffers = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};

/* Places in the table are 50 or more in any build, 128 in Debian's. OpenBLAS looks for a free one beyond its end, where
 * the heap begins: further products wait for one at work to end. */
enum { BUFFER_BYTES = 1 << 27, MAX_BUFFERS = 50 };

void *__real_blas_memory_alloc(int procedure) __attribute__((weak));
void __real_blas_memory_free(void *buffer) __attribute__((weak));
void *__wrap_blas_memory_alloc(int procedure);
void __wrap_blas_memory_free(void *buffer);

static void *take_buffer(int procedure) {
    void *buffer = __real_blas_memory_alloc(procedure);
    buffers.in_use++;
    if (buffers.taken < buffers.in_use) buffers.taken = buffers.in_use;
    return buffer;
}

static void give_buffer(void *buffer) {
    __real_blas_memory_free(buffer);
    buffers.in_use--;
}

void *__wrap_blas_memory_alloc(int procedure) {
    pthread_mutex_lock(&buffers.lock);
    while (buffers.in_use >= MAX_BUFFERS) pthread_cond_wait(&buffers.given, &buffers.lock);
    void *buffer = take_buffer(procedure);
    pthread_mutex_unlock(&buffers.lock);
    return buffer;
}

void __wrap_blas_memory_free(void *buffer) {
    pthread_mutex_lock(&buffers.lock);
    give_buffer(buffer);
    pthread_cond_signal(&buffers.given);
    pthread_mutex_unlock(&buffers.lock);
}

/*
 * OpenBLAS takes a new buffer when all are in use, and tries for ever where there is no memory for it. Taken once, when
 * threads are started, they stay in its table, so that a product never asks for memory.
 */

/** For a buffer, and as much again for what other threads may take meanwhile. */
static bool has_room(void) {
    const size_t bytes = 2 * (size_t)BUFFER_BYTES;
    void *probe = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return probe != MAP_FAILED && munmap(probe, bytes) == 0;
}

/** Takes buffers until `count` are in use at the same time, then gives them back. False where there is no memory. */
static bool fill_table(int count) {
    if (buffers.in_use >= count) return true;
    if (buffers.in_use >= buffers.taken && !has_room()) return false;
    void *buffer = take_buffer(0);
    const bool filled = fill_table(count);
    give_buffer(buffer);
    return filled;
}

ptm_status gemm_reserve(ptm_error *err) {
    pthread_mutex_lock(&buffers.lock);
    const int wanted = buffers.reserved + 1, most = wanted < MAX_BUFFERS ? wanted : MAX_BUFFERS;
    const bool filled = !__real_blas_memory_alloc || fill_table(most);
    if (filled) buffers.reserved++;
    pthread_mutex_unlock(&buffers.lock);
    if (filled) return PTM_OK;
    return error_set(err, PTM_ENOMEM, "out of memory: products need %d MiB of address space for a thread (ulimit -v)",
                     2 * (BUFFER_BYTES >> 20));
}

void gemm_release(int threads) {
    pthread_mutex_lock(&buffers.lock);
    buffers.reserved -= threads;
    pthread_mutex_unlock(&buffers.lock);
}

/*
 * OpenBLAS picks its kernels by the processor's model number, when it is loaded, and takes the slowest, Prescott's
 * SSE3, for a number that is younger than itself (its issues 4267 and 4876): a fifth of the speed. It asks for an
 * environment variable first; where the user has not set that, it hears from us what the processor can do.
 */
char *__real_getenv(const char *name) __attribute__((weak));
char *__wrap_getenv(const char *name);

char *__wrap_getenv(const char *name) {
    char *value = __real_getenv(name);
    if (value || strcmp(name, "OPENBLAS_CORETYPE") != 0) return value;
    const enum cpu_level level = cpu_vectors();
    return level == CPU_AVX512 ? "SkylakeX" : level == CPU_AVX2 ? "Haswell" : NULL;
}

void gemm_nt_add(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m, int n, int k) {
    const bool take_turns = !__real_blas_memory_alloc;
    if (take_turns) pthread_mutex_lock(&buffers.lock);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, lda, b, ldb, 1, c, ldc);
    if (take_turns) pthread_mutex_unlock(&buffers.lock);
}

const char *gemm_kernels(void) {
    return openblas_get_corename();
}
