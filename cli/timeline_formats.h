/* SPDX-License-Identifier: MIT */
/*
 * timeline_formats: the one table of what a timeline is written as. Some formats take windows and events as they come;
 * those that want events in the order of their starts get all of them at the end.
 */
#ifndef POLYTOME_CLI_TIMELINE_FORMATS_H
#define POLYTOME_CLI_TIMELINE_FORMATS_H

#include "event_list.h"
#include "latency.h"
#include "report.h"

/** What every writer of a run may look at. */
struct timeline_sheet {
    struct report_style style;
    const char *path;     /* of the file that was labelled */
    double top_frequency; /* Hz: half the sample rate that the sound model listens at */
};

/** How a run ended. */
struct timeline_end {
    const ptm_result *result;    /* NULL where there is none */
    const ptm_error *err;        /* then: why */
    const ptm_live_report *live; /* of a live source, with its latencies; else NULL */
    const struct latency *latency;
};

/* The functions of a format may be NULL. A failed write is for the owner of the stream to find; false: out of memory.
 */
struct timeline_format {
    const char *name;    /* as --format has it */
    const char *endings; /* of the names of its files, "|" between them */
    bool windows;        /* writes windows too where it is not told otherwise */
    bool numbered;       /* its rows bear their numbers */
    void (*begin)(FILE *stream);
    bool (*window)(FILE *stream, const struct timeline_sheet *sheet, const ptm_window *window);
    /** `number` counts the rows of the stream from 1. */
    bool (*event)(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number);
    /** A window's label as a row of its own, for formats that have no windows: `event` is one window long. */
    bool (*label)(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number);
    /** All events, in the order of their starts. */
    bool (*list)(FILE *stream, const struct event_list *events);
    bool (*end)(FILE *stream, const struct timeline_sheet *sheet, const struct timeline_end *end);
};

/** In the order of the choices of --format; text is the first. The last has no name. */
extern const struct timeline_format timeline_formats[];

/** The format that a file name's end stands for, the longest end that fits, its length in *ending; NULL for none. */
const struct timeline_format *timeline_format_of_file(const char *path, size_t *ending);

/** Writes `text` with each character for which `escape` answers something replaced by that, and U+FFFD for bytes that
 * are no UTF-8. */
void timeline_put_text(FILE *stream, const char *text, const char *(*escape)(const char *at));

/* Writers, a file for each kind. */
bool timeline_text_window(FILE *stream, const struct timeline_sheet *sheet, const ptm_window *window);
bool timeline_text_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number);
bool timeline_text_end(FILE *stream, const struct timeline_sheet *sheet, const struct timeline_end *end);
void timeline_csv_begin(FILE *stream);
bool timeline_csv_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number);
bool timeline_csv_label(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number);
bool timeline_audacity_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number);
void timeline_raven_begin(FILE *stream);
bool timeline_raven_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number);
bool timeline_srt_list(FILE *stream, const struct event_list *events);
bool timeline_vtt_list(FILE *stream, const struct event_list *events);
bool timeline_chapters_list(FILE *stream, const struct event_list *events);

#endif
