/* SPDX-License-Identifier: MIT */
/* One row for each event: text for reading, CSV (RFC 4180), labels of Audacity, selection tables of Raven. */
#include "text.h"
#include "timeline_formats.h"

#include <stdlib.h>
#include <string.h>

enum { TIME_COLUMNS = 11, LABEL_COLUMNS = 16 };

/* ---------------------------------------------------------------- text */

static void text_times(FILE *stream, double from, double to, ptm_modality modality) {
    char start[32], end[32];
    text_seconds(start, sizeof start, from);
    text_seconds(end, sizeof end, to);
    fprintf(stream, "%*s  %*s  %-5s  ", TIME_COLUMNS, start, TIME_COLUMNS, end, report_modality(modality));
}

bool timeline_text_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number) {
    (void)sheet;
    (void)number;
    text_times(stream, event->start, event->end, event->modality);
    text_print(stream, event->label);
    const int padding = LABEL_COLUMNS - text_columns(event->label);
    fprintf(stream, "%*s  %5.1f %%", padding > 0 ? padding : 0, "", 100 * (double)event->mean);
    if (event->windows > 1) fprintf(stream, ", at most %.1f %%, %d windows", 100 * (double)event->peak, event->windows);
    fputc('\n', stream);
    return true;
}

bool timeline_text_window(FILE *stream, const struct timeline_sheet *sheet, const ptm_window *window) {
    text_times(stream, window->from, window->to, window->modality);
    const int shown = report_count_labels(&sheet->style, window->labels, window->num_labels);
    for (int i = 0; i < shown; i++) {
        if (i > 0) fputs(", ", stream);
        text_print(stream, window->labels[i].name);
        fprintf(stream, " %.1f %%", 100 * (double)window->labels[i].score);
    }
    if (shown == 0) fputc('-', stream);
    fputc('\n', stream);
    return true;
}

bool timeline_text_end(FILE *stream, const struct timeline_sheet *sheet, const struct timeline_end *end) {
    if (!end->result) return true; /* the sentence is on standard error */
    fputc('\n', stream);
    report_text(stream, &sheet->style, sheet->path, end->result);
    return true;
}

/* ---------------------------------------------------------------- CSV */

static const char *csv_escape(const char *at) {
    return *at == '"' ? "\"\"" : NULL;
}

/** A field, in quotes where it needs them. */
static void csv_text(FILE *stream, const char *text) {
    const size_t length = strlen(text);
    const bool quoted = strpbrk(text, ",\"\r\n") || (length > 0 && (text[0] == ' ' || text[length - 1] == ' '));
    if (quoted) fputc('"', stream);
    timeline_put_text(stream, text, csv_escape);
    if (quoted) fputc('"', stream);
}

static bool csv_row(FILE *stream, const char *kind, const ptm_event *event) {
    fprintf(stream, "%s,%s,%.6f,%.6f,", kind, report_modality(event->modality), event->start, event->end);
    csv_text(stream, event->label);
    fprintf(stream, ",%d,%.6f,%.6f,%d\r\n", event->index, (double)event->mean, (double)event->peak, event->windows);
    return true;
}

void timeline_csv_begin(FILE *stream) {
    fputs("kind,modality,start,end,label,index,mean,peak,windows\r\n", stream);
}

bool timeline_csv_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number) {
    (void)sheet;
    (void)number;
    return csv_row(stream, "event", event);
}

bool timeline_csv_label(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number) {
    (void)sheet;
    (void)number;
    return csv_row(stream, "window", event);
}

/* ---------------------------------------------------------------- fields between tabs */

/** These formats have no escapes: what would end a field or a line is a space. */
static const char *blank_control(const char *at) {
    return text_is_control(at) ? " " : NULL;
}

bool timeline_audacity_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number) {
    (void)sheet;
    (void)number;
    fprintf(stream, "%.6f\t%.6f\t", event->start, event->end);
    timeline_put_text(stream, event->label, blank_control);
    fputc('\n', stream);
    return true;
}

void timeline_raven_begin(FILE *stream) {
    fputs("Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tLabel\tScore\t"
          "Modality\n",
          stream);
}

bool timeline_raven_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number) {
    fprintf(stream, "%ld\tSpectrogram 1\t1\t%.6f\t%.6f\t0\t%.0f\t", number, event->start, event->end,
            sheet->top_frequency);
    timeline_put_text(stream, event->label, blank_control);
    fprintf(stream, "\t%.4f\t%s\n", (double)event->mean, report_modality(event->modality));
    return true;
}
