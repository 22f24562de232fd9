/* SPDX-License-Identifier: MIT */
/* JSON lines, "schema" 1. */
#include "report.h"

#include "json_path.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

/* Each constructor below answers NULL where memory ran out; json_object_set_new() refuses a NULL value, and so the
 * failure travels up to `put`, which notes it. */
struct object {
    json_t *json;
    bool failed;
};

static void put(struct object *object, const char *key, json_t *value) {
    if (json_object_set_new(object->json, key, value) != 0) object->failed = true;
}

static struct object object_begin(void) {
    json_t *json = json_object();
    return (struct object){json, json == NULL};
}

/** The finished object, or NULL where anything failed on the way. */
static json_t *object_end(struct object *object) {
    if (!object->failed) return object->json;
    json_decref(object->json);
    return NULL;
}

/** The array becomes NULL, and stays so, where memory ran out. */
static void append(json_t **array, json_t *value) {
    if (json_array_append_new(*array, value) == 0) return;
    json_decref(*array);
    *array = NULL;
}

/** JSON has no NaN or infinity: they are null. Nine digits, which give a float back exactly. */
static json_t *json_number(double value) {
    char text[32];
    if (!isfinite(value)) return json_null();
    snprintf(text, sizeof text, "%.9g", value);
    return json_real(strtod(text, NULL));
}

static json_t *json_milliseconds(double value) {
    return json_number(round(value * 1000) / 1000);
}

/** `id`: JSON text of what the caller calls it, which comes first; or NULL. */
static bool write_line(FILE *stream, const char *id, json_t *json) {
    if (json && id)
        fprintf(stream, "{\"id\":%s,", id);
    else if (json)
        fputc('{', stream);
    /* What was rounded to so many decimal digits comes out with these. */
    const bool good = json && json_dumpf(json, stream, JSON_COMPACT | JSON_EMBED | JSON_REAL_PRECISION(DBL_DIG)) == 0;
    json_decref(json);
    if (good) fputs("}\n", stream);
    /* A failed write is for the owner of the stream to find. */
    return good || ferror(stream);
}

static json_t *label_array(const struct report_style *style, const ptm_label *labels, int count) {
    json_t *array = json_array();
    const int shown = report_count_labels(style, labels, count);
    for (int i = 0; i < shown; i++) {
        struct object label = object_begin();
        put(&label, "label", json_words(labels[i].name));
        put(&label, "index", json_integer(labels[i].index));
        put(&label, "score", json_number((double)labels[i].score));
        if (style->logits) put(&label, "logit", json_number((double)labels[i].logit));
        append(&array, object_end(&label));
    }
    return array;
}

static json_t *integer_array(const int *values, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++) append(&array, json_integer(values[i]));
    return array;
}

static json_t *coverage_object(const ptm_coverage *coverage, bool picture) {
    struct object object = object_begin();
    put(&object, "sampling", json_words(coverage->sampling));
    put(&object, "from", json_number(coverage->from));
    put(&object, "to", json_number(coverage->to));
    put(&object, "padded", json_number(coverage->padded));
    if (picture) {
        put(&object, "frames_decoded", json_integer(coverage->frames_decoded));
        put(&object, "frames_used", json_integer(coverage->frames_used));
        put(&object, "rotation", json_integer(coverage->rotation));
        put(&object, "clock", json_string(coverage->frame_rate_clock ? "frame_rate" : "time_stamps"));
    } else {
        put(&object, "samples_used", json_integer(coverage->samples_used));
    }
    put(&object, "decode_errors", json_integer(coverage->decode_errors));
    return object_end(&object);
}

static json_t *answer_object(const struct report_style *style, const ptm_answer *answer, bool picture) {
    if (!answer) return json_null();
    struct object object = object_begin();
    if (answer->missing) {
        put(&object, "missing", json_words(answer->missing));
        return object_end(&object);
    }
    put(&object, "model", json_words(answer->model));
    put(&object, "labels", label_array(style, answer->labels, answer->num_labels));
    put(&object, "windows", json_integer(answer->windows));
    put(&object, "coverage", coverage_object(&answer->coverage, picture));
    struct object tokens = object_begin();
    put(&tokens, "in", json_integer(answer->tokens_in));
    put(&tokens, "out", json_integer(answer->tokens_out));
    put(&tokens, "r", json_words(answer->r));
    if (answer->static_share > 0) put(&tokens, "static", json_number(answer->static_share));
    if (style->trace) put(&tokens, "trace", integer_array(answer->tokens, answer->depth + 1));
    put(&object, "tokens", object_end(&tokens));
    return object_end(&object);
}

static json_t *fused_object(const struct report_style *style, const ptm_result *result) {
    if (result->num_fused == 0) return json_null();
    struct report_style plain = *style;
    plain.logits = false; /* those of the video model stand there already */
    struct object object = object_begin();
    put(&object, "labels", label_array(&plain, result->fused, result->num_fused));
    return object_end(&object);
}

static json_t *times_object(const ptm_result *result) {
    struct object object = object_begin();
    put(&object, "decode", json_milliseconds(result->ms.decode));
    put(&object, "features", json_milliseconds(result->ms.features));
    put(&object, "network", json_milliseconds(result->ms.network));
    return object_end(&object);
}

static json_t *error_object(const ptm_error *err) {
    struct object object = object_begin();
    put(&object, "code", json_string(report_status_code(err->status)));
    put(&object, "message", json_words(err->message));
    return object_end(&object);
}

static void put_path(struct object *object, const char *path) {
    if (!json_put_path(object->json, path)) object->failed = true;
}

/** The begin of what is said about a file or a request. `kind` NULL: it stands among others of its kind only. */
static struct object subject_begin(const struct report_subject *subject, const char *kind) {
    struct object object = object_begin();
    if (subject->line > 0) put(&object, "line", json_integer(subject->line));
    put(&object, "schema", json_integer(1));
    if (kind) put(&object, "kind", json_string(kind));
    return object;
}

static bool write_file(FILE *stream, const struct report_style *style, const char *kind,
                       const struct report_subject *subject, const ptm_result *result, const ptm_error *err) {
    struct object object = subject_begin(subject, kind);
    if (subject->path)
        put_path(&object, subject->path);
    else
        put(&object, "path", json_null());
    put(&object, "status", json_string(result ? "ok" : "error"));
    put(&object, "duration", result ? json_number(result->duration) : json_null());
    put(&object, "video", result ? answer_object(style, result->video, true) : json_null());
    put(&object, "audio", result ? answer_object(style, result->audio, false) : json_null());
    if (style->image) put(&object, "image", result ? answer_object(style, result->image, true) : json_null());
    put(&object, "fused", result ? fused_object(style, result) : json_null());
    put(&object, "ms", result ? times_object(result) : json_null());
    put(&object, "error", result ? json_null() : error_object(err));
    return write_line(stream, subject->id, object_end(&object));
}

bool report_json(FILE *stream, const struct report_style *style, const struct report_subject *subject,
                 const ptm_result *result, const ptm_error *err) {
    return write_file(stream, style, NULL, subject, result, err);
}

/* ---------------------------------------------------------------- timelines */

bool report_json_timeline(FILE *stream, const struct report_style *style, const char *path, const ptm_result *result,
                          const ptm_error *err) {
    return write_file(stream, style, "file", &(struct report_subject){.path = path}, result, err);
}

static json_t *window_tokens(const ptm_window *window) {
    struct object object = object_begin();
    put(&object, "in", json_integer(window->tokens_in));
    put(&object, "out", json_integer(window->tokens_out));
    put(&object, "r", json_words(window->r));
    if (window->static_share > 0) put(&object, "static", json_number(window->static_share));
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
    put(&object, "schema", json_integer(1));
    put(&object, "kind", json_string("window"));
    put(&object, "modality", json_string(report_modality(window->modality)));
    put(&object, "model", json_words(window->model));
    put(&object, "window", json_integer(window->index));
    put(&object, "start", json_time(window->start));
    put(&object, "end", json_time(window->end));
    put(&object, "from", json_time(window->from));
    put(&object, "to", json_time(window->to));
    put(&object, "padded", json_time(window->padded));
    put(&object, "labels", label_array(style, window->labels, window->num_labels));
    put(&object, "tokens", window_tokens(window));
    struct object times = object_begin();
    put(&times, "network", json_milliseconds(window->network_ms));
    if (window->arrived > 0) put(&times, "latency", json_milliseconds(window->latency_ms));
    put(&object, "ms", object_end(&times));
    if (window->arrived > 0) {
        put(&object, "arrived", json_moment(window->arrived));
        put(&object, "dropped", json_integer(window->dropped));
    }
    return write_line(stream, NULL, object_end(&object));
}

static json_t *latency_object(const struct latency *latency) {
    struct object object = object_begin();
    put(&object, "p50", json_milliseconds(latency_quantile(latency, 0.5)));
    put(&object, "p99", json_milliseconds(latency_quantile(latency, 0.99)));
    put(&object, "max", json_milliseconds(latency->most));
    return object_end(&object);
}

bool report_json_live(FILE *stream, const char *path, const ptm_live_report *report, const struct latency *latency,
                      const ptm_error *err) {
    struct object object = object_begin();
    put(&object, "schema", json_integer(1));
    put(&object, "kind", json_string("source"));
    put_path(&object, path);
    put(&object, "status", json_string(err ? "error" : "ok"));
    put(&object, "duration", json_time(report->seconds));
    put(&object, "windows", json_integer(report->windows));
    put(&object, "dropped", json_integer(report->dropped));
    put(&object, "raised", json_integer(report->raised));
    put(&object, "lowered", json_integer(report->lowered));
    put(&object, "frames_decoded", json_integer(report->frames_decoded));
    put(&object, "samples_decoded", json_integer(report->samples_decoded));
    put(&object, "bytes", json_integer(report->bytes));
    put(&object, "losses", json_integer(report->losses));
    put(&object, "reconnects", json_integer(report->reconnects));
    put(&object, "last_loss", report->last_loss[0] ? json_words(report->last_loss) : json_null());
    put(&object, "time_jumps", json_integer(report->time_jumps));
    put(&object, "time_repeats", json_integer(report->time_repeats));
    put(&object, "decode_errors", json_integer(report->decode_errors));
    put(&object, "decoders_opened", json_integer(report->decoders_opened));
    put(&object, "latency_ms", latency->total > 0 ? latency_object(latency) : json_null());
    put(&object, "error", err ? error_object(err) : json_null());
    return write_line(stream, NULL, object_end(&object));
}

bool report_json_event(FILE *stream, const ptm_event *event) {
    struct object object = object_begin();
    put(&object, "schema", json_integer(1));
    put(&object, "kind", json_string("event"));
    put(&object, "modality", json_string(report_modality(event->modality)));
    put(&object, "start", json_time(event->start));
    put(&object, "end", json_time(event->end));
    put(&object, "label", json_words(event->label));
    put(&object, "index", json_integer(event->index));
    put(&object, "mean", json_number((double)event->mean));
    put(&object, "peak", json_number((double)event->peak));
    put(&object, "windows", json_integer(event->windows));
    return write_line(stream, NULL, object_end(&object));
}

/* ---------------------------------------------------------------- comparisons */

static json_t *side_object(const struct report_sides *sides, int side) {
    struct object object = object_begin();
    put(&object, "r", json_words(sides->r[side]));
    put(&object, "prop_attn", json_words(sides->prop_attn[side]));
    put(&object, "precision", json_words(sides->precision[side]));
    put(&object, "static", json_number(sides->static_threshold[side]));
    return object_end(&object);
}

static json_t *side_tokens(const struct comparison_part *part, int side) {
    struct object object = object_begin();
    put(&object, "in", json_integer(part->tokens[side][0]));
    put(&object, "out", json_integer(part->tokens[side][1]));
    put(&object, "r", json_words(part->r[side]));
    return object_end(&object);
}

static json_t *scored_label(const struct flip *flip, int side) {
    struct object object = object_begin();
    put(&object, "label", json_words(flip->labels[side]));
    put(&object, "score", json_number((double)flip->scores[side]));
    return object_end(&object);
}

static json_t *flip_object(const struct flip *flip) {
    struct object object = object_begin();
    put_path(&object, flip->path);
    put(&object, "a", scored_label(flip, 0));
    put(&object, "b", scored_label(flip, 1));
    return object_end(&object);
}

static json_t *flip_array(const struct comparison_part *part) {
    json_t *array = json_array();
    for (long i = 0; i < part->num_flips; i++) append(&array, flip_object(&part->flips[i]));
    return array;
}

static json_t *part_object(const struct comparison_part *part) {
    if (part->files == 0) return json_null();
    struct object object = object_begin();
    put(&object, "model", json_words(part->model));
    put(&object, "files", json_integer(part->files));
    put(&object, "agreement", json_number((double)(part->files - part->num_flips) / (double)part->files));
    struct object logits = object_begin();
    put(&logits, "mean", json_number(part->logit_sum / (double)part->values));
    put(&logits, "max", json_number(part->logit_max));
    put(&object, "logit_difference", object_end(&logits));
    put(&object, "score_difference", json_number(part->score_sum / (double)part->files));
    struct object tokens = object_begin();
    put(&tokens, "a", side_tokens(part, 0));
    put(&tokens, "b", side_tokens(part, 1));
    put(&object, "tokens", object_end(&tokens));
    put(&object, "flips", flip_array(part));
    return object_end(&object);
}

bool report_json_compare(FILE *stream, const struct report_sides *sides, const struct comparison *comparison) {
    const double *ms = comparison->network_ms;
    struct object object = object_begin();
    put(&object, "schema", json_integer(1));
    put(&object, "a", side_object(sides, 0));
    put(&object, "b", side_object(sides, 1));
    put(&object, "files", json_integer(sides->files));
    put(&object, "failed", json_integer(sides->failed));
    put(&object, "video", part_object(&comparison->video));
    put(&object, "audio", part_object(&comparison->audio));
    put(&object, "image", part_object(&comparison->image));
    struct object times = object_begin();
    put(&times, "a", json_milliseconds(ms[0]));
    put(&times, "b", json_milliseconds(ms[1]));
    put(&times, "ratio", ms[1] > 0 ? json_number(ms[0] / ms[1]) : json_null());
    put(&object, "ms", object_end(&times));
    return write_line(stream, NULL, object_end(&object));
}

static json_t *text_array(const char *const *texts, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++) append(&array, json_words(texts[i]));
    return array;
}

static json_t *modality_object(const ptm_model_info *info, bool labels) {
    struct object object = object_begin();
    put(&object, "parameters", json_integer(info->parameters));
    put(&object, "precision", json_string(report_precision(info->precision)));
    put(&object, "input_shape", integer_array(info->input_shape, info->input_rank));
    put(&object, "tokens", json_integer(info->tokens));
    put(&object, "protected_tokens", json_integer(info->protected_tokens));
    put(&object, "window_seconds", json_number(info->window_seconds));
    if (info->modality == PTM_AUDIO) {
        put(&object, "sample_rate", json_integer(info->sample_rate));
        put(&object, "num_mel_bins", json_integer(info->num_mel_bins));
        put(&object, "target_length", json_integer(info->target_length));
    } else {
        if (info->modality == PTM_VIDEO) put(&object, "num_frames", json_integer(info->num_frames));
        put(&object, "image_size", json_integer(info->image_size));
        if (info->modality == PTM_VIDEO) put(&object, "frame_rate", json_number(info->frame_rate));
    }
    put(&object, "activation", json_words(info->activation));
    put(&object, "r", json_words(info->r));
    put(&object, "prop_attn", json_boolean(info->prop_attn));
    put(&object, "gflop", json_number(info->gflop));
    put(&object, "num_labels", json_integer(info->num_labels));
    if (labels) put(&object, "labels", text_array(info->labels, info->num_labels));
    return object_end(&object);
}

bool report_json_info(FILE *stream, const ptm_model_info *infos, int count, bool labels) {
    struct object object = object_begin();
    put(&object, "schema", json_integer(1));
    put(&object, "name", json_words(infos->name));
    put(&object, "family", json_words(infos->family));
    put(&object, "licence", json_words(infos->licence));
    put(&object, "source", json_words(infos->source));
    struct object backbone = object_begin();
    put(&backbone, "embed_dim", json_integer(infos->embed_dim));
    put(&backbone, "depth", json_integer(infos->depth));
    put(&backbone, "num_heads", json_integer(infos->num_heads));
    put(&backbone, "mlp_dim", json_integer(infos->mlp_dim));
    put(&object, "backbone", object_end(&backbone));
    for (int i = 0; i < count; i++)
        put(&object, report_modality(infos[i].modality), modality_object(&infos[i], labels));
    return write_line(stream, NULL, object_end(&object));
}

bool report_json_pong(FILE *stream, const struct report_subject *subject) {
    struct object object = subject_begin(subject, NULL);
    put(&object, "op", json_string("ping"));
    put(&object, "status", json_string("ok"));
    return write_line(stream, subject->id, object_end(&object));
}

bool report_json_models(FILE *stream, const struct report_subject *subject, const ptm_model_info *infos, int count) {
    struct object object = subject_begin(subject, NULL);
    put(&object, "op", json_string("info"));
    put(&object, "status", json_string("ok"));
    put(&object, "version", json_string(ptm_version()));
    for (int i = 0; i < count; i++) {
        json_t *model = modality_object(&infos[i], true);
        struct object named = {model, !model};
        put(&named, "model", json_words(infos[i].name));
        put(&object, report_modality(infos[i].modality), object_end(&named));
    }
    return write_line(stream, subject->id, object_end(&object));
}

static json_t *stages_object(const ptm_bench_report *timing) {
    const ptm_profile *profile = &timing->profile;
    struct object object = object_begin();
    put(&object, "min", json_milliseconds(timing->min_ms));
    put(&object, "median", json_milliseconds(timing->median_ms));
    put(&object, "embed", json_milliseconds(profile->ms_embed));
    put(&object, "attention", json_milliseconds(profile->ms_attention));
    put(&object, "merge", json_milliseconds(profile->ms_merge));
    put(&object, "mlp", json_milliseconds(profile->ms_mlp));
    put(&object, "head", json_milliseconds(profile->ms_head));
    return object_end(&object);
}

bool report_json_bench(FILE *stream, const struct report_bench *bench) {
    const ptm_profile *profile = &bench->timing.profile;
    struct object object = object_begin();
    put(&object, "schema", json_integer(1));
    put(&object, "bench", json_string("network"));
    put(&object, "model", json_words(bench->info->name));
    put(&object, "modality", json_string(report_modality(bench->info->modality)));
    put(&object, "r", json_words(bench->r));
    put(&object, "precision", json_string(report_precision(bench->timing.precision)));
    put(&object, "instruction", json_string(bench->timing.instruction));
    put(&object, "attention", json_string(report_precision(bench->timing.attention)));
    put(&object, "threads", json_integer(bench->threads));
    put(&object, "batch", json_integer(bench->timing.batch));
    put(&object, "tokens", integer_array(profile->tokens, profile->depth + 1));
    put(&object, "gflop", json_number(profile->gflop));
    put(&object, "runs", json_integer(bench->timing.runs));
    put(&object, "ms", stages_object(&bench->timing));
    put(&object, "speed_up", json_number(bench->timing.speed_up));
    put(&object, "gflops", json_number(profile->gflop / bench->timing.min_ms * 1000));
    put(&object, "gemm_gflops", json_number(bench->timing.gemm_gflops));
    put(&object, "peak_bytes", json_integer((json_int_t)bench->peak_bytes));
    return write_line(stream, NULL, object_end(&object));
}

/** How the windows of an answer were merged; nothing where there is none. */
static void put_merging(struct object *object, const char *modality, const ptm_answer *answer) {
    if (!answer || answer->missing) return;
    struct object merging = object_begin();
    put(&merging, "r", json_words(answer->r));
    put(&merging, "tokens", integer_array(answer->tokens, answer->depth + 1));
    put(object, modality, object_end(&merging));
}

static struct object bench_file_begin(const char *path) {
    struct object object = object_begin();
    put(&object, "schema", json_integer(1));
    put(&object, "bench", json_string("file"));
    put_path(&object, path);
    return object;
}

bool report_json_bench_failure(FILE *stream, const char *path, const ptm_error *err) {
    struct object object = bench_file_begin(path);
    put(&object, "error", error_object(err));
    return write_line(stream, NULL, object_end(&object));
}

bool report_json_bench_file(FILE *stream, const char *path, const ptm_result *result, double peak_bytes) {
    struct object object = bench_file_begin(path);
    put(&object, "duration", json_number(result->duration));
    put(&object, "ms", times_object(result));
    put_merging(&object, "video", result->video);
    put_merging(&object, "audio", result->audio);
    put_merging(&object, "image", result->image);
    put(&object, "peak_bytes", json_integer((json_int_t)peak_bytes));
    return write_line(stream, NULL, object_end(&object));
}
