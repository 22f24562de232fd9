/* SPDX-License-Identifier: MIT */
/* bench: the network timed on a synthetic input, beside the matrix product rate of the same machine and moment. */
#include "base/clock.h"
#include "pipelines/session.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 10000, GEMM_SIZE = 768 };

void ptm_bench_options_default(ptm_bench_options *options) {
    *options = (ptm_bench_options){.seconds = 2, .min_runs = 5};
}

static ptm_status measure_gemm(const struct ptm_session *session, double *gflops, ptm_error *err) {
    const size_t square = (size_t)GEMM_SIZE * GEMM_SIZE;
    float *memory = mem_alloc(3 * square, sizeof *memory);
    if (!memory) return error_no_memory(err);
    *gflops = linear_measure_gflops(&session->compute, memory, memory + square, memory + 2 * square, GEMM_SIZE);
    mem_free(memory);
    return PTM_OK;
}

static int by_value(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static ptm_status time_forward(struct lane *lane, const ptm_bench_options *options, double *times,
                               ptm_bench_report *report, struct vit_times *fastest, ptm_error *err) {
    TRY(vit_forward(&lane->vit, lane->input, err)); /* warm-up */
    const double start = clock_ms();
    int runs = 0;
    while (runs < RUNS_MAX && (runs < options->min_runs || clock_ms() - start < options->seconds * 1e3)) {
        TRY(vit_forward(&lane->vit, lane->input, err));
        times[runs] = lane->vit.times.total;
        if (runs == 0 || times[runs] < report->min_ms) {
            report->min_ms = times[runs];
            *fastest = lane->vit.times;
        }
        runs++;
    }
    report->runs = runs;
    qsort(times, (size_t)runs, sizeof *times, by_value);
    report->median_ms = times[runs / 2];
    return PTM_OK;
}

ptm_status ptm_bench(ptm_session *session, ptm_modality modality, const ptm_bench_options *options,
                     ptm_bench_report *report, ptm_error *err) {
    error_clear(err);
    *report = (ptm_bench_report){0};
    struct lane *lane;
    struct vit_times fastest = {0};
    TRY(session_need_lane(session, modality, &lane, err));
    if (options->min_runs < 1 || options->min_runs > RUNS_MAX || !(options->seconds >= 0))
        return error_set(err, PTM_EINVAL, "a benchmark takes 1 to %d runs and 0 or more seconds", RUNS_MAX);
    TRY(measure_gemm(session, &report->gemm_gflops, err));
    lane_fill_noise(lane);
    double *times = mem_alloc(RUNS_MAX, sizeof *times);
    if (!times) return error_no_memory(err);
    const ptm_status status = time_forward(lane, options, times, report, &fastest, err);
    mem_free(times);
    TRY(status);
    report->precision = session->compute.product ? session->compute.product->precision : PTM_F32;
    report->instruction = session->compute.product ? session->compute.product->name : "";
    lane->vit.times = fastest;
    return ptm_session_get_profile(session, modality, &report->profile, err);
}
