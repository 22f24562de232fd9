/* SPDX-License-Identifier: MIT */
/* processors: what the image processors of transformers do where their file does not say it, by the classes' defaults.
 */
#ifndef POLYTOME_MODELS_PROCESSORS_H
#define POLYTOME_MODELS_PROCESSORS_H

#include "features/pixels.h"

#define IMAGENET_MEAN \
    { 0.485f, 0.456f, 0.406f }
#define IMAGENET_STD \
    { 0.229f, 0.224f, 0.225f }

/* Of AudioSet's spectrograms; its labels are not exclusive. */
#define AUDIOSET_MEAN (-4.2677393)
#define AUDIOSET_STD 4.5689974
enum { AUDIOSET_LABELS = 527 };

extern const struct pixels_spec processor_videomae, processor_vivit, processor_vit, processor_deit, processor_bit,
    processor_clip, processor_siglip;

/** Of models that transformers has no image processor for; V-JEPA 2 has a video processor. */
extern const struct pixels_spec processor_vjepa2, processor_mae_st, processor_omnimae;

/** The defaults of a class by its name ("ViTImageProcessorFast", "CLIPFeatureExtractor"); NULL: none of these, or
 * `name` is NULL. */
const struct pixels_spec *processor_find(const char *name);

#endif
