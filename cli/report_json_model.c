/* SPDX-License-Identifier: MIT */
/* JSON lines of what a model says about itself. */
#include "report_json.h"

#include "json_path.h"

static json_t *text_array(const char *const *texts, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++) array_append(&array, json_words(texts[i]));
    return array;
}

static json_t *modality_object(const ptm_model_info *info, bool labels) {
    struct object object = object_begin();
    object_put(&object, "parameters", json_integer(info->parameters));
    object_put(&object, "precision", json_string(report_precision(info->precision)));
    object_put(&object, "input_shape", json_integers(info->input_shape, info->input_rank));
    object_put(&object, "tokens", json_integer(info->tokens));
    object_put(&object, "protected_tokens", json_integer(info->protected_tokens));
    object_put(&object, "window_seconds", json_decimal(info->window_seconds));
    if (info->modality == PTM_AUDIO) {
        object_put(&object, "sample_rate", json_integer(info->sample_rate));
        object_put(&object, "num_mel_bins", json_integer(info->num_mel_bins));
        object_put(&object, "target_length", json_integer(info->target_length));
    } else {
        if (info->modality == PTM_VIDEO) object_put(&object, "num_frames", json_integer(info->num_frames));
        object_put(&object, "image_size", json_integer(info->image_size));
        if (info->modality == PTM_VIDEO) object_put(&object, "frame_rate", json_decimal(info->frame_rate));
    }
    object_put(&object, "activation", json_words(info->activation));
    object_put(&object, "r", json_words(info->r));
    object_put(&object, "prop_attn", json_boolean(info->prop_attn));
    object_put(&object, "gflop", json_decimal(info->gflop));
    object_put(&object, "num_labels", json_integer(info->num_labels));
    if (labels) object_put(&object, "labels", text_array(info->labels, info->num_labels));
    return object_end(&object);
}

bool report_json_info(FILE *stream, const ptm_model_info *infos, int count, bool labels) {
    struct object object = object_begin();
    object_put(&object, "schema", json_integer(1));
    object_put(&object, "name", json_words(infos->name));
    object_put(&object, "family", json_words(infos->family));
    object_put(&object, "licence", json_words(infos->licence));
    object_put(&object, "source", json_words(infos->source));
    struct object backbone = object_begin();
    object_put(&backbone, "embed_dim", json_integer(infos->embed_dim));
    object_put(&backbone, "depth", json_integer(infos->depth));
    object_put(&backbone, "num_heads", json_integer(infos->num_heads));
    object_put(&backbone, "mlp_dim", json_integer(infos->mlp_dim));
    object_put(&object, "backbone", object_end(&backbone));
    for (int i = 0; i < count; i++)
        object_put(&object, report_modality(infos[i].modality), modality_object(&infos[i], labels));
    return json_line_write(stream, NULL, object_end(&object));
}

bool report_json_models(FILE *stream, const struct report_subject *subject, const ptm_model_info *infos, int count) {
    struct object object = report_json_begin(subject, NULL);
    object_put(&object, "op", json_string("info"));
    object_put(&object, "status", json_string("ok"));
    object_put(&object, "version", json_string(ptm_version()));
    for (int i = 0; i < count; i++) {
        json_t *model = modality_object(&infos[i], true);
        struct object named = {model, !model};
        object_put(&named, "model", json_words(infos[i].name));
        object_put(&object, report_modality(infos[i].modality), object_end(&named));
    }
    return json_line_write(stream, subject->id, object_end(&object));
}
