/* SPDX-License-Identifier: MIT */
/*
 * bench: the network timed on a synthetic input, beside the matrix product rate of the same machine and moment.
 * Machines are shared, and change by the second: only what runs side by side compares, so schedules take turns.
 */
#include "base/clock.h"
#include "compute/gemm_rate.h"
#include "pipelines/session.h"
#include "pipelines/session_use.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 10000, ENTRIES_MAX = 1000, GEMM_SIZE = 768 };

/* One schedule and batch. */
struct bench_entry {
    int batch; /* windows in a pass */
    struct lane_merge merge;
    double *times; /* (RUNS_MAX) milliseconds, in the order of the turns */
};

struct bench {
    struct ptm_session *session;
    struct lane *lane;
    struct bench_entry *entries; /* (count), their times in one piece; owned */
    ptm_bench_report *reports;   /* (count) */
    int count;
    ptm_modality modality;
};

void ptm_bench_options_default(ptm_bench_options *options) {
    *options = (ptm_bench_options){.seconds = 2, .min_runs = 5};
}

static ptm_status measure_gemm(const struct ptm_session *session, double *gflops, ptm_error *err) {
    const size_t square = (size_t)GEMM_SIZE * GEMM_SIZE;
    float *memory = mem_alloc(3 * square, sizeof *memory);
    if (!memory) return error_no_memory(err);
    const double measured =
        gemm_rate_measure(&session->compute, memory, memory + square, memory + 2 * square, GEMM_SIZE);
    if (measured > *gflops) *gflops = measured;
    mem_free(memory);
    return PTM_OK;
}

/* ---------------------------------------------------------------- turns */

/** A pass of an entry, whose windows all have the same input. */
static ptm_status forward(const struct bench *bench, const struct bench_entry *entry, ptm_error *err) {
    struct vit *vit = &bench->lane->vit;
    lane_put_merge(bench->lane, &entry->merge);
    vit_begin(vit);
    for (int i = 0; i < entry->batch; i++) vit_put(vit, bench->lane->input, EMBED_NOWHERE);
    vit_run(vit);
    return vit_check_finite(vit, vit->windows, err);
}

/** The next run of an entry. */
static ptm_status run(struct bench *bench, int index, ptm_error *err) {
    struct lane *lane = bench->lane;
    struct bench_entry *entry = &bench->entries[index];
    ptm_bench_report *report = &bench->reports[index];
    TRY(forward(bench, entry, err));
    const double ms = lane->vit.times.total;
    entry->times[report->runs++] = ms;
    if (report->runs > 1 && ms >= report->min_ms) return PTM_OK;
    report->min_ms = ms;
    TRY(ptm_session_get_profile(bench->session, bench->modality, &report->profile, err));
    const int tokens = report->profile.depth + 1;
    int *kept = bench->session->bench_tokens + (size_t)index * (size_t)tokens;
    memcpy(kept, report->profile.tokens, (size_t)tokens * sizeof *kept);
    report->profile.tokens = kept;
    return PTM_OK;
}

static ptm_status warm_up(struct bench *bench, ptm_error *err) {
    for (int i = 0; i < bench->count; i++) TRY(forward(bench, &bench->entries[i], err));
    return PTM_OK;
}

static ptm_status take_turns(struct bench *bench, const ptm_bench_options *options, ptm_error *err) {
    TRY(warm_up(bench, err));
    const double start = clock_ms(), slice = options->seconds * 1e3 * bench->count;
    for (int turn = 0; turn < RUNS_MAX && (turn < options->min_runs || clock_ms() - start < slice); turn++)
        for (int i = 0; i < bench->count; i++) TRY(run(bench, i, err));
    return PTM_OK;
}

/* ---------------------------------------------------------------- what they say */

static int by_value(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/** Turns times into what is reported of them, ratios first: those need the order of the turns. `scratch` (RUNS_MAX). */
static void sum_up(struct bench *bench, double *scratch) {
    const struct compute *compute = &bench->session->compute;
    for (int i = 0; i < bench->count; i++) {
        ptm_bench_report *report = &bench->reports[i];
        for (int k = 0; k < report->runs; k++) scratch[k] = bench->entries[0].times[k] / bench->entries[i].times[k];
        report->speed_up = median(scratch, report->runs);
        report->precision = compute->product ? compute->product->precision : PTM_F32;
        report->instruction = compute->product ? compute->product->name : "";
        report->attention = compute->attention->precision;
    }
    for (int i = 0; i < bench->count; i++)
        bench->reports[i].median_ms = median(bench->entries[i].times, bench->reports[i].runs);
}

/* ---------------------------------------------------------------- the whole */

/** Reads the schedules, of which a budget in milliseconds is measured now, and the batches of each. */
static ptm_status set_entries(struct bench *bench, const ptm_bench_options *options, ptm_error *err) {
    struct lane *lane = bench->lane;
    const int batches = options->batches ? options->num_batches : 1;
    for (int i = 0; i < bench->count; i++) {
        const int schedule = i / batches, batch = i % batches;
        struct bench_entry *entry = &bench->entries[i];
        if (options->schedules && batch == 0)
            TRY(lane_set_merge(lane, options->schedules[schedule], lane->vit.prop_attn, err));
        lane_get_merge(lane, &entry->merge);
        entry->batch = bench->reports[i].batch = options->batches ? options->batches[batch] : 1;
    }
    return PTM_OK;
}

static ptm_status bench_entries(struct bench *bench, const ptm_bench_options *options, double *scratch,
                                ptm_error *err) {
    double gemm_gflops = 0;
    TRY(set_entries(bench, options, err));
    TRY(measure_gemm(bench->session, &gemm_gflops, err));
    lane_fill_noise(bench->lane);
    TRY(take_turns(bench, options, err));
    TRY(measure_gemm(bench->session, &gemm_gflops, err));
    sum_up(bench, scratch);
    for (int i = 0; i < bench->count; i++) bench->reports[i].gemm_gflops = gemm_gflops;
    return PTM_OK;
}

/** Memory for all of it, then the session's merging as it was. */
static ptm_status bench_lane(struct bench *bench, const ptm_bench_options *options, ptm_error *err) {
    const size_t count = (size_t)bench->count, tokens = (size_t)bench->lane->network->config.depth + 1;
    struct lane_merge before;
    lane_get_merge(bench->lane, &before);
    mem_free(bench->session->bench_tokens);
    bench->session->bench_tokens = mem_alloc(count * tokens, sizeof *bench->session->bench_tokens);
    double *times = mem_alloc((count + 1) * RUNS_MAX, sizeof *times);
    bench->entries = mem_calloc(count, sizeof *bench->entries);
    ptm_status status = PTM_OK;
    if (bench->session->bench_tokens && times && bench->entries) {
        for (size_t i = 0; i < count; i++) bench->entries[i].times = times + i * RUNS_MAX;
        status = bench_entries(bench, options, times + count * RUNS_MAX, err);
    } else {
        status = error_no_memory(err);
    }
    lane_put_merge(bench->lane, &before);
    mem_free(bench->entries);
    mem_free(times);
    return status;
}

static ptm_status count_entries(struct bench *bench, const ptm_bench_options *options, ptm_error *err) {
    const int schedules = options->schedules ? options->num_schedules : 1;
    const int batches = options->batches ? options->num_batches : 1, most = bench->lane->vit.capacity;
    if (schedules < 1 || batches < 1 || schedules > ENTRIES_MAX / batches)
        return error_set(err, PTM_EINVAL, "a benchmark takes 1 to %d schedules and batches", ENTRIES_MAX);
    for (int i = 0; options->batches && i < batches; i++)
        if (options->batches[i] < 1 || options->batches[i] > most)
            return error_set(err, PTM_EINVAL, "a batch of %d windows; this session takes 1 to %d", options->batches[i],
                             most);
    bench->count = schedules * batches;
    return PTM_OK;
}

ptm_status ptm_bench(ptm_session *session, ptm_modality modality, const ptm_bench_options *options,
                     ptm_bench_report *reports, ptm_error *err) {
    error_clear(err);
    struct bench bench = {.session = session, .reports = reports, .modality = modality};
    ptm_bench_options own;
    ptm_bench_options_default(&own);
    if (!options) options = &own;
    TRY(session_need_lane(session, modality, &bench.lane, err));
    TRY(session_check_idle(session, err));
    TRY(count_entries(&bench, options, err));
    if (options->min_runs < 1 || options->min_runs > RUNS_MAX || !(options->seconds >= 0 && isfinite(options->seconds)))
        return error_set(err, PTM_EINVAL, "a benchmark takes 1 to %d runs and a finite time, 0 seconds or more",
                         RUNS_MAX);
    memset(reports, 0, (size_t)bench.count * sizeof *reports);
    return bench_lane(&bench, options, err);
}
