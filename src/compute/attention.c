/* SPDX-License-Identifier: MIT */
#include "compute/attention.h"

#include "base/memory.h"
#include "compute/tiles.h"

/* A job is one head and a block of queries, and copies the keys and values of its head first: so there are no more than
 * threads need. Bits do not depend on the cut. */
enum { JOBS_A_THREAD = 4 };

struct attention_job {
    const struct attend_kernels *kernels;
    float *out, *scratch;
    const float *q, *k, *v, *log_size;
    int ldo, ldq, ld, rows, n, head_dim;
    float scale;
    int blocks;            /* of whole tiles of queries, as even as they can be */
    size_t scratch_floats; /* of one worker */
};

const struct attend_kernels *attention_for(const struct kernels *kernels, const struct product *product) {
    const struct attend_kernels *const *reduced = kernels->attention_reduced;
    const int count = (int)(sizeof kernels->attention_reduced / sizeof *reduced);
    for (int i = 0; product && i < count && reduced[i]; i++)
        if (cpu_has(reduced[i]->feature)) return reduced[i];
    return kernels->attention;
}

size_t attention_scratch(const struct compute *compute, int n, int head_dim) {
    const size_t line = MEM_ALIGN / sizeof(float);
    return (compute->attention->scratch(n, head_dim) + line - 1) / line * line;
}

static void attention_block(void *context, int tile, int worker) {
    const struct attention_job *job = context;
    const int head = tile / job->blocks, block = tile % job->blocks;
    const int first = tiles_start(job->rows, job->kernels->queries, block, job->blocks);
    const int end = tiles_start(job->rows, job->kernels->queries, block + 1, job->blocks);
    const size_t column = (size_t)head * (size_t)job->head_dim;
    job->kernels->attend(job->out + (size_t)first * (size_t)job->ldo + column, job->ldo,
                         job->q + (size_t)first * (size_t)job->ldq + column, job->ldq, job->k + column, job->v + column,
                         job->ld, job->log_size, end - first, job->n, job->head_dim, job->scale,
                         job->scratch + (size_t)worker * job->scratch_floats);
}

static int block_count(const struct compute *compute, int rows, int heads) {
    const int tiles = tiles_count(rows, compute->attention->queries), threads = threads_count(compute->threads);
    const int blocks = threads > 1 ? tiles_count(JOBS_A_THREAD * threads, heads) : 1;
    return blocks < tiles ? blocks : tiles;
}

void attention(const struct compute *compute, float *out, int ldo, const float *q, int ldq, const float *k,
               const float *v, int ld, const float *log_size, int rows, int n, int heads, int head_dim, float scale,
               float *scratch) {
    struct attention_job job = {
        .kernels = compute->attention,
        .out = out,
        .scratch = scratch,
        .q = q,
        .k = k,
        .v = v,
        .log_size = log_size,
        .ldo = ldo,
        .ldq = ldq,
        .ld = ld,
        .rows = rows,
        .n = n,
        .head_dim = head_dim,
        .scale = scale,
        .blocks = block_count(compute, rows, heads),
        .scratch_floats = attention_scratch(compute, n, head_dim),
    };
    threads_run(compute->threads, heads * job.blocks, attention_block, &job);
}
