/* SPDX-License-Identifier: MIT */
/* The seam to OpenBLAS: products on the calling thread, safe to call from many threads at once. */
#include "base/cpu.h"
#include "compute/linear.h"

#include <cblas.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/*
 * Debian's single-threaded OpenBLAS takes its packing buffers from a table without a lock (built without USE_LOCKING):
 * two threads that start a product at the same moment can get the same buffer, and both results are wrong. The linker
 * option --wrap puts these two functions in the place of OpenBLAS's own, whose names become __real_*. Its table is the
 * process-wide state that this lock guards, so it is process-wide as well. Linked without the option, whole products
 * take turns: slow, but right.
 */
static pthread_mutex_t buffers = PTHREAD_MUTEX_INITIALIZER;

void *__real_blas_memory_alloc(int procedure) __attribute__((weak));
void __real_blas_memory_free(void *buffer) __attribute__((weak));
void *__wrap_blas_memory_alloc(int procedure);
void __wrap_blas_memory_free(void *buffer);

void *__wrap_blas_memory_alloc(int procedure) {
    pthread_mutex_lock(&buffers);
    void *buffer = __real_blas_memory_alloc(procedure);
    pthread_mutex_unlock(&buffers);
    return buffer;
}

void __wrap_blas_memory_free(void *buffer) {
    pthread_mutex_lock(&buffers);
    __real_blas_memory_free(buffer);
    pthread_mutex_unlock(&buffers);
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
    const enum cpu_level level = cpu_detect();
    return level == CPU_AVX512 ? "SkylakeX" : level == CPU_AVX2 ? "Haswell" : NULL;
}

static void product(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m, int n, int k,
                    float beta) {
    const bool take_turns = !__real_blas_memory_alloc;
    if (take_turns) pthread_mutex_lock(&buffers);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
    if (take_turns) pthread_mutex_unlock(&buffers);
}

void gemm_nt(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m, int n, int k) {
    product(c, ldc, a, lda, b, ldb, m, n, k, 0);
}

void gemm_nt_add(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m, int n, int k) {
    product(c, ldc, a, lda, b, ldb, m, n, k, 1);
}
