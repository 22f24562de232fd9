/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "report.h"
#include "text.h"

#include <string.h>
#include <sys/resource.h>

enum { MAX_SCHEDULE = 512 };

struct bench {
    const struct options *options;
    struct engine engine;
};

static double peak_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024;
}

static void print_heading(const struct bench *bench, const ptm_model_info *info, const ptm_bench_report *timing) {
    char threads[32] = "one thread a processor";
    const int count = bench->options->session.threads;
    if (count > 0) snprintf(threads, sizeof threads, "%d thread%s", count, count == 1 ? "" : "s");
    printf("%s  ", report_modality(info->modality));
    text_print(stdout, info->name);
    printf(", %.1f M parameters, %s, ", (double)info->parameters * 1e-6, threads);
    if (*timing->instruction)
        printf("%s by %s, ", report_precision(bench->options->session.precision), timing->instruction);
    printf("matrix products %.1f GFLOP/s\n", timing->gemm_gflops);
    printf("  %-12s %13s %8s %9s %9s %8s %6s | %7s %9s %7s %7s %6s\n", "r", "tokens", "GFLOP", "min ms", "median",
           "GFLOP/s", "GEMM", "embed", "attention", "merge", "mlp", "head");
}

static void print_row(const char *r, const ptm_bench_report *timing) {
    const ptm_profile *profile = &timing->profile;
    const double rate = profile->gflop / timing->min_ms * 1000;
    char tokens[32];
    snprintf(tokens, sizeof tokens, "%d -> %d", profile->tokens[0], profile->tokens[profile->depth]);
    printf("  %-12s %13s %8.3f %9.2f %9.2f %8.1f %4.0f %% | %7.2f %9.2f %7.2f %7.2f %6.2f\n", r, tokens, profile->gflop,
           timing->min_ms, timing->median_ms, rate, timing->gemm_gflops > 0 ? 100 * rate / timing->gemm_gflops : 0,
           profile->ms_embed, profile->ms_attention, profile->ms_merge, profile->ms_mlp, profile->ms_head);
}

static void print_blocks(const ptm_profile *profile) {
    fputs("      tokens by block:", stdout);
    for (int i = 0; i <= profile->depth; i++) printf(" %d", profile->tokens[i]);
    putchar('\n');
}

/** One row: the schedule `r` (NULL: the model's own). `first` of its modality: the heading stands over it. */
static enum exit_status bench_schedule(struct bench *bench, const ptm_model_info *info, const char *r, bool first) {
    const struct options *options = bench->options;
    ptm_error err = {0};
    struct report_bench row = {.info = info,
                               .r = r ? r : info->r,
                               .precision = options->session.precision,
                               .threads = options->session.threads};
    if (ptm_session_set_merge(bench->engine.session, r, options->session.prop_attn, &err) != PTM_OK ||
        ptm_bench(bench->engine.session, info->modality, &options->bench, &row.timing, &err) != PTM_OK)
        return engine_complain(&err);
    row.peak_bytes = peak_bytes();
    bool good = true;
    if (options->format == FORMAT_JSON) {
        good = report_json_bench(stdout, &row);
    } else {
        if (first) print_heading(bench, info, &row.timing);
        print_row(row.r, &row.timing);
        if (options->verbosity > 0) print_blocks(&row.timing.profile);
    }
    fflush(stdout);
    if (!good) text_complain("out of memory");
    return good ? STATUS_GOOD : STATUS_ENVIRONMENT;
}

/** Every schedule in the options' lists, which hold one or more each. */
static enum exit_status bench_schedules(struct bench *bench, const ptm_model_info *info) {
    bool first = true;
    for (int i = 0; i < bench->options->schedules.count; i++) {
        const char *list = bench->options->schedules.items[i];
        for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
            char r[MAX_SCHEDULE];
            const size_t length = strcspn(list, " ");
            if (length >= sizeof r) {
                text_complain("a schedule of -r is longer than %d bytes", MAX_SCHEDULE - 1);
                return STATUS_USAGE;
            }
            memcpy(r, list, length);
            r[length] = '\0';
            const enum exit_status status = bench_schedule(bench, info, r, first);
            if (status != STATUS_GOOD) return status;
            list += length;
            first = false;
        }
    }
    return STATUS_GOOD;
}

static enum exit_status bench_modality(struct bench *bench, const ptm_model_info *info) {
    if (bench->options->schedules.count > 0) return bench_schedules(bench, info);
    const enum exit_status status = bench_schedule(bench, info, "off", true);
    if (status != STATUS_GOOD || strcmp(info->r, "off") == 0) return status;
    return bench_schedule(bench, info, NULL, false);
}

/** Decoding and features need a real file. */
static enum exit_status bench_file(struct bench *bench, const char *path, int width) {
    ptm_error err = {0};
    ptm_result *result;
    ptm_classify_options classify = bench->options->classify;
    if (ptm_classify_file(bench->engine.session, path, &classify, &result, &err) != PTM_OK) {
        text_complain("%s", err.message);
        return STATUS_INPUT;
    }
    bool good = true;
    if (bench->options->format == FORMAT_JSON) {
        good = report_json_bench_file(stdout, path, result, peak_bytes());
    } else {
        printf("  ");
        text_print(stdout, path);
        printf("%*s %9.2f %9.2f %9.2f\n", width - text_columns(path), "", result->ms.decode, result->ms.features,
               result->ms.network);
    }
    ptm_result_free(&result);
    if (!good) text_complain("out of memory");
    return good ? STATUS_GOOD : STATUS_ENVIRONMENT;
}

static enum exit_status bench_files(struct bench *bench) {
    const struct options *options = bench->options;
    int width = 4;
    for (int i = 0; i < options->num_operands; i++) {
        const int columns = text_columns(options->operands[i]);
        if (columns > width) width = columns;
    }
    if (options->format == FORMAT_TEXT && options->num_operands > 0)
        printf("files, ms\n  %-*s %9s %9s %9s\n", width, "", "decode", "features", "network");
    enum exit_status worst = STATUS_GOOD;
    for (int i = 0; i < options->num_operands; i++) {
        const enum exit_status status = bench_file(bench, options->operands[i], width);
        if (status > worst) worst = status;
    }
    return worst;
}

enum exit_status cmd_bench(const struct options *options) {
    struct bench bench = {.options = options};
    enum exit_status status = engine_open(&bench.engine, &options->models, &options->session);
    if (status != STATUS_GOOD) return status;
    int found = 0;
    for (int i = 0; status == STATUS_GOOD && i < MODALITY_COUNT; i++) {
        ptm_model_info info;
        if (!(options_modalities(options) & (unsigned)modalities[i]) ||
            !engine_get_info(&bench.engine, modalities[i], &info))
            continue;
        status = bench_modality(&bench, &info);
        if (options->format == FORMAT_TEXT && status == STATUS_GOOD) putchar('\n');
        found++;
    }
    if (found == 0) {
        text_complain("the model does not bring that modality");
        status = STATUS_USAGE;
    }
    if (status == STATUS_GOOD) status = bench_files(&bench);
    if (options->format == FORMAT_TEXT && status <= STATUS_INPUT)
        printf("peak memory %.1f MiB\n", peak_bytes() / 1048576);
    engine_close(&bench.engine);
    return status;
}
