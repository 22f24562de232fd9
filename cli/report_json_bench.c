/* SPDX-License-Identifier: MIT */
/* JSON lines of a benchmark. */
#include "report_json.h"

#include "json_path.h"

static json_t *stages_object(const ptm_bench_report *timing) {
    const ptm_profile *profile = &timing->profile;
    struct object object = object_begin();
    object_put(&object, "min", json_milliseconds(timing->min_ms));
    object_put(&object, "median", json_milliseconds(timing->median_ms));
    object_put(&object, "embed", json_milliseconds(profile->ms_embed));
    object_put(&object, "attention", json_milliseconds(profile->ms_attention));
    object_put(&object, "merge", json_milliseconds(profile->ms_merge));
    object_put(&object, "mlp", json_milliseconds(profile->ms_mlp));
    object_put(&object, "head", json_milliseconds(profile->ms_head));
    return object_end(&object);
}

bool report_json_bench(FILE *stream, const struct report_bench *bench) {
    const ptm_profile *profile = &bench->timing.profile;
    struct object object = object_begin();
    object_put(&object, "schema", json_integer(1));
    object_put(&object, "bench", json_string("network"));
    object_put(&object, "model", json_words(bench->info->name));
    object_put(&object, "modality", json_string(report_modality(bench->info->modality)));
    object_put(&object, "r", json_words(bench->r));
    object_put(&object, "precision", json_string(report_precision(bench->timing.precision)));
    object_put(&object, "instruction", json_string(bench->timing.instruction));
    object_put(&object, "attention", json_string(report_precision(bench->timing.attention)));
    object_put(&object, "threads", json_integer(bench->threads));
    object_put(&object, "batch", json_integer(bench->timing.batch));
    object_put(&object, "tokens", json_integers(profile->tokens, profile->depth + 1));
    object_put(&object, "gflop", json_decimal(profile->gflop));
    object_put(&object, "runs", json_integer(bench->timing.runs));
    object_put(&object, "ms", stages_object(&bench->timing));
    object_put(&object, "speed_up", json_decimal(bench->timing.speed_up));
    object_put(&object, "gflops", json_decimal(profile->gflop / bench->timing.min_ms * 1000));
    object_put(&object, "gemm_gflops", json_decimal(bench->timing.gemm_gflops));
    object_put(&object, "peak_bytes", json_integer((json_int_t)bench->peak_bytes));
    return json_line_write(stream, NULL, object_end(&object));
}

/** How the windows of an answer were merged; nothing where there is none. */
static void put_merging(struct object *object, const char *modality, const ptm_answer *answer) {
    if (!answer || answer->missing) return;
    struct object merging = object_begin();
    object_put(&merging, "r", json_words(answer->r));
    object_put(&merging, "tokens", json_integers(answer->tokens, answer->depth + 1));
    object_put(object, modality, object_end(&merging));
}

static struct object file_begin(const char *path) {
    struct object object = object_begin();
    object_put(&object, "schema", json_integer(1));
    object_put(&object, "bench", json_string("file"));
    object_put_path(&object, path);
    return object;
}

bool report_json_bench_failure(FILE *stream, const char *path, const ptm_error *err) {
    struct object object = file_begin(path);
    object_put(&object, "error", report_json_error(err));
    return json_line_write(stream, NULL, object_end(&object));
}

bool report_json_bench_file(FILE *stream, const char *path, const ptm_result *result, double peak_bytes) {
    struct object object = file_begin(path);
    object_put(&object, "duration", json_decimal(result->duration));
    object_put(&object, "ms", report_json_times(result));
    put_merging(&object, "video", result->video);
    put_merging(&object, "audio", result->audio);
    put_merging(&object, "image", result->image);
    object_put(&object, "peak_bytes", json_integer((json_int_t)peak_bytes));
    return json_line_write(stream, NULL, object_end(&object));
}
