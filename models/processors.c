/* SPDX-License-Identifier: MIT */
#include "models/processors.h"

#include "models/datasets.h"

#include <string.h>

#define STANDARD .rescale_factor = 1 / 255.0, .mean = {0.5f, 0.5f, 0.5f}, .std = {0.5f, 0.5f, 0.5f}
#define IMAGENET .rescale_factor = 1 / 255.0, .mean = IMAGENET_MEAN, .std = IMAGENET_STD
#define OPENAI                                                                   \
    .rescale_factor = 1 / 255.0, .mean = {0.48145466f, 0.4578275f, 0.40821073f}, \
    .std = {0.26862954f, 0.26130258f, 0.27577711f}
#define EDGE(edge, filter) .shortest_edge = edge, .resample = filter
#define SQUARE(side, filter) .resize_h = side, .resize_w = side, .resample = filter
#define CROP(side) .do_center_crop = true, .crop_h = side, .crop_w = side

const struct processor processor_videomae = {.pixels = {EDGE(224, RESAMPLE_BILINEAR), CROP(224), STANDARD}};
const struct processor processor_vivit = {.pixels = {EDGE(256, RESAMPLE_BILINEAR), CROP(224),
                                                     .rescale_factor = 1 / 127.5, .offset = true,
                                                     .mean = {0.5f, 0.5f, 0.5f}, .std = {0.5f, 0.5f, 0.5f}},
                                          .one_edge = true};
const struct processor processor_vjepa2 = {.pixels = {EDGE(292, RESAMPLE_BILINEAR), CROP(256), IMAGENET},
                                           .scales_to_crop = true};
const struct processor processor_mae_st = {.pixels = {EDGE(224, RESAMPLE_BILINEAR), CROP(224),
                                                      .rescale_factor = 1 / 255.0, .mean = {0.45f, 0.45f, 0.45f},
                                                      .std = {0.225f, 0.225f, 0.225f}}};
const struct processor processor_omnimae = {.pixels = {EDGE(224, RESAMPLE_BILINEAR), CROP(224), IMAGENET}};
const struct processor processor_vit = {.pixels = {SQUARE(224, RESAMPLE_BILINEAR), STANDARD}, .squares = true};
const struct processor processor_deit = {.pixels = {SQUARE(256, RESAMPLE_BICUBIC), CROP(224), STANDARD},
                                         .squares = true};
const struct processor processor_bit = {.pixels = {EDGE(224, RESAMPLE_BICUBIC), CROP(224), OPENAI}};
const struct processor processor_clip = {.pixels = {EDGE(224, RESAMPLE_BICUBIC), CROP(224), OPENAI}};
const struct processor processor_siglip = {.pixels = {SQUARE(224, RESAMPLE_BICUBIC), STANDARD}};

/** What follows a model's name in the name of its processor's class, and nothing, "Fast" or "Pil" behind that. */
static bool names_processor(const char *rest) {
    static const char *const kinds[] = {"ImageProcessor", "VideoProcessor", "FeatureExtractor"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t length = strlen(kinds[i]);
        if (strncmp(rest, kinds[i], length) != 0) continue;
        return !rest[length] || strcmp(rest + length, "Fast") == 0 || strcmp(rest + length, "Pil") == 0;
    }
    return false;
}

const struct processor *processor_find(const char *name) {
    static const struct {
        const char *model;
        const struct processor *processor;
    } classes[] = {{"VideoMAE", &processor_videomae}, {"Vivit", &processor_vivit},  {"VJEPA2", &processor_vjepa2},
                   {"ViT", &processor_vit},           {"DeiT", &processor_deit},    {"Bit", &processor_bit},
                   {"CLIP", &processor_clip},         {"Siglip", &processor_siglip}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        const size_t length = strlen(classes[i].model);
        if (strncmp(name, classes[i].model, length) == 0 && names_processor(name + length)) return classes[i].processor;
    }
    return NULL;
}
