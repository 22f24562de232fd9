/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "grow.h"
#include "name_hint.h"
#include "output.h"
#include "plot.h"
#include "report.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct bench {
    const struct options *options;
    struct engine engine;
    ptm_session_options session; /* of the engine */
    char *words;                 /* owned: what `schedules` points to */
    const char **schedules;      /* (num_schedules) owned, as -r gives them; none: what is usual */
    int num_schedules;
    struct plot_row *rows; /* (num_rows) owned, for --plot */
    int num_rows;
    int width; /* of the files' names; 0: their heading is still to come */
};

/** Every schedule in the options' lists, one after the other. */
static enum exit_status split_schedules(struct bench *bench) {
    const struct option_list *lists = &bench->options->schedules;
    size_t bytes = 1;
    for (int i = 0; i < lists->count; i++) bytes += strlen(lists->items[i]) + 1;
    char *words = bench->words = calloc(bytes, 1), *rest = NULL;
    bench->schedules = calloc(bytes / 2 + 1, sizeof *bench->schedules);
    if (!words || !bench->schedules) {
        text_complain("out of memory");
        return STATUS_ENVIRONMENT;
    }
    for (int i = 0; i < lists->count; i++) strcat(strcat(words, lists->items[i]), " ");
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        bench->schedules[bench->num_schedules++] = word;
    if (lists->count == 0 || bench->num_schedules > 0) return STATUS_GOOD;
    text_complain("option -r names no schedule: give one or more, separated by spaces, like 'off 20'");
    return STATUS_USAGE;
}

static double peak_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024;
}

/** Keeps a row for the plot. */
static bool keep_row(struct bench *bench, const struct report_bench *row) {
    struct plot_row *rows = grow(bench->rows, (size_t)bench->num_rows, sizeof *rows);
    if (!rows) return false;
    bench->rows = rows;
    char threads[REPORT_THREADS_BYTES];
    const ptm_profile *profile = &row->timing.profile;
    struct plot_row *kept = &rows[bench->num_rows++];
    *kept = (struct plot_row){
        .tokens_in = profile->tokens[0],
        .tokens_out = profile->tokens[profile->depth],
        .ms = row->timing.min_ms,
        .stages = {profile->ms_embed, profile->ms_attention, profile->ms_merge, profile->ms_mlp, profile->ms_head},
    };
    snprintf(kept->group, sizeof kept->group, "%s, %s, %s, %s", report_modality(row->info->modality), row->info->name,
             report_precision(row->timing.precision), report_threads(threads, row->threads));
    const int length = snprintf(kept->r, sizeof kept->r, "%s", row->r);
    if (row->timing.batch > 1 && length < (int)sizeof kept->r)
        snprintf(kept->r + length, sizeof kept->r - (size_t)length, ", %d windows", row->timing.batch);
    return true;
}

/** A row. `first` of its modality: the heading stands over it. */
static bool report_row(struct bench *bench, const struct report_bench *row, bool first) {
    const struct options *options = bench->options;
    if (options->plot && !keep_row(bench, row)) return false;
    if (options->format == FORMAT_JSON) return report_json_bench(stdout, row);
    if (first) report_text_bench_heading(stdout, row);
    report_text_bench(stdout, row, options->verbosity > 0);
    return true;
}

/** Rows for each schedule, of which they take turns; NULL among them: the model's own. */
static enum exit_status bench_schedules(struct bench *bench, const ptm_model_info *info, const char *const *schedules,
                                        int count) {
    ptm_error err = {0};
    ptm_bench_options options = bench->options->bench;
    options.schedules = schedules;
    options.num_schedules = count;
    const struct option_numbers *batches = &bench->options->batches;
    const int each = batches->count > 0 ? batches->count : 1, rows = count * each;
    options.batches = batches->count > 0 ? batches->items : NULL;
    options.num_batches = batches->count;
    ptm_bench_report *reports = calloc((size_t)rows, sizeof *reports);
    bool good = reports;
    if (good && ptm_bench(bench->engine.session, info->modality, &options, reports, &err) != PTM_OK) {
        free(reports);
        return engine_complain(&err);
    }
    for (int i = 0; good && i < rows; i++) {
        const char *r = schedules[i / each];
        const struct report_bench row = {.info = info,
                                         .r = r ? r : info->r,
                                         .threads = bench->session.threads,
                                         .timing = reports[i],
                                         .peak_bytes = peak_bytes()};
        good = report_row(bench, &row, i == 0);
    }
    fflush(stdout);
    free(reports);
    if (!good) text_complain("out of memory");
    return good ? STATUS_GOOD : STATUS_ENVIRONMENT;
}

/** Usually without merging, and with the model's own where it has some. */
static enum exit_status bench_modality(struct bench *bench, const ptm_model_info *info) {
    const char *const usual[] = {"off", NULL};
    if (bench->num_schedules > 0) return bench_schedules(bench, info, bench->schedules, bench->num_schedules);
    return bench_schedules(bench, info, usual, strcmp(info->r, "off") == 0 ? 1 : 2);
}

static int name_columns(const struct options *options) {
    int widest = 4;
    for (int i = 0; i < options->num_operands; i++) {
        const int columns = text_columns(options->operands[i]);
        if (columns > widest) widest = columns;
    }
    return widest;
}

/** The first file that has a row has the heading above it. */
static void print_file(struct bench *bench, const char *path, const ptm_result *result) {
    if (bench->width == 0) {
        bench->width = name_columns(bench->options);
        report_text_bench_files(stdout, bench->width);
    }
    report_text_bench_file(stdout, bench->width, path, result);
}

/** Decoding and features need a real file. */
static enum exit_status bench_file(struct bench *bench, const char *path) {
    ptm_error err = {0};
    ptm_result *result = NULL;
    ptm_classify_options classify = bench->options->classify;
    const bool labelled = ptm_classify_file(bench->engine.session, path, &classify, &result, &err) == PTM_OK;
    if (!labelled) text_complain("%s%s", err.message, name_hint(path, err.status));
    bool good = true;
    if (bench->options->format == FORMAT_JSON)
        good = labelled ? report_json_bench_file(stdout, path, result, peak_bytes())
                        : report_json_bench_failure(stdout, path, &err);
    else if (labelled)
        print_file(bench, path, result);
    ptm_result_free(&result);
    if (!good) text_complain("out of memory");
    if (!good) return STATUS_ENVIRONMENT;
    return labelled ? STATUS_GOOD : STATUS_INPUT;
}

/** The files, with the last schedule. */
static enum exit_status bench_files(struct bench *bench) {
    const struct options *options = bench->options;
    ptm_error err = {0};
    if (options->num_operands == 0) return STATUS_GOOD;
    if (bench->num_schedules > 0 &&
        ptm_session_set_merge(bench->engine.session, bench->schedules[bench->num_schedules - 1],
                              bench->session.prop_attn, &err) != PTM_OK)
        return engine_complain(&err);
    bench->width = 0;
    enum exit_status worst = STATUS_GOOD;
    for (int i = 0; i < options->num_operands; i++) {
        const enum exit_status status = bench_file(bench, options->operands[i]);
        if (status > worst) worst = status;
    }
    return worst;
}

/** Every modality asked for, with one number of threads. */
static enum exit_status bench_network(struct bench *bench) {
    const struct options *options = bench->options;
    ptm_model_info infos[MODALITY_COUNT];
    const int count = engine_get_infos(&bench->engine, options_modalities(options), infos);
    if (count == 0) {
        text_complain("the model does not bring that modality");
        return STATUS_USAGE;
    }
    enum exit_status status = STATUS_GOOD;
    for (int i = 0; status == STATUS_GOOD && i < count; i++) {
        status = bench_modality(bench, &infos[i]);
        if (options->format == FORMAT_TEXT && status == STATUS_GOOD) putchar('\n');
    }
    return status;
}

/** All that is measured with one precision and number of threads. */
static enum exit_status bench_session(struct bench *bench, int precision, int threads) {
    bench->session = bench->options->session;
    bench->session.precision = (ptm_precision)precision;
    bench->session.threads = threads;
    const struct option_numbers *batches = &bench->options->batches;
    for (int i = 0; i < batches->count; i++)
        if (batches->items[i] > bench->session.batch) bench->session.batch = batches->items[i];
    enum exit_status status = engine_open_session(&bench->engine, &bench->engine.session, &bench->session);
    if (status == STATUS_GOOD) status = bench_network(bench);
    if (status == STATUS_GOOD) status = bench_files(bench);
    ptm_session_close(&bench->engine.session);
    return status;
}

/** The list, or where it is empty the one value that is used by itself. */
static struct option_numbers numbers_or(const struct option_numbers *numbers, int usual) {
    return numbers->count > 0 ? *numbers : (struct option_numbers){{usual}, 1};
}

/** Everything that is measured; the last word is the exit status. */
static enum exit_status bench_all(struct bench *bench) {
    const struct option_numbers precisions = numbers_or(&bench->options->precisions, PTM_AUTO);
    const struct option_numbers threads = numbers_or(&bench->options->threads, 0);
    enum exit_status status = engine_open_models(&bench->engine, &bench->options->models);
    for (int i = 0; i < precisions.count; i++)
        for (int j = 0; status <= STATUS_INPUT && j < threads.count; j++) {
            const enum exit_status one = bench_session(bench, precisions.items[i], threads.items[j]);
            if (one > status) status = one;
        }
    if (bench->options->format == FORMAT_TEXT && status <= STATUS_INPUT)
        printf("peak memory %.1f MiB\n", peak_bytes() / 1048576);
    engine_close(&bench->engine);
    return status;
}

static bool write_plot(const struct bench *bench, const char *path) {
    struct output plot;
    if (!output_open(&plot, path)) return false;
    plot_write(plot.stream, bench->rows, bench->num_rows);
    return output_commit(&plot);
}

enum exit_status cmd_bench(const struct options *options) {
    struct bench bench = {.options = options};
    enum exit_status status = split_schedules(&bench);
    if (status == STATUS_GOOD && options->plot && !output_try(options->plot)) status = STATUS_ENVIRONMENT;
    if (status == STATUS_GOOD) status = bench_all(&bench);
    if (options->plot && status <= STATUS_INPUT && bench.num_rows > 0 && !write_plot(&bench, options->plot))
        status = STATUS_ENVIRONMENT;
    free(bench.rows);
    free(bench.schedules);
    free(bench.words);
    return status;
}
