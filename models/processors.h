/* SPDX-License-Identifier: MIT */
/* processors: what the image processors of transformers do where their file does not say it, by the classes' defaults.
 */
#ifndef POLYTOME_MODELS_PROCESSORS_H
#define POLYTOME_MODELS_PROCESSORS_H

#include "features/pixels.h"

extern const struct pixels_spec processor_videomae, processor_vivit, processor_vit, processor_deit, processor_bit,
    processor_clip, processor_siglip;

/** Of models that transformers has no image processor for; V-JEPA 2 has a video processor. */
extern const struct pixels_spec processor_vjepa2, processor_mae_st, processor_omnimae;

/** The defaults of a class by its name ("ViTImageProcessorFast", "CLIPFeatureExtractor"); NULL: none of these, or
 * `name` is NULL. */
const struct pixels_spec *processor_find(const char *name);

#endif
