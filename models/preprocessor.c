/* SPDX-License-Identifier: MIT */
#include "models/preprocessor.h"

#include "models/config_keys.h"
#include "models/datasets.h"
#include "models/processors.h"

#include <float.h>
#include <string.h>

/** {"shortest_edge": s}, with a "longest_edge" or without, or {"height": h, "width": w}. */
static ptm_status read_sides(struct pixels_spec *spec, struct json size, ptm_error *err) {
    TRY(json_get_int(size, "shortest_edge", 1, CONFIG_SIDE_MAX, &spec->shortest_edge, err));
    TRY(json_get_int(size, "height", 1, CONFIG_SIDE_MAX, &spec->resize_h, err));
    TRY(json_get_int(size, "width", 1, CONFIG_SIDE_MAX, &spec->resize_w, err));
    TRY(json_get_int(size, "longest_edge", 1, CONFIG_SIDE_MAX, &spec->longest_edge, err));
    if (spec->longest_edge && !spec->shortest_edge)
        return error_set(err, PTM_EMODEL, "%s: \"size\" has a \"longest_edge\" without a \"shortest_edge\"",
                         size.document);
    if (spec->shortest_edge || (spec->resize_h && spec->resize_w)) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"size\" should have \"shortest_edge\", or \"height\" and \"width\"",
                     size.document);
}

/** "size": sides by name, [h, w], or one number, which is what the class takes it for. */
static ptm_status read_size(struct pixels_spec *spec, const struct processor *processor, struct json json,
                            ptm_error *err) {
    const struct json size = json_get(json, "size");
    bool squares = processor->squares;
    if (!json_present(size) || processor->scales_to_crop) return PTM_OK;
    spec->shortest_edge = spec->resize_h = spec->resize_w = 0;
    TRY(json_get_bool(json, "default_to_square", &squares, err));
    if (json_is_object(size)) return read_sides(spec, size, err);
    if (squares || json_is_array(size)) return config_get_pair(json, "size", &spec->resize_h, &spec->resize_w, err);
    return json_get_int(json, "size", 1, CONFIG_SIDE_MAX, &spec->shortest_edge, err);
}

/** {"height": h, "width": w}, [h, w] or one number. */
static ptm_status read_crop(struct json json, int *rows, int *columns, ptm_error *err) {
    const struct json crop = json_get(json, "crop_size");
    if (!json_is_object(crop)) return config_get_pair(json, "crop_size", rows, columns, err);
    TRY(json_get_int(crop, "height", 1, CONFIG_SIDE_MAX, rows, err));
    return json_get_int(crop, "width", 1, CONFIG_SIDE_MAX, columns, err);
}

/** Without a file: the processor's way, at the network's size. */
static void use_network_size(struct pixels_spec *spec) {
    if (spec->shortest_edge)
        spec->shortest_edge = spec->height < spec->width ? spec->height : spec->width;
    else {
        spec->resize_h = spec->height;
        spec->resize_w = spec->width;
    }
    spec->crop_h = spec->height;
    spec->crop_w = spec->width;
}

/** The class that the file names, else *processor: the family's own. */
static ptm_status choose_processor(const struct processor **processor, struct json json, ptm_error *err) {
    const char *name = NULL;
    TRY(json_get_string(json, "feature_extractor_type", &name, err)); /* its older name */
    TRY(json_get_string(json, "video_processor_type", &name, err));
    TRY(json_get_string(json, "image_processor_type", &name, err));
    if (!name) return PTM_OK;
    *processor = processor_find(name);
    if (*processor) return PTM_OK;
    return error_set(err, PTM_EMODEL,
                     "%s: the processor \"%s\" is not known; those of " PROCESSOR_NAMES
                     " are: name the one of them that prepares pictures in the same way",
                     json.document, name);
}

/** Numbers for red, green and blue, or one for all. */
static ptm_status read_channels(struct json json, const char *key, float values[3], ptm_error *err) {
    double value = 0;
    if (!json_is_number(json_get(json, key))) return json_get_floats(json, key, 3, values, err);
    TRY(json_get_double(json, key, -FLT_MAX, FLT_MAX, &value, err));
    values[0] = values[1] = values[2] = (float)value;
    return PTM_OK;
}

/** What would change a picture and is in none of the steps here. */
static ptm_status refuse_other_steps(struct json json, ptm_error *err) {
    static const char *const steps[] = {"crop_pct",    "do_flip_channel_order", "rescale_offset",
                                        "include_top", "keep_aspect_ratio",     "use_square_size"};
    bool pads = false;
    TRY(json_get_bool(json, "do_pad", &pads, err));
    if (pads && json_present(json_get(json, "pad_size"))) /* without a size one picture alone is not padded */
        return error_set(err, PTM_EMODEL, "%s: \"do_pad\" to \"pad_size\" is not supported", json.document);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const struct json step = json_get(json, steps[i]);
        if (json_present(step) && !json_is_no(step))
            return error_set(err, PTM_EMODEL, "%s: \"%s\" is not supported", json.document, steps[i]);
    }
    return PTM_OK;
}

/** Whether a step is taken: null is no, as Python has it; the class's way is only where the key is not there. */
static ptm_status read_step(struct json json, const char *key, bool *taken, ptm_error *err) {
    if (json_is_nothing(json_get(json, key))) *taken = false;
    return json_get_bool(json, key, taken, err);
}

static ptm_status read_steps(struct pixels_spec *spec, const struct processor *processor, struct json json,
                             ptm_error *err) {
    int resample = (int)spec->resample;
    TRY(read_step(json, "do_resize", &spec->do_resize, err));
    TRY(read_size(spec, processor, json, err));
    if (processor->one_edge) spec->longest_edge = 0;
    TRY(json_get_int(json, "resample", RESAMPLE_NEAREST, RESAMPLE_BICUBIC, &resample, err));
    spec->resample = (enum resample)resample;
    TRY(read_step(json, "do_center_crop", &spec->do_center_crop, err));
    TRY(read_crop(json, &spec->crop_h, &spec->crop_w, err));
    TRY(read_step(json, "do_rescale", &spec->do_rescale, err));
    TRY(json_get_double(json, "rescale_factor", 0, 1, &spec->rescale_factor, err));
    TRY(json_get_bool(json, "offset", &spec->offset, err));
    TRY(json_get_bool(json, "do_zero_centering", &spec->offset, err)); /* offset's older name */
    TRY(read_step(json, "do_normalize", &spec->do_normalize, err));
    TRY(read_channels(json, "image_mean", spec->mean, err));
    return read_channels(json, "image_std", spec->std, err);
}

ptm_status preprocessor_read_pictures(struct network *network, const struct processor *processor, struct json json,
                                      ptm_error *err) {
    const struct patch_grid *grid = &network->config.grid;
    struct pixels_spec *spec = &network->picture.pixels;
    TRY(choose_processor(&processor, json, err));
    TRY(refuse_other_steps(json, err));
    *spec = processor->pixels;
    spec->do_resize = spec->do_rescale = spec->do_normalize = true;
    spec->height = grid->size[1];
    spec->width = grid->size[2];
    if (json_present(json))
        TRY(read_steps(spec, processor, json, err));
    else
        use_network_size(spec);
    if (processor->scales_to_crop) spec->shortest_edge = (int)(spec->crop_h * 256.0 / 224);
    return PTM_OK;
}

void preprocessor_get_size(const struct pixels_spec *spec, int *rows, int *columns) {
    if (spec->do_center_crop) {
        *rows = spec->crop_h;
        *columns = spec->crop_w;
    } else if (spec->do_resize) {
        *rows = spec->shortest_edge ? spec->shortest_edge : spec->resize_h;
        *columns = spec->shortest_edge ? spec->shortest_edge : spec->resize_w;
    }
}

/** What config.json and preprocessor_config.json both say must agree. */
static ptm_status check_same(struct json json, const char *key, const char *config_key, int config_value,
                             ptm_error *err) {
    int value = config_value;
    TRY(json_get_int(json, key, 1, CONFIG_SIDE_MAX, &value, err));
    if (value == config_value) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"%s\" is %d; config.json's \"%s\" is %d", json.document, key, value,
                     config_key, config_value);
}

/** Another class makes another spectrogram, however much its file says. */
static ptm_status check_extractor(struct json json, ptm_error *err) {
    const char *const expected = "ASTFeatureExtractor", *name = expected;
    TRY(json_get_string(json, "feature_extractor_type", &name, err));
    if (strcmp(name, expected) == 0) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: the feature extractor \"%s\" is not known; it should be %s", json.document,
                     name, expected);
}

ptm_status preprocessor_read_ast(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    const struct json json = checkpoint->preprocessor;
    struct fbank_spec *spec = &network->audio;
    fbank_set_defaults(spec);
    spec->do_normalize = true;
    double mean = AUDIOSET_MEAN, std = AUDIOSET_STD;
    TRY(check_extractor(json, err));
    TRY(json_get_int(json, "sampling_rate", 1000, 384000, &spec->sample_rate, err));
    TRY(read_step(json, "do_normalize", &spec->do_normalize, err));
    TRY(json_get_double(json, "mean", -1e6, 1e6, &mean, err));
    TRY(json_get_double(json, "std", 1e-6, 1e6, &std, err));
    TRY(check_same(json, "num_mel_bins", "num_mel_bins", spec->num_mel_bins, err));
    TRY(check_same(json, "max_length", "max_length", spec->target_length, err));
    spec->mean = (float)mean;
    spec->std = (float)std;
    return PTM_OK;
}
