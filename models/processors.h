/* SPDX-License-Identifier: MIT */
/* processors: what the image processors of transformers do where their file does not say: the classes' defaults. */
#ifndef POLYTOME_MODELS_PROCESSORS_H
#define POLYTOME_MODELS_PROCESSORS_H

#include "features/pixels.h"

/** A class of processors: what it does where its file says nothing, and how it reads what the file says. */
struct processor {
    struct pixels_spec pixels;
    bool squares;        /* one number for "size" is both sides; else the shorter one */
    bool one_edge;       /* a "longest_edge" beside the shorter one changes nothing */
    bool scales_to_crop; /* the shorter side becomes 256 / 224 of the crop's rows, whatever "size" says */
};

extern const struct processor processor_videomae, processor_vivit, processor_vjepa2, processor_vit, processor_deit,
    processor_bit, processor_clip, processor_siglip;

/** Of models that transformers has no processor for. */
extern const struct processor processor_mae_st, processor_omnimae;

/** A class by its name ("ViTImageProcessorFast", "CLIPFeatureExtractor"); NULL: none of these. */
const struct processor *processor_find(const char *name);

/** The models whose classes processor_find() knows, for sentences. */
#define PROCESSOR_NAMES "VideoMAE, Vivit, VJEPA2, ViT, DeiT, Bit, CLIP and Siglip"

#endif
