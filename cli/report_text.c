/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "text.h"

#include <langinfo.h>
#include <math.h>
#include <string.h>

enum { BAR_COLUMNS = 20, MIN_LABEL_COLUMNS = 14, MAX_LABEL_COLUMNS = 40 };

static void emphasis(FILE *stream, const struct report_style *style, const char *code) {
    if (style->colour) fprintf(stream, "\033[%sm", code);
}

/** A bar of eighths of a column where the terminal speaks UTF-8, else of whole ones. */
static void bar(FILE *stream, const struct report_style *style, double score) {
    const double columns = fmax(0, fmin(score, 1)) * BAR_COLUMNS;
    if (!style->terminal || columns < 0.125) return;
    const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const int eighths = (int)lround(columns * 8);
    fputs("  ", stream);
    emphasis(stream, style, "36");
    for (int i = 0; i < eighths / 8; i++) fputs(utf8 ? "\xE2\x96\x88" : "#", stream);
    if (utf8 && eighths % 8) fprintf(stream, "\xE2\x96%c", 0x90 - eighths % 8);
    emphasis(stream, style, "0");
}

/** Begins a line under the file's name: the first of a section says what it is about. */
static void begin_line(FILE *stream, const char **section) {
    fprintf(stream, "  %-6s  ", *section);
    *section = "";
}

static int label_columns(const ptm_label *labels, int count) {
    int widest = MIN_LABEL_COLUMNS;
    for (int i = 0; i < count; i++) {
        const int columns = text_columns(labels[i].name);
        if (columns > widest) widest = columns;
    }
    return widest < MAX_LABEL_COLUMNS ? widest : MAX_LABEL_COLUMNS;
}

static void print_labels(FILE *stream, const struct report_style *style, const char **section, const ptm_label *labels,
                         int count) {
    const int shown = report_count_labels(style, labels, count);
    const int width = label_columns(labels, shown);
    for (int i = 0; i < shown; i++) {
        begin_line(stream, section);
        if (i == 0) emphasis(stream, style, "1");
        text_print(stream, labels[i].name);
        if (i == 0) emphasis(stream, style, "0");
        const int padding = width - text_columns(labels[i].name);
        fprintf(stream, "%*s  %5.1f %%", padding > 0 ? padding : 0, "", 100 * (double)labels[i].score);
        bar(stream, style, (double)labels[i].score);
        fputc('\n', stream);
    }
    if (shown == 0) {
        begin_line(stream, section);
        fprintf(stream, "no label reaches %.3g %%\n", 100 * style->threshold);
    }
}

/** What of the file was looked at, with all that a reader must know to trust it. */
static void print_coverage(FILE *stream, const ptm_answer *answer, ptm_modality modality) {
    const ptm_coverage *coverage = &answer->coverage;
    char from[32], to[32], padded[32];
    text_seconds(from, sizeof from, coverage->from);
    text_seconds(to, sizeof to, coverage->to);
    const char *unit = modality == PTM_IMAGE ? "picture" : "window";
    if (strcmp(coverage->sampling, "uniform") == 0)
        fputs("looked at one window of frames spread evenly", stream);
    else if (strcmp(coverage->sampling, "first") == 0)
        fprintf(stream, "looked at the first %s only", unit);
    else
        fprintf(stream, "looked at %d %s%s", answer->windows, unit, text_plural(answer->windows));
    if (coverage->to > coverage->from) fprintf(stream, ", %s to %s", from, to);
    if (modality != PTM_AUDIO)
        fprintf(stream, ", %lld of %lld frames", (long long)coverage->frames_used, (long long)coverage->frames_decoded);
    if (coverage->padded > 0) fprintf(stream, ", %s of padding", text_seconds(padded, sizeof padded, coverage->padded));
    if (coverage->rotation) fprintf(stream, ", turned %d degrees", coverage->rotation);
    if (coverage->frame_rate_clock) fputs(", no time stamps", stream);
    if (coverage->decode_errors)
        fprintf(stream, ", %d damaged packet%s passed over", coverage->decode_errors,
                text_plural(coverage->decode_errors));
    fputc('\n', stream);
}

/** The tokens that enter each block, then those that leave the last. */
static void print_trace(FILE *stream, const ptm_answer *answer) {
    fputs("by block", stream);
    for (int i = 0; i <= answer->depth; i++) fprintf(stream, " %d", answer->tokens[i]);
    fputc('\n', stream);
}

static void print_answer(FILE *stream, const struct report_style *style, ptm_modality modality,
                         const ptm_answer *answer) {
    if (!answer) return;
    const char *section = report_modality(modality);
    if (answer->missing) {
        begin_line(stream, &section);
        text_print(stream, answer->missing);
        fputc('\n', stream);
        return;
    }
    print_labels(stream, style, &section, answer->labels, answer->num_labels);
    begin_line(stream, &section);
    emphasis(stream, style, "2");
    print_coverage(stream, answer, modality);
    begin_line(stream, &section);
    fprintf(stream, "tokens %d -> %d, r %s, ", answer->tokens_in, answer->tokens_out, answer->r);
    if (answer->static_share > 0) fprintf(stream, "%.0f %% static, ", 100 * answer->static_share);
    fputs("model ", stream);
    text_print(stream, answer->model);
    fputc('\n', stream);
    if (style->trace) {
        begin_line(stream, &section);
        print_trace(stream, answer);
    }
    emphasis(stream, style, "0");
}

/** To whom the shipped model says "static shot" of a photograph. */
static void print_still_remark(FILE *stream, const struct report_style *style) {
    const char *section = "";
    begin_line(stream, &section);
    emphasis(stream, style, "2");
    fputs("a still picture, taken for a video of one frame; for what is in it bring a model of pictures (-m)", stream);
    emphasis(stream, style, "0");
    fputc('\n', stream);
}

void report_text(FILE *stream, const struct report_style *style, const char *path, const ptm_result *result) {
    char duration[32];
    emphasis(stream, style, "1");
    if (strcmp(path, "-") == 0)
        fputs("standard input", stream);
    else
        text_print(stream, path);
    emphasis(stream, style, "0");
    if (result->duration > 0) fprintf(stream, "  (%s)", text_seconds(duration, sizeof duration, result->duration));
    fputc('\n', stream);
    print_answer(stream, style, PTM_VIDEO, result->video);
    const bool is_still = result->video && !result->video->missing && result->duration == 0;
    if (is_still && !style->image) print_still_remark(stream, style);
    print_answer(stream, style, PTM_AUDIO, result->audio);
    print_answer(stream, style, PTM_IMAGE, result->image);
    if (result->num_fused > 0) {
        const char *section = "fused";
        print_labels(stream, style, &section, result->fused, result->num_fused);
    }
    emphasis(stream, style, "2");
    fprintf(stream, "  time    decode %.1f ms, features %.1f ms, network %.1f ms\n", result->ms.decode,
            result->ms.features, result->ms.network);
    emphasis(stream, style, "0");
    fputc('\n', stream);
}
