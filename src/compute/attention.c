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
    const int block = tile % job->blocks, queries = job->kernels->queries;
    struct attend_head head = job->attention->first;
    const int first = tiles_start(head.rows, queries, block, job->blocks);
    const size_t column = (size_t)(tile / job->blocks) * (size_t)head.head_dim;
    head.rows = tiles_start(head.rows, queries, block + 1, job->blocks) - first;
    head.out += (size_t)first * head.ldo + column;
    head.q += (size_t)first * head.ldq + column;
    head.k += column;
    head.v += column;
    job->kernels->attend(&head, job->attention->scratch + (size_t)worker * job->scratch_floats);
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
        .blocks = block_count(compute, attention->first.rows, attention->heads),
        .scratch_floats = attention_scratch(compute, attention->first.n, attention->first.head_dim),
    };
    threads_run(compute->threads, attention->heads * job.blocks, attention_block, &job);
}
