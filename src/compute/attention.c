/* SPDX-License-Identifier: MIT */
#include "compute/attention.h"

#include "base/memory.h"
#include "compute/tiles.h"

/* A job is one head and a block of queries, and copies the keys and values of its head first: so there are no more than
 * threads need. Bits do not depend on the cut. */
enum { JOBS_A_THREAD = 4 };

struct attention_job {
    const struct attend_kernels *kernels;
    const struct attention *attention;
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
    const struct attention *all = job->attention;
    const int head = tile / job->blocks, block = tile % job->blocks;
    const int first = tiles_start(all->rows, job->kernels->queries, block, job->blocks);
    const int end = tiles_start(all->rows, job->kernels->queries, block + 1, job->blocks);
    const size_t column = (size_t)head * (size_t)all->head_dim;
    job->kernels->attend(all->out + (size_t)first * (size_t)all->ldo + column, all->ldo,
                         all->q + (size_t)first * (size_t)all->ldq + column, all->ldq, all->k + column, all->v + column,
                         all->ld, all->log_size, end - first, all->n, all->head_dim, all->scale,
                         all->scratch + (size_t)worker * job->scratch_floats);
}

static int block_count(const struct compute *compute, int rows, int heads) {
    const int tiles = tiles_count(rows, compute->attention->queries), threads = threads_count(compute->threads);
    const int blocks = threads > 1 ? tiles_count(JOBS_A_THREAD * threads, heads) : 1;
    return blocks < tiles ? blocks : tiles;
}

void attention_run(const struct compute *compute, const struct attention *attention) {
    struct attention_job job = {
        .kernels = compute->attention,
        .attention = attention,
        .blocks = block_count(compute, attention->rows, attention->heads),
        .scratch_floats = attention_scratch(compute, attention->n, attention->head_dim),
    };
    threads_run(compute->threads, attention->heads * job.blocks, attention_block, &job);
}
