/* SPDX-License-Identifier: MIT */
/* The text of a benchmark. */
#include "report.h"

#include "text.h"

void report_text_bench_heading(FILE *stream, const struct report_bench *bench) {
    const ptm_bench_report *timing = &bench->timing;
    char threads[REPORT_THREADS_BYTES];
    fprintf(stream, "%s  ", report_modality(bench->info->modality));
    text_print(stream, bench->info->name);
    fprintf(stream, ", %.1f M parameters, %s, ", (double)bench->info->parameters * 1e-6,
            report_threads(threads, bench->threads));
    if (timing->precision != PTM_F32)
        fprintf(stream, "%s by %s, attention in %s, ", report_precision(timing->precision), timing->instruction,
                report_precision(timing->attention));
    fprintf(stream, "matrix products %.1f GFLOP/s\n", timing->gemm_gflops);
    fprintf(stream, "  %-12s %5s %13s %8s %9s %9s %8s %8s %6s | %7s %9s %7s %7s %6s\n", "r", "batch", "tokens", "GFLOP",
            "min ms", "median", "speed-up", "GFLOP/s", "GEMM", "embed", "attention", "merge", "mlp", "head");
}

static void print_blocks(FILE *stream, const ptm_profile *profile) {
    fputs("      tokens by block:", stream);
    for (int i = 0; i <= profile->depth; i++) fprintf(stream, " %d", profile->tokens[i]);
    fputc('\n', stream);
}

void report_text_bench(FILE *stream, const struct report_bench *bench, bool blocks) {
    const ptm_bench_report *timing = &bench->timing;
    const ptm_profile *profile = &timing->profile;
    const double rate = profile->gflop / timing->min_ms * 1000;
    char tokens[32];
    snprintf(tokens, sizeof tokens, "%d -> %d", profile->tokens[0], profile->tokens[profile->depth]);
    fprintf(stream, "  %-12s %5d %13s %8.3f %9.2f %9.2f %8.2f %8.1f %4.0f %% | %7.2f %9.2f %7.2f %7.2f %6.2f\n",
            bench->r, timing->batch, tokens, profile->gflop, timing->min_ms, timing->median_ms, timing->speed_up, rate,
            timing->gemm_gflops > 0 ? 100 * rate / timing->gemm_gflops : 0, profile->ms_embed, profile->ms_attention,
            profile->ms_merge, profile->ms_mlp, profile->ms_head);
    if (blocks) print_blocks(stream, profile);
}

void report_text_bench_files(FILE *stream, int width) {
    fprintf(stream, "files, ms\n  %-*s %9s %9s %9s\n", width, "", "decode", "features", "network");
}

void report_text_bench_file(FILE *stream, int width, const char *path, const ptm_result *result) {
    fputs("  ", stream);
    text_print(stream, path);
    fprintf(stream, "%*s %9.2f %9.2f %9.2f\n", width - text_columns(path), "", result->ms.decode, result->ms.features,
            result->ms.network);
}
