/* SPDX-License-Identifier: MIT */
/* The JSON line of a comparison. */
#include "report_json.h"

#include "json_path.h"

static json_t *side_object(const struct report_sides *sides, int side) {
    struct object object = object_begin();
    object_put(&object, "r", json_words(sides->r[side]));
    object_put(&object, "prop_attn", json_words(sides->prop_attn[side]));
    object_put(&object, "precision", json_words(sides->precision[side]));
    object_put(&object, "static", json_decimal(sides->static_threshold[side]));
    return object_end(&object);
}

static json_t *side_tokens(const struct comparison_part *part, int side) {
    struct object object = object_begin();
    object_put(&object, "in", json_integer(part->tokens[side][0]));
    object_put(&object, "out", json_integer(part->tokens[side][1]));
    object_put(&object, "r", json_words(part->r[side]));
    return object_end(&object);
}

static json_t *scored_label(const struct flip *flip, int side) {
    struct object object = object_begin();
    object_put(&object, "label", json_words(flip->labels[side]));
    object_put(&object, "score", json_decimal((double)flip->scores[side]));
    return object_end(&object);
}

static json_t *flip_object(const struct flip *flip) {
    struct object object = object_begin();
    object_put_path(&object, flip->path);
    object_put(&object, "a", scored_label(flip, 0));
    object_put(&object, "b", scored_label(flip, 1));
    return object_end(&object);
}

static json_t *flip_array(const struct comparison_part *part) {
    json_t *array = json_array();
    for (long i = 0; i < part->num_flips; i++) array_append(&array, flip_object(&part->flips[i]));
    return array;
}

static json_t *part_object(const struct comparison_part *part) {
    if (part->files == 0) return json_null();
    struct object object = object_begin();
    object_put(&object, "model", json_words(part->model));
    object_put(&object, "files", json_integer(part->files));
    object_put(&object, "agreement", json_decimal((double)(part->files - part->num_flips) / (double)part->files));
    struct object logits = object_begin();
    object_put(&logits, "mean", json_decimal(part->logit_sum / (double)part->values));
    object_put(&logits, "max", json_decimal(part->logit_max));
    object_put(&object, "logit_difference", object_end(&logits));
    object_put(&object, "score_difference", json_decimal(part->score_sum / (double)part->files));
    struct object tokens = object_begin();
    object_put(&tokens, "a", side_tokens(part, 0));
    object_put(&tokens, "b", side_tokens(part, 1));
    object_put(&object, "tokens", object_end(&tokens));
    object_put(&object, "flips", flip_array(part));
    return object_end(&object);
}

bool report_json_compare(FILE *stream, const struct report_sides *sides, const struct comparison *comparison) {
    const double *ms = comparison->network_ms;
    struct object object = object_begin();
    object_put(&object, "schema", json_integer(1));
    object_put(&object, "a", side_object(sides, 0));
    object_put(&object, "b", side_object(sides, 1));
    object_put(&object, "files", json_integer(sides->files));
    object_put(&object, "failed", json_integer(sides->failed));
    object_put(&object, "video", part_object(&comparison->video));
    object_put(&object, "audio", part_object(&comparison->audio));
    object_put(&object, "image", part_object(&comparison->image));
    struct object times = object_begin();
    object_put(&times, "a", json_milliseconds(ms[0]));
    object_put(&times, "b", json_milliseconds(ms[1]));
    object_put(&times, "ratio", ms[1] > 0 ? json_decimal(ms[0] / ms[1]) : json_null());
    object_put(&object, "ms", object_end(&times));
    return json_line_write(stream, NULL, object_end(&object));
}
