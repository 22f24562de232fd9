/* SPDX-License-Identifier: MIT */
/* timm's evaluation transform, which its config.json describes itself. */
#include "models/config_keys.h"
#include "models/datasets.h"
#include "models/timm.h"

#include <math.h>
#include <string.h>

/** AudioMAE's statistics: of AudioSet, ESC-50 and Speech Commands, told apart by their lengths. */
static void audiomae_front(struct fbank_spec *audio) {
    fbank_set_defaults(audio);
    audio->subtract_clip_mean = true;
    audio->do_normalize = true;
    const bool is_esc50 = audio->target_length == 512, is_commands = audio->target_length == 128;
    audio->mean = is_esc50 ? -6.6268077f : is_commands ? -6.845978f : (float)AUDIOSET_MEAN;
    audio->std = is_esc50 ? 5.358466f : is_commands ? 5.5654526f : (float)AUDIOSET_STD;
}

/** What is scaled before the crop: the short side, so that the crop fits, or with "squash" both sides. */
static ptm_status read_scale(struct pixels_spec *pixels, struct json json, double crop_pct, ptm_error *err) {
    const char *mode = "center";
    TRY(json_get_string(json, "crop_mode", &mode, err));
    const bool center = strcmp(mode, "center") == 0;
    pixels->resize_h = (int)floor(pixels->height / crop_pct);
    pixels->resize_w = (int)floor(pixels->width / crop_pct);
    if (center && pixels->resize_h == pixels->resize_w) pixels->shortest_edge = pixels->resize_h;
    pixels->keep_ratio = center && !pixels->shortest_edge;
    if (center || strcmp(mode, "squash") == 0) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"crop_mode\" is \"%s\"; it should be center or squash", json.document,
                     mode);
}

ptm_status timm_preprocessor(struct network *network, const struct checkpoint *checkpoint, ptm_error *err) {
    if (network->modality == PTM_AUDIO) {
        audiomae_front(&network->audio);
        return PTM_OK;
    }
    const struct json json = json_get(checkpoint->config, "pretrained_cfg");
    const struct patch_grid *grid = &network->config.grid;
    struct pixels_spec *pixels = &network->picture.pixels;
    double crop_pct = 0.875; /* timm's own default */
    *pixels = (struct pixels_spec){.do_resize = true,
                                   .resample = RESAMPLE_BICUBIC,
                                   .do_center_crop = true,
                                   .crop_rounds = true,
                                   .crop_h = grid->size[1],
                                   .crop_w = grid->size[2],
                                   .do_rescale = true,
                                   .rescale_factor = 1 / 255.0,
                                   .do_normalize = true,
                                   .mean = IMAGENET_MEAN,
                                   .std = IMAGENET_STD,
                                   .height = grid->size[1],
                                   .width = grid->size[2]};
    TRY(json_get_double(json, "crop_pct", 0.1, 1, &crop_pct, err));
    TRY(config_get_resample(json, "interpolation", &pixels->resample, err));
    TRY(json_get_floats(json, "mean", 3, pixels->mean, err));
    TRY(json_get_floats(json, "std", 3, pixels->std, err));
    return read_scale(pixels, json, crop_pct, err);
}
