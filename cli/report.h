/* SPDX-License-Identifier: MIT */
/* report: results as text for reading, and as JSON lines for programs. */
#ifndef POLYTOME_CLI_REPORT_H
#define POLYTOME_CLI_REPORT_H

#include "comparison.h"
#include "latency.h"

#include <stdio.h>

/** How labels are shown. */
struct report_style {
    int top; /* 0: all */
    double threshold;
    bool logits;   /* JSON: raw logits too */
    bool trace;    /* tokens by block */
    bool image;    /* there is an image model: JSON has the key of its answers, text sends nobody to fetch one */
    bool terminal; /* text: bars */
    bool colour;   /* text: emphasis */
};

/** How many of `labels` are shown: the best `top` of those that reach the threshold. */
int report_count_labels(const struct report_style *style, const ptm_label *labels, int count);

/** The text of one file that was labelled. */
void report_text(FILE *stream, const struct report_style *style, const char *path, const ptm_result *result);

/* Each JSON call writes one line; false where memory ran out. */

/** What a line is about. */
struct report_subject {
    const char *path; /* NULL: what came in memory */
    const char *id;   /* JSON text of what the caller calls it, or NULL */
    long line;        /* of the request, where it has no id; 0: not to be said */
};

/** One file: `result`, or NULL and the error that came instead. */
bool report_json(FILE *stream, const struct report_style *style, const struct report_subject *subject,
                 const ptm_result *result, const ptm_error *err);

/** One window of a timeline or a stream. */
bool report_json_window(FILE *stream, const struct report_style *style, const ptm_window *window);

/** One event, as far as it has come. */
bool report_json_event(FILE *stream, const ptm_event *event);

/** The closing line of a live source: what was answered and what went wrong. `err` NULL: it ended by itself. */
bool report_json_live(FILE *stream, const char *path, const ptm_live_report *report, const struct latency *latency,
                      const ptm_error *err);

/** The closing line of a timeline: what report_json() says of its file. */
bool report_json_timeline(FILE *stream, const struct report_style *style, const char *path, const ptm_result *result,
                          const ptm_error *err);

/** What A and B were asked for. */
struct report_sides {
    const char *r[2];           /* as asked for; "auto": the models' own */
    const char *prop_attn[2];   /* "auto", "off" or "on" */
    const char *precision[2];   /* "auto", "f32", "bf16" or "int8" */
    double static_threshold[2]; /* 0: no patch is left out */
    long files, failed;
};

bool report_json_compare(FILE *stream, const struct report_sides *sides, const struct comparison *comparison);

/** The same as text. */
void report_text_compare(FILE *stream, const struct report_sides *sides, const struct comparison *comparison);

/** One model: what it says about each of `count` modalities. */
bool report_json_info(FILE *stream, const ptm_model_info *infos, int count, bool labels);

/** The same as text. */
void report_text_info(FILE *stream, const ptm_model_info *infos, int count, bool labels);

/** A line of text: what --precision may be on this machine. */
void report_text_precisions(FILE *stream);

/** The answer to a ping. */
bool report_json_pong(FILE *stream, const struct report_subject *subject);

/** What labels each of `count` modalities, with all labels. */
bool report_json_models(FILE *stream, const struct report_subject *subject, const ptm_model_info *infos, int count);

/** One row of a benchmark. */
struct report_bench {
    const ptm_model_info *info;
    const char *r;
    int threads; /* as asked for; 0: one for each processor */
    ptm_bench_report timing;
    double peak_bytes;
};

bool report_json_bench(FILE *stream, const struct report_bench *bench);

/** The same as text; `blocks`: with the tokens that enter each. */
void report_text_bench(FILE *stream, const struct report_bench *bench, bool blocks);

/** What stands above the rows of a modality, which the first of them tells. */
void report_text_bench_heading(FILE *stream, const struct report_bench *bench);

/** A file of a benchmark: where its time went. */
bool report_json_bench_file(FILE *stream, const char *path, const ptm_result *result, double peak_bytes);

/** The same as text; `width`: columns of the longest path. */
void report_text_bench_file(FILE *stream, int width, const char *path, const ptm_result *result);

/** What stands above those. */
void report_text_bench_files(FILE *stream, int width);

/** One that could not be labelled. */
bool report_json_bench_failure(FILE *stream, const char *path, const ptm_error *err);

/** "video", "audio" or "image". */
const char *report_modality(ptm_modality modality);

/** "f32", "bf16", "int8", "fp16", "int16" or "auto". */
const char *report_precision(ptm_precision precision);

enum { REPORT_THREADS_BYTES = 32 };

/** "one thread a processor", "1 thread", "2 threads"; into `buffer`, which it returns. */
const char *report_threads(char buffer[static REPORT_THREADS_BYTES], int threads);

/** The name of a status as it stands in polytome.h, without the prefix: "EFORMAT". */
const char *report_status_code(ptm_status status);

#endif
