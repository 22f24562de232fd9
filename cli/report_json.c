/* SPDX-License-Identifier: MIT */
/* JSON lines, "schema" 1: of files, requests, windows, events and live sources. */
#include "report_json.h"

#include "json_path.h"

#include <math.h>
#include <time.h>

static json_t *label_array(const struct report_style *style, const ptm_label *labels, int count) {
    json_t *array = json_array();
    const int shown = report_count_labels(style, labels, count);
    for (int i = 0; i < shown; i++) {
        struct object label = object_begin();
        object_put(&label, "label", json_words(labels[i].name));
        object_put(&label, "index", json_integer(labels[i].index));
        object_put(&label, "score", json_decimal((double)labels[i].score));
        if (style->logits) object_put(&label, "logit", json_decimal((double)labels[i].logit));
        array_append(&array, object_end(&label));
    }
    return array;
}

static json_t *coverage_object(const ptm_coverage *coverage, bool picture) {
    struct object object = object_begin();
    object_put(&object, "sampling", json_words(coverage->sampling));
    object_put(&object, "from", json_decimal(coverage->from));
    object_put(&object, "to", json_decimal(coverage->to));
    object_put(&object, "padded", json_decimal(coverage->padded));
    if (picture) {
        object_put(&object, "frames_decoded", json_integer(coverage->frames_decoded));
        object_put(&object, "frames_used", json_integer(coverage->frames_used));
        object_put(&object, "rotation", json_integer(coverage->rotation));
        object_put(&object, "clock", json_string(coverage->frame_rate_clock ? "frame_rate" : "time_stamps"));
    } else {
        object_put(&object, "samples_used", json_integer(coverage->samples_used));
    }
    object_put(&object, "decode_errors", json_integer(coverage->decode_errors));
    return object_end(&object);
}

static json_t *answer_object(const struct report_style *style, const ptm_answer *answer, bool picture) {
    if (!answer) return json_null();
    struct object object = object_begin();
    if (answer->missing) {
        object_put(&object, "missing", json_words(answer->missing));
        return object_end(&object);
    }
    object_put(&object, "model", json_words(answer->model));
    object_put(&object, "labels", label_array(style, answer->labels, answer->num_labels));
    object_put(&object, "windows", json_integer(answer->windows));
    object_put(&object, "coverage", coverage_object(&answer->coverage, picture));
    struct object tokens = object_begin();
    object_put(&tokens, "in", json_integer(answer->tokens_in));
    object_put(&tokens, "out", json_integer(answer->tokens_out));
    object_put(&tokens, "r", json_words(answer->r));
    if (answer->static_share > 0) object_put(&tokens, "static", json_decimal(answer->static_share));
    if (style->trace) object_put(&tokens, "trace", json_integers(answer->tokens, answer->depth + 1));
    object_put(&object, "tokens", object_end(&tokens));
    return object_end(&object);
}

static json_t *fused_object(const struct report_style *style, const ptm_result *result) {
    if (result->num_fused == 0) return json_null();
    struct report_style plain = *style;
    plain.logits = false; /* those of the video model stand there already */
    struct object object = object_begin();
    object_put(&object, "labels", label_array(&plain, result->fused, result->num_fused));
    return object_end(&object);
}

json_t *report_json_times(const ptm_result *result) {
    struct object object = object_begin();
    object_put(&object, "decode", json_milliseconds(result->ms.decode));
    object_put(&object, "features", json_milliseconds(result->ms.features));
    object_put(&object, "network", json_milliseconds(result->ms.network));
    return object_end(&object);
}

json_t *report_json_error(const ptm_error *err) {
    struct object object = object_begin();
    object_put(&object, "code", json_string(report_status_code(err->status)));
    object_put(&object, "message", json_words(err->message));
    return object_end(&object);
}

struct object report_json_begin(const struct report_subject *subject, const char *kind) {
    struct object object = object_begin();
    if (subject->line > 0) object_put(&object, "line", json_integer(subject->line));
    object_put(&object, "schema", json_integer(1));
    if (kind) object_put(&object, "kind", json_string(kind));
    return object;
}

static bool write_file(FILE *stream, const struct report_style *style, const char *kind,
                       const struct report_subject *subject, const ptm_result *result, const ptm_error *err) {
    struct object object = report_json_begin(subject, kind);
    if (subject->path)
        object_put_path(&object, subject->path);
    else
        object_put(&object, "path", json_null());
    object_put(&object, "status", json_string(result ? "ok" : "error"));
    object_put(&object, "duration", result ? json_decimal(result->duration) : json_null());
    object_put(&object, "video", result ? answer_object(style, result->video, true) : json_null());
    object_put(&object, "audio", result ? answer_object(style, result->audio, false) : json_null());
    if (style->image) object_put(&object, "image", result ? answer_object(style, result->image, true) : json_null());
    object_put(&object, "fused", result ? fused_object(style, result) : json_null());
    object_put(&object, "ms", result ? report_json_times(result) : json_null());
    object_put(&object, "error", result ? json_null() : report_json_error(err));
    return json_line_write(stream, subject->id, object_end(&object));
}

bool report_json(FILE *stream, const struct report_style *style, const struct report_subject *subject,
                 const ptm_result *result, const ptm_error *err) {
    return write_file(stream, style, NULL, subject, result, err);
}

bool report_json_pong(FILE *stream, const struct report_subject *subject) {
    struct object object = report_json_begin(subject, NULL);
    object_put(&object, "op", json_string("ping"));
    object_put(&object, "status", json_string("ok"));
    return json_line_write(stream, subject->id, object_end(&object));
}

/* ---------------------------------------------------------------- timelines */

bool report_json_timeline(FILE *stream, const struct report_style *style, const char *path, const ptm_result *result,
                          const ptm_error *err) {
    return write_file(stream, style, "file", &(struct report_subject){.path = path}, result, err);
}

static json_t *window_tokens(const ptm_window *window) {
    struct object object = object_begin();
    object_put(&object, "in", json_integer(window->tokens_in));
    object_put(&object, "out", json_integer(window->tokens_out));
    object_put(&object, "r", json_words(window->r));
    if (window->static_share > 0) object_put(&object, "static", json_decimal(window->static_share));
    return object_end(&object);
}

/** Microseconds are what time stamps of files are good for: sums of them have fewer digits so. */
static json_t *json_time(double seconds) {
    return isfinite(seconds) ? json_real(round(seconds * 1e6) / 1e6) : json_null();
}

/** UNIX time as ISO 8601 says it, to the millisecond. */
static json_t *json_moment(double unix_seconds) {
    const time_t seconds = (time_t)unix_seconds;
    char day[32], text[48];
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts) == 0) return json_null();
    snprintf(text, sizeof text, "%s.%03dZ", day, (int)((unix_seconds - floor(unix_seconds)) * 1000));
    return json_string(text);
}

bool report_json_window(FILE *stream, const struct report_style *style, const ptm_window *window) {
    struct object object = object_begin();
    object_put(&object, "schema", json_integer(1));
    object_put(&object, "kind", json_string("window"));
    object_put(&object, "modality", json_string(report_modality(window->modality)));
    object_put(&object, "model", json_words(window->model));
    object_put(&object, "window", json_integer(window->index));
    object_put(&object, "start", json_time(window->start));
    object_put(&object, "end", json_time(window->end));
    object_put(&object, "from", json_time(window->from));
    object_put(&object, "to", json_time(window->to));
    object_put(&object, "padded", json_time(window->padded));
    object_put(&object, "labels", label_array(style, window->labels, window->num_labels));
    object_put(&object, "tokens", window_tokens(window));
    struct object times = object_begin();
    object_put(&times, "network", json_milliseconds(window->network_ms));
    if (window->arrived > 0) object_put(&times, "latency", json_milliseconds(window->latency_ms));
    object_put(&object, "ms", object_end(&times));
    if (window->arrived > 0) {
        object_put(&object, "arrived", json_moment(window->arrived));
        object_put(&object, "dropped", json_integer(window->dropped));
    }
    return json_line_write(stream, NULL, object_end(&object));
}

static json_t *latency_object(const struct latency *latency) {
    struct object object = object_begin();
    object_put(&object, "p50", json_milliseconds(latency_quantile(latency, 0.5)));
    object_put(&object, "p99", json_milliseconds(latency_quantile(latency, 0.99)));
    object_put(&object, "max", json_milliseconds(latency->most));
    return object_end(&object);
}

bool report_json_live(FILE *stream, const char *path, const ptm_live_report *report, const struct latency *latency,
                      const ptm_error *err) {
    struct object object = object_begin();
    object_put(&object, "schema", json_integer(1));
    object_put(&object, "kind", json_string("source"));
    object_put_path(&object, path);
    object_put(&object, "status", json_string(err ? "error" : "ok"));
    object_put(&object, "duration", json_time(report->seconds));
    object_put(&object, "windows", json_integer(report->windows));
    object_put(&object, "dropped", json_integer(report->dropped));
    object_put(&object, "raised", json_integer(report->raised));
    object_put(&object, "lowered", json_integer(report->lowered));
    object_put(&object, "frames_decoded", json_integer(report->frames_decoded));
    object_put(&object, "samples_decoded", json_integer(report->samples_decoded));
    object_put(&object, "bytes", json_integer(report->bytes));
    object_put(&object, "losses", json_integer(report->losses));
    object_put(&object, "reconnects", json_integer(report->reconnects));
    object_put(&object, "last_loss", report->last_loss[0] ? json_words(report->last_loss) : json_null());
    object_put(&object, "time_jumps", json_integer(report->time_jumps));
    object_put(&object, "time_repeats", json_integer(report->time_repeats));
    object_put(&object, "decode_errors", json_integer(report->decode_errors));
    object_put(&object, "decoders_opened", json_integer(report->decoders_opened));
    object_put(&object, "latency_ms", latency->total > 0 ? latency_object(latency) : json_null());
    object_put(&object, "error", err ? report_json_error(err) : json_null());
    return json_line_write(stream, NULL, object_end(&object));
}

bool report_json_event(FILE *stream, const ptm_event *event) {
    struct object object = object_begin();
    object_put(&object, "schema", json_integer(1));
    object_put(&object, "kind", json_string("event"));
    object_put(&object, "modality", json_string(report_modality(event->modality)));
    object_put(&object, "start", json_time(event->start));
    object_put(&object, "end", json_time(event->end));
    object_put(&object, "label", json_words(event->label));
    object_put(&object, "index", json_integer(event->index));
    object_put(&object, "mean", json_decimal((double)event->mean));
    object_put(&object, "peak", json_decimal((double)event->peak));
    object_put(&object, "windows", json_integer(event->windows));
    return json_line_write(stream, NULL, object_end(&object));
}
